"""Cold start: `tariff rate` as a whole process against bare Typer apps, in turn, as ratios.

    python benchmarks/startup.py [ROUNDS]

A: a Typer app of two commands that prints one Rich table, against `tariff rate`. B: the same app
printing a line, against `tariff rate --format plain` and `--format json`. hs: `tariff rate --hs
CODE` against `tariff rate`, both for goods of the longest record. Bytecode is compiled first; each
command is warmed up once; the median of the ratios of neighbouring runs is what counts.
"""

from __future__ import annotations

import compileall
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import tariffcli

TABLE = """
import typer
from rich.console import Console
from rich.table import Table
app = typer.Typer()

@app.command()
def rate(
    date: str = typer.Option(None),
    origin: str = typer.Option(None, "--from"),
    importer: str = typer.Option(None, "--to"),
):
    table = Table()
    table.add_column("layer")
    table.add_column("rate")
    table.add_row("all goods", "125")
    Console().print(table)

@app.command()
def other():
    pass
"""
LINE = TABLE.replace(
    "from rich.console import Console\nfrom rich.table import Table\n", ""
).replace(
    TABLE[TABLE.index("    table = Table()") : TABLE.index("\n\n@app.command()\ndef other")],
    '    print("125")',
)
WORDS = ["rate", "--date", "2025-04-24", "--from", "us", "--to", "cn"]
BACK = ["rate", "--date", "2025-04-24", "--from", "cn", "--to", "us"]


def seconds(command: list[str], environment: dict[str, str]) -> float:
    begun = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)
    return time.perf_counter() - begun


def main(rounds: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name, text in (("bare_table", TABLE), ("bare_line", LINE)):
            Path(folder, f"{name}.py").write_text(text, encoding="utf-8")
        compileall.compile_dir(folder, quiet=1)
        compileall.compile_dir(Path(tariffcli.__file__).parent, quiet=1, maxlevels=3)
        environment = {**os.environ, "PYTHONPATH": folder, "TARIFF_CACHE": folder}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        python = sys.executable
        ours = [python, "-c", "from tariffcli.cli.start import main; main()", *WORDS]
        pairs = (
            ("table", "bare_table", ours),
            ("plain", "bare_line", [*ours, "--format", "plain"]),
            ("json", "bare_line", [*ours, "--format", "json"]),
        )
        bases = {
            name: [python, "-c", f"import {bare}; {bare}.app()", *WORDS] for name, bare, _ in pairs
        }
        back = [python, "-c", "from tariffcli.cli.start import main; main()", *BACK]
        bases["hs"] = back
        line = ("hs", "", [*back, "--hs", "6109.10.00"])
        for name, _, command in (*pairs, line):
            base = bases[name]
            seconds(base, environment), seconds(command, environment)
            runs = [
                (seconds(command, environment), seconds(base, environment)) for _ in range(rounds)
            ]
            ratios = [mine / theirs for mine, theirs in runs]
            mine, theirs = (statistics.median(run[side] for run in runs) * 1000 for side in (0, 1))
            print(
                f"{name:<6} tariff {mine:6.0f} ms   bare {theirs:6.0f} ms"
                f"   ratio median {statistics.median(ratios):.2f} (min {min(ratios):.2f}, max "
                f"{max(ratios):.2f}, {rounds} pairs)"
            )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 25)
