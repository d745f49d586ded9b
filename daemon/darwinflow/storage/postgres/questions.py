"""The statement that answers `query_logs`.

It is never prepared: PostgreSQL then plans it for the values at hand, in which `NULL IS NULL OR ...` is gone and
what was asked is left for an index to lead. `tests/postgres/test_postgres_plans.py` holds which does.
"""

from collections.abc import Mapping

from darwinflow.model.filter import RunFilter
from darwinflow.storage.cursor import Position, position_from
from darwinflow.storage.instants import to_micros
from darwinflow.storage.postgres.texts import searchable, storable

RUNS = """
SELECT id, workflow, version, hash, status, started, ended, brief::text
FROM darwinflow.run
WHERE organization = %(organization)s AND project = %(project)s
  AND (started, id) >= (%(since)s, %(since_id)s) AND (started, id) < (%(until)s, %(until_id)s)
  AND (%(workflow)s::text IS NULL OR workflow = %(workflow)s)
  AND (%(version)s::bigint IS NULL OR version = %(version)s)
  AND (%(hash)s::text IS NULL OR hash = %(hash)s)
  AND (%(status)s::text IS NULL OR status = %(status)s)
  AND (%(node)s::text IS NULL OR (brief -> 'nodes') ? %(node)s)
  AND (%(text)s::text IS NULL OR (errors IS NOT NULL AND strpos(errors, %(text)s) > 0))
ORDER BY started DESC, id DESC LIMIT %(limit)s
"""

_BEFORE_ALL = -(1 << 63)
_AFTER_ALL = (1 << 63) - 1


def values_for(organization: str, project: str, wanted: RunFilter) -> Mapping[str, object]:
    """One more than the limit is asked for: it tells whether there is a next page. Raises `Refused`."""
    until, until_id = _end(wanted)
    return {
        "organization": organization,
        "project": project,
        "workflow": None if wanted.workflow is None else storable(wanted.workflow),
        "version": wanted.version,
        "hash": None if wanted.workflow_hash is None else storable(wanted.workflow_hash),
        "node": None if wanted.node is None else storable(wanted.node),
        "status": None if wanted.status is None else str(wanted.status),
        "text": None if wanted.text is None else searchable(wanted.text),
        "since": _BEFORE_ALL if wanted.since is None else to_micros(wanted.since),
        "since_id": "",
        "until": until,
        "until_id": until_id,
        "limit": wanted.limit + 1,
    }


def _end(wanted: RunFilter) -> Position:
    """The pair of start and id below which everything wanted lies."""
    until: Position = (_AFTER_ALL if wanted.until is None else to_micros(wanted.until), "")
    if wanted.cursor is None:
        return until
    started, run_id = position_from(wanted.cursor)
    return min(until, (started, storable(run_id)))
