"""Markdown that editors show: what comes from data is escaped, so that it can neither link, run nor hide anything."""

import re

MAX_TEXT = 500
"""Characters of a text of somebody's that a hover shows."""

_SPECIAL = re.compile(r"[\\`*\[\]<&~|]|(?<!\w)_|_(?!\w)|^[#+>-]|(?<=^\d)[.)]")
"""What would begin markup where it stands; the fewest, because not every editor hides the backslash."""
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
_MARKUP = re.compile(r"\\([^\w\s]|_)|\*\*|`|(?<!\\)\*| {2}$", re.MULTILINE)


def words(text: str, limit: int = MAX_TEXT) -> str:
    """*text* on one line, without control characters and marks that turn the direction of writing."""
    line = " ".join(_UNSEEN.sub(" ", text[: 4 * limit]).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def escaped(text: str, limit: int = MAX_TEXT) -> str:
    """*text* as it stands, in running Markdown."""
    return _SPECIAL.sub(lambda found: "\\" + found[0], words(text, limit))


def code(text: str, limit: int = 120) -> str:
    """*text* in the type of code. A backtick would end it early and is shown as an apostrophe."""
    return f"`{words(text, limit).replace('`', chr(0x2019))}`"


def plain(markdown: str) -> str:
    """What an editor without Markdown shows of what this module made."""
    return _MARKUP.sub(lambda found: found[1] or "", markdown)
