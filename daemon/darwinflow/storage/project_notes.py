"""What is kept of a project beside its runs, in a form that goes along with them: marks, figures, and what was learned.

Figures are of runs that are gone, too, and nobody can add these up again. They are taken in where a project has none yet;
elsewhere runs are counted as they come.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, NamedTuple

from darwinflow.model.errors import RunNotFound, StoreDamaged
from darwinflow.ports.parts import LogStore, LogTransaction, MetricsStore, MetricsTransaction
from darwinflow.storage.carrying_lessons import Lessons, in_order_of_learning, lessons_of, put_lessons
from darwinflow.storage.carrying_marks import Marks, marks_of
from darwinflow.storage.figures import CountedRun, FigureRow, Figures
from darwinflow.storage.run_file import FiledRun
from darwinflow.storage.sums import Sums

_MOST_A_LINE = {
    "pinned": 100_000,
    "erased": 100_000,
    "figures": 10_000,
    "counted": 100_000,
    "waiting": 100_000,
}
"""Of ids, and of sums with their durations: a line is read whole, wherever it comes from."""
_GOES_ON = "goesOn"
_UNREADABLE = "what is kept beside the runs of a project cannot be read"


class ProjectNotes(NamedTuple):
    project: str
    marks: Marks
    figures: tuple[FigureRow, ...]
    counted: tuple[str, ...]
    """Ids, those that wait to be learned from last, in their order."""
    lessons: Lessons


def notes_of(logs: LogStore, metrics: MetricsStore, projects: Sequence[str]) -> list[ProjectNotes]:
    """To be read before the runs: those that are recorded meanwhile are then counted where they are taken in.

    Figures in memory are those of the runs alone, which are counted where they come to.
    """
    rows, counted = metrics.figures() if isinstance(metrics, Figures) else ([], [])
    counted = in_order_of_learning(metrics, counted, projects)
    return [
        ProjectNotes(
            project,
            logs.read(partial(marks_of, project=project)),
            tuple(row for row in rows if row.project == project),
            tuple(run.run_id for run in counted if run.project == project),
            metrics.read(partial(lessons_of, project=project)),
        )
        for project in projects
    ]


class NotesTaken:
    """Figures come first, so that no run is counted twice; marks when the runs are there. Nothing else may write."""

    def __init__(self, logs: LogStore, metrics: MetricsStore, notes: Iterable[ProjectNotes]) -> None:
        self._logs = logs
        self._notes = list(notes)
        self._gone: dict[str, set[str]] = {}
        """By project, ids of runs that count in figures and have not come."""
        for one in self._notes:
            if one.counted and isinstance(metrics, Figures) and metrics.read(partial(_is_new, notes=one)):
                metrics.put_figures(one.figures, [CountedRun(one.project, run_id) for run_id in one.counted])
                put_lessons(metrics, one.project, one.lessons)
                self._gone[one.project] = set(one.counted)

    def seeing(self, runs: Iterable[FiledRun]) -> Iterator[FiledRun]:
        """The same *runs*, on their way into the logs."""
        for run in runs:
            self._gone.get(run.project, set()).discard(run.log.run_id)
            yield run

    def mark(self) -> None:
        """Pin and forbid what was, where the run is there, or is not. Nothing that is here is deleted."""
        for one in self._notes:
            gone = len(self._gone.get(one.project, ()))
            self._logs.write(partial(_marked, notes=one, gone=gone)).result()


def _is_new(tx: MetricsTransaction, notes: ProjectNotes) -> bool:
    return not tx.metrics(notes.project).list_summaries(None)


def _marked(tx: LogTransaction, notes: ProjectNotes, gone: int) -> None:
    logs = tx.logs(notes.project)
    erased = [run_id for run_id in notes.marks.erased if not logs.find(run_id)]
    if erased or gone:
        logs.note_gone(erased, gone)
    for run_id in notes.marks.pinned:
        with suppress(RunNotFound):
            logs.pin(run_id, pinned=True)


def said_of(notes: ProjectNotes) -> Iterator[dict[str, Any]]:
    """As JSON objects of bounded length: each behind the first goes on with lists that have more than it."""
    lists: dict[str, Sequence[object]] = {
        "pinned": notes.marks.pinned,
        "erased": notes.marks.erased,
        "figures": [[row.workflow, row.subject, *_plain(row.sums)] for row in notes.figures],
        "counted": notes.counted,
        "waiting": notes.lessons.waiting,
    }
    parts = {name: _pieces(values, _MOST_A_LINE[name]) for name, values in lists.items()}
    first = {name: next(pieces, ()) for name, pieces in parts.items()}
    head = {"removed": notes.marks.removed, "tallies": notes.lessons.tallies}
    yield {"project": notes.project, **first, **head}
    for name, pieces in parts.items():
        for piece in pieces:
            yield {"project": notes.project, _GOES_ON: True, name: piece}


def notes_in(lines: Iterable[Mapping[str, Any]]) -> Iterator[ProjectNotes]:
    """What `said_of` has made of some, one behind the other. Raises `StoreDamaged` where *lines* are none."""
    whole: dict[str, Any] | None = None
    for line in lines:
        if line.get(_GOES_ON) is not True:
            if whole is not None:
                yield _notes_from(whole)
            whole = dict(line)
            continue
        if whole is None or line["project"] != whole["project"]:
            raise StoreDamaged(_UNREADABLE)
        for name in _MOST_A_LINE.keys() & line.keys():
            if not isinstance(whole.get(name), list) or not isinstance(line[name], list):
                raise StoreDamaged(_UNREADABLE)
            whole[name] += line[name]
    if whole is not None:
        yield _notes_from(whole)


def _notes_from(said: Mapping[str, Any]) -> ProjectNotes:
    from pydantic import TypeAdapter

    try:
        project = said["project"]
        notes = ProjectNotes(
            project,
            Marks(tuple(said["pinned"]), tuple(said["erased"]), said["removed"]),
            tuple(
                FigureRow(project, workflow, subject, _sums(rest))
                for workflow, subject, *rest in said["figures"]
            ),
            tuple(said["counted"]),
            Lessons(tuple(said["waiting"]), said["tallies"]),
        )
        return TypeAdapter(ProjectNotes).validate_python(notes, strict=True)
    except (KeyError, TypeError, ValueError) as error:
        raise StoreDamaged(_UNREADABLE) from error


def _pieces(values: Sequence[object], most: int) -> Iterator[Sequence[object]]:
    return (values[begin : begin + most] for begin in range(0, len(values), most))


def _plain(sums: Sums) -> list[object]:
    return [*sums[:-1], sorted(sums.durations.items())]


def _sums(plain: Sequence[Any]) -> Sums:
    *sums, durations = plain
    return Sums._make([*sums, dict(durations)])
