"""Small records for tests: a clean one, and the same with some of its rows replaced, added, changed
or taken away.

    write_record(folder)                                                  the clean record
    write_record(folder, stacking=[])                                     a table without rows
    write_record(folder, **{"events/us": and_also(row)})                  rows added
    write_record(folder, **{"events/us": with_row("us-steel-25", until="2025-01-01")})   cells of one row changed
    write_record(folder, glossary=None)                                   no such table

A table is named by its path without `.csv`. A row is a dict of the cells that are not blank.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from pathlib import Path

from tariffcli.book.fingerprint import FOLDERS
from tariffcli.book.schema import TABLES

Row = dict[str, str]
Rows = list[Row]
Edit = Sequence[Row] | Callable[[Rows], Rows] | None

_KINDS = {folder: kind for kind, folder in FOLDERS.items()}


def rows(columns: str, *lines: str) -> Rows:
    """Rows written as columns: cells between `|`, spaces around them do not count.

    >>> rows("key | value", "version | 0.0.1")
    [{'key': 'version', 'value': '0.0.1'}]
    """
    names = [name.strip() for name in columns.split("|")]
    return [
        dict(zip(names, (cell.strip() for cell in line.split("|")), strict=True)) for line in lines
    ]


CLEAN: dict[str, Rows] = {
    "programmes": rows(
        "id          | importer | authority | family | name                        | zone",
        "cn-all      | cn       | cn-all    |        | China: every US good        | Asia/Shanghai",
        "us-fentanyl | us       | ieepa     |        | US: fentanyl duty           | America/New_York",
        "us-steel    | us       | s232      | s232   | US: steel                   | America/New_York",
    ),
    "events/us": rows(
        "id | programme | origin | scope | effect | rate_pct | announced | effective | until | undoes | condition | status | act"
        " | source_ids | confidence",
        "us-fentanyl-10 | us-fentanyl | cn | all | rate | 10 | 2025-02-01 | 2025-02-04 00:01 | | | | law | us-eo-1 | eo-1 | official",
        "us-fentanyl-20 | us-fentanyl | cn | all | rate | 20 | 2025-03-03 | 2025-03-04 00:01 | | none | | law | us-eo-2 | eo-2 | official",
        "us-steel-25 | us-steel | * | us-steel-list | rate | 25 | 2025-02-10 | 2025-03-12 00:01 | | | | law | us-proc-1 | proc-1 | official",
        "us-steel-quota | us-steel | @eu | us-steel-list | exempt | | 2025-02-10 | 2025-03-12 00:01 | 2025-07-01 00:01 | | in-quota"
        " | law | us-proc-1 | proc-1 | official",
    ),
    "events/cn": rows(
        "id | programme | origin | scope | effect | rate_pct | announced | effective | undoes | status | act | source_ids | confidence",
        "cn-all-34 | cn-all | us | all | rate | 34 | 2025-04-04 | 2025-04-10 12:01 |           | law | cn-sctc-1 | sctc-1 | transcribed",
        "cn-all-10 | cn-all | us | all | rate | 10 | 2025-05-13 | 2025-05-14 12:01 | cn-all-34 | law | cn-sctc-2 | sctc-2 | transcribed",
    ),
    "stacking": rows(
        "id             | when     | drops       | mode      | origin | scope | announced  | effective        | act       | source_ids",
        "steel-fentanyl | us-steel | us-fentanyl | displaces | *      | all   | 2025-02-10 | 2025-03-12 00:01 | us-proc-1 | proc-1",
    ),
    "acts": rows(
        "id        | title             | kind            | citation | signed     | source_ids",
        "cn-sctc-1 | Duty on all goods | announcement    | SCTC 1   | 2025-04-04 | sctc-1",
        "cn-sctc-2 | Duty cut          | announcement    | SCTC 2   | 2025-05-13 | sctc-2",
        "us-eo-1   | Fentanyl duty     | executive-order | EO 1     | 2025-02-01 | eo-1",
        "us-eo-2   | Fentanyl again    | executive-order | EO 2     | 2025-03-03 | eo-2",
        "us-proc-1 | Steel             | proclamation    | Proc. 1  | 2025-02-10 | proc-1",
    ),
    "scopes/us-steel-list": rows(
        "prefix   | sign",
        "7208     | in",
        "7209     | in",
        "72091500 | out",
    ),
    "scopes": rows(
        "id            | importer | name            | act       | official_count | confidence | source_ids",
        "us-steel-list | us       | Sheets of steel | us-proc-1 | 2              | official   | proc-1",
    ),
    "counts": [],
    "items": rows(
        "scope         | item | provision | codes    | text                            | note",
        "us-steel-list | 1    | note 1(a) | 7208     | Hot-rolled sheets of any width  |",
        "us-steel-list | 2    | note 1(a) | 7209     |                                 |",
    ),
    "conditions": rows(
        "id       | fact     | kind   | when_unknown | flag       | question",
        "in-quota | in_quota | yes_no | assume_no    | --in-quota | Is the entry within the quota?",
    ),
    "categories": rows(
        "id     | importer | name            | name_zh | aliases     | codes",
        "phones | cn       | Telephones      | 手机    | phone       | 851713",
        "phones | us       | Telephones      | 手机    | phone       | 851713",
        "steel  | us       | Sheets of steel | 钢板    | steel sheet | 7208;7209",
    ),
    "sources": rows(
        "id     | title             | publisher        | date       | url                        | official | language",
        "eo-1   | Fentanyl duty     | Federal Register | 2025-02-01 | https://example.org/eo-1   | yes      | en",
        "eo-2   | Fentanyl again    | Federal Register | 2025-03-03 | https://example.org/eo-2   | yes      | en",
        "news-1 | They talked       | A newspaper      | 2025-04-23 | https://example.org/news-1 | no       | en",
        "proc-1 | Steel             | Federal Register | 2025-02-10 | https://example.org/proc-1 | yes      | en",
        "sctc-1 | Duty on all goods | Tariff Commission | 2025-04-04 | https://example.org/sctc-1 | yes      | zh",
        "sctc-2 | Duty cut          | Tariff Commission | 2025-05-13 |                            | yes      | zh",
    ),
    "statements": rows(
        "id             | said_on    | speaker    | side | about | claim             | standing | answers        | source_ids",
        "no-talks-04-24 | 2025-04-24 | A ministry | cn   | talks | There are none.   | open     | talks-04-23    | news-1",
        "talks-04-23    | 2025-04-23 | A minister | us   | talks | Talks take place. | denied   |                | news-1",
    ),
    "coverage": rows(
        "importer | origin | programme | covered_from | verified_through",
        "cn       | us     | *         | 2018-01-01   | 2026-01-31",
        "us       | *      | *         | 2018-01-01   | 2026-01-31",
    ),
    "checkpoints": rows(
        "id             | at         | origin | importer | product | measure    | expected | source_ids",
        "fentanyl-march | 2025-03-20 | cn     | us       | general | additional | 20       | news-1",
    ),
    "countries": rows(
        "code | alpha3 | census | name          | name_zh | aliases",
        "cn   | CHN    | 5700   | China         | 中国    | PRC",
        "de   | DEU    | 4280   | Germany       | 德国    |",
        "fr   | FRA    | 4279   | France        | 法国    |",
        "us   | USA    |        | United States | 美国    | America",
    ),
    "areas": rows("area | member", "eu | de", "eu | fr"),
    "editions": rows(
        "importer | edition | from       | until      | schedule | source_ids",
        "cn       | 2022    |            |            | partial  |",
        "us       | 2017    |            | 2022-01-27 | complete | proc-1",
        "us       | 2022    | 2022-01-27 |            | complete | proc-1",
    ),
    "subheadings": rows(
        "edition | code", "2017 | 720810", "2017 | 851712", "2022 | 720810", "2022 | 851713"
    ),
    "concordance": rows(
        "older_edition | older | newer_edition | newer", "2017 | 851712 | 2022 | 851713"
    ),
    "schedules/us": rows(
        "code     | duty",
        "72081000 | Free",
        "72091500 | 2.5%",
        "72091600 | 1.5%",
        "85171300 | Free",
    ),
    "ordinary/cn": rows(
        "code     | basis | duty | from       | until      | condition | source_ids | confidence",
        "85171300 | mfn   | 0%   | 2025-01-01 | 2026-01-01 |           | sctc-1     | transcribed",
        "10059000 | mfn   | 65%  | 2025-01-01 | 2026-01-01 |           | sctc-1     | transcribed",
        "10059000 | quota | 1%   | 2025-01-01 | 2026-01-01 | in-quota  | sctc-1     | transcribed",
    ),
    "descriptions/us": rows(
        "code     | description",
        "72091500 | Cold-rolled sheets of iron",
        "85171300 | Smartphones",
    ),
    "fees": rows(
        "id     | importer | name          | rate_pct | minimum | maximum | currency | above | from       | until      | mode   | source_ids",
        "hmf    | us       | Harbour fee   | 0.125    |         |         | USD      | 2500  |            |            | vessel | proc-1",
        "mpf-25 | us       | Handling fee  | 0.3464   | 32.71   | 634.62  | USD      | 2500  | 2024-10-01 | 2025-10-01 |        | proc-1",
        "mpf-26 | us       | Handling fee  | 0.3464   | 33.58   | 651.50  | USD      | 2500  | 2025-10-01 | 2026-10-01 |        | proc-1",
    ),
    "reporting": rows(
        "id       | importer | rule       | position | authorities | source_ids | note",
        "cn-note  | cn       | note       |          |             | sctc-1     | Computed in yuan.",
        "us-first | us       | order      | 1        | s232        | proc-1     |",
        "us-next  | us       | order      | 2        | ieepa       | proc-1     |",
        "us-whole | us       | even_units |          |             | proc-1     | Whole dollars.",
    ),
    "interest": rows(
        "id      | importer | payee       | rate_pct | from       | until      | source_ids | confidence",
        "corp-1  | us       | corporation | 6        | 2025-01-01 | 2026-01-01 | eo-1       | official",
        "corp-2  | us       | corporation | 5        | 2026-01-01 |            | eo-2       | official",
        "other-1 | us       | other       | 7        | 2025-01-01 |            | eo-1       | official",
    ),
    "caveats": rows(
        "id        | importer | about     | types | text                              | source_ids",
        "no-advice | us       | refund    |       | An aid, and no advice.            |",
        "warehouse | us       | set_apart | 21;22 | Warehouse entries go another way. | proc-1",
    ),
    "headings": rows(
        "id   | importer | prefix | authority | refundable_since | source_ids",
        "9903 | us       | 990301 | ieepa     | 2025-02-04       | eo-1",
    ),
    "glossary": rows(
        "term | meaning", "quota | An amount let in at a lower duty.", "tariff | A list of duties."
    ),
    "meta": rows("key | value", "compiled | 2026-02-10", "version | 0.0.1"),
}
"""The clean record: two importers, three programmes, six events. On 2025-06-15: goods of cn pay the
us 20, steel of cn 25.
"""


def and_also(*more: Row) -> Callable[[Rows], Rows]:
    """An edit that adds rows."""
    return lambda old: [*old, *more]


def with_row(key: str, **cells: str) -> Callable[[Rows], Rows]:
    """An edit that changes cells of the row whose first cell is `key`."""

    def edit(old: Rows) -> Rows:
        assert any(next(iter(row.values())) == key for row in old), key
        return [{**row, **cells} if next(iter(row.values())) == key else row for row in old]

    return edit


def write_record(folder: Path, **tables: Edit) -> Path:
    """Write the clean record into `folder`, with the named tables replaced (rows), edited (a
    function) or left out (None).
    """
    for name, old in {**dict.fromkeys(tables, Rows()), **CLEAN}.items():
        edit = tables.get(name, old)
        if edit is not None:
            write_table(folder / f"{name}.csv", name, edit(old) if callable(edit) else edit)
    return folder


def write_table(path: Path, name: str, content: Sequence[Row]) -> None:
    """One table as the record's dictionary wants it: UTF-8, commas, LF, every column in order."""
    columns = TABLES[_KINDS[name.split("/", maxsplit=1)[0]] if "/" in name else name].header
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(content)
