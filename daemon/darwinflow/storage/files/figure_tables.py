"""The tables of a folder of figures, read and written as a whole."""

from collections import Counter
from collections.abc import Collection, Sequence

from darwinflow.storage.figures import CountedRun, FigureRow, hour_in, hour_subject
from darwinflow.storage.files.metric_file import HourKey, Key
from darwinflow.storage.memory.metrics import Sums
from darwinflow.storage.memory.table import Table
from darwinflow.storage.summing import VERSION

CountedTable = Table[tuple[str, str], bool]


def figures_in(
    sums: Table[Key, Sums], hours: Table[HourKey, Sums], counted: CountedTable
) -> tuple[list[FigureRow], list[CountedRun]]:
    rows = [FigureRow(*key, one) for key, one in sums.items()]
    rows += [
        FigureRow(project, workflow, hour_subject(hour, version), one)
        for (project, workflow, hour, version), one in hours.items()
    ]
    return rows, [CountedRun(*key) for key, _ in counted.items()]


def put_figures(
    sums: Table[Key, Sums],
    hours: Table[HourKey, Sums],
    counted: CountedTable,
    waiting: Table[tuple[str, str], int],
    rows: Sequence[FigureRow],
    runs: Sequence[CountedRun],
) -> None:
    """See `Figures.put_figures`."""
    for project, workflow, subject, one in rows:
        hour = hour_in(subject)
        if hour is None:
            sums.put((project, workflow, subject), one)
        else:
            hours.put((project, workflow, *hour), one)
    for project, run_id in runs:
        if counted.get((project, run_id)) is None:
            waiting.put((project, run_id), len(counted))
            counted.put((project, run_id), True)  # noqa: FBT003 - the row's value


def miscounted(
    sums: Table[Key, Sums], hours: Table[HourKey, Sums], counted: CountedTable, damaged: Collection[str]
) -> list[tuple[str, int, int, int]]:
    """Projects of which something is gone, with how many runs are listed, count in versions, and in hours.

    Each run that is counted counts in one version and in one hour. Where files of a project are known to be *damaged*,
    sums may lack runs.
    """
    found = []
    listed, in_versions, in_hours = _counts_by_project(sums, hours, counted)
    for project in {*listed, *in_versions, *in_hours, *damaged}:
        counts = listed[project], in_versions[project], in_hours[project]
        is_uneven = project not in damaged and not counts[0] == counts[1] == counts[2]
        if is_uneven or counts[0] < max(*counts[1:], 1):
            found.append((project, *counts))
    return found


def _counts_by_project(
    sums: Table[Key, Sums], hours: Table[HourKey, Sums], counted: CountedTable
) -> tuple["Counter[str]", "Counter[str]", "Counter[str]"]:
    """Runs that are listed as counted, that count in versions, and that count in hours."""
    in_versions: Counter[str] = Counter()
    in_hours: Counter[str] = Counter()
    for (project, _, subject), one in sums.items():
        if subject.startswith(VERSION):
            in_versions[project] += one.runs
    for (project, *_), one in hours.items():
        in_hours[project] += one.runs
    return Counter(project for (project, _), _ in counted.items()), in_versions, in_hours
