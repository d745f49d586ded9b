"""What happens when something is recorded: log, figures and event together, in one transaction.

The one place that joins the three; the journals' intake and `run/record` both come through here. Where the three do
not lie in one store, a follower counts and announces: `storage/composed`.
"""

from collections.abc import Iterable

from darwinflow.events.run_events import RUN_CHANGED, RUN_STARTED, RUN_STORED, RUN_TOPIC, run_event
from darwinflow.model.metric import metric_of
from darwinflow.model.run import ExecutionLog, RunHeader, RunOutput, StepLog, header_of
from darwinflow.ports.outbox import Outbox
from darwinflow.ports.tenant import Transaction


def record(tx: Transaction, project: str, log: ExecutionLog) -> bool:
    """Keep a finished run; whether it is new. Raises what `LogRepository.store_log` does."""
    if not tx.logs(project).store_log(log):
        return False
    count_and_announce(tx, project, log)
    return True


def record_start(tx: Transaction, project: str, log: ExecutionLog) -> bool:
    """Keep a live run; whether it is new. Raises what `LogRepository.start` does."""
    if not tx.logs(project).start(log):
        return False
    _announce(tx, project, RUN_STARTED, header_of(log))
    return True


def record_steps(tx: Transaction, project: str, run_id: str, steps: Iterable[tuple[int, StepLog]]) -> None:
    """Put *steps* at their indexes, announced once. Raises what `LogRepository.append_steps` does."""
    logs = tx.logs(project)
    logs.append_steps(run_id, tuple(steps))
    _announce(tx, project, RUN_CHANGED, logs.header(run_id))


def record_finish(tx: Transaction, project: str, run_id: str, output: RunOutput) -> bool:
    """Close a live or lost run; whether that was news. Raises what `LogRepository.finish` does."""
    logs = tx.logs(project)
    news = not logs.header(run_id).status.finished
    log = logs.finish(run_id, output)
    if news:
        count_and_announce(tx, project, log)
    return news


def record_lost(tx: Transaction, project: str, run_id: str) -> bool:
    """Say that a live run's program is gone; whether that was news. Raises `RunNotFound`."""
    logs = tx.logs(project)
    if not logs.mark_lost(run_id):
        return False
    _announce(tx, project, RUN_CHANGED, logs.header(run_id))
    return True


def count_and_announce(tx: Transaction, project: str, log: ExecutionLog) -> None:
    """What keeping the finished run *log* brings with it; also where a crash of long ago, or damage, has kept it from that."""
    later = _later_of(tx)
    if later is not None:
        later.put(project, log.run_id, RUN_STORED)
        return
    tx = _of_all(tx)
    metric = metric_of(log)
    assert metric is not None, "a finished run counts for something"
    metrics = tx.metrics(project)
    metrics.record_execution(metric)
    summaries = (
        metrics.get_summary(log.workflow_id, log.workflow_version),
        metrics.get_text_summary(log.workflow_id, log.workflow_hash) if log.workflow_hash else None,
    )
    tx.events.publish(RUN_TOPIC, log.run_id, run_event(RUN_STORED, project, header_of(log), summaries))


def _announce(tx: Transaction, project: str, kind: str, header: RunHeader) -> None:
    later = _later_of(tx)
    if later is not None:
        later.put(project, header.run_id, kind)
        return
    _of_all(tx).events.publish(RUN_TOPIC, header.run_id, run_event(kind, project, header, None))


def _later_of(tx: Transaction) -> Outbox | None:
    """Where the transaction leaves it to a follower to count and announce what happened to runs."""
    found: Outbox | None = getattr(tx, "later", None)
    return found


def _of_all(tx: Transaction) -> Transaction:
    """The transaction that counts and announces for all, where the figures of *tx* are one daemon's own."""
    found: Transaction | None = getattr(tx, "of_all", None)
    return tx if found is None else found
