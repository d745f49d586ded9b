"""What a condition says of a decision: which answers it is compared with, and whether an answer can make it true."""

import operator
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

from darwinflow.check.cel import Expr, Use, chain
from darwinflow.model.nearest import nearest

DECISION = ("decision",)


class Comparison(NamedTuple):
    """A decision against a text, or against a number or a truth value, which it never is."""

    decider: str
    """The node that decided; empty for the edge's own source."""
    answer: str
    offset: int
    """Of the text in the condition."""


def decider_of(use: Use) -> str | None:
    """The node whose decision *use* is, empty for the edge's own source; None where it is something else."""
    if use.name == "output":
        return "" if use.path == DECISION else None
    if use.name == "nodes" and use.path[1:] == ("output", *DECISION):
        return use.path[0]
    return use.name if use.path == ("output", *DECISION) else None


class Slip(NamedTuple):
    """A field of an output that is nearly called as the decision is, or the decision where a field of it is read."""

    decider: str
    """As in `Comparison`."""
    field: str
    at: int
    """Which step behind the name it is."""
    behind: str = ""
    """The field that is read of it; empty: none."""


def slip_of(use: Use) -> Slip | None:
    """Where *use* reads what must be the decision, if the node is one that decides."""
    at = {"output": 0, "nodes": 2}.get(use.name, 1)
    if use.name == "input" or (at and use.path[at - 1 : at] != ("output",)):
        return None
    field = use.path[at : at + 1]
    behind = use.path[at + 1] if len(use.path) > at + 1 else ""
    if not field or (nearest(field[0], DECISION) is None and not (field == DECISION and behind)):
        return None
    return Slip("" if not at else use.path[0] if at > 1 else use.name, field[0], at, behind)


def comparisons(tree: Expr) -> Iterator[Comparison]:
    """In the order of the condition."""
    waiting = [tree]
    while waiting:
        here = waiting.pop()
        waiting += reversed(here.parts)
        if here.kind != "call" or here.value not in ("_==_", "_!=_", "@in"):
            continue
        for one, other in (here.parts, here.parts[::-1]):
            use = chain(one)
            decider = decider_of(use) if use is not None else None
            if decider is not None:
                is_among = here.value == "@in"
                texts = other.parts if is_among and other.kind == "list" else () if is_among else (other,)
                for text in texts:
                    if text.kind in ("text", "number", "bool") and text.value is not None:
                        answer = str(text.value).lower() if text.kind == "bool" else str(text.value)
                        yield Comparison(decider, answer, text.offset)


Answer = Callable[[str], str | None]
"""What a node decided; None where that may be anything."""


def outcome(tree: Expr, answer: Answer) -> bool | None:
    """Whether the condition holds for these decisions; None where something else has a say."""
    if tree.kind == "bool":
        return bool(tree.value)
    if tree.kind != "call":
        return None
    function, parts = tree.value, tree.parts
    if function == "!_":
        inner = outcome(parts[0], answer)
        return None if inner is None else not inner
    if function in ("_&&_", "_||_"):
        decisive = function == "_||_"
        sides = [outcome(part, answer) for part in parts]
        if decisive in sides:
            return decisive
        return None if None in sides else not decisive
    if function == "_?_:_":
        first, second = outcome(parts[1], answer), outcome(parts[2], answer)
        chosen = outcome(parts[0], answer)
        if chosen is None:
            return first if first is second else None
        return first if chosen else second
    fixed = _fixed(tree)
    if fixed is not None:
        return fixed
    if function in ("_==_", "_!=_"):
        texts = [_text(part, answer) for part in parts]
        if None in texts or all(part.kind == "text" for part in parts):
            return None
        return (texts[0] == texts[1]) is (function == "_==_")
    if function == "@in" and parts[1].kind == "list":
        text = _text(parts[0], answer)
        members = [_text(part, answer) for part in parts[1].parts]
        if text is None:
            return None
        return True if text in members else None if None in members else False
    return None


_COMPARING: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "_==_": operator.eq,
    "_!=_": operator.ne,
    "_<_": operator.lt,
    "_<=_": operator.le,
    "_>_": operator.gt,
    "_>=_": operator.ge,
}


def _fixed(tree: Expr) -> bool | None:
    """What a comparison of two values gives that stand there themselves, of one kind; None for all else."""
    compare = _COMPARING.get(str(tree.value))
    if compare is None or any(part.value is None for part in tree.parts):
        return None
    one, other = tree.parts
    if one.kind != other.kind or one.kind not in ("number", "bool"):
        return None
    if one.kind == "number":
        return compare(int(str(one.value)), int(str(other.value)))
    return compare(bool(one.value), bool(other.value))


class Misfit(NamedTuple):
    """A decision, which is text, that is put in an order with something else."""

    decider: str
    """As in `Comparison`."""
    sign: str
    what: str
    offset: int
    """Of the sign in the condition."""


def misfits(tree: Expr) -> Iterator[Misfit]:
    """In the order of the condition."""
    waiting = [tree]
    while waiting:
        here = waiting.pop()
        waiting += reversed(here.parts)
        if here.kind != "call" or here.value not in ("_<_", "_<=_", "_>_", "_>=_"):
            continue
        for one, other in (here.parts, here.parts[::-1]):
            use = chain(one)
            decider = decider_of(use) if use is not None else None
            if decider is not None and other.kind in ("number", "bool"):
                what = "a number" if other.kind == "number" else "true or false"
                yield Misfit(decider, str(here.value).strip("_"), what, here.offset)


def _text(tree: Expr, answer: Answer) -> str | None:
    if tree.kind == "text":
        return str(tree.value)
    use = chain(tree)
    decider = decider_of(use) if use is not None else None
    return None if decider is None else answer(decider)


def is_never_true(tree: Expr) -> bool:
    """Whether the condition holds for no decision at all, the ones that it names and any other."""
    named = [(one.decider, one.answer) for one in comparisons(tree)]
    deciders = {decider for decider, _ in named}
    if len(deciders) > 1:
        return outcome(tree, lambda _: None) is False
    answers = [*dict.fromkeys([answer for _, answer in named]), "\0"]  # and one that no node gives
    return all(outcome(tree, dict.fromkeys(deciders, answer).get) is False for answer in answers)


def tests_decision(tree: Expr) -> bool:
    """Whether the decision of the edge's own source is compared with a text."""
    return any(not one.decider for one in comparisons(tree))
