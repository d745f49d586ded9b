"""`textDocument/codeLens`: lineage and figures above the workflow's id, a word above each node that failed last."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from darwinflow.model.phrases import age
from darwinflow.model.span import Span
from darwinflow.projection.projection import Projection
from darwinflow_lsp.features.header import Header, header_of
from darwinflow_lsp.features.past import away, brief_figures, ended, is_failed
from darwinflow_lsp.handshake import LOG_COMMAND, RUNS_COMMAND
from darwinflow_lsp.history import History
from darwinflow_lsp.markdown import words
from darwinflow_lsp.snapshot import Snapshot

MAX_ERROR = 60
"""Characters of an error in a lens; its hover has all."""
MAX_NODE_LENSES = 200


class Lens(NamedTuple):
    span: Span
    title: str
    command: str = ""
    arguments: Mapping[str, str] = {}
    """Besides the document's URI, which every command gets."""


def code_lenses(snapshot: Snapshot, now: datetime) -> tuple[Lens, ...]:
    """In the order of the text. Where nothing is known there is no lens."""
    found: list[Lens] = []
    for projection in snapshot.projections:
        header = header_of(projection)
        if header.id_span is None or header.version is None:
            continue
        history = snapshot.history
        if history is not None and history.workflow != header.id:
            history = None
        span = header.id_span
        found += [Lens(span, *title) for title in _workflow(header, history, snapshot.content_hash, now)]
        if history is not None:
            found += _nodes(projection, history, now)
    return tuple(found)


def _workflow(
    header: Header, history: History | None, content_hash: str | None, now: datetime
) -> Iterator[tuple[str, str, Mapping[str, str]]]:
    yield _lineage(header, history, content_hash), "", {}
    if history is None:
        return
    own = history.of_texts.get(content_hash) if content_hash else None
    if own is not None:
        yield brief_figures(own), RUNS_COMMAND, {}
    published = history.published
    if published is not None and published.content_hash != content_hash:
        figures = history.of_versions.get(published.version)
        if figures is not None:
            yield f"v{published.version}: {brief_figures(figures)}", RUNS_COMMAND, {}
    last = history.last_finished
    if last is not None and is_failed(last):
        where = f" at {words(last.failed_node)}" if last.failed_node else ""
        yield f"failed {age(ended(last), now)}{where}", LOG_COMMAND, {"run": last.run_id}
    if history.runs and history.away_since is not None:
        yield away(history, now), "", {}


def _lineage(header: Header, history: History | None, content_hash: str | None) -> str:
    """`v3 draft, parent v2`. Whether it is a draft is said only where the store has answered."""
    state = ""
    if history is not None and header.version is not None:
        published = history.version(header.version)
        if published is None:
            state = " draft"
        elif content_hash is not None:
            state = " published" if published.content_hash == content_hash else " draft"
    parent = header.parent
    if parent is None:
        return f"v{header.version}{state}"
    name = f"{words(parent.workflow)} " if parent.workflow != header.id else ""
    return f"v{header.version}{state}, parent {name}v{parent.version}"


def _nodes(projection: Projection, history: History, now: datetime) -> Iterator[Lens]:
    failures = history.failures()
    placed = []
    for node, (run, step) in failures.items():
        place = projection.definition(node)
        if place is not None:
            error = words(step.error or "", MAX_ERROR)
            title = f"failed {age(ended(run), now)}" + (f": {error}" if error else "")
            placed.append(Lens(place, title, LOG_COMMAND, {"run": run.run_id}))
    placed.sort(key=lambda lens: lens.span)
    yield from placed[:MAX_NODE_LENSES]
