"""What each code means: a page of Markdown beside this module, read when somebody asks.

A page has a title, what the finding means, an example that has it, what `check` says of that, and the example mended.
Each example is a file or several; a file that the mended example does not name again stays as it is.
"""

import os
import re
from typing import NamedTuple

_FOLDER = os.path.dirname(__file__)
_CODE = re.compile(r"[a-z][a-z0-9-]{0,99}\Z")
_FENCE = re.compile(r"^```yaml(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SAYS = re.compile(r"^```text\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MAIN = "flow.yaml"
"""The file that an example shows where it names none."""


class Page(NamedTuple):
    code: str
    title: str
    """One sentence without its full stop."""
    meaning: str
    """Paragraphs."""
    failing: dict[str, str]
    """Name and text of each file of the example; the first one has the finding."""
    says: str
    """The first line of each finding."""
    mended: dict[str, str]
    """The files of the example that were changed for the better, or came to it."""
    text: str
    """The whole page as Markdown: for a terminal, a hover or a report."""


def codes() -> list[str]:
    """Every code that has a page, in the order of the alphabet."""
    return sorted(name[:-3] for name in os.listdir(_FOLDER) if name.endswith(".md"))


def page_of(code: str) -> Page | None:
    """The page of *code*; None where there is none."""
    if not _CODE.match(code):
        return None
    try:
        with open(os.path.join(_FOLDER, f"{code}.md"), encoding="utf-8") as file:
            return _page(code, file.read())
    except FileNotFoundError:
        return None


def path_of(code: str) -> str:
    """The file that holds the page of *code*."""
    return os.path.join(_FOLDER, f"{code}.md")


def _page(code: str, text: str) -> Page:
    opening, failing, says, mended = re.split(r"^## .*\n", text, flags=re.MULTILINE)
    title, _, meaning = opening.strip().partition("\n")
    said = _SAYS.search(says)
    return Page(
        code,
        title.removeprefix(f"# {code}: "),
        meaning.strip(),
        _files(failing),
        said[1].strip() if said is not None else "",
        _files(mended),
        text,
    )


def _files(part: str) -> dict[str, str]:
    return {match[1] or MAIN: match[2] for match in _FENCE.finditer(part)}
