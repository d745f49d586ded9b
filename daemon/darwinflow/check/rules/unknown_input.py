"""`unknown-input`: a condition, a context or a template reads an input that the workflow does not declare.

A text may hold `${input.NAME}` for somebody else, so there only what is a slip of an input is told, as a warning.
"""

from collections.abc import Callable

from darwinflow.check.finding import ERROR, WARNING, Finding, Fix
from darwinflow.check.mentions.uses import Uses
from darwinflow.check.references.renaming import doubted, renamed_input
from darwinflow.check.words import all_of, shown
from darwinflow.model.nearest import nearest
from darwinflow.projection.projection import Projection


def unknown_input(
    projection: Projection, uses: Uses, declared: tuple[str, ...], read: Callable[[str], int]
) -> Finding | None:
    """*read*: how often the document reads an input. None where nothing says that the workflow's own is meant."""
    near = nearest(uses.name, declared)
    if near is None and uses.is_in_text:
        return None
    message = f"the workflow declares no input '{shown(uses.name)}'"
    fixes: tuple[Fix, ...] = ()
    if near is not None:
        message += f"; did you mean '{shown(near)}'?"
        fixes = uses.change(near, read(near))
    elif declared:
        message += f"; it declares {all_of([shown(name) for name in declared])}"
    else:
        message += "; list it under 'inputs'"
    severity = WARNING if uses.is_in_text else ERROR
    related = uses.related("and here")
    found = Finding("unknown-input", severity, next(uses.spans()), message, related, fixes)
    if near is None or read(near):
        return found
    return doubted(found, renamed_input(projection, near, uses.name), "input", uses.name)
