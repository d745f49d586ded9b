"""`textDocument/formatting` and `textDocument/rangeFormatting`: a workflow in the style of its workspace.

The style is that of `darwinflow fmt`. What an editor would have, such as `tabSize`, plays no part in it: a file must
not look another way after each of its authors.
"""

from darwinflow.document.formatting.formatting import formatting, range_formatting
from darwinflow.document.formatting.style import HOUSE_STYLE
from darwinflow.document.lines import Edit
from darwinflow.model.span import Span
from darwinflow_lsp.snapshot import Snapshot


def format_edits(snapshot: Snapshot, within: Span | None = None) -> tuple[Edit, ...] | None:
    """What is to be edited, in the order of the text; *within*: in the lines of this span alone.

    None where nothing is known to be safe: in a text with faults of syntax, and in what is no workflow.
    """
    if not snapshot.projections:
        return None
    settings = snapshot.checked.settings
    style = HOUSE_STYLE if settings is None else settings.style
    if within is None:
        found = formatting(snapshot.document, style)
    else:
        found = range_formatting(snapshot.document, within.line, _last_line(within), style)
    return found.edits if found.refusal is None else None


def _last_line(span: Span) -> int:
    """A selection of whole lines ends at the beginning of the line after them."""
    ends_before = span.end_column == 0 and span.end_line > span.line
    return span.end_line - 1 if ends_before else span.end_line
