"""How `darwinflow lineage` draws the tree of versions."""

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from darwinflow.cli.lineage import tree
from darwinflow.cli.lineage_tree import BOX, rows
from darwinflow.cli.terminal import Terminal

from .conftest import Run

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)


def version(number: int, parent: int | None = None, workflow: str = "greet") -> dict[str, Any]:
    """Version *number* of `greet`, made from version *parent* of *workflow*."""
    return {
        "workflow": "greet",
        "version": number,
        "parent": None if parent is None else {"workflow": workflow, "version": parent},
        "createdBy": "user",
        "reasoning": f"Why {number}",
        "publishedAt": "2026-11-24T12:00:00+00:00",
    }


def drawn(*versions: dict[str, Any], utf8: bool = True, width: int = 0) -> list[str]:
    """The lines without who made each version and when."""
    lines = tree(versions, Terminal(colour=False, utf8=utf8, width=width), NOW)
    return [line.replace("  user        3 d ago", "") for line in lines]


def test_branches_have_marks_and_a_line_of_versions_stays_in_its_column() -> None:
    parents = {1: None, 2: 1, 3: 2, 4: 2, 5: 3, 6: 5, 7: 4, 8: 1}
    assert drawn(*(version(number, parent) for number, parent in reversed(parents.items()))) == [
        " v1      Why 1",
        " ├ v2    Why 2",
        " │ ├ v3  Why 3",
        " │ │ v5  Why 5",
        " │ │ v6  Why 6",
        " │ └ v4  Why 4",
        " │   v7  Why 7",
        " └ v8    Why 8",
    ]


def test_each_root_begins_a_tree_and_says_where_it_comes_from() -> None:
    found = drawn(
        version(1), version(2, 1), version(4), version(5, 3), version(6, 1, "Greet"), version(7, 2, "ask")
    )
    assert found == [
        " v1    Why 1",
        " ├ v2  Why 2",
        " └ v6  Why 6",
        " v4    Why 4",
        " v5    from v3, which is not stored: Why 5",
        " v7    from ask v2: Why 7",
    ]


def test_circles_are_cut_and_told() -> None:
    assert drawn(
        version(1, 3), version(2, 1), version(3, 2), version(4, 2), version(5, 5), version(6, 5)
    ) == [
        " v1      from v3, which was made from this one: Why 1",
        " └ v2    Why 2",
        "   ├ v3  Why 3",
        "   └ v4  Why 4",
        " v5      from itself: Why 5",
        " └ v6    Why 6",
    ]


def test_streams_that_cannot_show_box_characters_get_ascii() -> None:
    found = drawn(version(1), version(2, 1), version(3, 2), version(4, 2), version(5, 1), utf8=False)
    assert found == [
        " v1      Why 1",
        " + v2    Why 2",
        " | + v3  Why 3",
        " | ` v4  Why 4",
        " ` v5    Why 5",
    ]


@pytest.mark.parametrize(
    "parent_of",
    [
        lambda number: number - 1 or None,
        lambda number: max(1, number - 1 - number % 2) if number > 1 else None,
        lambda number: number // 2 or None,
        lambda number: number % 2000 + 1,
        lambda number: None if number == 1 else 1,
    ],
    ids=["a line", "a branch at every second", "a heap", "a circle", "a star"],
)
def test_thousands_of_versions_are_drawn_once_each_and_not_far_to_the_right(parent_of: Any) -> None:
    versions = [version(number, parent_of(number)) for number in range(1, 2001)]
    started = time.process_time()
    found = list(rows(versions, BOX))
    assert time.process_time() - started < 1
    assert sorted(row.version["version"] for row in found) == list(range(1, 2001))
    assert max(len(row.lead) for row in found) <= 16
    at = {row.version["version"]: place for place, row in enumerate(found)}
    for row in found:
        parent = parent_of(row.version["version"])
        assert row.origin or parent is None or at[parent] < at[row.version["version"]]


def test_what_branches_off_far_to_the_right_names_where_it_comes_from() -> None:
    parents = {number: max(1, number - 1 - number % 2) for number in range(2, 30)}
    found = drawn(version(1), *(version(*pair) for pair in parents.items()))
    assert "               └ v17  Why 17" in found
    assert " v18                  from v17: Why 18" in found
    assert " ├ v20                Why 20" in found


def test_a_second_version_of_the_same_parent_stands_beside_the_first(darwinflow: Run, folder: Path) -> None:
    text = (folder / "flows/greet.yaml").read_text()
    for number in (1, 2, 3):
        parent = "  parent: 1\n" if number > 1 else ""
        own = text.replace("version: 1", f"version: {number}").replace("metadata:\n", f"metadata:\n{parent}")
        (folder / "flows/greet.yaml").write_text(own)
        darwinflow("publish", "flows/greet.yaml")
    lines = darwinflow("lineage", "greet").stdout.splitlines()
    assert [line[:5].rstrip() for line in lines] == [" v1", " ├ v2", " └ v3"]
