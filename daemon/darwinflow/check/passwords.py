"""Passwords that stand beside a key of that name, written out: they look like nothing that could be searched for.

Only what nobody would choose as a name, a word or an example counts; a reference, a path and a place to put one do not.
"""

import re
from collections.abc import Iterator, Sequence
from string import ascii_letters, digits

_KEY = re.compile(
    r"(?:passw(?:or)?d|passphrase)[\"']?(?:[ \t]*:(?=[ \t\"'])[ \t]*|=(?![=~>]))", re.IGNORECASE
)
_OF_KEYS = ascii_letters + digits + "_.-"
_NEAR = 400
"""Characters before a key that tell what it is."""
_ALONE = re.compile(r"[\s#?-]*[\"']?\Z")
"""What stands before a key of a mapping in lines, in a comment too."""
_IN_BRACES = re.compile(r"\{(?:[^{}]*,)?[ \t]*[\"']?\Z")
_IN_COMMAND = re.compile(r"(?:^|[\s\"'?&;-])\Z")
_QUOTED = re.compile(r"\"((?:[^\"\\\n]|\\.){0,110})\"|'((?:[^'\n]|''){0,110})'")
_PLAIN = re.compile(r"[^\s,}\]\"'&;#][^\s,}\]\"';]{0,110}")
_BLOCK = re.compile(r"[|>][-+0-9]*[ \t]*(?:#.*)?\Z")
_BEHIND = re.compile(r"[ \t]*(?:[,}\]#&;\"'|>\\]|\Z)")
_OF_COMMANDS = re.compile(r"[ \t]|" + _BEHIND.pattern)
_NONE = re.compile(
    r"[!&*@`/~.$]|\[|\(|.*(?:\$[({]|%[({A-Z]|\{\{|<[^>]*>|[\[(].*[\])]|\*{3}|(.)\1{3}|\.\.\.|/)"
    r"|(?:env|vault|op|file|ssm|ref|secret|arn)[:.]",
    re.IGNORECASE,
)
"""References, tags, anchors, paths, calls and places to put one."""
_EXAMPLE = re.compile(
    r"your|example|change|placeholder|secret|passw|passphrase|todo|dummy|sample|fake|test|foo|bar|xxx|demo|token|default"
    r"|required|optional|admin|root|mysql|postgres|guest|user|qwert|abc123|sha\d|base64|argon2|oauth2",
    re.IGNORECASE,
)
"""Of passwords that guard nothing but an example, and of words that say something about one."""
_NAME = re.compile(r"[A-Z][A-Z0-9_]*|[a-z0-9]+(?:[-_.:][a-z0-9]+)+|[A-Za-z]+[0-9]?(?:[.][A-Za-z]\w*)+")
"""Names of variables, of entries in a store and of attributes."""
_DIGIT = re.compile(r"[0-9]")
_LETTER = re.compile(r"[^\W\d_]")
_SIGN = re.compile(r"[^\w\s.:,?!-]")
_FEWEST, _FEWEST_WITHOUT_DIGITS, _MOST = 6, 8, 100
"""Characters."""


def passwords_in(lines: Sequence[str], row: int) -> Iterator[tuple[int, int, int]]:
    """Row, first column and the column behind each password whose key stands on line *row*."""
    line = lines[row]
    for match in _KEY.finditer(line):
        is_entry = match[0].rstrip()[-1] == ":"
        if not _is_key(line[: match.start()].rstrip(_OF_KEYS), is_entry=is_entry):
            continue
        if is_entry and _BLOCK.match(line, match.end()):
            text = lines[row + 1] if row + 1 < len(lines) else ""
            column = len(text) - len(text.lstrip())
            if _is_password(text.strip()):
                yield row + 1, column, column + len(text.strip())
            continue
        value = _QUOTED.match(line, match.end())
        plain = _PLAIN.match(line, match.end()) if value is None else None
        start, end = (
            value.span(value.lastindex or 0)
            if value
            else plain.span()
            if plain
            else (match.end(), match.end())
        )
        follows = _BEHIND if is_entry else _OF_COMMANDS
        if follows.match(line, value.end() if value else end) and _is_password(line[start:end]):
            yield row, start, end


def _is_key(before: str, *, is_entry: bool) -> bool:
    """Whether a key may stand behind *before*, of a mapping or of a command."""
    near = before[-_NEAR:]
    if not is_entry:
        return _IN_COMMAND.search(near[-1:]) is not None
    return _IN_BRACES.search(near) is not None or (near == before and _ALONE.match(near) is not None)


def _is_password(text: str) -> bool:
    """Whether nobody would write *text* for anything else, beside a key that says so."""
    if not _FEWEST <= len(text) <= _MOST or any(map(str.isspace, text)):
        return False
    if _NONE.match(text) or _EXAMPLE.search(text) or _NAME.fullmatch(text):
        return False
    if not _LETTER.search(text):
        return False
    return bool(_DIGIT.search(text)) or (len(text) >= _FEWEST_WITHOUT_DIGITS and bool(_SIGN.search(text)))
