"""What is wrong in one file, as a value that processes and the cache hand on."""

import errno
import os
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from darwinflow.catalog.own_files import is_type_file
from darwinflow.check.finding import ERROR, About, Finding, Fix
from darwinflow.check.neighbours import FileFacts, facts_from
from darwinflow.cli.workflow_files import WorkflowFile
from darwinflow.document.lines import Edit, Lines
from darwinflow.document.problem import DOCUMENT_LIMIT, YAML_SYNTAX, Related
from darwinflow.model.span import Span
from darwinflow.settings.workspace import WorkspaceSettings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from darwinflow.catalog.catalog import Catalog
    from darwinflow.check.engine import Checked
    from darwinflow.document.document import Document

UNREADABLE = "file-unreadable"
_MANY_BYTES = 400
"""That tell how a text is encoded."""


class Verdict(NamedTuple):
    """What `check` says of one text."""

    is_workflow: bool
    """False: it holds none and was not named, so nothing is said of it."""
    findings: tuple[Finding, ...]
    mended: int = 0
    """How many findings were removed by their fixes."""
    text: str | None = None
    """The mended text; None where nothing was mended."""
    facts: FileFacts = FileFacts()
    """What other files matter to, of the text as it is then."""


def verdict_of(
    content: bytes,
    file: WorkflowFile,
    settings: WorkspaceSettings,
    catalog: "Catalog",
    *,
    fix: bool,
    around: "Callable[[Checked], Checked] | None" = None,
) -> Verdict:
    """Check *content*, which is that of *file* or is to become it.

    *around*: completes each check by what is wrong among the file's neighbours.
    """
    from darwinflow.check.across import facts_in
    from darwinflow.check.engine import check
    from darwinflow.document.document import Document
    from darwinflow.projection.detect import was_meant

    if _is_utf16(content):
        message = "this is UTF-16 as it seems; save the file as UTF-8"
        found = Finding(YAML_SYNTAX, ERROR, Span(0, 0, 0, 0), message)
        return Verdict(is_workflow=True, findings=(found,))
    try:
        document = Document.parse(content.decode())
    except UnicodeDecodeError as exc:
        before = Lines.of(content[: exc.start].decode())
        line = len(before) - 1
        column = len(before[line])
        message = f"byte {exc.start} is no UTF-8; save the file as UTF-8"
        found = Finding(YAML_SYNTAX, ERROR, Span(line, column, line, column), message)
        return Verdict(is_workflow=True, findings=(found,))
    settings = settings.at(file.inner_path)
    if is_type_file(os.path.abspath(file.path), file.folder, settings.graph_types_path):
        return _of_type_file(document, file, settings, catalog, fix=fix)
    checked = check(document, catalog, settings, is_named=file.is_named)
    is_other = not file.is_named and checked.projection is None and document.roots
    if is_other and not was_meant(document):
        return Verdict(is_workflow=False, findings=())
    if around is not None:
        checked = around(checked)
    if not fix:
        return Verdict(is_workflow=True, findings=checked.findings(), facts=facts_in(checked))
    from darwinflow.check.mending import mended

    def again(document: Document) -> "Checked":
        new = check(document, catalog, settings, is_named=file.is_named)
        return new if around is None else around(new)

    checked, count = mended(checked, again)
    text = checked.document.lines.text() if count else None
    return Verdict(
        is_workflow=True, findings=checked.findings(), mended=count, text=text, facts=facts_in(checked)
    )


def _is_utf16(content: bytes) -> bool:
    """Whether every other byte at the beginning is 0, as in UTF-16 without a byte order mark."""
    start = content[:_MANY_BYTES]
    few = len(start) // 8
    return b"\0" in start and any(
        start[at::2].count(0) > len(start) // 2 - few and start[1 - at :: 2].count(0) <= few for at in (0, 1)
    )


def _of_type_file(
    document: "Document", file: WorkflowFile, settings: WorkspaceSettings, catalog: "Catalog", *, fix: bool
) -> Verdict:
    from darwinflow.check.type_files import check_type_file

    def again(document: "Document") -> "Checked":
        return check_type_file(document, os.path.abspath(file.path), file.folder, settings, catalog)

    checked = again(document)
    if not fix:
        return Verdict(is_workflow=True, findings=checked.findings())
    from darwinflow.check.mending import mended

    checked, count = mended(checked, again)
    text = checked.document.lines.text() if count else None
    return Verdict(is_workflow=True, findings=checked.findings(), mended=count, text=text)


def unread(error: OSError, settings: WorkspaceSettings) -> Verdict:
    """The verdict on a file that cannot be read, or not to its end. *settings*: as they hold for it."""
    from darwinflow.check.weighing import weighed

    code = DOCUMENT_LIMIT if error.errno == errno.EFBIG else UNREADABLE
    message = f"this file cannot be read: {error.strerror}"
    found = weighed([Finding(code, ERROR, Span(0, 0, 0, 0), message)], settings)
    return Verdict(is_workflow=True, findings=tuple(found))


def encoded(verdict: Verdict) -> bytes:
    """One line of JSON. What was mended is no part of it."""
    import json

    content = [verdict.is_workflow, verdict.findings, verdict.facts]
    return json.dumps(content, separators=(",", ":")).encode()


def decoded(line: bytes) -> Verdict:
    """The verdict that `encoded` wrote. Raises `ValueError`, `TypeError` or `LookupError` for anything else."""
    import json

    is_workflow, findings, facts = json.loads(line)
    found = tuple([_finding(*one) for one in findings])
    return Verdict(bool(is_workflow), found, facts=facts_from(facts))


def _finding(
    code: str, severity: Any, span: Sequence[int], message: str, related: Any, fixes: Any, about: Any
) -> Finding:
    return Finding(
        code,
        severity,
        Span(*span),
        message,
        tuple([Related(Span(*place), *more) for place, *more in related]),
        tuple(
            [
                Fix(title, tuple([Edit(Span(*place), text) for place, text in edits]), bool(is_certain), into)
                for title, edits, is_certain, into in fixes
            ]
        ),
        About(about[0], tuple(about[1]), tuple(about[2]), *about[3:]) if about is not None else None,
    )
