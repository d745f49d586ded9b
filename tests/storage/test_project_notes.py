"""What is kept beside the runs of a project, in lines: of bounded length, and the same when they are read again."""

import json

import pytest

from darwinflow.storage.carrying_lessons import Lessons
from darwinflow.storage.carrying_marks import Marks
from darwinflow.storage.figures import FigureRow
from darwinflow.storage.project_notes import ProjectNotes, notes_in, said_of
from darwinflow.storage.sums import Sums


def notes(project: str, runs: int) -> ProjectNotes:
    ids = tuple(f"{project}-{number:032}" for number in range(runs))
    row = Sums(1, 1, 12.5, 3, 0.25, 7, {4: 1})
    return ProjectNotes(
        project,
        Marks(ids[:3], ids[: runs // 2], 5),
        tuple(FigureRow(project, "assistant", f"v{number}", row) for number in range(runs // 10)),
        ids,
        Lessons(ids[-2:], {"assistant": "{}"}),
    )


@pytest.mark.parametrize("runs", [10, 100_000, 100_001, 350_000])
def test_lines_are_bounded_and_say_the_same(runs):
    both = [notes("a", runs), notes("b", 10)]
    lines = [json.dumps(line) for one in both for line in said_of(one)]
    assert max(map(len, lines)) < 16 << 20
    assert max(len(json.loads(line).get("counted", ())) for line in lines) == min(runs, 100_000)
    assert list(notes_in(map(json.loads, lines))) == both


def test_a_line_of_before_that_has_all_of_a_project_is_read():
    """As exports were written that may lie about: one line a project, however long."""
    one = notes("a", 250_000)
    whole: dict[str, object] = {}
    for line in said_of(one):
        for name, value in line.items():
            whole[name] = (
                [*whole[name], *value] if name in whole and isinstance(value, tuple | list) else value
            )
    del whole["goesOn"]
    assert list(notes_in([json.loads(json.dumps(whole))])) == [one]
