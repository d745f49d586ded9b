"""One state of one document, with all that is known of it: what every feature is a function of."""

from typing import NamedTuple

from darwinflow.check.engine import Checked
from darwinflow.document.document import Document
from darwinflow.projection.projection import Projection
from darwinflow_lsp.history import History


class Snapshot(NamedTuple):
    """Immutable: an edit, a finding or a run makes a new one that shares what is unchanged."""

    uri: str
    version: int | None
    document: Document
    checked: Checked
    history: History | None = None
    """None while it is unknown: no daemon has answered yet, or none may be asked."""
    content_hash: str | None = None
    """None until it was computed, in a quiet moment."""

    @property
    def projections(self) -> tuple[Projection, ...]:
        """The graphs among the documents of the stream."""
        return tuple(part.projection for part in self.checked.parts if part is not None)

    def root_lines(self, root_index: int) -> tuple[int, int]:
        """The first line of one document of the stream, and the one after its last."""
        roots = self.document.roots
        start = sum(root.line_count for root in roots[:root_index])
        return start, start + roots[root_index].line_count
