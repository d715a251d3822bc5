"""Where every extra is installed, a test that would be skipped fails; elsewhere it is skipped."""

import os
import subprocess
import sys
from pathlib import Path

from support import TESTS

INSIDE = "import pytest\ndef test_one():\n    pytest.importorskip('no_such_module')\n"
WHOLE = "import pytest\npytest.importorskip('no_such_module')\ndef test_one():\n    pass\n"
EXPECTED = "import pytest\n@pytest.mark.xfail\ndef test_one():\n    assert False\n"


def outcome(folder: Path, **environment: str) -> dict[str, str]:
    """What became of each file in a run of its own, by its name."""
    texts = {"inside": INSIDE, "whole": WHOLE, "expected": EXPECTED}
    for name, text in texts.items():
        (folder / f"test_{name}.py").write_text(text, encoding="utf-8")
    surroundings = {
        name: value for name, value in os.environ.items() if name != "TARIFF_ALL_EXTRAS"
    }
    surroundings |= {"PYTHONPATH": str(TESTS), **environment}
    options = [
        "-p",
        "conftest",
        "-p",
        "no:cacheprovider",
        "--continue-on-collection-errors",
        "-rA",
        "--rootdir",
        str(folder),
        str(folder),
    ]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options],
        cwd=folder,
        env=surroundings,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    lines = done.stdout.rpartition("short test summary info")[2].splitlines()
    return {
        name: next(line.split()[0] for line in lines if f"test_{name}.py" in line) for name in texts
    }


def test_a_missing_extra_skips_or_fails_and_an_expected_failure_is_no_skip(tmp_path: Path) -> None:
    assert outcome(tmp_path) == {"inside": "SKIPPED", "whole": "SKIPPED", "expected": "XFAIL"}
    assert outcome(tmp_path, TARIFF_ALL_EXTRAS="1") == {
        "inside": "FAILED",
        "whole": "ERROR",
        "expected": "XFAIL",
    }
