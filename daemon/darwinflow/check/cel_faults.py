"""What is wrong with the syntax of a condition, in words of ours: the library names the tokens of a grammar."""

import re
from typing import Final, NamedTuple

from darwinflow.check.words import shown

_PLACE: Final = re.compile(r"<input>:(\d+):(\d+): (?:Syntax error: )?(.*)")
_AT: Final = re.compile(r"(?:at|input):? '(.*?)'(?: expecting .*)?\Z")
_TEXT: Final = r"""'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*\""""
_TOKEN: Final = re.compile(_TEXT + r"|[A-Za-z_]\w*|\d[\w.]*|&&|\|\||[=!<>]=+|\S")
_FOREIGN: Final = {
    "and": "&&",
    "or": "||",
    "not": "!",
    "=": "==",
    "===": "==",
    "!==": "!=",
    "<>": "!=",
    "&": "&&",
    "|": "||",
    "=<": "<=",
    "=>": ">=",
}
"""What other languages write, and what CEL does."""
_BRACED: Final = re.compile(
    _TEXT + r"|(?:\$?\{\{|\$\{)(?P<braced>[^{}]+)\}\}?|[‘’‚“”„](?P<curled>[^'\"\\‘’“”]*)[‘’“”]"
)
"""What templates stand in, and quotes as text programs make them of plain ones."""
_CURLED: Final = re.compile(r"[‘’‚“”„]([^‘’‚“”„]+)[‘’“”]")
"""A whole condition between such quotes."""
_RESERVED: Final = re.compile(r"reserved identifier: (\w+)")


class CelFault(NamedTuple):
    message: str
    start: int
    """Of the token at fault, in characters of the condition."""
    end: int
    instead: str = ""
    """What CEL writes for the token; empty where nobody can know."""


def fault_of(text: str, said: str) -> CelFault:
    """The first fault of *text*. *said*: the library's message."""
    if not text.strip():
        return CelFault("the condition is empty; an edge that is always taken has none", 0, len(text))
    template = _of_templates(text)
    if template is not None:
        return template
    match = _PLACE.search(said)
    if match is None or int(match[1]) > text.count("\n") + 1:
        return CelFault("the condition nests deeper than CEL takes", 0, len(text))
    offset = _offset(text, int(match[1]), int(match[2]))
    start, end = _token_at(text, offset)
    if "reserved" not in said:
        for first, last in (
            (start, min(end + 1, len(text))),
            (start, end),
            (max(start - 1, 0), end),
            _token_before(text, start),
        ):
            foreign = text[first:last]
            if foreign.lower() in _FOREIGN:
                own = _FOREIGN[foreign.lower()]
                return CelFault(f"CEL writes '{own}' for '{foreign}'", first, last, own)
    return CelFault(_message(text, offset, text[start:end], match[3]), start, end)


def _of_templates(text: str) -> CelFault | None:
    """The first thing in *text* that is written as in a template, or with quotes that CEL has not."""
    if (whole := _CURLED.fullmatch(text)) is not None:
        message = f"'{text[0]}' is no quote in YAML; write the condition without it or in '\"'"
        return CelFault(message, 0, len(text), whole[1].strip())
    for match in _BRACED.finditer(text):
        if match.lastgroup is not None:
            own = match["braced"].strip() if match.lastgroup == "braced" else f"'{match['curled']}'"
            written = shown(own) if own.startswith("'") else f"'{shown(own)}'"
            return CelFault(f"CEL writes {written} for {shown(match[0])}", *match.span(), own)
    return None


def _message(text: str, offset: int, token: str, said: str) -> str:
    word = shown(token)
    reserved = _RESERVED.search(said)
    if reserved is not None:
        return f"'{reserved[1]}' is a word of CEL's own; a node of that name is nodes[\"{reserved[1]}\"]"
    if "literal" in said:
        return "CEL has no such number" if token[:1].isdigit() else "CEL has no such escape in a text"
    if said.startswith("token recognition"):
        if token[:1] in "'\"":
            return f"the text that opens with {token[0]} is never closed, or has an escape that CEL does not know"
        return f"CEL does not know '{word}'"
    if said.startswith("missing"):
        return f"{said.removeprefix('missing ').split(' at ')[0]} is missing behind '{word}'"
    at = _AT.search(said)
    if at is not None and at[1] == "<EOF>":
        opened = _left_open(text)
        if opened:
            return f"the condition ends before '{opened}' is closed"
        return f"the condition ends where something should follow '{word}'"
    if token in (")", "]", "}"):
        return f"'{token}' closes nothing"
    if not text[:offset].strip():
        return f"a condition cannot begin with '{word}'"
    if token[:1].isalnum() or token[:1] in "_'\"":
        return f"'{word}' cannot stand here; an operator such as == or && is missing before it"
    return f"'{word}' cannot stand here"


def _offset(text: str, line: int, column: int) -> int:
    """*line* and *column* count from 1, the latter in characters."""
    starts = [0, *[match.end() for match in re.finditer("\n", text)]]
    return min(starts[line - 1] + column - 1, len(text))


def _token_at(text: str, offset: int) -> tuple[int, int]:
    """The token there, or the last one before where nothing follows."""
    last = (0, len(text))
    for match in _TOKEN.finditer(text):
        if match.start() <= offset < match.end():
            return match.span()
        if match.start() > offset:
            return match.span()
        last = match.span()
    return last


def _token_before(text: str, offset: int) -> tuple[int, int]:
    """The last token that ends before *offset*, empty where there is none."""
    spans = [match.span() for match in _TOKEN.finditer(text, 0, offset)]
    return spans[-1] if spans else (0, 0)


def _left_open(text: str) -> str:
    """The last bracket outside texts that is never closed; empty where there is none."""
    opened: list[str] = []
    for character in re.sub(_TEXT, "", text):
        if character in "([{":
            opened.append(character)
        elif character in ")]}" and opened:
            opened.pop()
    return opened[-1] if opened else ""
