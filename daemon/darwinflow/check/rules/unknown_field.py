"""`unknown-field`, `config-unknown-field`: a mapping has a key that its schema does not name."""

from collections.abc import Iterator

from darwinflow.catalog.catalog import Compiled
from darwinflow.check.beside_config import beside_config, told_beside_config
from darwinflow.check.commas import is_cut_off
from darwinflow.check.faults import Fault
from darwinflow.check.finding import About, Finding, Fix
from darwinflow.check.followers import slipped_key
from darwinflow.check.moving import put_beside, put_under
from darwinflow.check.subject import Subject, error, replacement
from darwinflow.check.words import all_of, scalar, shown
from darwinflow.document.grammar.colons import SLASHES, SlippedColon
from darwinflow.document.grammar.plain import CLOSING_CURLS
from darwinflow.document.node import BLOCK, MAP
from darwinflow.document.problem import Related
from darwinflow.graph.graph_type import fields_of, mapping_fields
from darwinflow.model.span import Span
from darwinflow.projection.native import EDGES, NODES
from darwinflow.projection.places import Path

_MAX_RELATED = 20
_CONFIG = "config"
_LISTS = (NODES, EDGES)
_OF_ROOT = "belongs to the document, not to a node; begin it at column 1"


def unknown_field(subject: Subject) -> Iterator[Finding]:
    yield from _out_of_place(subject)
    yield from _without_colon(subject)
    yield from _strayed(subject)
    astray = beside_config(subject)
    beside = told_beside_config(subject, astray) if astray is not None else None
    if beside is not None:
        yield beside
    told = astray.faults if astray is not None and beside is not None else []
    for fault in subject.faults:
        if fault.kind != "unknown" or fault.inside is not None or _slipped(fault) is not None:
            continue
        if any(fault is one for one in told):
            continue
        span = subject.key_span(fault.path, fault.name)
        if span is None or is_cut_off(subject, fault):
            continue
        if fault.name.startswith("//"):
            yield error(
                subject.code(fault, "unknown-field"), span, SLASHES, _as_comment(subject, fault, span)
            )
            continue
        if fault.name.endswith(tuple(CLOSING_CURLS)) and fault.data[fault.name] is None:
            message = f"'{fault.name[-1]}' closes no text in YAML; write '\"' before the text and behind it"
            yield error(subject.code(fault, "unknown-field"), span, message)
            continue
        if subject.code(fault, "") == "config-":
            message = f"the config of {subject.owner(fault)} has no '{shown(fault.name)}'"
        else:
            message = f"{subject.owner(fault)} has no field '{shown(fault.name)}'"
        fixes: tuple[Fix, ...] = ()
        meant = ""
        if subject.noun == "node" and not fault.path and fault.name in _LISTS:
            message = f"'{fault.name}' {_OF_ROOT}"
            fixes = _at_the_margin(subject, fault, span)
        elif fault.meant is not None:
            meant = fault.meant
            message += f"; did you mean '{fault.meant}'?"
            # Else a letter of the value before it may have come into the key.
            is_whole = " " not in fault.name or not fault.name.endswith(f" {fault.meant}")
            if is_whole and subject.owns_key(fault.path, fault.name) and _fits(fault):
                fixes = replacement(f"Rename to '{fault.meant}'", span, scalar(fault.meant))
        elif fault.instead is not None:
            message += f"; {_instead(fault, fault.instead)}"
            fixes = _as_id(subject, fault, span)
        elif fault.path == (_CONFIG,) and fault.name in subject.fields and fault.name not in subject.data:
            message += f"; it belongs beside '{_CONFIG}'"
            fixes = put_beside(subject, fault.path, fault.name)
        elif _home(fault):
            continue  # told with the others that belong there
        elif names := list(fields_of(fault.schema)):
            message += f"; it may have {all_of(names)}"
        yield error(subject.code(fault, "unknown-field"), span, message, fixes, subject.about(fault, meant))


def without_displaced(found: list[Finding]) -> list[Finding]:
    """*found* without what the document lacks and a node has in its place."""
    names = {
        key
        for one in found
        if one.about is not None and is_displaced(one.code, one.about)
        for key in one.about.keys
    }
    return [
        one
        for one in found
        if one.code != "missing-field" or one.about is None or not names.issuperset(one.about.keys)
    ]


def is_displaced(code: str, about: About) -> bool:
    """Whether a node has a list that belongs to the document."""
    return code == "unknown-field" and about.noun == "node" and not about.path and about.keys[0] in _LISTS


def _at_the_margin(subject: Subject, fault: Fault, span: Span) -> tuple[Fix, ...]:
    """The key at column 1, where nothing but blanks stands before it."""
    place = subject.locate(())
    if place is None or place[0].rest or not subject.owns_key(fault.path, fault.name):
        return ()
    item = place[0].value
    is_first = not item.pairs or item.pairs[0][0].source == fault.name
    if item.kind != MAP or item.style != BLOCK or is_first:
        return ()
    return replacement(f"Begin '{fault.name}' at column 1", Span(span.line, 0, span.line, span.column), "")


def _as_id(subject: Subject, fault: Fault, span: Span) -> tuple[Fix, ...]:
    """`id: wait` for a key `wait:` without a value that stands for it."""
    is_plain = span.line == span.end_line and span.end_column - span.column == len(fault.name)
    if not _is_id(fault) or not is_plain or not subject.owns_key(fault.path, fault.name):
        return ()
    whole = span._replace(end_column=span.end_column + 1)
    return replacement(f"Write 'id: {fault.name}'", whole, f"id: {scalar(fault.name)}")


def _is_id(fault: Fault) -> bool:
    return fault.instead == "id" and isinstance(fault.data, dict) and fault.data[fault.name] is None


def _as_comment(subject: Subject, fault: Fault, span: Span) -> tuple[Fix, ...]:
    """The mark of a comment for that of other languages, where what follows is on its line."""
    node = subject.own_node((*fault.path, fault.name))
    if node is None or node.line != node.end_line or not subject.owns_key(fault.path, fault.name):
        return ()
    return replacement("Write '#'", span._replace(end_column=span.column + 2), "#")


def _slipped(fault: Fault) -> SlippedColon | None:
    """What stands for the colon of a key that holds its value, too."""
    slipped = slipped_key(fault)
    return slipped if slipped is not None and slipped.key == fault.instead else None


def _without_colon(subject: Subject) -> Iterator[Finding]:
    """Keys with something else than a colon and a space behind them: one finding a mapping, and one fix."""
    said: dict[Path, list[Finding]] = {}
    for fault in subject.faults:
        slipped = _slipped(fault) if fault.kind == "unknown" else None
        span = subject.key_span(fault.path, fault.name) if slipped is not None else None
        if slipped is None or span is None:
            continue
        fixes: tuple[Fix, ...] = ()
        is_plain = span.end_column - span.column == len(fault.name) and span.line == span.end_line
        if is_plain and slipped.is_certain and subject.owns_key(fault.path, fault.name):
            place = Span(span.line, span.column + slipped.start, span.line, span.column + slipped.end)
            fixes = replacement(f"Write '{slipped.key}: '", place, slipped.written)
        code = subject.code(fault, "unknown-field")
        said.setdefault(fault.path, []).append(error(code, span, slipped.message, fixes))
    for found in said.values():
        first, *more = sorted(found, key=lambda one: one.span)
        related = tuple([Related(one.span, "and so does this") for one in more[:_MAX_RELATED]])
        edits = tuple([edit for one in found for fix in one.fixes for edit in fix.edits])
        fixes = (Fix(first.fixes[0].title, edits),) if first.fixes else ()
        yield first._replace(related=related, fixes=fixes)


def _strayed(subject: Subject) -> Iterator[Finding]:
    """Keys that the one mapping beside them may have: one finding for each such mapping."""
    strayed: dict[tuple[Path, str], list[tuple[Span, Fault]]] = {}
    for fault in subject.faults:
        is_open = fault.kind == "unknown" and (fault.inside, fault.meant, fault.instead) == (None, None, None)
        if not is_open or _slipped(fault) is not None or fault.name.startswith("//"):
            continue
        home = _home(fault)
        span = subject.key_span(fault.path, fault.name) if home else None
        if home and span is not None:
            strayed.setdefault((fault.path, home), []).append((span, fault))
    for (path, home), found in strayed.items():
        found.sort(key=lambda one: one[0])
        (span, first), *more = found
        is_config = subject.code(first, "") == "config-"
        owner = f"the config of {subject.owner(first)}" if is_config else f"{subject.owner(first)}"
        field = "no" if is_config else "no field"
        message = f"{owner} has {field} '{shown(first.name)}'; it belongs in '{home}'"
        related = tuple([Related(place, "and so does this") for place, _ in more[:_MAX_RELATED]])
        names = [fault.name for _, fault in found]
        is_own = all(subject.owns_key(path, name) for name in names)
        fixes = put_under(subject, path, names, home) if is_own else ()
        found_at = error(subject.code(first, "unknown-field"), span, message, fixes, subject.about(first))
        yield found_at._replace(related=related)


def _home(fault: Fault) -> str | None:
    """The one field beside the key whose mapping may have it."""
    fields = fields_of(fault.schema)
    homes = [name for name, field in fields.items() if fault.name in mapping_fields(field.schema)]
    return homes[0] if len(homes) == 1 else None


def _instead(fault: Fault, key: str) -> str:
    """What to write for a key that stands for the missing *key*."""
    head, *rest = fault.name.split(None, 1) or [""]
    if rest and head == key:
        return f"write '{shown(f'{key}: {rest[0]}')}'"
    if _is_id(fault):
        return f"a node's name goes under 'id': write 'id: {shown(fault.name)}'"
    title = fields_of(fault.schema)[key].title
    return f"it needs '{key}'" + (f", {title}" if title else "")


def _out_of_place(subject: Subject) -> Iterator[Finding]:
    """Keys of a mapping that is missing or empty: one finding, which a fault of syntax among the lines takes over."""
    displaced = [fault for fault in subject.faults if fault.inside is not None]
    if not displaced or subject.is_broken:
        return
    first, *more = displaced
    span = subject.key_span(first.path, first.name)
    if span is None:
        return
    message = f"{subject.owner(first)} has no field '{shown(first.name)}'; it belongs in '{first.inside}'"
    places = [subject.key_span(fault.path, fault.name) for fault in more[:_MAX_RELATED]]
    related = tuple([Related(place, "and so does this") for place in places if place is not None])
    is_own = first.inside in fields_of(first.schema) and all(
        (fault.path, fault.inside) == (first.path, first.inside) and subject.owns_key(fault.path, fault.name)
        for fault in displaced
    )
    fixes = (
        put_under(subject, first.path, [one.name for one in displaced], str(first.inside)) if is_own else ()
    )
    found = error(subject.code(first, "unknown-field"), span, message, fixes, subject.about(first))
    yield found._replace(related=related)


def _fits(fault: Fault) -> bool:
    """Whether the value is what the key that is meant takes: else the fix would lead to the next finding."""
    schema = fields_of(fault.schema)[str(fault.meant)].schema
    return Compiled(schema).takes(fault.data[fault.name])
