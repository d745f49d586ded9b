"""A run as a row of the table `run`, and back."""

from typing import Any

from darwinflow.model.run import ExecutionLog, RunHeader, StepLog, header_of
from darwinflow.storage.brief import brief_of, header_from
from darwinflow.storage.compression import ZSTD, Compression
from darwinflow.storage.instants import to_micros
from darwinflow.storage.log_codec import dump_log
from darwinflow.storage.postgres.texts import (
    BETWEEN_ERRORS,
    restored,
    restored_json,
    searchable,
    storable,
    storable_json,
)

TAIL_CHARACTERS = 12

StoredHeader = tuple[str, str, int, str, str, int, int | None, str]
"""id, workflow, version, hash, status, started, ended, brief: as the statements of this folder select them."""

Row = dict[str, Any]
"""By column; what a column holds is known to the statement that takes it."""


def row_of(organization: str, project: str, log: ExecutionLog, compression: Compression) -> Row:
    """*log*'s row. *project* is as it is stored. The body is whole: a live log's caller has taken its steps out."""
    header = header_of(log)
    return {
        "organization": organization,
        "project": project,
        "id": log.run_id,
        "tail": log.run_id[: -TAIL_CHARACTERS - 1 : -1],
        "workflow": storable(log.workflow_id),
        "version": log.workflow_version,
        "hash": storable(log.workflow_hash),
        "status": str(header.status),
        "started": to_micros(log.start_time),
        "ended": None if log.output is None else to_micros(log.output.end_time),
        "errors": errors_of(log),
        "brief": storable_json(brief_of(log, header)),
        "codec": ZSTD,
        "body": compression.pack(dump_log(log)),
    }


def errors_of(log: ExecutionLog) -> str | None:
    """For the search; of equal ones the first is enough. None where there is none."""
    errors: dict[str, None] = {}
    if log.output is not None and log.output.error is not None:
        errors[searchable(log.output.error)] = None
    for step in log.steps:
        if step.error is not None:
            errors[searchable(step.error)] = None
    return BETWEEN_ERRORS.join(errors) if errors else None


def error_of(step: StepLog) -> str | None:
    return None if step.error is None else searchable(step.error)


def header_of_row(row: StoredHeader) -> RunHeader:
    """Raises `StoreDamaged`."""
    run_id, workflow, version, text_hash, status, started, ended, brief = row
    return header_from(
        (
            run_id,
            restored(workflow),
            version,
            restored(text_hash),
            status,
            started,
            ended,
            restored_json(brief),
        )
    )
