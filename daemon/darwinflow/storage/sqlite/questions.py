"""The statements that answer `query_logs`, one for each index that can lead, and the choice among them.

Each names its index, so that no statistics can ever talk the planner into a scan. What the index does not
cover is checked row by row: `(:x IS NULL OR ...)` is true where nothing was asked.
"""

from darwinflow.model.filter import RunFilter
from darwinflow.model.run import RunStatus
from darwinflow.storage.cursor import Position, position_from
from darwinflow.storage.instants import to_micros
from darwinflow.storage.sqlite.error_texts import looked_up, places_between
from darwinflow.storage.sqlite.fetch import bindable

RECENT = """
SELECT id, workflow, version, hash, status, started, ended, brief
FROM run INDEXED BY run_by_workflow
WHERE project = :project AND workflow = :workflow
  AND started >= :since AND (started, id) < (:until, :until_id)
ORDER BY started DESC, id DESC LIMIT :limit
"""
"""As `BY_WORKFLOW` where nothing else is asked: what an editor asks most, in half the time."""

RECENT_OF_VERSION = """
SELECT id, workflow, version, hash, status, started, ended, brief
FROM run INDEXED BY run_by_version
WHERE project = :project AND workflow = :workflow AND version = :version
  AND started >= :since AND (started, id) < (:until, :until_id)
ORDER BY started DESC, id DESC LIMIT :limit
"""

BY_HASH = """
SELECT id, workflow, version, hash, status, started, ended, brief
FROM run INDEXED BY run_by_hash
WHERE project = :project AND substr(hash, 1, 16) = substr(:hash, 1, 16) AND hash = :hash
  AND started >= :since AND (started, id) < (:until, :until_id)
  AND (:workflow IS NULL OR workflow = :workflow)
  AND (:version IS NULL OR version = :version)
  AND (:status IS NULL OR status = :status)
  AND (:node IS NULL OR EXISTS (SELECT 1 FROM json_each(brief, '$.nodes') WHERE value = :node))
  AND (:text IS NULL OR EXISTS (SELECT 1 FROM run_error WHERE run = number AND instr(text, :text)))
ORDER BY started DESC, id DESC LIMIT :limit
"""

BY_VERSION = """
SELECT id, workflow, version, hash, status, started, ended, brief
FROM run INDEXED BY run_by_version
WHERE project = :project AND workflow = :workflow AND version = :version
  AND started >= :since AND (started, id) < (:until, :until_id)
  AND (:hash IS NULL OR hash = :hash)
  AND (:status IS NULL OR status = :status)
  AND (:node IS NULL OR EXISTS (SELECT 1 FROM json_each(brief, '$.nodes') WHERE value = :node))
  AND (:text IS NULL OR EXISTS (SELECT 1 FROM run_error WHERE run = number AND instr(text, :text)))
ORDER BY started DESC, id DESC LIMIT :limit
"""

BY_WORKFLOW = """
SELECT id, workflow, version, hash, status, started, ended, brief
FROM run INDEXED BY run_by_workflow
WHERE project = :project AND workflow = :workflow
  AND started >= :since AND (started, id) < (:until, :until_id)
  AND (:version IS NULL OR version = :version)
  AND (:hash IS NULL OR hash = :hash)
  AND (:status IS NULL OR status = :status)
  AND (:node IS NULL OR EXISTS (SELECT 1 FROM json_each(brief, '$.nodes') WHERE value = :node))
  AND (:text IS NULL OR EXISTS (SELECT 1 FROM run_error WHERE run = number AND instr(text, :text)))
ORDER BY started DESC, id DESC LIMIT :limit
"""

BY_ERROR = """
SELECT id, workflow, version, hash, status, started, ended, brief
FROM run INDEXED BY run_by_error
WHERE project = :project
  AND started >= :since AND (started, id) < (:until, :until_id)
  AND errors = 1 AND EXISTS (SELECT 1 FROM run_error WHERE run = number AND instr(text, :text))
  AND (:workflow IS NULL OR workflow = :workflow)
  AND (:version IS NULL OR version = :version)
  AND (:hash IS NULL OR hash = :hash)
  AND (:status IS NULL OR status = :status)
  AND (:node IS NULL OR EXISTS (SELECT 1 FROM json_each(brief, '$.nodes') WHERE value = :node))
ORDER BY started DESC, id DESC LIMIT :limit
"""

BY_TEXT = """
SELECT run.id, workflow, version, hash, status, started, ended, brief, run_error.place
FROM error_text
CROSS JOIN run_error ON run_error.place = error_text.rowid
CROSS JOIN run ON run.number = run_error.run
WHERE error_text MATCH :looked_up AND error_text.rowid >= :first AND error_text.rowid < :end
  AND instr(run_error.text, :text)
  AND project = :project
  AND started >= :since AND (started, id) < (:until, :until_id)
  AND (:workflow IS NULL OR workflow = :workflow)
  AND (:version IS NULL OR version = :version)
  AND (:hash IS NULL OR hash = :hash)
  AND (:status IS NULL OR status = :status)
  AND (:node IS NULL OR EXISTS (SELECT 1 FROM json_each(brief, '$.nodes') WHERE value = :node))
ORDER BY error_text.rowid DESC
"""
"""For `newest_found`."""

BY_STATUS = """
SELECT id, workflow, version, hash, status, started, ended, brief
FROM run INDEXED BY run_by_status
WHERE project = :project AND status = :status AND status <> 'SUCCESS'
  AND started >= :since AND (started, id) < (:until, :until_id)
  AND (:workflow IS NULL OR workflow = :workflow)
  AND (:version IS NULL OR version = :version)
  AND (:hash IS NULL OR hash = :hash)
  AND (:node IS NULL OR EXISTS (SELECT 1 FROM json_each(brief, '$.nodes') WHERE value = :node))
  AND (:text IS NULL OR EXISTS (SELECT 1 FROM run_error WHERE run = number AND instr(text, :text)))
ORDER BY started DESC, id DESC LIMIT :limit
"""

BY_START = """
SELECT id, workflow, version, hash, status, started, ended, brief
FROM run INDEXED BY run_by_start
WHERE project = :project
  AND started >= :since AND (started, id) < (:until, :until_id)
  AND (:workflow IS NULL OR workflow = :workflow)
  AND (:version IS NULL OR version = :version)
  AND (:hash IS NULL OR hash = :hash)
  AND (:status IS NULL OR status = :status)
  AND (:node IS NULL OR EXISTS (SELECT 1 FROM json_each(brief, '$.nodes') WHERE value = :node))
ORDER BY started DESC, id DESC LIMIT :limit
"""

_A_FEW = 500
HAS_MORE_THAN_A_FEW = f"""
SELECT 1 FROM run INDEXED BY run_by_workflow
WHERE project = :project AND workflow = :workflow
  AND started >= :since AND (started, id) < (:until, :until_id)
LIMIT 1 OFFSET {_A_FEW}
"""  # noqa: S608 - a number
"""Whether a text is better looked up among all errors than looked for in the runs of the workflow."""

_BEFORE_ALL = -(1 << 63)
_AFTER_ALL = (1 << 63) - 1


def statement_for(wanted: RunFilter) -> str:
    """The most selective index that what is asked allows."""
    if wanted.workflow_hash is not None:
        return BY_HASH
    if wanted.workflow is not None:
        if wanted.status is None and wanted.node is None and wanted.text is None:
            return RECENT if wanted.version is None else RECENT_OF_VERSION
        return BY_WORKFLOW if wanted.version is None else BY_VERSION
    if wanted.text is not None:
        return BY_ERROR if looked_up(searchable(wanted.text)) is None else BY_TEXT
    return BY_START if wanted.status in (None, RunStatus.SUCCESS) else BY_STATUS


def values_for(project: str, wanted: RunFilter) -> dict[str, object]:
    """One more than the limit is asked for: it tells whether there is a next page. Raises `Refused`."""
    until, until_id = _end(wanted)
    since = _BEFORE_ALL if wanted.since is None else to_micros(wanted.since)
    text = None if wanted.text is None else searchable(wanted.text)
    first, end = places_between(since, until)
    return {
        "project": project,
        "workflow": None if wanted.workflow is None else bindable(wanted.workflow),
        "version": wanted.version,
        "hash": None if wanted.workflow_hash is None else bindable(wanted.workflow_hash),
        "node": None if wanted.node is None else bindable(wanted.node),
        "status": None if wanted.status is None else str(wanted.status),
        "text": text,
        "looked_up": None if text is None else looked_up(text),
        "first": first,
        "end": end,
        "since": since,
        "until": until,
        "until_id": until_id,
        "limit": wanted.limit + 1,
    }


def searchable(text: str) -> str:
    """How errors are kept and asked for; a lone surrogate cannot be bound and counts as a question mark."""
    return text.casefold().encode("utf-8", "replace").decode()


def _end(wanted: RunFilter) -> Position:
    """The pair of start and id below which everything wanted lies."""
    until: Position = (_AFTER_ALL if wanted.until is None else to_micros(wanted.until), "")
    if wanted.cursor is None:
        return until
    return min(until, position_from(wanted.cursor))
