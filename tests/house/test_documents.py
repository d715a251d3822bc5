"""Every example of the documents is executed."""

import doctest

import pytest

import tariffcli
from support.document_examples import BLOCK, ROOT, commands, filled, plain

DOCUMENTS = [ROOT / "README.md", ROOT / "docs" / "average.md"]
EXAMPLES = [
    pytest.param(found.group(1), id=commands(found.group(1))[0])
    for path in DOCUMENTS
    for found in BLOCK.finditer(path.read_text(encoding="utf-8"))
    if commands(found.group(1))
]


@pytest.mark.parametrize("block", EXAMPLES)
def test_an_example_prints_what_the_document_shows(record, block):
    assert plain(filled(block)) == plain(block)


def test_the_python_session_of_the_readme_is_true(record):
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    session = doctest.DocTestParser().get_doctest(text.split("```python\n")[1].split("```")[0], {}, "README", "README.md", 0)
    runner = doctest.DocTestRunner()
    runner.run(session)
    assert runner.summarize(verbose=False).failed == 0


@pytest.mark.parametrize("module", ["tariffcli.law.duty", "tariffcli.law.ordinary", "tariffcli.law.products"])
def test_examples_in_docstrings_are_true(module):
    from importlib import import_module

    assert doctest.testmod(import_module(module)).failed == 0


def test_the_readme_names_every_authority(record):
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert not [row.authority for row in record.programmes.values() if f"`{row.authority}`" not in text]


def test_the_readme_shows_the_two_commands():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for mark in ("<!-- setup -->", "<!-- test -->"):
        command = text.split(mark)[1].split("```console\n")[1].split("```")[0]
        assert command.startswith("$ python3 -m venv .venv && ")
        assert command.count("\n") == 1


def test_the_package_says_its_version():
    assert f'version = "{tariffcli.__version__}"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
