"""All figures of a database at once, as they are kept."""

from collections.abc import Sequence

import apsw

from darwinflow.storage.figures import CountedRun, FigureRow, hour_in, hour_subject, node_in
from darwinflow.storage.packed_durations import packed, unpacked
from darwinflow.storage.pending_nodes import PendingNodes
from darwinflow.storage.sqlite import nodes
from darwinflow.storage.sqlite.fetch import bindable, fetch
from darwinflow.storage.sums import Sums


def figures_in(db: apsw.Connection) -> tuple[list[FigureRow], list[CountedRun]]:
    durations: dict[int, dict[int, int]] = {}
    for summary, bucket, runs in fetch(
        db, "SELECT summary, bucket, runs FROM summary_duration ORDER BY summary, bucket"
    ):
        durations.setdefault(summary, {})[bucket] = runs
    rows = [
        FigureRow(project, workflow, subject, Sums._make([*sums, durations.get(number, {})]))
        for project, workflow, subject, number, *sums in fetch(
            db,
            """
            SELECT project, workflow, subject, number, runs, successes, total_ms, tokens, cost, updated
            FROM summary
            """,
        )
    ]
    rows += [
        FigureRow(project, workflow, hour_subject(hour, version), Sums._make([*sums, unpacked(histogram)]))
        for project, workflow, hour, version, *sums, histogram in fetch(
            db,
            """
            SELECT project, workflow, hour, version, runs, successes, total_ms, tokens, cost, updated, durations
            FROM hour_sums
            """,
        )
    ]
    rows += nodes.rows_in(db)
    return rows, [CountedRun(*row) for row in fetch(db, "SELECT project, id FROM counted_run")]


def put_figures(
    db: apsw.Connection, rows: Sequence[FigureRow], counted: Sequence[CountedRun], pending: PendingNodes
) -> None:
    """See `Figures.put_figures`; what the connection remembers of them is no longer true, but for *pending*: those of
    nodes wait there for `nodes.write`.
    """
    pending.put_rows(rows, bindable, nodes.loading(db))
    for row in rows:
        if node_in(row.subject) is not None:
            continue
        key = {"project": bindable(row.project), "workflow": bindable(row.workflow), **_bound(row.sums)}
        hour = hour_in(row.subject)
        if hour is not None:
            _put_hour(db, {**key, "hour": hour[0], "version": hour[1]}, row.sums)
        else:
            _put_summary(db, {**key, "subject": bindable(row.subject)}, row.sums)
    db.executemany(
        "INSERT INTO counted_run (project, id) VALUES (?, ?) ON CONFLICT (project, id) DO NOTHING",
        ((bindable(run.project), run.run_id) for run in counted),
    )


def _put_summary(db: apsw.Connection, values: dict[str, object], sums: Sums) -> None:
    number = fetch(
        db,
        """
        INSERT INTO summary (project, workflow, subject, runs, successes, total_ms, tokens, cost, updated)
        VALUES (:project, :workflow, :subject, :runs, :successes, :total_ms, :tokens, :cost, :updated)
        ON CONFLICT (project, workflow, subject) DO UPDATE SET
            runs = excluded.runs,
            successes = excluded.successes,
            total_ms = excluded.total_ms,
            tokens = excluded.tokens,
            cost = excluded.cost,
            updated = excluded.updated
        RETURNING number
        """,
        values,
    )[0][0]
    fetch(db, "DELETE FROM summary_duration WHERE summary = :summary", {"summary": number})
    db.executemany(
        "INSERT INTO summary_duration (summary, bucket, runs) VALUES (?, ?, ?)",
        ((number, bucket, runs) for bucket, runs in sums.durations.items()),
    )


def _put_hour(db: apsw.Connection, values: dict[str, object], sums: Sums) -> None:
    fetch(
        db,
        """
        INSERT INTO hour_sums
            (project, workflow, hour, version, runs, successes, total_ms, tokens, cost, updated, durations)
        VALUES
            (:project, :workflow, :hour, :version, :runs, :successes, :total_ms, :tokens, :cost, :updated,
             :durations)
        ON CONFLICT (project, workflow, hour, version) DO UPDATE SET
            runs = excluded.runs,
            successes = excluded.successes,
            total_ms = excluded.total_ms,
            tokens = excluded.tokens,
            cost = excluded.cost,
            updated = excluded.updated,
            durations = excluded.durations
        """,
        {**values, "durations": packed(sums.durations)},
    )


def _bound(sums: Sums) -> dict[str, object]:
    bound: dict[str, object] = sums._asdict()
    del bound["durations"]
    return bound
