"""What was found, and how people read it: each finding with the text that it is about."""

from collections.abc import Iterator
from typing import NamedTuple

from darwinflow.check.finding import Finding
from darwinflow.cli.terminal import Terminal
from darwinflow.document.lines import Lines
from darwinflow.document.problem import Related
from darwinflow.model.span import Span

FIXING = "darwinflow check --fix"
_STYLES = {"error": "bad", "warning": "warn", "hint": "quiet"}
_MOST_A_COLUMN = 8
"""Characters of a line that may share a column of the terminal."""
_MAX_PLACES = 5
"""Related places that the line below a caret names."""
_SHOWN_OF_SECRET = 4
"""Characters of a long secret that an excerpt repeats, as its message does."""
_WIDTH = 100
"""Columns of an excerpt where the output is no terminal."""


class FileReport(NamedTuple):
    """What was found in one file."""

    path: str
    lines: Lines
    findings: tuple[Finding, ...]


class Summary(NamedTuple):
    """How much was found. Every format ends with it, where it has a place for it."""

    errors: int
    warnings: int
    hints: int
    files: int
    files_with_findings: int
    fixable: int
    fixed: int
    seconds: float
    unevaluated: tuple[str, ...] = ()
    """Codes that were not looked for, because nobody knows the published versions."""
    unwritten: int = 0
    """Files that would have been mended and could not be written."""
    unmended: int = 0
    """Findings whose fixes were tried and taken back, as they lead to others."""


def summary_of(
    reports: list[FileReport],
    fixed: int,
    seconds: float,
    *,
    unevaluated: tuple[str, ...] = (),
    unwritten: int = 0,
    were_fixed: bool = False,
) -> Summary:
    """*were_fixed*: fixes that are left in *reports* were tried, and do not mend."""
    fixable = sum(_fixable(report) for report in reports)
    severities = [finding.severity for report in reports for finding in report.findings]
    return Summary(
        severities.count("error"),
        severities.count("warning"),
        severities.count("hint"),
        len(reports),
        sum(1 for report in reports if report.findings),
        0 if were_fixed else fixable,
        fixed,
        seconds,
        unevaluated,
        unwritten,
        fixable if were_fixed and not unwritten else 0,
    )


def _fixable(report: FileReport) -> int:
    if not any(finding.fixes for finding in report.findings):
        return 0
    from darwinflow.check.fixes import fixable

    return len(fixable(report.findings))


def text_of(report: FileReport, terminal: Terminal) -> Iterator[str]:
    """The lines that tell a person of each finding; the first one is what editors read as an error's place."""
    lines = _Printable(report)
    for finding in report.findings:
        style = _STYLES[finding.severity]
        place = f"{safe(report.path)}:{finding.span.line + 1}:{finding.span.column + 1}"
        yield (
            f"{terminal.paint(place, 'strong')}: {terminal.paint(finding.severity, style)}: "
            f"{safe(finding.message)} {terminal.paint(f'[{finding.code}]', 'quiet')}"
        )
        if len(report.lines) > 1 or report.lines[0]:
            yield from _excerpt(lines, finding, terminal, style)


def _excerpt(lines: "_Printable", finding: Finding, terminal: Terminal, style: str) -> Iterator[str]:
    span = finding.span
    line = lines.at(span.line)
    before = lines.at(span.line - 1) if span.line else ""
    end = span.end_column if span.end_line == span.line else len(line)
    room = max((terminal.width or _WIDTH) - 8, 20)
    skipped = max(min(end + 10, len(line)) - room, 0)
    if before.strip() and _indent(before) == _indent(line):
        yield _numbered(span.line - 1, _clipped(before, skipped, room, terminal), terminal)
    yield _numbered(span.line, _clipped(line, skipped, room, terminal), terminal)
    pad = _pad(line[skipped : span.column]) if span.column >= skipped else ""
    carets = "^" * max(_columns(safe(line[max(span.column, skipped) : end])), 1)
    gutter = terminal.paint("      |", "quiet")
    yield f"{gutter} {pad}{terminal.paint(carets, style)}{_places(finding.related)}".rstrip()


class _Printable:
    """Lines with all but the beginning of the secrets in them struck out: what is printed here may be kept for long."""

    def __init__(self, report: FileReport) -> None:
        self._lines = report.lines
        self._secrets: dict[int, list[Span]] = {}
        for finding in report.findings:
            if finding.code == "secret":
                self._secrets.setdefault(finding.span.line, []).append(finding.span)
        self._struck: dict[int, str] = {}

    def at(self, line: int) -> str:
        if line not in self._secrets:
            return self._lines[line]
        if line not in self._struck:
            self._struck[line] = _struck(self._lines[line], self._secrets[line])
        return self._struck[line]


def _struck(text: str, secrets: list[Span]) -> str:
    letters = list(text)
    for span in secrets:
        is_long = span.end_column - span.column >= 4 * _SHOWN_OF_SECRET
        start = span.column + (_SHOWN_OF_SECRET if is_long else 0)
        letters[start : span.end_column] = "*" * (span.end_column - start)
    return "".join(letters)


def _numbered(line: int, text: str, terminal: Terminal) -> str:
    return f"{terminal.paint(f'{line + 1:>5} |', 'quiet')} {text}".rstrip()


def _clipped(line: str, skipped: int, room: int, terminal: Terminal) -> str:
    """*room* characters of a line from the one after *skipped* on."""
    return terminal.fit(safe(line[skipped : skipped + _MOST_A_COLUMN * room]), room)


def _places(related: tuple[Related, ...]) -> str:
    """` also at 15:12 and 16:12`."""
    groups: dict[str, list[str]] = {}
    for other in related:
        words = safe(other.message).replace(" here", "")
        groups.setdefault(words, []).append(f"{other.span.line + 1}:{other.span.column + 1}")
    parts: list[str] = []
    for words, places in groups.items():
        more = len(places) - _MAX_PLACES
        if more > 0:
            places[_MAX_PLACES:] = [f"{more} more"]
        parts.append(f"{words} at {' and '.join(filter(None, [', '.join(places[:-1]), places[-1]]))}")
    return f" {', '.join(parts)}" if parts else ""


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _pad(text: str) -> str:
    """Blanks as wide as *text*."""
    return "".join("\t" if character == "\t" else " " * _columns(character) for character in safe(text))


def _columns(text: str) -> int:
    """Columns that a terminal gives *text*."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in text)


def safe(text: str) -> str:
    """*text* without what would steer the terminal; a file's words are not ours.

    Bytes of a name that are no text stay what Python has made of them, for the stream to show.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c == "\t" or "\udc80" <= c <= "\udcff" else "\ufffd" for c in text)


def summary_text(summary: Summary, fixing: str = FIXING) -> str:
    """The last line. *fixing*: the command that does what can be done."""
    files = _counted(summary.files, "file")
    took = f"{summary.seconds:.2f} s"
    counts = [
        _counted(count, word)
        for count, word in ((summary.errors, "error"), (summary.warnings, "warning"), (summary.hints, "hint"))
        if count
    ]
    fixed = f"{summary.fixed} fixed; " if summary.fixed else ""
    left_out = ""
    if summary.unevaluated:
        codes = f"{', '.join(summary.unevaluated[:-1])} and {summary.unevaluated[-1]}"
        left_out = f" Nobody here knows the published versions: {codes} were not checked."
    if not counts:
        return f"{fixed}no findings in {files}, {took}{'.' if left_out else ''}{left_out}"
    where = f"{summary.files_with_findings} of {files}" if summary.files > 1 else "1 file"
    text = f"{fixed}{', '.join(counts)} in {where}, {took}."
    text += left_out
    if summary.unmended == 1:
        return f"{text} The fix of 1 would lead to another finding, and is left to you."
    if summary.unmended:
        return f"{text} The fixes of {summary.unmended} would lead to other findings, and are left to you."
    return f"{text} {summary.fixable} can be fixed: {fixing}" if summary.fixable else text


def _counted(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"
