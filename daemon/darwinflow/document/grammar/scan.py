"""Looking at one line: indentation, keys, where things end. Functions of strings only."""

import re
from typing import Final

BLANKS: Final = " \t"
FLOW_MARKS: Final = ",[]{}"
BYTE_ORDER_MARK: Final = "\ufeff"
FAR: Final = 1_000
"""Lines in which a bracket is looked for that closes what lacks a comma."""

# Possessive repeats: no text, however long, makes these look at a character twice.
DOUBLE_QUOTED: Final = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"')
SINGLE_QUOTED: Final = re.compile(r"'[^']*+(?:''[^']*+)*+'")
DOUBLE_END: Final = re.compile(r'[^"\\]*+(?:\\.[^"\\]*+)*+"')
SINGLE_END: Final = re.compile(r"[^']*+(?:''[^']*+)*+'(?!')")
PROPERTY: Final = re.compile(r"&([^\s,\[\]{}]+)|(!<[^>]*>|!(?:[A-Za-z0-9-]*!)?[^\s,\[\]{}!]*)")
ALIAS_NAME: Final = re.compile(r"\*([^\s,\[\]{}]+)")
HALF_KEY: Final = re.compile(r"[A-Za-z_][\w.-]*[ ]*\Z")
"""A word alone at the end of its line, perhaps a key whose colon is still to be typed."""

CLOSED_TEXT: Final = re.compile(r"[\"'][ \t]*[\]}][\]},\s]*(?:(?<=[ \t])#.*)?\Z")
"""The end of a text in quotes and of the brackets around it, alone on its line."""

CONFLICT_MARK: Final = re.compile(r"(<{7}|={7}|>{7}|\|{7})(?=[ ]|\Z)")
"""What a version control system puts at the beginning of lines where it could not merge them."""

_BLANK_RUN: Final = re.compile(r"[ \t]*")
_COLON_END: Final = re.compile(r":(?!:)")
_FLOW_STOP: Final = re.compile(r"[\"'\[\]{}#]")


def indent_of(line: str) -> int:
    """Leading spaces; a tab is no indentation."""
    return len(line) - len(line.lstrip(" "))


def first_column(line: str) -> int:
    """Leading spaces and tabs."""
    return len(line) - len(line.lstrip(BLANKS))


def after_blanks(line: str, column: int) -> int:
    """The first column from *column* on that holds no blank."""
    if line[column : column + 1] not in BLANKS or column >= len(line):
        return column
    if line[column + 1 : column + 2] not in BLANKS:
        return column + 1
    match = _BLANK_RUN.match(line, column)
    return match.end() if match else column


def is_mark(line: str, column: int, mark: str) -> bool:
    """Whether *mark* (``-``, ``?`` or ``:``) stands here, followed by a blank or the line's end."""
    return line[column : column + 1] == mark and line[column + 1 : column + 2] in BLANKS


def is_ended(line: str, column: int) -> bool:
    """Whether only blanks or a comment follow; *column* is just behind a token."""
    at = after_blanks(line, column)
    return at >= len(line) or (line[at] == "#" and (at > column or at == 0 or line[at - 1] in BLANKS))


def uncommented(line: str, column: int) -> tuple[str, bool]:
    """The text from *column* to a comment or the line's end, and whether a comment ended it."""
    at = line.find("#", column)
    while at >= 0:
        if at > column and line[at - 1] in BLANKS:
            return line[column:at].rstrip(BLANKS), True
        at = line.find("#", at + 1)
    return line[column:].rstrip(BLANKS), False


def key_colon(line: str, column: int) -> int:
    """The column of the ``:`` that makes the text from *column* on a key, or -1."""
    column = _behind_properties(line, column)
    if column < 0 or column >= len(line):
        return -1
    first = line[column]
    if first in "\"'":
        match = (DOUBLE_QUOTED if first == '"' else SINGLE_QUOTED).match(line, column)
        return _colon_at(line, match.end()) if match else -1
    if first in "[{":
        end = _flow_end(line, column)
        return _colon_at(line, end) if end >= 0 else -1
    if first == "*":
        match = ALIAS_NAME.match(line, column)
        if match is None:
            return -1
        colon = _colon_at(line, match.end())
        return colon if colon > match.end() else -1
    if first in "|>%@`#,]}" or (first in "-?" and line[column + 1 : column + 2] in BLANKS):
        return -1
    return _plain_colon(line, column)


def is_closed(line: str, column: int) -> bool:
    """Whether the quote or bracket that opens here is closed on the same line."""
    first = line[column]
    if first in "[{":
        return _flow_end(line, column) >= 0
    return (DOUBLE_QUOTED if first == '"' else SINGLE_QUOTED).match(line, column) is not None


def begins_key(line: str, column: int) -> bool:
    """Whether a key stands here, at once or behind dashes; no text can go on with such a line."""
    while is_mark(line, column, "-"):
        column = after_blanks(line, column + 1)
    return key_colon(line, column) >= 0


def closes_below(lines: list[str], row: int, outer: int) -> tuple[bool, int]:
    """Whether more brackets close than open from *row* on, in lines that can belong to a value deeper than *outer*.

    Also the last line that this was seen from, or the one behind the text.
    """
    depth = 0
    at = row
    for at, line in enumerate(lines[row : row + FAR], row):
        if indent_of(line) <= outer and line.strip(BLANKS):
            return False, at
        for mark in line:
            if mark in "[{":
                depth += 1
            elif mark in "]}":
                depth -= 1
                if depth < 0:
                    return True, at
    return False, at + 1


def _behind_properties(line: str, column: int) -> int:
    """The column behind anchors and tags, or -1 where one of them is malformed."""
    while column < len(line) and line[column] in "&!":
        match = PROPERTY.match(line, column)
        if match is None or match.end() == column:
            return -1
        behind = after_blanks(line, match.end())
        if behind == match.end():
            return -1
        column = behind
    return column


def _colon_at(line: str, column: int) -> int:
    at = after_blanks(line, column)
    return at if is_mark(line, at, ":") else -1


def _plain_colon(line: str, column: int) -> int:
    colon = line.find(":", column)
    while colon >= 0:
        if line[colon + 1 : colon + 2] == ":":  # perhaps one of very many
            match = _COLON_END.search(line, colon)
            colon = match.end() - 1 if match is not None else colon + 1
        if line[colon + 1 : colon + 2] in BLANKS:
            if line.find("#", column, colon) < 0:
                return colon
            commented = line.find(" #", column, colon) >= 0 or line.find("\t#", column, colon) >= 0
            return -1 if commented else colon
        colon = line.find(":", colon + 1)
    return -1


def _flow_end(line: str, column: int) -> int:
    """The column behind the bracket that closes the one at *column* on this line, or -1."""
    depth = 0
    at = column
    while True:
        match = _FLOW_STOP.search(line, at)
        if match is None:
            return -1
        at = match.start()
        mark = line[at]
        if mark in "\"'":
            text = (DOUBLE_QUOTED if mark == '"' else SINGLE_QUOTED).match(line, at)
            if text is not None and (at == column or line[at - 1] in " \t,[{:"):
                at = text.end()
                continue
        elif mark in "[{":
            depth += 1
        elif mark in "]}":
            depth -= 1
            if depth == 0:
                return at + 1
        elif line[at - 1] in BLANKS:
            return -1
        at += 1
