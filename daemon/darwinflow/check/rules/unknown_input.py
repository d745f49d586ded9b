"""`unknown-input`: a condition, a context or a template reads an input that the workflow does not declare."""

from collections.abc import Callable

from darwinflow.check.finding import ERROR, Finding, Fix
from darwinflow.check.mentions.uses import Uses
from darwinflow.check.words import all_of, shown
from darwinflow.model.nearest import nearest


def unknown_input(uses: Uses, declared: tuple[str, ...], read: Callable[[str], int]) -> Finding:
    """*read*: how often the document reads an input."""
    near = nearest(uses.name, declared)
    message = f"the workflow declares no input '{shown(uses.name)}'"
    fixes: tuple[Fix, ...] = ()
    if near is not None:
        message += f"; did you mean '{shown(near)}'?"
        fixes = uses.change(near, read(near))
    elif declared:
        message += f"; it declares {all_of([shown(name) for name in declared])}"
    else:
        message += "; list it under 'inputs'"
    return Finding("unknown-input", ERROR, next(uses.spans()), message, uses.related("and here"), fixes)
