"""What is wrong in a settings file."""

from typing import NamedTuple

from darwinflow.document.problem import Problem, Related
from darwinflow.model.span import Span

INVALID = "settings-invalid"


class Fault(NamedTuple):
    """One thing wrong, at its place."""

    code: str
    """`INVALID`, or what the engine says of the text."""
    message: str
    span: Span
    related: tuple[Related, ...] = ()
    name: str = ""
    """The word that is not known, where that is what is wrong."""
    names: tuple[str, ...] = ()
    """The words that could stand there instead."""


def fault_of(problem: Problem) -> Fault:
    return Fault(problem.code, problem.message, problem.span, problem.related)
