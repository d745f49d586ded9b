"""A key of a node that stands on the line above its `- id: NAME`: read as one of the node above, and missing where it belongs."""

from typing import Final

from darwinflow.check.finding import Finding, Fix
from darwinflow.document.document import Document
from darwinflow.document.grammar.scan import indent_of
from darwinflow.document.lines import Edit
from darwinflow.document.problem import DUPLICATE_KEY, YAML_SYNTAX
from darwinflow.model.span import Span

_OF_LINE: Final = frozenset({DUPLICATE_KEY, YAML_SYNTAX})


def without_exchanged(document: Document, found: list[Finding]) -> list[Finding]:
    """*found*, what is said of two such lines as one."""
    lacking = {
        one.span.line - 1: one
        for one in found
        if one.code == "missing-field" and one.about is not None and _stands_above(document, one)
    }
    if not lacking:
        return found
    above = {one.span.line: one for one in found if one.code in _OF_LINE and one.span.line in lacking}
    told = {one: _as_one(document, one) for one in above.values()}
    gone = {lacking[row] for row in above}
    return [told.get(one, one) for one in found if one not in gone]


def _stands_above(document: Document, lacking: Finding) -> bool:
    """Whether the one key that a node lacks stands, with its value, on the line above its id."""
    row, column = lacking.span[:2]
    about = lacking.about
    if about is None or about.noun != "node" or len(about.keys) != 1 or row < 1:
        return False
    above, line = document.lines.slice(row - 1, row + 1)
    is_id = line[:column].strip() == "-" and line.startswith("id: ", column)
    return is_id and indent_of(above) == column and above.startswith(f"{about.keys[0]}: ", column)


def _as_one(document: Document, finding: Finding) -> Finding:
    row = finding.span.line
    above, below = document.lines.slice(row, row + 2)
    edits = (
        Edit(Span(row, 0, row, len(above)), below),
        Edit(Span(row + 1, 0, row + 1, len(below)), above),
    )
    message = f"this line belongs below '{below.strip()}'; exchange the two"
    return finding._replace(message=message, related=(), fixes=(Fix("Exchange the two lines", edits),))
