"""Verdicts from before: used where nothing that they depend on has changed, and never in the way."""

import json
import os
import time
from pathlib import Path

import pytest

from cli.conftest import Run, flow
from darwinflow.cli.checking import Checking
from darwinflow.cli.verdict_cache import MAX_FILES, VerdictCache, cache_folder, key_of, tool_stamp
from darwinflow.cli.verdicts import Verdict, decoded, encoded
from darwinflow.cli.workflow_files import workflow_files

BAD = flow(1).replace("to: look", "to: lok", 1)


class Counting(Checking):
    """A check that tells how many texts were read by the rules."""

    asked = 0

    def _verdicts(self, jobs):  # type: ignore[no-untyped-def]
        self.asked += len(jobs)
        return super()._verdicts(jobs)


def check(folder: Path, monkeypatch: pytest.MonkeyPatch, *, is_cached: bool = True) -> tuple[int, list[str]]:
    """How many files were checked anew, and the codes of all that was found."""
    monkeypatch.chdir(folder)
    checking = Counting({"DARWINFLOW_HOME": str(folder.parent / "home")}, is_cached=is_cached)
    outcomes = checking.outcomes(workflow_files([], checking.workspaces))
    return checking.asked, [one.code for outcome in outcomes for one in outcome.verdict.findings]


def cache_files(folder: Path) -> list[Path]:
    return sorted((folder.parent / "home/cache/check").iterdir())


def test_a_second_check_reads_no_file_with_the_rules(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "flows/bad.yaml").write_text(BAD.replace("id: greet", "id: bad"))
    (folder / "flows/plain.yaml").write_text("a: 1\n")
    assert check(folder, monkeypatch) == (3, ["edge-unknown-node"])
    assert check(folder, monkeypatch) == (0, ["edge-unknown-node"])
    assert check(folder, monkeypatch, is_cached=False) == (3, ["edge-unknown-node"])


def test_a_verdict_falls_with_its_text_its_settings_and_its_path(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check(folder, monkeypatch)
    (folder / "flows/greet.yaml").write_text(BAD)
    assert check(folder, monkeypatch) == (1, ["edge-unknown-node"])
    (folder / ".darwinflow.yaml").write_text("severity: {edge-unknown-node: 'off'}\n")
    assert check(folder, monkeypatch) == (1, [])
    (folder / "flows/greet.yaml").rename(folder / "flows/other.yaml")
    assert check(folder, monkeypatch) == (1, [])
    (folder / ".darwinflow.yaml").write_text("project: hello\n")
    (folder / "flows/other.yaml").rename(folder / "flows/greet.yaml")
    assert check(folder, monkeypatch) == (0, ["edge-unknown-node"])


def test_a_file_that_is_named_is_another_question(darwinflow: Run, folder: Path) -> None:
    (folder / "flows/plain.yaml").write_text("a: 1\n")
    assert "in 1 file" in darwinflow("check").stdout
    assert "unknown-field" in darwinflow("check", "flows/plain.yaml", expect=1).stdout
    assert "in 1 file" in darwinflow("check").stdout


def test_what_is_cached_can_still_be_mended(darwinflow: Run, folder: Path) -> None:
    (folder / "flows/greet.yaml").write_text(BAD)
    darwinflow("check", expect=1)
    assert darwinflow("check", "--fix").stdout.startswith("1 fixed; no findings in 1 file")
    assert (folder / "flows/greet.yaml").read_text() == flow(1)


def test_cached_findings_are_told_as_they_were_found(darwinflow: Run, folder: Path) -> None:
    (folder / "flows/greet.yaml").write_text(BAD)
    fresh, cached = (json.loads(darwinflow("check", "--format", "json", expect=1).stdout) for _ in range(2))
    assert fresh["findings"] == cached["findings"]
    assert fresh["findings"][0]["fixes"]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda content: b"",
        lambda content: b"somebody else's file\n" + content,
        lambda content: content[: len(content) // 2],
        lambda content: content.replace(b"[true", b"[fals"),
        lambda content: content.replace(b"[[", b"[{"),
        lambda content: os.urandom(5000),
        lambda content: b"darwinflow check cache 2\n" + content.split(b"\n", 1)[1],
    ],
    ids=["empty", "foreign", "torn", "changed", "no json", "noise", "newer"],
)
def test_a_broken_or_foreign_cache_is_ignored_and_replaced(
    folder: Path, monkeypatch: pytest.MonkeyPatch, spoil: object
) -> None:
    (folder / "flows/greet.yaml").write_text(BAD)
    check(folder, monkeypatch)
    (file,) = cache_files(folder)
    file.write_bytes(spoil(file.read_bytes()))  # type: ignore[operator]
    assert check(folder, monkeypatch) == (1, ["edge-unknown-node"])
    assert check(folder, monkeypatch) == (0, ["edge-unknown-node"])


def test_a_home_that_cannot_be_written_costs_nothing_but_time(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder.parent / "home").write_text("a file where a folder should be\n")
    assert check(folder, monkeypatch) == (1, [])
    assert check(folder, monkeypatch) == (1, [])


def test_a_cache_stays_within_its_size_and_keeps_what_was_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("darwinflow.cli.verdict_cache.MAX_BYTES", 20_000)
    verdict = Verdict(is_workflow=True, findings=())
    first = key_of(b"first")
    for number in range(60):
        cache = VerdictCache(str(tmp_path), "w")
        cache.put(first, verdict) if number == 0 else cache.get(first)
        for at in range(20):
            cache.put(key_of(b"x", str(number), str(at)), verdict)
        cache.save()
        assert (tmp_path / os.listdir(tmp_path)[0]).stat().st_size <= 20_000
    again = VerdictCache(str(tmp_path), "w")
    assert again.get(first) == verdict
    assert again.get(key_of(b"x", "59", "19")) == verdict
    assert again.get(key_of(b"x", "0", "0")) is None


def test_only_so_many_workspaces_are_remembered(tmp_path: Path) -> None:
    for number in range(MAX_FILES + 5):
        cache = VerdictCache(str(tmp_path), str(number))
        cache.put(key_of(b"x"), Verdict(is_workflow=True, findings=()))
        cache.save()
        for file in tmp_path.iterdir():
            if file.stat().st_mtime > time.time() - 1:
                os.utime(file, (number, number))
    assert len(os.listdir(tmp_path)) == MAX_FILES
    assert VerdictCache(str(tmp_path), "0").get(key_of(b"x")) is None
    assert VerdictCache(str(tmp_path), str(MAX_FILES + 4)).get(key_of(b"x")) is not None


def test_verdicts_of_all_cases_come_back_as_they_were(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(__file__).parents[1])
    checking = Checking({"DARWINFLOW_HOME": str(folder.parent / "home")}, is_cached=False)
    outcomes = checking.outcomes(workflow_files(["check/cases"], checking.workspaces))
    assert any(one.fixes for outcome in outcomes for one in outcome.verdict.findings)
    assert any(one.related for outcome in outcomes for one in outcome.verdict.findings)
    for outcome in outcomes:
        assert decoded(encoded(outcome.verdict)) == outcome.verdict


def test_circumstances_cannot_be_mistaken_for_one_another() -> None:
    keys = {
        key_of(b"x", "a", "b"),
        key_of(b"x", "ab", ""),
        key_of(b"x", "a\0001 b"),
        key_of(b"xa", "b"),
        key_of(b"x"),
    }
    assert len(keys) == 5


def test_another_tool_has_another_stamp(tmp_path: Path) -> None:
    """Also where nothing but its code, its graph types or its version was edited."""
    package, schemas = tmp_path / "darwinflow", tmp_path / "graph_types"
    files = [package / "check/rules/secret.py", package / "recorder/events.py", schemas / "workflow.yaml"]
    for name in ("catalog", "check", "document", "graph", "model", "projection", "settings"):
        (package / name).mkdir(parents=True)
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("1\n")
    stamps = {tool_stamp(str(package), str(schemas))}
    assert tool_stamp(str(package), str(schemas)) in stamps
    for file in files:
        file.write_text("22\n")
        stamps.add(tool_stamp(str(package), str(schemas)))
    (package / "check/rules/new.py").write_text("")
    stamps.add(tool_stamp(str(package), str(schemas)))
    assert len(stamps) == 5


def test_the_cache_lies_in_the_home(tmp_path: Path) -> None:
    assert cache_folder({"DARWINFLOW_HOME": str(tmp_path)}) == str(tmp_path / "cache/check")
    assert cache_folder({"XDG_CACHE_HOME": "/var/c"}) == "/var/c/darwinflow/check"
    assert cache_folder({"XDG_CACHE_HOME": "relative"}).endswith("/.cache/darwinflow/check")
