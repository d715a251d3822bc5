"""The record ships with the program: in a wheel, in a wheel made from the sdist, and in a
checkout.
"""

import os
import subprocess
import sys
import zipfile

import pytest

from support import ROOT


def run(*words, cwd, **environment):
    return subprocess.run(
        [sys.executable, *words],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=240,
        check=True,
    )


@pytest.fixture(scope="module")
def sdist(tmp_path_factory):
    out = tmp_path_factory.mktemp("sdist")
    run("-m", "hatchling", "build", "-t", "sdist", "-d", str(out), cwd=ROOT)
    return next(out.glob("*.tar.gz"))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory, sdist):
    """A wheel built from the unpacked sdist: what the sdist lacks, it lacks too."""
    unpacked = tmp_path_factory.mktemp("unpacked")
    subprocess.run(["tar", "-xzf", str(sdist), "-C", str(unpacked)], check=True)
    out = tmp_path_factory.mktemp("wheel")
    run("-m", "hatchling", "build", "-t", "wheel", "-d", str(out), cwd=next(unpacked.iterdir()))
    return next(out.glob("*.whl"))


def test_the_installed_wheel_holds_the_record_of_the_checkout_and_answers(wheel, record, tmp_path):
    site = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    environment = {"PYTHONPATH": str(site), "TARIFF_CACHE": str(tmp_path / "cache")}
    words = [
        "-m",
        "tariffcli",
        "rate",
        "--date",
        "2025-04-24",
        "--from",
        "us",
        "--to",
        "cn",
        "--format",
        "plain",
    ]
    assert run(*words, cwd=tmp_path, **environment).stdout == "125\n"
    code = "import tariffcli; r = tariffcli.load(); print(r.fingerprint); print(tariffcli.__file__)"
    found, place = run("-c", code, cwd=tmp_path, **environment).stdout.split()
    assert place.startswith(str(site))
    assert found == record.fingerprint


def test_the_wheel_names_its_program_and_holds_no_tests(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        points = next(name for name in names if name.endswith("entry_points.txt"))
        assert "tariff = tariffcli.cli.start:program" in archive.read(points).decode()
    assert not [name for name in names if name.startswith(("tests/", "tools/", "benchmarks/"))]
    assert "tariffcli/_data/events/us.csv" in names


LINE_DATA = ("scopes", "schedules", "concordance", "subheadings", "descriptions")
"""The tables of tariff lines: a file or a folder each."""


def test_the_line_data_in_the_wheel_are_at_most_two_megabytes(wheel):
    with zipfile.ZipFile(wheel) as archive:
        packed = {
            one.filename.partition("/_data/")[2]: one.compress_size
            for one in archive.infolist()
            if "/_data/" in one.filename
        }
    lines = {
        name: size
        for name, size in packed.items()
        if name.partition("/")[0].partition(".")[0] in LINE_DATA
    }
    assert {name.partition("/")[0].partition(".")[0] for name in lines} == set(LINE_DATA)
    assert sum(lines.values()) <= 2_000_000


def test_a_checkout_reads_its_own_tables(record):
    from tariffcli.book.load import default_data, load

    assert default_data() == ROOT / "data"
    assert load().fingerprint == record.fingerprint
