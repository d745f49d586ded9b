"""Runs by the page, with what a list says of each: in one exchange with a store where that has one."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol, runtime_checkable

from darwinflow.model.errors import NotFound, StoreDamaged
from darwinflow.model.run import ExecutionLog, RunHeader
from darwinflow.ports.logs import LogRepository


class WholeRun(NamedTuple):
    header: RunHeader
    log: ExecutionLog


@runtime_checkable
class GivesMany(Protocol):
    """Logs of a store that each question travels to; see `PostgresLogRepository.get_many`."""

    def get_many(self, run_ids: Sequence[str]) -> dict[str, tuple[RunHeader, ExecutionLog]]: ...


def whole_runs(
    logs: LogRepository, run_ids: Sequence[str], known: Mapping[str, RunHeader] | None = None
) -> dict[str, WholeRun | None]:
    """By id, those that are there; None for one that cannot be read. Headers that are *known* are not asked for."""
    if isinstance(logs, GivesMany):
        try:
            return {run_id: WholeRun(*found) for run_id, found in logs.get_many(run_ids).items()}
        except (StoreDamaged, IndexError):
            pass  # one of them cannot be read; the others can
    runs = dict[str, WholeRun | None]()
    for run_id in run_ids:
        try:
            header = known[run_id] if known is not None else logs.header(run_id)
            runs[run_id] = WholeRun(header, logs.get_log(run_id))
        except NotFound:
            continue
        except (StoreDamaged, IndexError):
            runs[run_id] = None
    return runs
