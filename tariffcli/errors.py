"""Every failure a user can meet, each with the exit code of the contract.

Messages say what is wrong, where, and what to do next, in one or two lines.
"""


class TariffError(Exception):
    """Base of all errors with a message meant for a person. Exit code 1."""

    exit_code = 1


class UsageError(TariffError):
    """Wrong or contradictory input: an unknown country, an impossible day. Exit code 2."""

    exit_code = 2


class OutsideCoverage(TariffError):
    """The record does not vouch for this pair, programme or day. Exit code 3."""

    exit_code = 3


class NotOneNumber(TariffError):
    """`--strict` was asked for and the answer is not one number. Exit code 4."""

    exit_code = 4


class RecordError(TariffError):
    """The record itself is broken: unreadable, half written, or two rows contradict each other. Exit code 1."""
