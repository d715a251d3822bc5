"""Every example of the documents is executed."""

import doctest
import re
from pathlib import Path

import pytest

import tariffcli
from support.document_examples import BLOCK, ROOT, commands, filled, plain

HERE = Path(__file__).resolve()
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
    session = doctest.DocTestParser().get_doctest(
        text.split("```python\n")[1].split("```")[0], {}, "README", "README.md", 0
    )
    runner = doctest.DocTestRunner()
    runner.run(session)
    assert runner.summarize(verbose=False).failed == 0


def test_the_readme_names_every_authority(record):
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert not [
        row.authority for row in record.programmes.values() if f"`{row.authority}`" not in text
    ]


def test_the_readme_shows_the_two_commands():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for mark in ("<!-- setup -->", "<!-- test -->"):
        command = text.split(mark)[1].split("```console\n")[1].split("```")[0]
        assert command.startswith("$ python3 -m venv .venv && ")
        assert command.count("\n") == 1


def test_the_package_says_its_version():
    assert f'version = "{tariffcli.__version__}"' in (ROOT / "pyproject.toml").read_text(
        encoding="utf-8"
    )


UNREADABLE = re.compile(
    r"\bthe contract\b|\bcontract's|house plan|\bhouse\.md|\bdesign\.md|\bhard cases\b|\b[Ff]amil(?:y|ies) F\d|# F\d+\."
)
"""Papers that were beside the project once, as texts spoke of them. A reader has docs/json.md, the
decisions and the law.
"""


def test_no_text_cites_a_paper_that_a_reader_cannot_have():
    files = [
        path
        for folder in ("tariffcli", "docs", "tests", "tools", "benchmarks", "seeds")
        for path in (ROOT / folder).rglob("*")
    ]
    texts = [
        path
        for path in (*files, *ROOT.glob("*.md"), ROOT / "data" / "README.md")
        if path.suffix in (".py", ".md")
    ]
    cited = {
        path.relative_to(ROOT).as_posix(): UNREADABLE.findall(path.read_text(encoding="utf-8"))
        for path in texts
        if path != HERE
    }
    assert {path: words for path, words in cited.items() if words} == {}


@pytest.mark.parametrize(
    "path", sorted((ROOT / "docs" / "decisions").glob("*.md")), ids=lambda path: path.stem
)
def test_a_decision_has_a_date_and_a_status(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    assert re.fullmatch(r"# \d+\. .+", lines[0])
    assert re.fullmatch(r"Date: \d{4}-\d\d-\d\d\. Status: (accepted|replaced by \d{4})\.", lines[2])


LINK = re.compile(r"\]\(([^)#:]*)(?:#([^)]*))?\)")


@pytest.mark.parametrize(
    "path",
    [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))],
    ids=lambda path: path.name,
)
def test_every_link_leads_somewhere(path):
    for target, place in LINK.findall(path.read_text(encoding="utf-8")):
        other = (path.parent / target).resolve() if target else path
        assert other.exists(), target
        if place:
            headings = re.findall(r"^#+ (.+)$", other.read_text(encoding="utf-8"), re.MULTILINE)
            assert place in {
                re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings
            }, place


@pytest.mark.parametrize(
    "path",
    [ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))],
    ids=lambda path: path.name,
)
def test_a_document_is_at_most_100_letters_wide_but_for_tables_and_commands(path):
    prose = re.sub(
        r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL
    )
    assert [
        line
        for line in prose.splitlines()
        if len(line) > 100 and not line.startswith(("|", "Example: "))
    ] == []
