"""The closed vocabularies: all the words that a column or a field of an answer may hold."""

from typing import Literal, get_args

Blank = Literal[""]
"""Nothing is said."""

Effect = Literal["rate", "floor", "exempt", "end", "undo", "prohibit"]
"""What an act does to a programme: see the record's dictionary, `events/`."""

Status = Literal["law", "reported", "threatened"]
"""Whether a row is law. Only `law` is folded."""

Confidence = Literal["official", "transcribed", "secondary", "single", "memory", "open"]
"""How well a row is known, from strongest to weakest."""

Join = Literal["plus", "or", "greater"]
"""How a specific duty meets the rate beside it."""

ConditionKind = Literal["yes_no", "instant", "share", "amount", "choice"]
"""What the value of a fact is."""

WhenUnknown = Literal["assume_no", "ask"]
"""Whether a fact that is not given counts as no, or is tried both ways."""

StackingMode = Literal["displaces", "adds"]
"""How two programmes meet."""

ActKind = Literal[
    "statute",
    "proclamation",
    "executive-order",
    "memorandum",
    "rule",
    "notice",
    "announcement",
    "guidance",
    "ruling",
    "statement",
    "report",
]
"""What an act is. A `statement` or `report` is no law: rows that are not law name it too."""

ProductKind = Literal["general", "category", "code", "list"]
"""How a product was named; `general` is goods on no special list."""

Role = Literal[
    "applies",  # adds its rate
    "floor",  # tops the ordinary duty up to a figure
    "exempt",  # the goods are outside by law
    "displaced",  # another programme takes its place
    "condition_not_met",  # would charge if a fact were otherwise
    "suspended",  # does not reach these goods any more
    "unknown",  # charges something that is not one number
]
"""What a programme does in an answer."""

AnswerStatus = Literal["complete", "range", "needs_fact", "prohibited", "outside_coverage"]
"""How far an answer goes: `complete` is one number."""

EFFECTS: tuple[Effect, ...] = get_args(Effect)
STATUSES: tuple[Status, ...] = get_args(Status)
CONFIDENCE: tuple[Confidence, ...] = get_args(Confidence)
JOINS: tuple[Join, ...] = get_args(Join)
CONDITION_KINDS: tuple[ConditionKind, ...] = get_args(ConditionKind)
WHEN_UNKNOWN: tuple[WhenUnknown, ...] = get_args(WhenUnknown)
STACKING_MODES: tuple[StackingMode, ...] = get_args(StackingMode)
ACT_KINDS: tuple[ActKind, ...] = get_args(ActKind)

RULING: frozenset[Effect] = frozenset({"rate", "floor", "end", "prohibit"})
"""Effects that compete to rule a programme.

An `exempt` stands above them and an `undo` only takes away.
"""
