"""What duty was owed on goods of any origin, on any day since 2018, by which acts, and how sure we
are.

>>> import tariffcli
>>> tariffcli.ask("2025-04-24", origin="us", importer="cn").additional_pct
Decimal('125')

`load` opens a record, `rate` answers a `Query`, `ask` does both from plain words, `history` gives
the steps. Heavy names are loaded when first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from tariffcli.api import ask, history, history_frame, load, rate
    from tariffcli.bulk.frame import rate_lines
    from tariffcli.law.model import Answer, Query

__all__ = [
    "Answer",
    "Query",
    "__version__",
    "ask",
    "history",
    "history_frame",
    "load",
    "rate",
    "rate_lines",
]

_HOMES = {
    "ask": "tariffcli.api",
    "history": "tariffcli.api",
    "history_frame": "tariffcli.api",
    "load": "tariffcli.api",
    "rate": "tariffcli.api",
    "rate_lines": "tariffcli.bulk.frame",
    "Answer": "tariffcli.law.model",
    "Query": "tariffcli.law.model",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'tariffcli' has no attribute '{name}'")
