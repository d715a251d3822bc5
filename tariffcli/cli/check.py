"""`tariff check`: every data rule over a record, and every published checkpoint replayed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from tariffcli.book.load import Record, default_data, load
from tariffcli.book.tables import Finding
from tariffcli.cli.options import bundled
from tariffcli.cli.typed import Common
from tariffcli.errors import TariffError
from tariffcli.law.checkpoints import replay
from tariffcli.show import files


def register(app: typer.Typer, name: str) -> None:
    """Add the command."""
    app.command(name)(bundled(check_record))


def check_record(common: Common) -> None:
    """Apply every data rule to the record; all findings with file and line; exit 1 on any.

    Example: tariff check --data my-record
    """
    from tariffcli.book.assemble import assemble  # the whole record, only here
    from tariffcli.book.rules import RULES, check

    data = common.data if common.data is not None else default_data()
    findings = check(assemble(Path(data)))
    record = load(data) if not findings else None
    if record is not None:
        findings += _checkpoints(record)
    _print(findings, len(RULES), len(record.checkpoints) if record else 0, common)
    if findings:
        raise typer.Exit(1)


def _checkpoints(record: Record) -> list[Finding]:
    found: list[Finding] = []
    for number, row in enumerate(record.checkpoints, start=2):
        try:
            got = replay(record, row)
        except TariffError as error:
            got = str(error)
        if got != row["expected"]:
            found.append(
                Finding(
                    "checkpoints.csv",
                    number,
                    "C01",
                    f"A published figure is not reproduced: {row['expected']} published, {got} here.",
                    row["id"],
                )
            )
    return found


def _print(findings: list[Finding], rules: int, checkpoints: int, common: Common) -> None:
    if common.format == "json":
        rows: list[dict[str, Any]] = [finding._asdict() for finding in findings]
        files.write(files.to_json({"findings": rows, "rules": rules, "checkpoints": checkpoints}), common.out, common.force)
        return
    if common.format == "csv":
        files.write(files.to_csv(Finding._fields, [finding._asdict() for finding in findings]), common.out, common.force)
        return
    files.write("".join(f"{finding}\n" for finding in findings), common.out, common.force)
    checked = f"{rules} rules, {checkpoints} checkpoints" if not findings else f"{rules} rules; checkpoints wait for a clean record"
    typer.echo(f"{len(findings)} finding{'' if len(findings) == 1 else 's'} ({checked}).", err=True)
