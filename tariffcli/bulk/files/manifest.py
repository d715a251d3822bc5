"""What stands beside an output: of which input it was made, how its columns were read, by which
record, its lines by status, its sums."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from hashlib import sha256
from pathlib import Path
from threading import Thread
from typing import Any, cast

from tariffcli import files
from tariffcli.book.load import Record
from tariffcli.bulk.cells.plan import Plan
from tariffcli.bulk.files.reports import Report, from_plain, to_plain
from tariffcli.errors import TariffError, UsageError


def beside(out: Path) -> Path:
    """Where the manifest of an output stands."""
    return out.with_name(f"{out.name}.manifest.json")


def hash_of(path: Path) -> str:
    """The SHA-256 of a file."""
    whole = sha256()
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            whole.update(block)
    return whole.hexdigest()


def hashing(path: Path) -> Callable[[], str]:
    """Begin to hash a file in a thread of its own; what is given waits for its SHA-256. Raises
    TariffError there."""
    found: Future[str] = Future()

    def work() -> None:
        try:
            found.set_result(hash_of(path))
        except OSError as error:
            found.set_exception(
                TariffError(f"{path} could not be read to its end: {error.strerror}.")
            )
        except BaseException as error:  # whoever waits must not wait for ever
            found.set_exception(error)

    Thread(target=work, daemon=True).start()
    return found.result


def seal_of(out: Path) -> Callable[[], dict[str, Any]]:
    """Begin to hash an output; what is given waits for what its manifest tells of it. Of a device
    nothing is told."""
    if not out.is_file():
        return dict
    length, digest = out.stat().st_size, hashing(out)
    return lambda: {"output": {"bytes": length, "sha256": digest()}}


def was_changed(out: Path, document: Mapping[str, Any]) -> bool:
    """Whether an output is another than its manifest was written for. One that tells nothing of its
    output is believed."""
    told: dict[str, Any] | None = document.get("output")
    if not told:
        return False
    return out.stat().st_size != told.get("bytes") or hash_of(out) != told.get("sha256")


def conditions(
    book: Record, plan: Plan | None, program: str, flags: Mapping[str, Any]
) -> dict[str, Any]:
    """All that decides what an output says, its input apart: two runs with equal conditions say the
    same of a line.

    Without a plan: what holds for several outputs, each with a plan of its own.
    """
    return {
        "program": program,
        "record": {"version": book.meta.get("version", ""), "fingerprint": book.fingerprint},
        **({"plan": plan.to_json()} if plan is not None else {}),
        "flags": {
            name: value
            for name, value in sorted(flags.items())
            if value not in (None, False, (), [])
        },
    }


def manifest(
    given: dict[str, Any],
    source: str,
    digest: str,
    lines: int,
    statuses: Mapping[str, int],
    bad: Sequence[tuple[int, str]],
    left_out: int,
    misshapen: int,
) -> dict[str, Any]:
    """The manifest of an output, as plain values; of the rows `left_out` some are `misshapen`, and
    so may be lines that are lost."""
    return {
        **given,
        "input": {"name": source, "sha256": digest},
        "lines": lines,
        "statuses": dict(sorted(statuses.items())),
        "examples": [{"line": line, "reason": reason} for line, reason in bad],
        "rows_left_out": left_out,
        "rows_misshapen": misshapen,
    }


def sealed(tables: Sequence[Report]) -> dict[str, Any]:
    """The tables of an output as they stand in its manifest, with a hash that tells when they were
    changed."""
    plain = [to_plain(table) for table in tables]
    return {"sha256": _hash(plain), "tables": plain}


def unsealed(out: Path, document: Mapping[str, Any]) -> list[Report]:
    """The tables that the manifest of an output tells. Raises UsageError where it tells none, or
    they were changed."""
    try:
        plain = document["sums"]["tables"]
        if _hash(plain) == document["sums"]["sha256"]:
            return [from_plain(table) for table in plain]
        said = "were changed or damaged"
    except (KeyError, TypeError):
        said = "are missing"
    raise UsageError(
        f"The sums in {beside(out)} {said}, so that nothing can be added; remove {out.name}, or "
        "use --force."
    )


def _hash(plain: Any) -> str:
    return sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()


def write_manifest(out: Path, document: Mapping[str, Any]) -> None:
    """Write a manifest beside its output, whole or not at all."""
    files.write(beside(out), f"{json.dumps(document, ensure_ascii=False, indent=2)}\n".encode())


def remove_manifest(out: Path | None) -> None:
    """Take the manifest of an earlier output away, so that it is never believed of a new one."""
    if out is not None:
        beside(out).unlink(missing_ok=True)


def read_manifest(out: Path) -> dict[str, Any] | None:
    """The manifest of an output, or None where there is none that can be read."""
    try:
        found: Any = json.loads(beside(out).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return cast("dict[str, Any]", found) if isinstance(found, dict) else None
