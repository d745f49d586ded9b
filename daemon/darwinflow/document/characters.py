"""Characters that stand for no text: what YAML does not allow, and the byte order mark at the beginning."""

import re
from typing import Final

from darwinflow.document.form import Content
from darwinflow.document.grammar.parser import Parser
from darwinflow.document.grammar.reader import MAX_PROBLEMS
from darwinflow.document.grammar.scan import BYTE_ORDER_MARK
from darwinflow.document.lines import Edit
from darwinflow.document.node import Node
from darwinflow.document.problem import YAML_SYNTAX, Problem, Related, Repair
from darwinflow.model.span import Span

_UNPRINTABLE: Final = re.compile(r"[\x00-\x08\x0a-\x1f\ud800-\udfff\ufeff\ufffe\uffff]")
_SURROGATE: Final = re.compile(r"[\ud800-\udfff]")


def encodable(body: list[str]) -> list[str]:
    """Lone halves of surrogate pairs cannot be stored anywhere, so no value may hold one."""
    return [_SURROGATE.sub("\ufffd", line) for line in body]


def report_unprintable(parser: Parser, body: list[str]) -> None:
    for row, line in enumerate(body):
        for match in _UNPRINTABLE.finditer(line):
            code, column = ord(match[0]), match.start()
            if match[0] == BYTE_ORDER_MARK:
                parser.add(stray_mark(row, column))
            else:
                what = "half a surrogate pair" if 0xD800 <= code <= 0xDFFF else "a control character"
                message = f"U+{code:04X} is {what}, which YAML does not allow; remove it or write an escape in double quotes"
                parser.report(row, column, row, column + 1, message)
            if len(parser.problems) >= MAX_PROBLEMS:
                return


def stray_mark(row: int, column: int) -> Problem:
    """What to say of a byte order mark that begins no document: other parsers take it for a letter."""
    span = Span(row, column, row, column + 1)
    message = "this is a byte order mark, which is seen nowhere and may only begin a document; remove it"
    repair = Repair("Remove the byte order mark", (Edit(span, ""),))
    return Problem(YAML_SYNTAX, message, span, repair=repair)


def shift(content: Content) -> None:
    """Move what was found on the first line behind the byte order mark that was left out."""
    children = content.children
    pending: list[Node] = [] if content.key is None else [content.key]
    if isinstance(children, Node):
        pending.append(children)
    elif content.kind == "items":
        pending.extend(children)
    elif content.kind == "entries":
        for key, value in children:
            pending += (key, value)
    while pending:
        node = pending.pop()
        if node.line > 0:
            continue
        node.column += 1
        if node.end_line == 0:
            node.end_column += 1
        if node.outset is not None and node.outset[0] == 0:
            node.outset = (0, node.outset[1] + 1)
        pending.extend(node.items)
        for key, value in node.pairs:
            pending += (key, value)


def shifted_problem(problem: Problem) -> Problem:
    related = tuple(Related(_shifted_span(other.span), other.message) for other in problem.related)
    repair = problem.repair
    if repair is not None:
        edits = tuple(Edit(_shifted_span(edit.span), edit.text) for edit in repair.edits)
        repair = repair._replace(edits=edits)
    return problem._replace(span=_shifted_span(problem.span), related=related, repair=repair)


def _shifted_span(span: Span) -> Span:
    return Span(
        span.line,
        span.column + (span.line == 0),
        span.end_line,
        span.end_column + (span.end_line == 0),
    )
