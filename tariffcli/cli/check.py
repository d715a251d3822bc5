"""`tariff check`: every data rule over a record, and every published checkpoint replayed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import typer

from tariffcli.book.load import Record, default_data, load
from tariffcli.book.tables import Finding
from tariffcli.cli.options import bundled
from tariffcli.cli.output import Output, Rows, no_view, output_of
from tariffcli.cli.request import Common
from tariffcli.errors import TariffError
from tariffcli.law.checkpoints import replay


def register(app: typer.Typer, name: str) -> None:
    """Add the command."""
    app.command(name)(bundled(check_record))


def check_record(common: Common) -> int:
    """Apply every data rule to the record; all findings with file and line; exit 1 on any.

    Example: tariff check --data my-record
    """
    from tariffcli.book.assemble import assemble  # only this command needs the whole record
    from tariffcli.book.rules import RULES, check

    output = output_of(common, table_as="plain")
    data = common.data if common.data is not None else default_data()
    findings = check(assemble(Path(data)))
    record = load(data) if not findings else None
    if record is not None:
        findings += _failed_checkpoints(record)
    checkpoints = len(record.checkpoints) if record else 0
    _emit(output, findings, len(RULES), checkpoints)
    if output.format == "plain":
        checked = f"{len(RULES)} rules, {checkpoints} checkpoints"
        if findings:
            checked = f"{len(RULES)} rules; checkpoints wait for a clean record"
        typer.echo(
            f"{len(findings)} finding{'' if len(findings) == 1 else 's'} ({checked}).", err=True
        )
    return 1 if findings else 0


def _failed_checkpoints(record: Record) -> list[Finding]:
    findings: list[Finding] = []
    for line, row in enumerate(record.checkpoints, start=2):
        try:
            answer = replay(record, row)
        except TariffError as error:
            answer = str(error)
        if answer != row["expected"]:
            words = (
                f"A published figure is not reproduced: {row['expected']} published, {answer} here."
            )
            findings.append(Finding("checkpoints.csv", line, "C01", words, row["id"]))
    return findings


def _emit(output: Output, findings: Sequence[Finding], rules: int, checkpoints: int) -> None:
    rows = [finding._asdict() for finding in findings]
    output.emit(
        plain=lambda: map(str, findings),
        document=lambda: {"findings": rows, "rules": rules, "checkpoints": checkpoints},
        rows=lambda: Rows(rows, Finding._fields),
        draw=no_view,
    )
