"""Segments of a single line, as many texts have them by the thousand.

A shortcut: what it reads, the grammar reads to the same nodes, and whatever it does not know it leaves to that.
"""

import re
from collections.abc import Callable
from sys import intern
from typing import Final

from darwinflow.document.form import Content, Form, FormName
from darwinflow.document.grammar.collections import SIMPLE_ENTRY
from darwinflow.document.grammar.core_schema import resolved
from darwinflow.document.grammar.reader import MAX_DEPTH
from darwinflow.document.grammar.scan import BLANKS
from darwinflow.document.grammar.simple_flow import simple_flow
from darwinflow.document.node import ALIAS, PLAIN, SCALAR, Node

_ALIAS: Final = re.compile(r"\*([^\s,\[\]{}]+)[ \t]*\Z")


def short_entry(form: Form, line: str) -> Content | None:
    """What a line holds that is a key with a plain text; None where it takes the grammar to say."""
    match = SIMPLE_ENTRY.match(line, form.column)
    if match is None or match[2] is None or not line.isprintable() or line[: form.column].strip(" "):
        return None
    name, text = intern(match[1]), match[2].rstrip(BLANKS)
    column, start = form.column, match.start(2)
    key = Node(SCALAR, name, 0, column, 0, column + len(name), PLAIN, name)
    value = Node(SCALAR, resolved(text), 0, start, 0, start + len(text), PLAIN, text)
    if form.name == "entry":
        return Content("entries", None, ((key, value),), (), (), (), 0)
    return Content("value", key, value, (), (), (), 0)


def short_item(form: Form, line: str) -> Content | None:
    """What a line holds that is an item in brackets or an alias; None where it takes the grammar to say."""
    at = form.column + 2
    if line[form.column : at] != "- " or line[: form.column].strip(" ") or not line.isprintable():
        return None
    first = line[at : at + 1]
    if first == "*":
        match = _ALIAS.match(line, at)
        if match is None:
            return None
        name = intern(match[1])
        node = Node(ALIAS, name, 0, at, 0, match.end(1), "")
        return Content("items", None, (node,), (), (), (name,), 0)
    if first not in ("{", "["):
        return None
    simple = simple_flow(line, 0, at, MAX_DEPTH - form.depth - 1)
    if simple is None or line[simple.end_column :].strip(BLANKS):
        return None
    return Content("items", None, (simple,), (), (), (), 0)


SHORT: Final[dict[FormName, Callable[[Form, str], Content | None]]] = {
    "root entry": short_entry,
    "entry": short_entry,
    "item": short_item,
}
