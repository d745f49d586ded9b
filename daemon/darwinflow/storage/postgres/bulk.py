"""Many finished runs at once, by COPY."""

from collections.abc import Sequence

from darwinflow.model.errors import Refused, RunConflict, RunErased
from darwinflow.model.run import ExecutionLog
from darwinflow.storage.log_codec import same_content
from darwinflow.storage.names import check_run_id
from darwinflow.storage.postgres.rows import row_of
from darwinflow.storage.postgres.texts import storable
from darwinflow.storage.postgres.transaction import PostgresTransaction

_TYPES = (
    "text",
    "text",
    "text",
    "text",
    "text",
    "int8",
    "text",
    "text",
    "int8",
    "int8",
    "text",
    "text",
    "int2",
    "bytea",
)


def import_logs(tx: PostgresTransaction, project: str, logs: Sequence[ExecutionLog]) -> int:
    """See `PostgresTenantStore.import_logs`."""
    new = _new_ones(tx, project, logs)
    link = tx.connection
    # COPY takes no table with row security, so it fills one that is ours alone, and INSERT is checked as always.
    link.execute(
        """
        CREATE TEMP TABLE incoming (
            organization text, project text, id text, tail text, workflow text, version bigint, hash text, status text,
            started bigint, ended bigint, errors text, brief text, codec smallint, body bytea
        ) ON COMMIT DROP
        """
    )
    with link.cursor().copy("COPY pg_temp.incoming FROM STDIN (FORMAT BINARY)") as copy:
        copy.set_types(_TYPES)
        for log in new:
            copy.write_row(tuple(row_of(tx.organization, storable(project), log, tx.compression).values()))
    link.execute(
        """
        INSERT INTO darwinflow.run
            (organization, project, id, tail, workflow, version, hash, status, started, ended,
             errors, brief, codec, body)
        SELECT organization, project, id, tail, workflow, version, hash, status, started, ended,
            errors, brief::jsonb, codec, body
        FROM pg_temp.incoming
        """
    )
    link.execute("DROP TABLE pg_temp.incoming")
    return len(new)


def _new_ones(tx: PostgresTransaction, project: str, logs: Sequence[ExecutionLog]) -> list[ExecutionLog]:
    """Those that are not there, once each. Nobody else adds one meanwhile: the transaction holds the organization.

    Raises `Refused`, `NameRefused`, `RunConflict`, `RunErased`.
    """
    by_id: dict[str, ExecutionLog] = {}
    for log in logs:
        if log.output is None or not log.output.status.finished:
            raise Refused(f"run {log.run_id} has not finished", run=log.run_id)
        check_run_id(log.run_id)
        known = by_id.setdefault(log.run_id, log)
        if known is not log and not same_content(known, log):
            raise RunConflict(f"run {log.run_id} is given twice with different content", run=log.run_id)
    repository = tx.logs(project)
    erased = by_id.keys() & set(repository.erased())
    if erased:
        run_id = min(erased)
        raise RunErased(f"run {run_id} was deleted for good", run=run_id)
    known_ids = tx.connection.execute(
        """
        SELECT id FROM darwinflow.run
        WHERE organization = %(organization)s AND project = %(project)s AND id = ANY(%(ids)s)
        """,
        {"organization": tx.organization, "project": storable(project), "ids": list(by_id)},
    ).fetchall()
    for (run_id,) in known_ids:
        if not same_content(repository.get_log(run_id), by_id.pop(run_id)):
            raise RunConflict(f"run {run_id} is stored with other content", run=run_id)
    return list(by_id.values())
