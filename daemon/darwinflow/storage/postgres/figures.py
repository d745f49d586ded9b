"""All figures of an organization at once, as they are kept; written by the thousand in each exchange."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TypeVar

from darwinflow.storage.figures import CountedRun, FigureRow, hour_in, hour_subject, node_in
from darwinflow.storage.packed_durations import packed, unpacked
from darwinflow.storage.pending_nodes import PendingNodes
from darwinflow.storage.postgres import nodes
from darwinflow.storage.postgres.database import Link
from darwinflow.storage.postgres.texts import restored, storable
from darwinflow.storage.sums import Sums

T = TypeVar("T")

_ROWS = 2_000
_RUNS = 20_000
"""In one statement."""

_SUMS = "runs = excluded.runs, successes = excluded.successes, total_ms = excluded.total_ms, tokens = excluded.tokens, cost = excluded.cost, updated = excluded.updated"

_PUT_SUMMARIES = f"""
WITH given AS (
    SELECT * FROM unnest(%(projects)b::text[], %(workflows)b::text[], %(subjects)b::text[], %(runs)b::bigint[],
        %(successes)b::bigint[], %(total_ms)b::float8[], %(tokens)b::bigint[], %(cost)b::float8[],
        %(updated)b::bigint[])
        AS given (project, workflow, subject, runs, successes, total_ms, tokens, cost, updated)
)
INSERT INTO darwinflow.summary
    (organization, project, workflow, subject, runs, successes, total_ms, tokens, cost, updated)
SELECT %(organization)s, given.* FROM given
ON CONFLICT (organization, project, workflow, subject) DO UPDATE SET {_SUMS}
RETURNING project, workflow, subject, number
"""  # noqa: S608 - of constants alone

_PUT_HOURS = f"""
WITH given AS (
    SELECT * FROM unnest(%(projects)b::text[], %(workflows)b::text[], %(hours)b::bigint[], %(versions)b::bigint[],
        %(runs)b::bigint[], %(successes)b::bigint[], %(total_ms)b::float8[], %(tokens)b::bigint[],
        %(cost)b::float8[], %(updated)b::bigint[], %(durations)b::bytea[])
        AS given (project, workflow, hour, version, runs, successes, total_ms, tokens, cost, updated, durations)
)
INSERT INTO darwinflow.hour_sums
    (organization, project, workflow, hour, version, runs, successes, total_ms, tokens, cost, updated, durations)
SELECT %(organization)s, given.* FROM given
ON CONFLICT (organization, project, workflow, hour, version) DO UPDATE SET {_SUMS}, durations = excluded.durations
"""  # noqa: S608 - of constants alone


def figures_of(link: Link, organization: str) -> tuple[list[FigureRow], list[CountedRun]]:
    mine = {"organization": organization}
    summaries = link.execute(
        """
        SELECT project, workflow, subject, runs, successes, total_ms, tokens, cost, updated, buckets, counts
        FROM darwinflow.summary AS sums
        CROSS JOIN LATERAL (
            SELECT array_agg(bucket) AS buckets, array_agg(runs) AS counts FROM darwinflow.summary_duration
            WHERE organization = %(organization)s AND summary = sums.number
        ) AS durations
        WHERE organization = %(organization)s
        """,
        mine,
    )
    rows = [
        FigureRow(
            restored(project),
            restored(workflow),
            restored(subject),
            Sums._make([*sums, dict(zip(buckets or (), counts or (), strict=True))]),
        )
        for project, workflow, subject, *sums, buckets, counts in summaries
    ]
    hours = link.execute(
        """
        SELECT project, workflow, hour, version, runs, successes, total_ms, tokens, cost, updated, durations
        FROM darwinflow.hour_sums WHERE organization = %(organization)s
        """,
        mine,
        binary=True,
    )
    rows += [
        FigureRow(
            restored(project),
            restored(workflow),
            hour_subject(hour, version),
            Sums._make([*sums, unpacked(packed_)]),
        )
        for project, workflow, hour, version, *sums, packed_ in hours
    ]
    rows += nodes.rows_of(link, organization)
    counted = link.execute(
        "SELECT project, id FROM darwinflow.counted_run WHERE organization = %(organization)s", mine
    )
    return rows, [CountedRun(restored(project), restored(run_id)) for project, run_id in counted]


def put_figures(
    link: Link,
    organization: str,
    rows: Sequence[FigureRow],
    counted: Sequence[CountedRun],
    pending: PendingNodes,
) -> None:
    """See `Figures.put_figures`; what other connections remember of them is no longer true. Those of nodes wait in
    *pending* for `nodes.write`.
    """
    pending.put_rows(rows, storable, nodes.loading(link, organization))
    rows = [row for row in rows if node_in(row.subject) is None]
    for chunk in _chunks([row for row in rows if hour_in(row.subject) is None], _ROWS):
        _put_summaries(link, organization, chunk)
    for chunk in _chunks([row for row in rows if hour_in(row.subject) is not None], _ROWS):
        hours = [hour for row in chunk if (hour := hour_in(row.subject)) is not None]
        link.execute(
            _PUT_HOURS,
            {
                **_columns(organization, chunk),
                "hours": [hour for hour, _ in hours],
                "versions": [version for _, version in hours],
                "durations": [packed(row.sums.durations) for row in chunk],
            },
        )
    for runs in _chunks(counted, _RUNS):
        link.execute(
            """
            WITH news AS (
                INSERT INTO darwinflow.counted_run (organization, project, id)
                SELECT %(organization)s, * FROM unnest(%(projects)b::text[], %(ids)b::text[])
                ON CONFLICT (organization, project, id) DO NOTHING
                RETURNING organization, project, id
            )
            INSERT INTO darwinflow.to_learn (organization, project, id) SELECT organization, project, id FROM news
            """,
            {
                "organization": organization,
                "projects": [storable(run.project) for run in runs],
                "ids": [storable(run.run_id) for run in runs],
            },
        )


def _put_summaries(link: Link, organization: str, rows: Sequence[FigureRow]) -> None:
    values = _columns(organization, rows)
    subjects = [storable(row.subject) for row in rows]
    returned = link.execute(_PUT_SUMMARIES, {**values, "subjects": subjects}).fetchall()
    numbers = {(project, workflow, subject): number for project, workflow, subject, number in returned}
    link.execute(
        "DELETE FROM darwinflow.summary_duration WHERE organization = %(organization)s AND summary = ANY(%(all)s)",
        {"organization": organization, "all": list(numbers.values())},
    )
    entries = [
        (numbers[storable(row.project), storable(row.workflow), storable(row.subject)], bucket, runs)
        for row in rows
        for bucket, runs in row.sums.durations.items()
    ]
    link.execute(
        """
        INSERT INTO darwinflow.summary_duration (organization, summary, bucket, runs)
        SELECT %(organization)s, * FROM unnest(%(numbers)b::bigint[], %(buckets)b::bigint[], %(runs)b::bigint[])
        """,
        {
            "organization": organization,
            "numbers": [number for number, _, _ in entries],
            "buckets": [bucket for _, bucket, _ in entries],
            "runs": [runs for _, _, runs in entries],
        },
    )


def _columns(organization: str, rows: Sequence[FigureRow]) -> dict[str, object]:
    return {
        "organization": organization,
        "projects": [storable(row.project) for row in rows],
        "workflows": [storable(row.workflow) for row in rows],
        "runs": [row.sums.runs for row in rows],
        "successes": [row.sums.successes for row in rows],
        "total_ms": [float(row.sums.total_ms) for row in rows],
        "tokens": [row.sums.tokens for row in rows],
        "cost": [float(row.sums.cost) for row in rows],
        "updated": [row.sums.updated for row in rows],
    }


def _chunks(items: Sequence[T], size: int) -> Iterator[list[T]]:
    rest = iter(items)
    while chunk := list(islice(rest, size)):
        yield chunk
