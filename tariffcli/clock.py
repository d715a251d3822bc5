"""The clock. Nothing else in the package reads it: who needs today's day asks here, and the law
never does.
"""

from __future__ import annotations

import time

from tariffcli.law.instants import day_of


def today(zone: str) -> str:
    """The local day now in the IANA time zone `zone`, as an ISO day."""
    return day_of(int(time.time()), zone)
