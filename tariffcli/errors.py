"""Every failure a user can meet, each with its exit code (docs/cli.md).

Messages say what is wrong, where, and what to do next, in one or two lines.
"""

from collections.abc import Callable

EXAMPLE_DAY, EXAMPLE_MINUTE, EXAMPLE_INSTANT = (
    "2025-04-24",
    "2025-04-10 12:01",
    "2025-04-10T12:01+08:00",
)
"""How a day, a minute and an instant are written, for messages that ask for one."""


class TariffError(Exception):
    """Base of all errors with a message meant for a person. Exit code 1."""

    exit_code = 1


class UsageError(TariffError):
    """Wrong or contradictory input: an unknown country, an impossible day. Exit code 2.

    `lacks` names what would settle it, where something would (`day_order`); whoever has a flag or
    an argument for it says so, for the law knows neither.
    """

    exit_code = 2

    def __init__(self, message: str, lacks: str = "") -> None:
        super().__init__(message)
        self.lacks = lacks


class NotFound(UsageError):
    """A word or code that the record does not hold.

    The whole message names the nearest ones, which takes long to look for: that is done when the
    message is read. `plain` says it without them, for a file that holds a million such words.
    """

    def __init__(self, plain: str, whole: Callable[[], str]) -> None:
        super().__init__(plain)
        self.plain, self._whole = plain, whole

    def __str__(self) -> str:
        """The whole message."""
        return self._whole()


class OutsideCoverage(TariffError):
    """The record does not vouch for this pair, programme or day. Exit code 3."""

    exit_code = 3


class NotOneNumber(TariffError):
    """`--strict` was asked for and the answer is not one number. Exit code 4."""

    exit_code = 4


class Interrupted(TariffError):
    """The user, or the system, asked a long run to end. Exit code 130."""

    exit_code = 130


class RecordError(TariffError):
    """The record itself is broken: unreadable, half written, or two rows contradict each other.
    Exit code 1.
    """
