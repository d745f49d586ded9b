"""The tables of a folder of figures, read and written as a whole, and by the keys of what is in its files."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from darwinflow.model.metric import ExecutionMetric
from darwinflow.storage.figures import (
    CountedRun,
    FigureRow,
    hour_in,
    hour_subject,
    node_in,
    node_subject,
)
from darwinflow.storage.files.metric_file import (
    HourKey,
    Key,
    hour_key,
    node_in_key,
    node_key,
    subject_key,
)
from darwinflow.storage.files.recounts import Recounts
from darwinflow.storage.memory.lessons import Lessons
from darwinflow.storage.memory.metrics import FigureTables, MemoryMetricsRepository
from darwinflow.storage.memory.table import NotingTable, Table, Undo
from darwinflow.storage.summing import VERSION
from darwinflow.storage.sums import DayKey, Nodes, Sums

CountedTable = Table[tuple[str, str], bool]
K = TypeVar("K")
V = TypeVar("V")


class NotingTables:
    """Figures that know which of them were touched."""

    __slots__ = ("all", "counted", "hours", "nodes", "sums")

    def __init__(self, undo: Undo) -> None:
        self.sums: NotingTable[Key, Sums] = NotingTable(undo)
        self.hours: NotingTable[HourKey, Sums] = NotingTable(undo)
        self.nodes: NotingTable[DayKey, Nodes] = NotingTable(undo)
        self.counted: NotingTable[tuple[str, str], bool] = NotingTable(undo)
        self.all = FigureTables(self.sums, self.hours, self.nodes, self.counted)

    def get(self, key: Key) -> Sums | None:
        hour, node = hour_key(key), node_in_key(key)
        if hour is not None:
            return self.hours.get(hour)
        if node is not None:
            return (self.nodes.get(node[0]) or {}).get(node[1])
        return self.sums.get(key)

    def put(self, key: Key, sums: Sums | None) -> None:
        """None: remove them."""
        hour, node = hour_key(key), node_in_key(key)
        if hour is not None:
            _put(self.hours, hour, sums)
        elif node is not None:
            day, name = node
            others = {each: one for each, one in (self.nodes.get(day) or {}).items() if each != name}
            _put(self.nodes, day, (others if sums is None else {**others, name: sums}) or None)
        else:
            _put(self.sums, key, sums)

    def touched(self) -> Iterator[Key]:
        """Of sums, the keys that were touched, and those of other nodes of the same day."""
        yield from self.sums.touched
        yield from map(subject_key, self.hours.touched)
        for day in self.nodes.touched:
            for node in self.nodes.get(day) or ("",):
                yield node_key(day, node)

    def settle(self) -> None:
        for table in (self.sums, self.hours, self.nodes, self.counted):
            table.touched.clear()


def keyed(tables: FigureTables) -> dict[Key, Sums]:
    """All sums, by what they are called in files."""
    found = dict(tables.sums.items()) | {subject_key(key): one for key, one in tables.hours.items()}
    return found | {
        node_key(day, node): one for day, nodes in tables.nodes.items() for node, one in nodes.items()
    }


def figures_in(tables: FigureTables) -> tuple[list[FigureRow], list[CountedRun]]:
    rows = [FigureRow(*key, one) for key, one in tables.sums.items()]
    rows += [
        FigureRow(project, workflow, hour_subject(hour, version), one)
        for (project, workflow, hour, version), one in tables.hours.items()
    ]
    rows += [
        FigureRow(project, workflow, node_subject(day, version, node), one)
        for (project, workflow, day, version), nodes in tables.nodes.items()
        for node, one in nodes.items()
    ]
    return rows, [CountedRun(*key) for key, _ in tables.counted.items()]


def put_figures(
    tables: FigureTables,
    waiting: Table[tuple[str, str], int],
    rows: Sequence[FigureRow],
    runs: Sequence[CountedRun],
) -> None:
    """See `Figures.put_figures`."""
    sums, hours, nodes, counted = tables
    days: dict[DayKey, dict[str, Sums]] = {}
    for project, workflow, subject, one in rows:
        hour, node = hour_in(subject), node_in(subject)
        if hour is not None:
            hours.put((project, workflow, *hour), one)
        elif node is not None:
            days.setdefault((project, workflow, *node[:2]), {})[node[2]] = one
        else:
            sums.put((project, workflow, subject), one)
    for day, given in days.items():
        nodes.put(day, {**(nodes.get(day) or {}), **given})
    for project, run_id in runs:
        if counted.get((project, run_id)) is None:
            waiting.put((project, run_id), len(counted))
            counted.put((project, run_id), True)  # noqa: FBT003 - the row's value


def counted_again(
    project: str, executions: Iterable[ExecutionMetric], known: Collection[str] | None
) -> FigureTables:
    """Of *executions*, each once; where *known* is given, of these alone."""
    undo = Undo()
    undo.begin()
    again = FigureTables.empty(undo)
    counting = MemoryMetricsRepository(again, Lessons.empty(undo), project)
    for metric in executions:
        if known is None or metric.run_id in known:
            counting.record_execution(metric)
    return again


def miscounted(
    tables: FigureTables, damaged: Collection[str], recounted: Mapping[str, Recounts]
) -> list[tuple[str, int, int, int]]:
    """Projects of which something is gone, with how many runs are listed, count in versions, and in hours.

    Each run that is counted counts in one version and in one hour, but for what *recounted* says. Where files of a
    project are known to be *damaged*, sums may lack runs.
    """
    found = []
    listed, in_versions, in_hours = counts_by_project(tables)
    for project in {*listed, *in_versions, *in_hours, *damaged}:
        known = recounted.get(project, Recounts())
        counts = (
            listed[project],
            in_versions[project] - known.versions,
            in_hours[project] - known.hours,
        )
        is_uneven = project not in damaged and not counts[0] == counts[1] == counts[2]
        if is_uneven or counts[0] < max(*counts[1:], 1):
            found.append((project, *counts))
    return found


def counts_by_project(tables: FigureTables) -> tuple["Counter[str]", "Counter[str]", "Counter[str]"]:
    """Runs that are listed as counted, that count in versions, and that count in hours."""
    in_versions: Counter[str] = Counter()
    in_hours: Counter[str] = Counter()
    for (project, _, subject), one in tables.sums.items():
        if subject.startswith(VERSION):
            in_versions[project] += one.runs
    for (project, *_), one in tables.hours.items():
        in_hours[project] += one.runs
    return Counter(project for (project, _), _ in tables.counted.items()), in_versions, in_hours


def _put(table: Table[K, V], key: K, value: V | None) -> None:
    if value is None:
        table.remove(key)
    else:
        table.put(key, value)
