"""How `darwinflow lineage` draws the tree of versions."""

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from darwinflow.cli.lineage import tree
from darwinflow.cli.lineage_tree import MAX_STEPS, rows
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


def test_each_version_stands_below_the_newest_that_was_made_from_it() -> None:
    assert drawn(version(1), version(2, 1), version(3, 2)) == [
        " v3      Why 3",
        " └ v2    Why 2",
        "   └ v1  Why 1",
    ]


def test_what_else_was_made_from_a_version_begins_a_line_that_says_so() -> None:
    parents = {1: None, 2: 1, 3: 2, 4: 2, 5: 3, 6: 5, 7: 4, 8: 1}
    assert drawn(*(version(number, parent) for number, parent in parents.items())) == [
        " v8      Why 8",
        " └ v1    Why 1",
        " v7      Why 7",
        " └ v4    Why 4",
        "   └ v2  from v1: Why 2",
        " v6      Why 6",
        " └ v5    Why 5",
        "   └ v3  from v2: Why 3",
    ]


def test_a_version_that_comes_from_elsewhere_says_where() -> None:
    found = drawn(
        version(1), version(2, 1), version(4), version(5, 3), version(6, 1, "Greet"), version(7, 2, "ask")
    )
    assert found == [
        " v7    from ask v2: Why 7",
        " v6    Why 6",
        " └ v1  Why 1",
        " v5    from v3, which is not stored: Why 5",
        " v4    Why 4",
        " v2    from v1: Why 2",
    ]


def test_circles_are_cut_and_told() -> None:
    assert drawn(
        version(1, 3), version(2, 1), version(3, 2), version(4, 2), version(5, 5), version(6, 5)
    ) == [
        " v6        Why 6",
        " └ v5      from itself: Why 5",
        " v4        Why 4",
        " └ v2      Why 2",
        "   └ v1    Why 1",
        "     └ v3  from v2, which was made from this one: Why 3",
    ]


def test_streams_that_cannot_show_box_characters_get_ascii() -> None:
    assert drawn(version(1), version(2, 1), utf8=False) == [" v2    Why 2", " ` v1  Why 1"]


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
    found = list(rows(versions))
    assert time.process_time() - started < 1
    assert sorted(row.version["version"] for row in found) == list(range(1, 2001))
    assert max(row.step for row in found) <= MAX_STEPS
    for row, below in zip(found, [*found[1:], None], strict=True):
        parent = parent_of(row.version["version"])
        is_below = below is not None and below.step and below.version["version"] == parent
        assert parent is None or is_below or f"v{parent}" in row.origin


def test_a_second_version_of_the_same_parent_names_it(darwinflow: Run, folder: Path) -> None:
    text = (folder / "flows/greet.yaml").read_text()
    for number in (1, 2, 3):
        parent = "  parent: 1\n" if number > 1 else ""
        own = text.replace("version: 1", f"version: {number}").replace("metadata:\n", f"metadata:\n{parent}")
        (folder / "flows/greet.yaml").write_text(own)
        darwinflow("publish", "flows/greet.yaml")
    lines = darwinflow("lineage", "greet").stdout.splitlines()
    assert [line[:5].rstrip() for line in lines] == [" v3", " └ v1", " v2"]
    assert "  from v1: " in lines[2]
