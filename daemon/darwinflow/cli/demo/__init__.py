"""Make a small workspace with real runs and show what the editor would."""

import argparse
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from darwinflow.cli.demo import workspace
from darwinflow.cli.demo.editor import Editor
from darwinflow.cli.demo.incomplete import DemoIncomplete, incomplete
from darwinflow.cli.folder import need_for
from darwinflow.cli.session import open_session
from darwinflow.cli.target import text_of
from darwinflow.cli.terminal import say
from darwinflow.cli.unwritable import advice_on
from darwinflow.model.errors import NameRefused
from darwinflow.recorder.paths import environ_for_elsewhere
from darwinflow.rpc.client.blocking import Client

STORED_WITHIN_S = 20.0


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", metavar="DIR", help="is made; must not exist, or be empty")


def run(args: argparse.Namespace) -> int:
    need_for(args.folder)
    folder = Path(args.folder)
    with _made(folder):
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise NameRefused(
                f"'{folder}' is there already and not empty", hint="name a folder that does not exist"
            )
        workspace.make(folder)
    with open_session(folder / ".darwinflow.yaml") as client:
        # The daemon is that of the home, as any command starts it; what follows is the demo's own.
        _settle()
        started = _execute(folder, client)
        runs = _stored(client, started)
        versions = client.call("workflow/list", {})["versions"]
    failed = [header for header in runs if header["status"] == "FAILED"]
    _expect(len(failed) == workspace.FAILED, f"{len(failed)} runs failed, not {workspace.FAILED}")
    _expect(len(versions) == len(workspace.STAGES), f"{len(versions)} versions are published")
    say(
        f"Made {folder}: 3 workflows, {len(versions)} published versions, {len(runs)} runs recorded, {len(failed)} failed."
    )
    print()
    _show_broken(folder)
    _show_good(folder)
    print("Next:")
    for line in _first_of_all():
        say(f"  {line}")
    say(f"  darwinflow runs list {shlex.quote(f'{folder}/flows/nightly-import.yaml')}")
    say(f"  darwinflow lineage {shlex.quote(f'{folder}/flows/release-notes.yaml')}")
    say(f"  darwinflow check {shlex.quote(str(folder))} --fix")
    return 0


@contextmanager
def _made(folder: Path) -> Iterator[None]:
    """Around what writes into *folder*. Raises `NameRefused` where that cannot be done."""
    try:
        yield
    except OSError as exc:
        advice = advice_on(exc, "name a new folder where you can write")
        raise NameRefused(f"'{folder}' cannot be written: {exc.strerror}", hint=advice) from exc


def _settle() -> None:
    """The demo shows what everybody sees: how its user has programs record, and how much, is left out."""
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    for name in [name for name in os.environ if name.startswith("DARWINFLOW_")]:
        if name != "DARWINFLOW_HOME":
            del os.environ[name]


def _execute(folder: Path, client: Client) -> list[str]:
    """Go through the stages as their author did: edit, publish, run. Returns the ids of the runs."""
    started: list[str] = []
    for stage in workspace.STAGES:
        with _made(folder):
            draft = workspace.edit_draft(folder, stage)
        client.call("workflow/publish", {"text": text_of(str(draft)), "path": str(draft.resolve())})
        for request in stage.requests:
            _progress(f"running {stage.workflow} v{stage.version}: {len(started) + 1} of {workspace.RUNS}")
            started.append(_run_program(folder, stage.draft, request))
    with _made(folder):
        workspace.edit_draft(folder, workspace.BROKEN)
    _progress("")
    return started


def _run_program(folder: Path, flow: str, request: str) -> str:
    """A run that fails is part of the demo; one that does not record is a fault."""
    command = [sys.executable, "programs/run_flow.py", flow, request]
    done = subprocess.run(
        command,
        cwd=folder,
        env=environ_for_elsewhere(os.environ),
        capture_output=True,
        text=True,
        check=False,
    )
    run_id = done.stdout.strip()
    if not run_id:
        said = " ".join(done.stderr.split())[-300:]
        raise DemoIncomplete(
            f"the program did not start a run: {said}",
            hint=f"cd {shlex.quote(str(folder))} && {shlex.join(command)}",
        )
    return run_id


def _stored(client: Client, started: list[str]) -> list[dict[str, Any]]:
    """The headers of the runs, once the daemon has taken all of them in."""
    deadline = time.monotonic() + STORED_WITHIN_S
    while True:
        runs: list[dict[str, Any]] = client.call("run/query", {"limit": 200})["runs"]
        finished = {header["runId"] for header in runs if header["status"] in ("SUCCESS", "FAILED")}
        missing = set(started) - finished
        if not missing:
            return [header for header in runs if header["runId"] in set(started)]
        _expect(time.monotonic() < deadline, f"{len(missing)} of {len(started)} runs did not arrive")
        time.sleep(0.05)


def _show_broken(folder: Path) -> None:
    """What `darwinflow check` says of the draft that is in the middle of an edit."""
    from darwinflow.cli import check

    draft = folder / workspace.BROKEN.draft
    say(f"$ darwinflow check {shlex.quote(str(draft))}", now=True)
    parser = argparse.ArgumentParser()
    check.configure(parser)
    _expect(
        check.run(parser.parse_args([str(draft)])) == 1, "the broken draft has no finding of severity error"
    )
    print()


def _show_good(folder: Path) -> None:
    """Lenses and hover of the newest release notes, from the real language server."""
    draft = folder / workspace.STAGES[2].draft
    with Editor(draft) as editor:
        lenses, hover = editor.lenses(), editor.hover_on_id()
    _expect(any("runs" in lens for lens in lenses), f"the editor shows no runs: {lenses}")
    say(f"In the editor, above the first line of {draft}:")
    say("  " + " | ".join(lenses))
    print("and behind its id:")
    for line in _quoted(hover):
        say(line)
    print()


def _first_of_all() -> Iterator[str]:
    """What a shell needs before it finds the demo's home: nothing, unless that is one below this folder, as `make run` makes."""
    home, here = os.path.realpath(os.environ.get("DARWINFLOW_HOME", "")), os.path.realpath(os.curdir)
    if os.environ.get("DARWINFLOW_HOME") and home.startswith(here.rstrip(os.sep) + os.sep):
        path = (
            ""
            if shutil.which("darwinflow")
            else f' PATH={shlex.quote(os.path.dirname(sys.executable))}:"$PATH"'
        )
        yield f"export DARWINFLOW_HOME={shlex.quote(home)}{path}"


def _quoted(markdown: str) -> Iterator[str]:
    previous = ""
    for line in markdown.replace("**", "").replace("`", "").splitlines():
        text = line.rstrip().rstrip("\\")
        if text or previous:
            yield f"  {text}".rstrip()
        previous = text


def _expect(holds: bool, message: str) -> None:  # noqa: FBT001 - reads as an assertion
    if not holds:
        raise incomplete(message)


def _progress(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)
