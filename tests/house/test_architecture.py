"""The house: rooms import only downwards, the middle is pure, start-up is light."""

import ast
import subprocess
import sys

import pytest

from support import ROOT

PACKAGE = ROOT / "tariffcli"
ROOMS = ("errors", "files", "law", "clock", "book", "bulk", "show", "api", "cli", "__main__")
"""From the ground up: a room may import itself and the rooms before it."""

PURE = {
    "bisect",
    "collections",
    "contextlib",
    "dataclasses",
    "datetime",
    "decimal",
    "difflib",
    "functools",
    "itertools",
    "re",
    "typing",
    "zoneinfo",
    "__future__",
}


def modules():
    return sorted(path for path in PACKAGE.rglob("*.py") if "_data" not in path.parts)


def room_of(path):
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return parts[0]


def imported(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_room_imports_only_downwards(path):
    room = room_of(path)
    if room == "__init__":
        return
    for name in imported(path):
        if name.startswith("tariffcli."):
            other = name.split(".")[1]
            assert ROOMS.index(other) <= ROOMS.index(room), f"{path.name} imports {name}"


FLOORS = (
    ("memory",),
    ("classes",),
    ("cells",),
    ("frame",),
    ("files", "spark"),
    ("entries", "means"),
    ("job",),
)
"""The floors of `bulk/`: a room may import itself and the floors below it."""


def floor_of(room):
    return next(floor for floor, rooms in enumerate(FLOORS) if room in rooms)


@pytest.mark.parametrize(
    "path", [path for path in modules() if room_of(path) == "bulk"], ids=lambda path: path.name
)
def test_a_room_of_bulk_imports_only_downwards(path):
    if path.parent.name == "bulk" and path.stem == "__init__":
        return
    room = path.relative_to(PACKAGE / "bulk").with_suffix("").parts[0]
    for name in imported(path):
        if name.startswith("tariffcli.bulk."):
            other = name.split(".")[2]
            assert other == room or floor_of(other) < floor_of(room), f"{path.name} imports {name}"


LONGEST_BODY = 50


def bodies(path):
    """Each function of a module with the lines of its body, its docstring aside."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) is not None else node.body
            if body:
                yield node.name, body[-1].end_lineno - body[0].lineno + 1


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_function_is_read_at_a_glance(path):
    assert {name: lines for name, lines in bodies(path) if lines > LONGEST_BODY} == {}


MOST_MODULES = 13


def test_a_folder_fits_on_a_screen():
    folders = [
        folder
        for folder in (PACKAGE / "bulk").rglob("*")
        if folder.is_dir() and folder.name != "__pycache__"
    ]
    many = {
        folder.name: len([path for path in folder.glob("*.py") if path.stem != "__init__"])
        for folder in folders
    }
    assert len(folders) == 6
    assert {name: count for name, count in many.items() if count > MOST_MODULES} == {}


@pytest.mark.parametrize(
    "path", [path for path in modules() if room_of(path) == "law"], ids=lambda path: path.name
)
def test_the_law_knows_neither_files_nor_clocks(path):
    foreign = {name.split(".")[0] for name in imported(path)} - PURE - {"tariffcli"}
    assert foreign == set()
    text = path.read_text(encoding="utf-8")
    assert not any(word in text for word in (".now(", "time.time", "open(", ".today("))


@pytest.mark.parametrize(
    "path",
    [path for path in modules() if room_of(path) in ("law", "book")],
    ids=lambda path: path.name,
)
def test_the_engine_names_no_country_date_programme_or_rate(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documented = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    words = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in documented
    ]
    assert not [
        word
        for word in words
        if word in ("cn", "us", "hk", "mo", "eu", "ca", "mx", "china")
        or word.startswith(("us-", "cn-"))
    ]


def test_one_module_reads_the_clock_and_only_the_doors_ask_it():
    texts = {path: path.read_text(encoding="utf-8") for path in modules()}
    words = ("time.time()", ".now(", ".today(", "monotonic_ns(", "time_ns(")
    assert [path.name for path, text in texts.items() if any(word in text for word in words)] == [
        "clock.py"
    ]
    asking = {
        path.relative_to(PACKAGE).as_posix()
        for path in texts
        if "tariffcli.clock" in imported(path)
    }
    assert {name for name in asking if not name.startswith("cli/")} == {
        "api.py",
        "bulk/frame.py",
        "bulk/spark/driver.py",
    }


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_fits_in_the_head(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 500


HEAVY = ("pandas", "numpy", "pyarrow", "pydantic", "dateutil")


def loaded_by(code):
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    return set(run.stdout.split())


def test_importing_the_package_loads_nothing_heavy():
    loaded = loaded_by("import sys, tariffcli; tariffcli.rate; tariffcli.ask; print(*sys.modules)")
    assert not loaded & {*HEAVY, "rich", "typer"}


@pytest.mark.parametrize(("form", "light"), [("plain", True), ("json", True), ("table", False)])
def test_a_rate_loads_nothing_heavy(form, light):
    code = f"""
import sys
sys.argv = ['tariff', 'rate', '--date', '2025-04-24', '--from', 'us', '--to', 'cn', '--format', '{form}']
from tariffcli.cli.start import main
try:
    main()
except SystemExit:
    print()
    print(*sys.modules)
"""
    loaded = loaded_by(code)
    assert not loaded & set(HEAVY)
    assert "typer" not in loaded
    assert not (light and "rich" in loaded)


@pytest.mark.parametrize(
    "path", [path for path in modules() if room_of(path) == "law"], ids=lambda path: path.name
)
def test_the_law_knows_no_flag_of_the_command_line(path):
    import re

    assert not re.findall(r"--[a-z]+", path.read_text(encoding="utf-8"))
