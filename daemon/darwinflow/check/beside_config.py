"""Keys in a node's config of a mapping that stands beside it: the line with its key is missing between, or too deep.

Knows nothing of which keys there are: the schemas of the type tell.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from darwinflow.check.faults import Fault
from darwinflow.check.finding import Finding, Fix
from darwinflow.check.subject import Subject, error
from darwinflow.check.words import shown
from darwinflow.document.lines import Edit
from darwinflow.document.node import BLOCK, EMPTY, Node
from darwinflow.document.problem import Related
from darwinflow.graph.graph_type import fields_of, mapping_fields
from darwinflow.model.span import Span

_CONFIG: Final = "config"
_MAX_RELATED: Final = 20


class Astray(NamedTuple):
    """Keys of one mapping among those of the config."""

    home: str
    """The key of that mapping, which the node lacks."""
    faults: list[Fault]
    """About the keys, in the order of the text; about *home* first, where the config has it."""


def beside_config(subject: Subject) -> Astray | None:
    """None where there are none, or where they may belong to several mappings."""
    unknown = {fault.name: fault for fault in subject.faults if _is_open(fault)}
    if not unknown or not subject.fields:
        return None
    lacking = {
        name: mapping_fields(field.schema)
        for name, field in subject.fields.items()
        if name != _CONFIG and name not in subject.data
    }
    homes = {home: [name for name in unknown if name in inner] for home, inner in lacking.items()}
    found = [(home, names) for home, names in homes.items() if names]
    if len(found) != 1:
        return None
    (home, names) = found[0]
    return Astray(home, [unknown[name] for name in ([home, *names] if home in unknown else names)])


def _is_open(fault: Fault) -> bool:
    """Whether nothing in the config itself is known that the key may be, or belong to."""
    is_unknown = fault.kind == "unknown" and fault.path == (_CONFIG,)
    return (
        is_unknown
        and (fault.inside, fault.meant, fault.instead) == (None, None, None)
        and not any(fault.name in mapping_fields(field.schema) for field in fields_of(fault.schema).values())
    )


def told_beside_config(subject: Subject, astray: Astray) -> Finding | None:
    """One finding for all of them; None where nothing of them can be shown."""
    first, *more = astray.faults
    span = subject.key_span(first.path, first.name)
    if span is None:
        return None
    home = astray.home
    message = f"the config of {subject.owner(first)} has no '{shown(first.name)}'; "
    if first.name == home:
        message += f"it belongs beside '{_CONFIG}'"
    else:
        message += f"it belongs in '{home}', and the line '{home}:' is missing above it"
    spans = [subject.key_span(fault.path, fault.name) for fault in more[:_MAX_RELATED]]
    related = tuple([Related(place, "and so does this") for place in spans if place is not None])
    found = error(
        subject.code(first, "unknown-field"), span, message, _fixes(subject, astray), subject.about(first)
    )
    return found._replace(related=related)


def _fixes(subject: Subject, astray: Astray) -> tuple[Fix, ...]:
    """The line with the key where it belongs, if only keys of that mapping follow to the end of the config."""
    place = subject.locate((_CONFIG,))
    owner = place[0].key if place is not None and not place[0].rest else None
    if place is None or owner is None or place[0].value.style != BLOCK:
        return ()
    (found, base), names = place, [fault.name for fault in astray.faults]
    pairs = found.value.pairs
    if len(pairs) <= len(names) or [key.source for key, _ in pairs[-len(names) :]] != names:
        return ()
    if not all(subject.owns_key((_CONFIG,), name) for name in names):
        return ()
    return _at(pairs[-len(names) :], astray.home, owner.column, base)


def _at(pairs: Sequence[tuple[Node, Node]], home: str, depth: int, base: int) -> tuple[Fix, ...]:
    key, value = pairs[0]
    if key.column <= depth:
        return ()
    start = Span(key.line, 0, key.line, 0).moved(base)
    if key.source != home:
        return (Fix(f"Write '{home}:' above it", (Edit(start, f"{' ' * depth}{home}:\n"),)),)
    if value.style != EMPTY or len(pairs) == 1:
        return ()
    return (Fix(f"Put it beside '{_CONFIG}'", (Edit(start._replace(end_column=key.column), " " * depth),)),)
