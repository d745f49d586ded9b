"""Which sections of a document hold its lists of nodes and edges, also while one of the keys is being typed."""

from collections.abc import Iterable

from darwinflow.document.node import MAP, SEQ
from darwinflow.document.problem import YAML_SYNTAX
from darwinflow.document.root import Root
from darwinflow.document.section import Section
from darwinflow.projection.native import EDGES, MIXED, NODES, Carrier, alone


def carriers(root: Root) -> tuple[Carrier, ...]:
    """In the order of the text."""
    if root.kind != MAP:
        return ()
    found: list[Carrier] = []
    last = ""
    for at, section in enumerate(root.sections):
        role = _role(root, section)
        if last and not role and _goes_on(section):
            role = last
        last = role
        if role:
            found.append(Carrier(at, role))
    for name in (NODES, EDGES):
        slip = _slip(root, name) if root.layout == "map" and not _may_hold(found, name) else None
        if slip is not None:
            found = [*[carrier for carrier in found if carrier.section != slip], Carrier(slip, name)]
    roles = {carrier.role for carrier in found}
    if len(roles) == 1 and MIXED not in roles:
        found = [Carrier(carrier.section, alone(carrier.role)) for carrier in found]
    return tuple(sorted(found))


def same_role(old: Section, new: Section) -> bool:
    """Whether *new*, which an edit made of *old*, holds what that did; the sections around it are the same."""
    return _marks_of(old) == _marks_of(new)


def _marks_of(section: Section) -> tuple[object, ...]:
    key, head = section.key, section.head
    if head is None:
        return key is not None and (key.source, key.is_merge), _is_list(section)
    return key is not None and (key.source, key.is_merge), head.problems, section.kind


def _role(root: Root, section: Section) -> str:
    key = section.key
    if root.layout != "map" or key is None or key.is_merge:
        return MIXED
    return key.source if key.source in (NODES, EDGES) else ""


def _goes_on(section: Section) -> bool:
    """Whether a section is the rest of the list above it, which a line that is being typed has cut in two."""
    head = section.head
    return (
        head is not None
        and any(problem.code == YAML_SYNTAX for problem in head.problems)
        and section.kind == "items"
    )


def _may_hold(found: Iterable[Carrier], name: str) -> bool:
    return any(carrier.role in (name, MIXED) for carrier in found)


def _slip(root: Root, name: str) -> int | None:
    """The only section that has a list under a key that is *name* with a slip."""
    found = [
        at
        for at, section in enumerate(root.sections)
        if is_slip(section.key_text, name) and _is_list(section)
    ]
    return found[0] if len(found) == 1 else None


def _is_list(section: Section) -> bool:
    node = section.segments.first.node
    return section.kind == "items" or (node is not None and node.kind == SEQ)


def is_slip(word: str, name: str) -> bool:
    """Whether *word* is *name* with one character more, less or other, or with two neighbours exchanged."""
    if abs(len(word) - len(name)) > 1 or word == name:
        return False
    same = next((at for at, pair in enumerate(zip(word, name, strict=False)) if pair[0] != pair[1]), None)
    if same is None:
        return True
    left, right = word[same:], name[same:]
    return (
        left[1:] == right
        or left == right[1:]
        or left[1:] == right[1:]
        or (left[2:] == right[2:] and left[:2] == right[1::-1])
    )
