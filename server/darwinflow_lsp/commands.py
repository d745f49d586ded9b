"""The commands that any editor may run: a closed list, each with typed arguments and a typed answer.

Two ask the daemon, one reads a page that is installed with the server; none changes anything.
"""

import re
import shlex
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from darwinflow.model.phrases import age, duration, glyph, short_run_id
from darwinflow.model.run_document import run_document
from darwinflow_lsp.editor import Editor
from darwinflow_lsp.handshake import EXPLAIN_COMMAND, LOG_COMMAND, RUNS_COMMAND
from darwinflow_lsp.messages import invalid_params

Json = dict[str, Any]
SHOWN_RUNS = 50
SHOWN_CODE = 60
MAX_ARGUMENT = 8192
_RUN_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")


async def runs(editor: Editor, arguments: list[Any]) -> Json:
    """`{workflow?, uri?}`: the newest runs of a workflow, or of the one in an open document, as values and as lines."""
    given = _arguments(arguments, "workflow", "uri")
    workflow, uri = given.get("workflow"), given.get("uri")
    if workflow is None and uri is not None:
        snapshot = editor.snapshot(uri)
        projection = None if snapshot is None else snapshot.checked.projection
        workflow = None if projection is None else projection.header.id
    if workflow is None:
        raise invalid_params("that is no open workflow; name one, or open its file")
    answer = await editor.ask_daemon(uri, "run/query", {"workflow": workflow, "limit": SHOWN_RUNS})
    now = datetime.now().astimezone()
    lines = [_line(run, now) for run in answer["runs"]]
    if not lines:
        file = (uri and editor.path_in_workspace(uri)) or f"{workflow}.yaml"
        record = f"darwinflow record --workflow {shlex.quote(file)} -- python run.py"
        lines = [f"No runs of '{workflow}' yet. Record one: {record}"]
    return {"workflow": workflow, "text": "\n".join(lines) + "\n", "runs": answer["runs"]}


async def log(editor: Editor, arguments: list[Any]) -> Json:
    """`{run, uri?}`: one run whole, as a YAML document. *run* may be the beginning or end of an id."""
    given = _arguments(arguments, "run", "uri")
    run, uri = given.get("run", ""), given.get("uri")
    if not _RUN_ID.fullmatch(run):
        raise invalid_params(
            "'run' is an id of at most 128 letters, digits and '._:-', or its beginning or end"
        )
    answer = await editor.ask_daemon(uri, "run/get", {"run": run})
    whole = answer["log"]
    text = run_document(whole, datetime.now().astimezone())
    return {"run": whole["runId"], "languageId": "yaml", "text": text}


async def explain(_editor: Editor, arguments: list[Any]) -> Json:
    """`{code}`: the page of a finding's code, as Markdown."""
    from darwinflow.check.pages import codes, page_of
    from darwinflow.model.nearest import nearest

    code = _arguments(arguments, "code").get("code", "").strip("[]")
    if not code:
        raise invalid_params("name the code of a finding, such as 'edge-unknown-node'")
    page = page_of(code)
    if page is None:
        near = nearest(code, codes())
        shown = code if len(code) <= SHOWN_CODE else f"{code[:SHOWN_CODE]}…"
        raise invalid_params(
            f"no finding is called '{shown}'" + (f"; did you mean '{near}'?" if near else "")
        )
    return {"code": page.code, "languageId": "markdown", "text": page.text}


COMMANDS: dict[str, Callable[[Editor, list[Any]], Awaitable[Json]]] = {
    RUNS_COMMAND: runs,
    LOG_COMMAND: log,
    EXPLAIN_COMMAND: explain,
}


def _arguments(arguments: list[Any], *names: str) -> dict[str, str]:
    """The texts in the one object that a command takes; null is as good as absent."""
    if len(arguments) != 1 or not isinstance(arguments[0], dict):
        raise invalid_params(f"the command takes one object with {' and '.join(names)}")
    given = {name: value for name, value in arguments[0].items() if value is not None}
    for name, value in given.items():
        if name not in names:
            raise invalid_params(f"the command takes no {name!r}")
        if not isinstance(value, str) or not value or len(value) > MAX_ARGUMENT:
            raise invalid_params(f"{name!r} is a text of at most {MAX_ARGUMENT} characters")
    return given


def _line(run: Json, now: datetime) -> str:
    version = f"v{run['workflowVersion']}" if run["workflowVersion"] else "draft"
    took = "" if run["durationMs"] is None else duration(run["durationMs"])
    started = age(datetime.fromisoformat(run["startTime"]), now)
    reason = ": ".join(part for part in (run["failedNode"], run["error"]) if part)
    line = f"{glyph(run['status'])} {short_run_id(run['runId'])}  {version:<6}  {started:<15}  {took:<9}  {reason}"
    return " ".join(line.rstrip().split("\n"))
