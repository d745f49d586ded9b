"""What is kept of drafts is believed as long as the files are as they were, and only then."""

import os
import time
from pathlib import Path

import pytest

from darwinflow.check.drafts import Seen
from darwinflow.cli.draft_heads import DraftHeads
from darwinflow.cli.neighbours import WorkspaceFiles
from darwinflow.settings.workspace import defaults

FLOW = """\
id: {id}
version: {version}
nodes:
  - {{id: look, type: FILE_READ, config: {{path: names.txt}}}}
edges:
  - {{from: START, to: look}}
  - {{from: look, to: END}}
"""
HOUR_NS = 3_600_000_000_000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A workspace with three drafts, the last of which names its id in no plain way."""
    folder = tmp_path / "workspace"
    (folder / "flows").mkdir(parents=True)
    (folder / ".darwinflow.yaml").write_text("project: x\n")
    for name in ("one", "two"):
        (folder / f"flows/{name}.yaml").write_text(FLOW.format(id=name, version=1))
    (folder / "flows/odd.yaml").write_text(FLOW.format(id="'odd'", version=1))
    return folder


def files(folder: Path, *, tool: str = "tool", later_ns: int = HOUR_NS) -> WorkspaceFiles:
    """The workspace as a later run sees it, for which its files have long been as they are."""
    heads = DraftHeads(str(folder.parent / "cache"), str(folder), tool)
    found = WorkspaceFiles(str(folder), defaults("x"), {}, heads)
    found._began_ns += later_ns
    return found


def kept(folder: Path, *, tool: str = "tool") -> dict[str, Seen]:
    return DraftHeads(str(folder.parent / "cache"), str(folder), tool).read()


def test_a_draft_is_found_by_what_was_kept_of_it(folder: Path) -> None:
    assert files(folder).drafts("none", 1) == ()
    known = kept(folder)
    assert {path: seen.heads for path, seen in known.items()} == {
        "flows/one.yaml": [("one", 1)],
        "flows/two.yaml": [("two", 1)],
    }
    assert files(folder).drafts("ODD", 1) == ("flows/odd.yaml",)
    assert files(folder).drafts("Two", 1) == ("flows/two.yaml",)
    known["flows/two.yaml"].heads = [("believed", 7)]
    DraftHeads(str(folder.parent / "cache"), str(folder), "tool").write(known, time.time_ns() + HOUR_NS)
    assert files(folder).drafts("believed", 7) == ("flows/two.yaml",)
    assert files(folder).drafts("two", 1) == ()


def test_a_file_of_the_same_size_and_time_with_another_text_is_read_again(folder: Path) -> None:
    assert files(folder).drafts("none", 1) == ()
    path = folder / "flows/two.yaml"
    before = path.stat()
    path.write_text(FLOW.format(id="six", version=1))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)
    assert files(folder).drafts("six", 1) == ("flows/two.yaml",)
    assert files(folder).drafts("two", 1) == ()


def test_another_file_in_its_place_is_read(folder: Path) -> None:
    assert files(folder).drafts("none", 1) == ()
    (folder / "flows/one.yaml").rename(folder / "flows/new.yaml")
    (folder / "flows/two.yaml").rename(folder / "flows/one.yaml")
    assert files(folder).drafts("two", 1) == ("flows/one.yaml",)
    assert files(folder).drafts("one", 1) == ("flows/new.yaml",)
    assert "flows/two.yaml" not in kept(folder)


def test_a_file_that_was_only_just_written_is_not_kept(folder: Path) -> None:
    """Within one tick of the file system's clock a second text would look like the first."""
    assert files(folder, later_ns=0).drafts("none", 1) == ()
    assert kept(folder) == {}


def test_what_another_tool_or_workspace_kept_is_not_taken(folder: Path) -> None:
    assert files(folder).drafts("none", 1) == ()
    assert kept(folder, tool="later") == {}
    assert DraftHeads(str(folder.parent / "cache"), str(folder.parent), "tool").read() == {}


def test_what_settings_told_of_a_draft_is_not_kept_for_others(folder: Path) -> None:
    """A file that is of another graph type is no draft, until the settings no longer say so."""
    typed = defaults("x")._replace(graph_type_files=(("pipeline", ("flows/odd.yaml",)),))
    heads = DraftHeads(str(folder.parent / "cache"), str(folder), "tool")
    first = WorkspaceFiles(str(folder), typed, {}, heads)
    first._began_ns += HOUR_NS
    assert first.drafts("odd", 1) == ()
    assert first.drafts("none", 1) == ()
    assert files(folder).drafts("odd", 1) == ("flows/odd.yaml",)


def test_whatever_happened_to_the_file_the_answer_is_right(folder: Path) -> None:
    assert files(folder).drafts("none", 1) == ()
    (path,) = (folder.parent / "cache").iterdir()
    whole = path.read_bytes()
    torn = [whole[:at] for at in range(0, len(whole), 7)]
    flipped = [whole[:at] + bytes([whole[at] ^ 4]) + whole[at + 1 :] for at in range(0, len(whole), 5)]
    for content in (*torn, *flipped, b"", b"\n", b"\0" * 99, whole + b" ", b"{}"):
        path.write_bytes(content)
        assert kept(folder) == {}
    path.write_bytes(whole[: len(whole) // 2])
    assert files(folder).drafts("two", 1) == ("flows/two.yaml",)
    path.unlink()
    path.mkdir()
    assert files(folder).drafts("two", 1) == ("flows/two.yaml",)
