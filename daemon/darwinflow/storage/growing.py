"""How fast the runs of a project become more, and since when there are some, by questions that have their index."""

from datetime import UTC, datetime, timedelta

from darwinflow.model.filter import RunFilter
from darwinflow.ports.inspection import Growth
from darwinflow.ports.logs import LogRepository
from darwinflow.ports.tenant import Transaction

DAYS = 30
_FIRST = datetime(1970, 1, 1, tzinfo=UTC)
_LEAST = timedelta(microseconds=1)


def growth_of(tx: Transaction, project: str, now: datetime) -> Growth:
    """In the last `DAYS` days."""
    metrics = tx.metrics(project)
    workflows = {summary.workflow for summary in metrics.list_summaries(None)}
    since = now - timedelta(days=DAYS)
    runs = sum(
        hour.runs
        for workflow in workflows
        for hour in metrics.get_hours(workflow, since, now + timedelta(hours=1))
    )
    return Growth(runs, _oldest(tx.logs(project)))


def _oldest(logs: LogRepository) -> datetime | None:
    """Lists go from the newest on, so the time is halved until nothing is before it."""
    newest = logs.query_logs(RunFilter(limit=1)).items
    if not newest:
        return None
    after, oldest = min(_FIRST, newest[0].start_time), newest[0].start_time
    while oldest - after > _LEAST:
        middle = after + (oldest - after) / 2
        found = logs.query_logs(RunFilter(until=middle, limit=1)).items
        if found:
            oldest = found[0].start_time
        else:
            after = middle
    return oldest
