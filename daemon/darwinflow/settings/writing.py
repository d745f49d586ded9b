"""Changes in `config.yaml` where a concern is kept, and nothing else: comments, order and layout stay."""

import re
from collections.abc import Mapping

from darwinflow.document.document import Document
from darwinflow.document.node import BLOCK, EMPTY, FLOW, MAP, SCALAR, Node
from darwinflow.model.errors import Refused
from darwinflow.model.stores import FILE, POSTGRES, SQLITE, StoreChoice
from darwinflow.settings.dsn import resolved
from darwinflow.settings.places import entries_of
from darwinflow.settings.user import CONFIG_NAME, parse

_INDENT = "  "
_PAIR = re.compile(r"[a-z_]+\s*=")
"""The beginning of a DSN of `name=value` pairs."""
Placed = tuple[int, Node, int]
"""The line of a key, its value, and the line from which the value counts."""


def with_stores(
    text: str | None, organization: str, choices: Mapping[str, StoreChoice], environ: Mapping[str, str]
) -> str:
    """The settings *text*, None for none, saying besides that *organization* keeps each concern as *choices* say.

    A DSN is written as it is given: variables stay variables. Raises `Refused` where the text says it in a way that
    cannot be changed without changing more, such as by an alias.
    """
    before = text or ""
    after = before
    for name, choice in choices.items():
        after = _changed(after, organization, name, choice)
    file_alone = {
        name: value for name, value in environ.items() if not name.startswith("DARWINFLOW_STORAGE_")
    }
    was, now = parse(before, file_alone), parse(after, file_alone)
    wanted = {
        name: choice if choice.dsn is None else choice._replace(dsn=resolved(choice.dsn, environ))
        for name, choice in choices.items()
    }
    others = {name for name, _ in (*was.organizations, *now.organizations) if name != organization}
    is_done = (
        not now.problems
        and now.stores_of(organization) == was.stores_of(organization)._replace(**wanted)
        and all(now.stores_of(name) == was.stores_of(name) for name in others)
    )
    if not is_done:
        lines = "; ".join(f"{name}: {flow_of(choice)}" for name, choice in choices.items())
        raise Refused(
            f"{CONFIG_NAME} cannot be changed by itself: it says where things are kept in another way than line by line",
            hint=f"write each concern under 'storage' on a line of its own; it is to say {lines}",
        )
    return after


def choice_of(given: str) -> StoreChoice:
    """What a person names: a type, a type and a path (`file:PATH`), or a DSN, whose variables stay.

    Raises `Refused`, with the legal types.
    """
    if given.startswith(("postgresql://", "postgres://", "${")) or _PAIR.match(given):
        return StoreChoice(POSTGRES, None, given)
    kind, colon, path = given.partition(":")
    if kind == POSTGRES:
        raise Refused(
            "postgres needs a DSN such as postgresql:///darwinflow or '${TEAM_DSN}' in place of its name"
        )
    if kind not in (FILE, SQLITE) or (colon and not path):
        raise Refused(f"'{given}' is none of file, sqlite, or a DSN such as postgresql:///darwinflow")
    return StoreChoice(kind, path or None)


def flow_of(choice: StoreChoice) -> str:
    """As it is written behind a concern's name."""
    return "{" + ", ".join(f"{name}: {value}" for name, value in _entries(choice).items()) + "}"


def _changed(text: str, organization: str, name: str, choice: StoreChoice) -> str:
    lines = text.split("\n")
    document = Document.parse(text)
    found = _below(document, ("organizations", organization, "storage", name)) or _below(
        document, ("storage", name)
    )
    if found is not None:
        _change_value(lines, found, choice)
        return "\n".join(lines)
    storage = _below(document, ("storage",))
    if storage is None:
        above = text if text.endswith("\n") or not text else f"{text}\n"
        return f"{above}storage:\n{_INDENT}{name}: {flow_of(choice)}\n"
    _add_entry(lines, storage, f"{name}: {flow_of(choice)}")
    return "\n".join(lines)


def _change_value(lines: list[str], found: Placed, choice: StoreChoice) -> None:
    _, value, start = found
    if value.kind == MAP and value.style == BLOCK:
        _change_block(lines, value, start, choice)
    elif value.style == EMPTY:
        _put(lines, value, start, f" {flow_of(choice)}")
    elif value.style == FLOW:
        _put(lines, value, start, flow_of(choice))


def _change_block(lines: list[str], value: Node, start: int, choice: StoreChoice) -> None:
    """From the last line up, so that the places of those above stay true."""
    wanted = _entries(choice)
    first = value.pairs[0][0]
    indent = " " * first.column
    for key, old in reversed(value.pairs):
        if key.source in wanted and old.kind == SCALAR:
            _put(lines, old, start, (" " if old.style == EMPTY else "") + wanted.pop(key.source))
        elif key.source in ("path", "dsn"):
            rest = lines[start + old.end_line][old.end_column :].strip()
            lines[start + key.line : start + old.end_line + 1] = [indent + rest] if rest else []
    lines[start + first.line : start + first.line] = [
        f"{indent}{name}: {text}" for name, text in wanted.items()
    ]


def _add_entry(lines: list[str], storage: Placed, entry: str) -> None:
    line, value, start = storage
    if value.style == FLOW:
        at = start + value.line
        rest = lines[at][value.column + 1 :]
        comma = ", " if value.pairs else ""
        lines[at] = f"{lines[at][: value.column + 1]}{entry}{comma}{rest}"
    elif value.style == BLOCK and value.pairs:
        first = value.pairs[0][0]
        lines.insert(start + first.line, " " * first.column + entry)
    else:
        lines.insert(line + 1, f"{_INDENT}{entry}")


def _put(lines: list[str], node: Node, start: int, text: str) -> None:
    """*text* in the place of *node*."""
    first, last = start + node.line, start + node.end_line
    lines[first : last + 1] = [lines[first][: node.column] + text + lines[last][node.end_column :]]


def _below(document: Document, path: tuple[str, ...]) -> Placed | None:
    """What *path* leads to; None where there is no such entry."""
    if not document.roots or document.roots[0].kind is None:
        return None
    for name, span, value, start in entries_of(document):
        line, node = span.line, value
        for step in path[1:] if name == path[0] else ():
            pair = next((pair for pair in node.pairs if pair[0].source == step), None)
            if pair is None:
                break
            line, node = start + pair[0].line, pair[1]
        else:
            if name == path[0]:
                return line, node, start
    return None


def _entries(choice: StoreChoice) -> dict[str, str]:
    """Values as they are written, by key."""
    found = {"type": choice.type}
    for name, value in (("path", choice.path), ("dsn", choice.dsn)):
        if value is not None:
            quoted = value.replace("'", "''")
            found[name] = f"'{quoted}'"
    return found
