"""Documents as they look between two keystrokes, and what an engine has to make of them."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from bench.documents import node_id, workflow

NODES = 18


class State(NamedTuple):
    """A valid workflow with one place in it half-typed."""

    name: str
    text: str
    line: int
    """Where the finding has to be."""
    touched: str
    """The id of the node that was worked on, empty where it is none."""
    keeps_id: bool
    """Whether the node that was worked on still has its id."""


Typing = Callable[[list[str], int], int]
"""Changes lines around a node that begins at a line, and returns the line of the finding."""


def _put(lines: list[str], at: int, line: str) -> int:
    lines[at] = line
    return at


def _insert(lines: list[str], at: int, line: str) -> int:
    lines.insert(at, line)
    return at


def _half_key(lines: list[str], at: int) -> int:
    return _insert(lines, at + 2, "    descr")


def _half_key_first(lines: list[str], at: int) -> int:
    return _insert(lines, at + 1, "    logg")


def _half_config_key(lines: list[str], at: int) -> int:
    config = next(row for row in range(at, len(lines)) if lines[row] == "    config:")
    return _insert(lines, config + 1, "      mod")


def _half_root_key(lines: list[str], at: int) -> int:
    return _insert(lines, lines.index("edges:"), "meta")


def _half_first_line(lines: list[str], at: int) -> int:
    return _insert(lines, 1, "descr")


def _half_item(lines: list[str], at: int) -> int:
    return _insert(lines, at, "  no")


def _no_colon(lines: list[str], at: int) -> int:
    return _put(lines, at + 1, lines[at + 1].replace(":", "", 1))


def _no_space(lines: list[str], at: int) -> int:
    return _put(lines, at + 1, lines[at + 1].replace(": ", ":", 1))


def _dedented(lines: list[str], at: int) -> int:
    return _put(lines, at + 1, lines[at + 1][1:])


def _indented(lines: list[str], at: int) -> int:
    return _put(lines, at + 1, "  " + lines[at + 1])


def _double_quote(lines: list[str], at: int) -> int:
    return _put(lines, at + 2, '    description: "some text')


def _single_quote(lines: list[str], at: int) -> int:
    return _put(lines, at + 2, "    description: 'some text")


def _bracket(lines: list[str], at: int) -> int:
    return _put(lines, at + 2, "    description: [a, b")


def _brace(lines: list[str], at: int) -> int:
    return _put(lines, at + 2, "    description: {a: 1, b: 2")


def _brace_in_edge(lines: list[str], at: int) -> int:
    row = lines.index("edges:") + 2
    return _put(lines, row, lines[row].rstrip("}"))


def _wrong_bracket(lines: list[str], at: int) -> int:
    return _put(lines, at + 2, "    description: [a, b}")


def _tab(lines: list[str], at: int) -> int:
    return _put(lines, at + 1, "\t" + lines[at + 1].lstrip())


def _tab_deeper(lines: list[str], at: int) -> int:
    config = next(row for row in range(at, len(lines)) if lines[row] == "    config:")
    return _put(lines, config + 1, "    \t" + lines[config + 1].lstrip())


def _twice(lines: list[str], at: int) -> int:
    return _insert(lines, at + 2, "    type: TOOL_CALL")


def _colon_in_text(lines: list[str], at: int) -> int:
    return _put(lines, at + 2, "    description: Note: look here")


def _tight_dash(lines: list[str], at: int) -> int:
    return _put(lines, at, lines[at].replace("- ", "-"))


def _reserved(lines: list[str], at: int) -> int:
    return _put(lines, at + 2, "    description: @someone")


def _no_anchor(lines: list[str], at: int) -> int:
    return _put(lines, at + 2, "    description: *nobody")


def _half_alias(lines: list[str], at: int) -> int:
    return _put(lines, at + 2, "    description: *")


def _half_anchor(lines: list[str], at: int) -> int:
    return _put(lines, at + 2, "    description: & text")


def _half_tag(lines: list[str], at: int) -> int:
    return _put(lines, at + 2, "    description: !output.ok")


def _equals(lines: list[str], at: int) -> int:
    return _put(lines, at + 2, "    description = text")


def _behind_quote(lines: list[str], at: int) -> int:
    return _put(lines, at + 2, '    description: "abc" def')


def _text_at_key(lines: list[str], at: int) -> int:
    row = lines.index("nodes:")
    return _put(lines, row, "nodes: x")


def _half_section(lines: list[str], at: int) -> int:
    row = lines.index("nodes:")
    return _put(lines, row, "nod")


def _first_item_moved(lines: list[str], at: int) -> int:
    row = lines.index("nodes:") + 1
    return _put(lines, row, " " + lines[row])


def _first_dash_gone(lines: list[str], at: int) -> int:
    row = lines.index("nodes:") + 1
    return _put(lines, row, lines[row].replace("- ", "  "))


def _escape(lines: list[str], at: int) -> int:
    return _put(lines, at + 2, '    description: "a \\q"')


def _control(lines: list[str], at: int) -> int:
    return _put(lines, at + 2, "    description: a \x07 bell")


def _column_zero(lines: list[str], at: int) -> int:
    return _put(lines, at + 1, "x" + lines[at + 1])


ON_A_NODE: dict[str, Typing] = {
    "half a key": _half_key,
    "half a key below the first": _half_key_first,
    "half a key in config": _half_config_key,
    "an item without its dash": _half_item,
    "no colon": _no_colon,
    "no space behind the colon": _no_space,
    "one space too few": _dedented,
    "two spaces too many": _indented,
    "an open double quote": _double_quote,
    "an open single quote": _single_quote,
    "an open bracket": _bracket,
    "an open brace": _brace,
    "the wrong bracket": _wrong_bracket,
    "a tab": _tab,
    "a tab behind spaces": _tab_deeper,
    "a key twice": _twice,
    "a colon in a text": _colon_in_text,
    "a dash without its space": _tight_dash,
    "a reserved character": _reserved,
    "an alias of nothing": _no_anchor,
    "half an alias": _half_alias,
    "half an anchor": _half_anchor,
    "a text that begins with an exclamation mark": _half_tag,
    "an equals sign": _equals,
    "text behind a quote": _behind_quote,
    "an unknown escape": _escape,
    "a control character": _control,
}
ELSEWHERE: dict[str, Typing] = {
    "half a key of the root": _half_root_key,
    "half a key on the first line": _half_first_line,
    "an edge without its brace": _brace_in_edge,
    "a text between a key and its list": _text_at_key,
    "half the key of a list": _half_section,
    "the first item moved": _first_item_moved,
    "the first item without its dash": _first_dash_gone,
}


def states() -> Iterator[State]:
    for name, typing in ON_A_NODE.items():
        for number in (1, 4, 8, 11, 15):
            lines = workflow(NODES).split("\n")
            at = lines.index(f"  - id: {node_id(number)}")
            line = typing(lines, at)
            yield State(f"{name}, step {number}", "\n".join(lines), line, node_id(number), keeps_id=True)
    for name, typing in ELSEWHERE.items():
        lines = workflow(NODES).split("\n")
        line = typing(lines, 0)
        yield State(name, "\n".join(lines), line, "", keeps_id=True)
    for number in (3, 10):
        lines = workflow(NODES).split("\n")
        line = _column_zero(lines, lines.index(f"  - id: {node_id(number)}"))
        yield State(
            f"a character at column 0, step {number}", "\n".join(lines), line, node_id(number), keeps_id=False
        )
