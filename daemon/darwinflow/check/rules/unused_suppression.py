"""`unused-suppression`: a comment takes away a finding that is not there, or names none that there is."""

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from darwinflow.check.codes import CODES
from darwinflow.check.finding import HINT, Finding, Fix
from darwinflow.check.suppressions import Code, Suppression
from darwinflow.check.words import any_of, quoted, shown
from darwinflow.document.document import Document
from darwinflow.document.lines import Edit
from darwinflow.document.problem import Related
from darwinflow.model.nearest import nearest
from darwinflow.model.span import Span


class Missed(NamedTuple):
    """A finding that a comment names and does not take away, as it stands on another line."""

    code: str
    span: Span
    where: str
    """`above` or `below`, where only one line lies between; empty where it is further."""


def unused_suppression(
    document: Document,
    suppression: Suppression,
    used: Collection[str],
    there: Collection[str],
    judged: Collection[str],
    missed: Sequence[Missed] = (),
) -> Iterator[Finding]:
    """What is wrong with one comment; at most one finding each for unused codes and for unknown ones.

    *used*: codes that took a finding away; *there*: codes of findings that were left on its lines; *judged*:
    codes whose findings are all known; *missed*: what it may have meant.
    """
    if suppression.is_slip:
        yield _slip(suppression, there)
        return
    if not suppression.codes:
        column = suppression.word_column
        span = Span(suppression.line, column, suppression.line, column + len("ignore"))
        message = "a suppression names what it suppresses: # darwinflow: ignore[code] reason"
        yield Finding("unused-suppression", HINT, span, message)
        return
    unknown = [code for code in suppression.codes if code.name not in CODES]
    if unknown:
        yield _unknown(document, suppression, unknown, there)
    seen: set[str] = set()
    unused: list[Code] = []
    for code in suppression.codes:
        if (code.name in judged and code.name not in used) or code.name in seen:
            unused.append(code)
        seen.add(code.name)
    if unused and not unknown:
        names = any_of([quoted(name) for name in dict.fromkeys([code.name for code in unused])])
        message = f"there is no {names} here to suppress"
        meant = [one for one in missed if any(one.code == code.name not in used for code in unused)]
        beside = next((one.where for one in meant if one.where), "")
        if beside:
            message += f"; what it names is found on the line {beside}"
        fix = Fix("Remove the suppression", (_removal(document, suppression, unused),), not meant)
        related = tuple([Related(one.span, f"the nearest {quoted(one.code)}") for one in meant])
        fixes = () if beside else (fix,)
        yield Finding("unused-suppression", HINT, _span(suppression, unused[0]), message, related, fixes)


def _slip(suppression: Suppression, there: Collection[str]) -> Finding:
    """What is only nearly a suppression; it becomes one where it would take something away."""
    line = suppression.line
    span = Span(line, suppression.word_column, line, suppression.end_column)
    message = "this suppresses nothing; it is written # darwinflow: ignore[code] reason"
    names = [code.name for code in suppression.codes]
    if not names or not suppression.has_reason or not all(name in there for name in names):
        return Finding("unused-suppression", HINT, span, message)
    text = f"darwinflow: ignore[{', '.join(names)}]"
    fix = Fix(f"Write '# {text}'", (Edit(span, text),))
    return Finding("unused-suppression", HINT, span, message, (), (fix,))


def _unknown(
    document: Document, suppression: Suppression, unknown: list[Code], there: Collection[str]
) -> Finding:
    code = unknown[0]
    span = _span(suppression, code)
    meant = nearest(code.name, CODES)
    message = f"no finding is called '{shown(code.name)}'"
    fixes: tuple[Fix, ...] = ()
    if meant is not None:
        message += f"; did you mean '{meant}'?"
        if meant in there and suppression.has_reason:
            fixes = (Fix(f"Change to '{meant}'", (Edit(span, meant),)),)
    else:
        # What it was meant to say, and its reason with it, only its author knows.
        fixes = (Fix("Remove the suppression", (_removal(document, suppression, [code]),), is_certain=False),)
    return Finding("unused-suppression", HINT, span, message, (), fixes)


def _span(suppression: Suppression, code: Code) -> Span:
    return Span(suppression.line, code.column, suppression.line, code.end_column)


def _removal(document: Document, suppression: Suppression, codes: list[Code]) -> Edit:
    """Takes *codes* out of the comment, and the comment out of the text where no other is left in it."""
    line = suppression.line
    removed = frozenset(codes)
    left = [code.name for code in suppression.codes if code not in removed]
    if left:
        first, last = suppression.codes[0], suppression.codes[-1]
        return Edit(Span(line, first.column, line, last.end_column), ", ".join(left))
    text = document.lines[line]
    if not suppression.is_alone:
        return Edit(Span(line, len(text[: suppression.column].rstrip()), line, len(text)), "")
    if line + 1 < len(document.lines):
        return Edit(Span(line, 0, line + 1, 0), "")
    return Edit(Span(line, 0, line, len(text)), "")
