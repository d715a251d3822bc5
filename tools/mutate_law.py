"""The mutation run over the engine: change `tariffcli/law/` in one place at a time, and see whether
a fast test notices.

    python tools/mutate_law.py                              the modules that say what the law is
    python tools/mutate_law.py --module stacking            one of them
    python tools/mutate_law.py --sample 200 --seed 1        so many, drawn alike every time

Each mutant is tried in a process of its own that is given the changed module when it imports it: no
file is written, here or in a copy. Prints every mutant with its fate, and the survivors once more;
each must be explained in docs/mutation.md. Needs a system that can fork.
"""

from __future__ import annotations

import argparse
import ast
import copy
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import hypothesis.strategies
import pytest
import rich.console
import typer.testing

PRELOADED = (hypothesis.strategies, pytest, rich.console, typer.testing)
"""What most tests import, imported once before the processes part; nothing of `tariffcli` is."""

ROOT = Path(__file__).resolve().parent.parent
LAW = ROOT / "tariffcli" / "law"

MODULES = (
    *("timeline", "stacking", "facts", "ordinary", "products", "assess", "engine"),
    *("places", "instants", "history", "docket", "codes"),
)
"""The modules of which mutants are made where none is named."""

FAST = (
    *("timeline", "stacking", "facts", "places", "engine", "products", "instants", "concordance"),
    *("ordinary_duty", "hard_cases", "items", "cli_history", "known_questions"),
    *("goldens", "published", "properties"),
)
"""The test files that every mutant is tried against, the quick ones first."""

LIKELIEST = {
    "amounts": ("duty_amounts", "duty", "refund"),
    "assess": ("engine", "stacking", "facts", "ordinary_duty"),
    "charges": ("duty_amounts", "refund"),
    "codes": ("concordance", "products"),
    "docket": ("engine", "products", "properties"),
    "duty": ("duty", "ordinary_duty", "duty_amounts"),
    "facts": ("facts", "engine", "entry_facts"),
    "history": ("cli_history", "cli_export", "average", "goldens"),
    "interest": ("refund",),
    "ordinary": ("ordinary_duty",),
    "products": ("products", "concordance", "cli_products", "cli_bad_input"),
}
"""The test files tried first on a module; where none is said, the one that bears its name."""

MOST_MEMORY = 4 << 30
"""Bytes that a mutant may take: one that never ends must not take the machine with it."""


# What is changed


BESIDE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
}
OTHER_NAME = {"min": "max", "max": "min", "any": "all", "all": "any"}
ROUNDINGS = ("ROUND_HALF_UP", "ROUND_HALF_EVEN", "ROUND_DOWN", "ROUND_FLOOR", "ROUND_CEILING")


def but(node: Any, **fields: object) -> Any:
    """A copy of a node with other fields."""
    found = copy.copy(node)
    for name, value in fields.items():
        setattr(found, name, value)
    return found


def without(items: Sequence[Any]) -> Iterator[list[Any]]:
    """The items with each of them left out in turn."""
    for place in range(len(items)):
        yield [*items[:place], *items[place + 1 :]]


def comparisons(node: ast.AST) -> Iterator[ast.AST]:
    """`<` for `<=`, `==` for `!=`, and the other way round."""
    if isinstance(node, ast.Compare):
        for place, test in enumerate(node.ops):
            if type(test) in BESIDE:
                other = BESIDE[type(test)]()
                yield but(node, ops=[*node.ops[:place], other, *node.ops[place + 1 :]])


def conditions(node: ast.AST) -> Iterator[ast.AST]:
    """A part of an `and` or `or` dropped, a clause of a comprehension, a `not`; an `if` that always
    holds, or never."""
    if isinstance(node, ast.BoolOp):
        for kept in without(node.values):
            yield but(node, values=kept) if len(kept) > 1 else kept[0]
    elif isinstance(node, ast.comprehension):
        for kept in without(node.ifs):
            yield but(node, ifs=kept)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield node.operand
    elif isinstance(node, ast.If | ast.IfExp):
        yield from (but(node, test=ast.Constant(always)) for always in (True, False))


def keys(node: ast.AST) -> Iterator[ast.AST]:
    """A key that rows are sorted by: an element dropped, two neighbours swapped; the whole key, or
    the order, left out."""
    for field, compared in _compared(node):
        for elements in (*without(compared.elts), *_swapped(compared.elts)):
            yield _with_key(node, field, but(compared, elts=elements))
    if isinstance(node, ast.Call):
        for kept in without(node.keywords):
            gone = next(word for word in node.keywords if word not in kept)
            if gone.arg in ("key", "reverse"):
                yield but(node, keywords=kept)


def _swapped(items: Sequence[Any]) -> Iterator[list[Any]]:
    """The items with each two neighbours swapped in turn."""
    for place, (one, other) in enumerate(pairwise(items)):
        yield [*items[:place], other, one, *items[place + 2 :]]


def _compared(node: ast.AST) -> Iterator[tuple[str, ast.Tuple]]:
    """The tuple that a node gives to be compared, and the field that holds it: what a lambda or a
    function of one statement gives, or what is named as a key."""
    match node:
        case ast.Lambda(body=ast.Tuple() as compared):
            yield "body", compared
        case ast.FunctionDef(body=[ast.Expr(), ast.Return(value=ast.Tuple() as compared)]):
            yield "return", compared
        case ast.FunctionDef(body=[ast.Return(value=ast.Tuple() as compared)]):
            yield "return", compared
        case ast.Assign(targets=[ast.Name("key" | "rank")], value=ast.Tuple() as compared):
            yield "value", compared


def _with_key(node: Any, field: str, compared: ast.Tuple) -> ast.AST:
    if field == "return":
        return but(node, body=[*node.body[:-1], but(node.body[-1], value=compared)])
    return but(node, **{field: compared})


def arithmetic(node: ast.AST) -> Iterator[ast.AST]:
    """`+` for `-` and the other way round."""
    if isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Add | ast.Sub):
        yield but(node, op=ast.Sub() if isinstance(node.op, ast.Add) else ast.Add())


def named(node: ast.AST) -> Iterator[ast.AST]:
    """`min` for `max`, `any` for `all`; another rounding (decimal's modes are their own names)."""
    match node:
        case ast.Call(func=ast.Name(name) as function) if name in OTHER_NAME:
            yield but(node, func=but(function, id=OTHER_NAME[name]))
        case ast.Name(name) if name in ROUNDINGS:
            yield from (ast.Constant(mode) for mode in ROUNDINGS if mode != name)


OPERATORS = (comparisons, conditions, keys, arithmetic, named)


# Mutants


class Place(NamedTuple):
    """Where a node stands: in a list of nodes, or in a field of one."""

    owner: Any
    key: Any

    def put(self, node: ast.AST) -> None:
        if isinstance(self.owner, list):
            self.owner[self.key] = node
        else:
            setattr(self.owner, self.key, node)


class Mutant(NamedTuple):
    """One change of a module: the line, the code there as it is and as it is changed."""

    module: str
    line: int
    before: str
    after: str
    tree: ast.Module
    place: Place
    node: ast.AST
    instead: ast.AST

    @property
    def source(self) -> str:
        """The whole module with the change."""
        self.place.put(self.instead)
        try:
            return ast.unparse(self.tree)
        finally:
            self.place.put(self.node)

    def __str__(self) -> str:
        return f"tariffcli/law/{self.module}.py:{self.line}: {self.before}  ->  {self.after}"


def mutants(module: str, source: str) -> list[Mutant]:
    """Every mutant of a module, in the order of its lines."""
    tree = ast.parse(source)
    found: list[Mutant] = []
    for place, node in _nodes(tree):
        for operator in OPERATORS:
            for instead in operator(node):
                line, before, after = _difference(node, instead)
                found.append(Mutant(module, line, before, after, tree, place, node, instead))
    return sorted(found, key=lambda mutant: mutant.line)


def _nodes(node: ast.AST) -> Iterator[tuple[Place, ast.AST]]:
    """Every node below one. What a refusal says is words, no law, and is left as it is."""
    if isinstance(node, ast.Raise):
        return
    for name, value in ast.iter_fields(node):
        children = enumerate(value) if isinstance(value, list) else [(name, value)]
        for key, child in children:
            if isinstance(child, ast.AST):
                yield Place(value if isinstance(value, list) else node, key), child
                yield from _nodes(child)


def _difference(node: ast.AST, instead: ast.AST) -> tuple[int, str, str]:
    """The line of a change, and the first line of code in which the two differ."""
    before, after = (ast.unparse(one).splitlines() for one in (node, instead))
    pairs = zip(before, after, strict=False)
    old, new = next(((a, b) for a, b in pairs if a != b), (before[0], after[0]))
    return _line(node), old.strip(), new.strip()


def _line(node: Any) -> int:
    if isinstance(node, ast.FunctionDef):
        return node.body[-1].lineno
    return node.target.lineno if isinstance(node, ast.comprehension) else node.lineno


# Their fates


class Changed(SourceFileLoader):
    """Loads one module of the law from another source than its file holds."""

    def __init__(self, mutant: Mutant) -> None:
        super().__init__(f"tariffcli.law.{mutant.module}", str(LAW / f"{mutant.module}.py"))
        self._source = mutant.source

    def get_code(self, _fullname: str) -> Any:
        return compile(self._source, self.path, "exec", dont_inherit=True)


class Instead(MetaPathFinder):
    """Gives a mutant to whoever imports its module."""

    def __init__(self, mutant: Mutant) -> None:
        self._loader = Changed(mutant)

    def find_spec(self, name: str, *_: object) -> ModuleSpec | None:
        if name != self._loader.name:
            return None
        return spec_from_file_location(name, self._loader.path, loader=self._loader)


def tests_of(module: str) -> tuple[list[str], list[str]]:
    """The test files that would notice a mutant of a module first, and all the others."""
    own = LIKELIEST.get(module, (module,))
    return _paths(own), _paths([name for name in FAST if name not in own])


def _paths(names: Sequence[str]) -> list[str]:
    return [str(path) for name in names for path in (ROOT / "tests").rglob(f"test_{name}.py")]


def passes(mutant: Mutant | None, scratch: Path) -> bool:
    """Whether every test passes, in this process, with a mutant; without one, as the engine is."""
    os.setsid()  # so that whatever it starts can be ended with it
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    silence = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(silence, stream)
    sys.dont_write_bytecode = True
    if mutant is not None:
        sys.meta_path.insert(0, Instead(mutant))
    options = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", f"--basetemp={scratch}"]
    files = tests_of(mutant.module if mutant else "")
    return all(pytest.main([*options, *some]) == pytest.ExitCode.OK for some in files if some)


def begun(mutant: Mutant | None, scratch: Path) -> int:
    """The id of a process that tries a mutant."""
    child = os.fork()
    if child:
        return child
    noticed = True
    try:
        noticed = not passes(mutant, scratch)
    finally:
        os._exit(int(noticed))


Fate = tuple[Mutant | None, bool]
"""What was tried, and whether a test noticed it."""


def fates(wanted: Sequence[Mutant | None], jobs: int, timeout: float) -> Iterator[Fate]:
    """The fate of each mutant; one that does not end in time is noticed."""
    waiting = list(reversed(wanted))
    running: dict[int, tuple[Mutant | None, float, Path]] = {}
    try:
        while waiting or running:
            while waiting and len(running) < jobs:
                mutant, scratch = waiting.pop(), Path(tempfile.mkdtemp(prefix="mutant-"))
                running[begun(mutant, scratch)] = (mutant, time.monotonic() + timeout, scratch)
            child, status = os.waitpid(-1, os.WNOHANG)
            if child:
                mutant, _, scratch = running.pop(child)
                shutil.rmtree(scratch, ignore_errors=True)
                yield mutant, status != 0
                continue
            for late in [one for one, (_, end, _) in running.items() if time.monotonic() > end]:
                os.killpg(late, signal.SIGKILL)
            time.sleep(0.05)
    finally:
        for child, (_, _, scratch) in running.items():
            os.killpg(child, signal.SIGKILL)
            shutil.rmtree(scratch, ignore_errors=True)


def chosen(modules: Sequence[str], sample: int | None, seed: int) -> list[Mutant]:
    """The mutants of some modules, or so many of them drawn by a seed."""
    sources = {module: (LAW / f"{module}.py").read_text(encoding="utf-8") for module in modules}
    every = [one for module, source in sources.items() for one in mutants(module, source)]
    if sample is None or sample >= len(every):
        return every
    drawn = sorted(random.Random(seed).sample(range(len(every)), sample))
    return [every[place] for place in drawn]


def asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    known = sorted(path.stem for path in LAW.glob("*.py") if path.stem != "__init__")
    parser.add_argument("--module", action="append", choices=known, help="may be given again")
    parser.add_argument("--sample", type=int, help="so many mutants; without it, all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--timeout", type=float, default=120, help="seconds for one mutant")
    return parser.parse_args()


def main() -> None:
    words = asked()
    os.chdir(ROOT)
    sys.path[:0] = [str(ROOT)]
    if any(noticed for _, noticed in fates([None], 1, words.timeout)):
        sys.exit("The tests fail, or take too long, on the engine as it is.")
    survivors: list[str] = []
    wanted = chosen(words.module or MODULES, words.sample, words.seed)
    for mutant, noticed in fates(wanted, words.jobs, words.timeout):
        print("killed  " if noticed else "survived", mutant, flush=True)
        if not noticed:
            survivors.append(str(mutant))
    print(f"{len(wanted) - len(survivors)} killed, {len(survivors)} survived")
    print("\n".join(sorted(survivors)))


if __name__ == "__main__":
    main()
