"""Where every extra is installed, a test that would be skipped fails; elsewhere it is skipped."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
INSIDE = "import pytest\ndef test_one():\n    pytest.importorskip('no_such_module')\n"
WHOLE = "import pytest\npytest.importorskip('no_such_module')\ndef test_one():\n    pass\n"
EXPECTED = "import pytest\n@pytest.mark.xfail\ndef test_one():\n    assert False\n"


def outcome(folder: Path, text: str, **environment: str) -> str:
    path = folder / "test_inner.py"
    path.write_text(text, encoding="utf-8")
    surroundings = {name: value for name, value in os.environ.items() if name != "TARIFF_ALL_EXTRAS"}
    surroundings |= {"PYTHONPATH": str(HERE), **environment}
    command = [sys.executable, "-m", "pytest", "-p", "conftest", "-p", "no:cacheprovider", "--rootdir", str(folder), str(path)]
    done = subprocess.run(command, cwd=folder, env=surroundings, capture_output=True, text=True, timeout=120, check=False)
    return done.stdout.splitlines()[-1]


@pytest.mark.parametrize("text", [INSIDE, WHOLE], ids=["inside", "whole file"])
def test_a_missing_extra_skips_or_fails(tmp_path: Path, text: str) -> None:
    assert "1 skipped" in outcome(tmp_path, text)
    told = outcome(tmp_path, text, TARIFF_ALL_EXTRAS="1")
    assert "skipped" not in told
    assert "1 failed" in told or "1 error" in told


def test_an_expected_failure_is_no_skip(tmp_path: Path) -> None:
    assert "1 xfailed" in outcome(tmp_path, EXPECTED, TARIFF_ALL_EXTRAS="1")
