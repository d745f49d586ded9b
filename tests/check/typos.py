"""Workflows with one typo each, as somebody makes them who writes or changes a line."""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

MAIN = """\
id: support
version: 1
description: Take a request to whoever can settle it
nodes:
  - id: guide
    type: FILE_READ
    config:
      path: guide.md
  - id: prices
    type: FILE_READ
    config:
      path: prices.md
  - id: classify
    type: LLM_DECISION
    config:
      prompt: What is it about?
      options: [bug, money, other]
      context: [guide.output, input.request]
  - id: search
    type: TOOL_CALL
    config:
      tool: grep
  - id: mend
    type: CLAUDE_CODE
    retry:
      attempts: 3
    config:
      prompt: Mend it
      context: [search.output]
  - id: reckon
    type: SUB_WORKFLOW
    config:
      workflow: reckon.yaml
      inputs:
        request: input.request
        sums: prices.output.sums
  - id: judge
    type: LLM_DECISION
    config:
      prompt: Is that an answer?
      options: [yes, no]
      context:
        - mend.output
        - guide.output
  - id: person
    type: HUMAN_INPUT
    description: Whoever is on duty
  - id: reply
    type: FILE_WRITE
    config:
      path: reply.md
edges:
  - from: START
    to: [guide, prices]
  - from: [guide, prices]
    to: classify
  - from: classify
    to: search
    condition: output.decision == 'bug'
  - from: classify
    to: reckon
    condition: "output.decision == 'money'"
  - from: classify
    to: person
    condition: "output.decision == 'other' || guide.output.empty"
  - from: search
    to: mend
  - from: mend
    to: judge
  - from: judge
    to: reply
    condition: "output.decision == 'yes'"
  - from: judge
    to: person
    condition: "output.decision == 'no'"
  - from: [reckon, person]
    to: reply
  - from: reply
    to: END
"""

CALLED = """\
id: reckon
version: 2
inputs:
  request: string
  sums: array
nodes:
  - id: add
    type: TOOL_CALL
    config:
      tool: adder
      args:
        what: all
  - id: tell
    type: CLAUDE_CODE
    config:
      prompt: Tell the sum
      model: small
      context: [add.output, input.sums]
edges:
  - {from: START, to: add}
  - {from: add, to: tell, condition: output.ok}
  - {from: add, to: END, condition: "!output.ok"}
  - {from: tell, to: END}
"""

FILES = {"support.yaml": MAIN, "reckon.yaml": CALLED}
_KEY = re.compile(r"( *(?:- )?)(\w+):(?: (.*))?\Z")
_IN_BRACES = re.compile(r"(\w+): ([^,}]+)(, )?")
_OPTIONAL = frozenset({"description", "condition", "context", "retry", "model", "args", "inputs", "what"})
"""Keys without which a document is as sound as before."""
_FREE = frozenset({"args", "what", "inputs", "request", "sums"})
"""Keys of the author's own, and those whose value may be anything."""


class Typo(NamedTuple):
    kind: str
    file: str
    row: int
    """The line where it was made."""
    text: str
    """The file with it."""
    rows: frozenset[int]
    """Where a finding is in its place."""


class Line(NamedTuple):
    """A line of a document with a key and its value."""

    margin: str
    """What stands before the key; with the dash of an item."""
    key: str
    value: str
    own: str
    """The value as it stands behind the colon, with its blank."""


Rewrite = Callable[[Line], list[str] | None]
"""The lines that somebody makes of one; None where it would be no typo."""


def swapped(word: str) -> str:
    """*word* with its second and third letters exchanged, or one more where there are but two."""
    return word[0] + word[2] + word[1] + word[3:] if len(word) > 2 and word[1] != word[2] else word + "x"


def _misspelt(line: Line) -> list[str] | None:
    return (
        None if line.key in _FREE - {"args", "inputs"} else [f"{line.margin}{swapped(line.key)}:{line.own}"]
    )


def _no_colon(line: Line) -> list[str] | None:
    return [f"{line.margin}{line.key}{line.own}"]


def _left_out(line: Line) -> list[str] | None:
    return None if line.key in _OPTIONAL or "-" in line.margin else []


def _twice(line: Line) -> list[str] | None:
    whole = f"{line.key}:{line.own}"
    return [line.margin + whole, " " * len(line.margin) + whole] if line.value else None


def _no_text(line: Line) -> list[str] | None:
    return [f"{line.margin}{line.key}: {{a: 1}}"] if line.value and line.key not in _FREE else None


def _no_value(line: Line) -> list[str] | None:
    return [f"{line.margin}{line.key}:"] if line.value and line.key not in _FREE else None


def _short_id(line: Line) -> list[str] | None:
    return [f"{line.margin}id: {line.value[:-1]}"] if line.key == "id" and line.margin else None


def _short_end(line: Line) -> list[str] | None:
    return [line.margin + f"{line.key}: {line.value[:-1]}"] if _is_end(line) else None


def _no_brackets(line: Line) -> list[str] | None:
    is_list = line.key in ("from", "to") and line.value.startswith("[")
    return [f"{line.margin}{line.key}: {line.value.strip('[]')}"] if is_list else None


def _short_answer(line: Line) -> list[str] | None:
    if line.key == "options":
        return (
            [f"{line.margin}{line.key}: {line.value.replace(', o', ', ')}"] if ", o" in line.value else None
        )
    match = re.search(r"decision == '(\w\w\w+)'", line.value)
    return [f"{line.margin}{line.key}: {line.value.replace(match[1], match[1][:-1])}"] if match else None


def _other_type(line: Line) -> list[str] | None:
    return [f"{line.margin}type: {line.value[:-1]}"] if line.key == "type" else None


def _one_space_more(line: Line) -> list[str] | None:
    return [f" {line.margin}{line.key}:{line.own}"] if "-" not in line.margin and line.margin else None


def _has_sibling(lines: list[str], row: int) -> bool:
    """Whether a line beside this one has a key of the same mapping; a mapping of one key may stand anywhere."""
    columns = [len(lines[at]) - len(lines[at].lstrip(" -")) for at in (row - 1, row, row + 1)]
    return columns[1] in (columns[0], columns[2])


def _is_end(line: Line) -> bool:
    return line.key in ("from", "to") and "[" not in line.value and line.value not in ("START", "END")


KINDS: dict[str, Rewrite] = {
    "a key with two letters exchanged": _misspelt,
    "a key without its colon": _no_colon,
    "a key that is left out": _left_out,
    "a key that stands there twice": _twice,
    "a mapping where a text should be": _no_text,
    "a key without its value": _no_value,
    "an id that is cut where it is listed": _short_id,
    "an id that is cut at an edge": _short_end,
    "a list without its brackets": _no_brackets,
    "an answer that is cut": _short_answer,
    "a type that is cut": _other_type,
    "a line that is indented by one space more": _one_space_more,
}


def typos() -> Iterator[Typo]:
    for file, text in FILES.items():
        lines = text.split("\n")
        for row, written in enumerate(lines):
            match = _KEY.match(written)
            if match is None:
                continue
            line = Line(match[1], match[2], match[3] or "", f" {match[3]}" if match[3] else "")
            for kind, rewrite in KINDS.items():
                new = rewrite(line)
                if new is not None and (rewrite is not _one_space_more or _has_sibling(lines, row)):
                    changed = "\n".join([*lines[:row], *new, *lines[row + 1 :]])
                    yield Typo(kind, file, row, changed, _rows(kind, lines, row, line))
        yield from _in_braces(file, lines)


def _in_braces(file: str, lines: list[str]) -> Iterator[Typo]:
    for row, written in enumerate(lines):
        for match in _IN_BRACES.finditer(written if written.startswith("  - {") else ""):
            key, value = match[1], match[2]
            changes = {
                "a key in braces with two letters exchanged": f"{swapped(key)}: {value}",
                "a key in braces without its colon": f"{key} {value}",
                "a key in braces without its value": f"{key}: ",
            }
            for kind, change in changes.items():
                line = written[: match.start()] + change + written[match.end(2) :]
                text = "\n".join([*lines[:row], line, *lines[row + 1 :]])
                yield Typo(kind, file, row, text, frozenset({row}))


def _rows(kind: str, lines: list[str], row: int, line: Line) -> frozenset[int]:
    """The line itself; what is left out is missed where its mapping begins, a name where it is used."""
    rows = {row}
    if kind == "a key that stands there twice":
        rows.add(row + 1)
    if kind == "a key that is left out":
        rows |= _owners(lines, row, len(line.margin))
    if kind == "an id that is cut where it is listed":
        rows |= _uses(lines, rf"\b{line.value}\b")
    if kind == "an answer that is cut" and line.key == "options":
        rows |= _uses(lines, "'other'")
    return frozenset(rows)


def _owners(lines: list[str], row: int, column: int) -> set[int]:
    """The first key of the mapping that a line belongs to, and the key above the mapping."""
    first = row
    while first > 0 and len(lines[first]) - len(lines[first].lstrip(" -")) >= max(column, 1):
        first -= 1
        if re.match(rf" {{{max(column - 2, 0)}}}- ", lines[first]):
            break
    return {first, row - 1, 0 if column == 0 else row}


def _uses(lines: list[str], pattern: str) -> set[int]:
    return {row for row, line in enumerate(lines) if re.search(pattern, line)}
