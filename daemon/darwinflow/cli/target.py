"""What a person names on the command line: a workflow by its id, or by the file it is written in."""

import argparse
import os
from typing import NamedTuple

from darwinflow.cli.folder import current_folder, need_for
from darwinflow.model.errors import NameRefused, WorkflowNotFound
from darwinflow.model.usage import some_text
from darwinflow.recorder.ids import MAX_NAME


class Target(NamedTuple):
    """The workflow that was meant."""

    workflow: str
    path: str
    """Where to look for the workspace: the file, or a name in the current folder."""


def add_workflow(parser: argparse.ArgumentParser, metavar: str = "WORKFLOW") -> None:
    """The argument of who asks about one workflow, or about all."""
    parser.add_argument(
        "workflow",
        nargs="?",
        metavar=metavar,
        type=some_text(MAX_NAME),
        help="an id, or a workflow file; all where absent",
    )


def target_of(name: str) -> Target:
    """*name* as a file where there is one of that name, else as an id."""
    if os.path.isfile(name):
        return Target(id_in(name), name)
    need_for(name)
    if os.sep in name or name.endswith((".yaml", ".yml")):
        raise WorkflowNotFound(f"there is no file '{name}'", hint="name a workflow's id or its file")
    return Target(name, os.path.join(current_folder(), "x"))


def file_of(name: str, workflow: str) -> str:
    """The file of *workflow*, which was named as *name*, as an example shows it; `FILE` where none is near."""
    usual = f"flows/{workflow}.yaml"
    return name if os.path.isfile(name) else usual if os.path.isfile(usual) else "FILE"


def text_of(path: str) -> str:
    """The text of a workflow file."""
    from darwinflow.document.content import read_content

    need_for(path)
    try:
        return read_content(path).decode()
    except UnicodeDecodeError as exc:
        raise NameRefused(f"'{path}' is not UTF-8 at byte {exc.start}", hint="save it as UTF-8") from exc
    except OSError as exc:
        is_denied = isinstance(exc, PermissionError)
        hint = "give yourself the right to read it" if is_denied else "name a workflow's file"
        raise WorkflowNotFound(f"'{path}' cannot be read: {exc.strerror}", hint=hint) from exc


def id_in(path: str) -> str:
    """The id that the workflow in *path* gives itself."""
    from darwinflow.document.document import Document

    document = Document.parse(text_of(path))
    data = document.data(0) if document.roots else None
    workflow = data.get("id") if isinstance(data, dict) else None
    if not isinstance(workflow, str):
        raise WorkflowNotFound(f"'{path}' has no workflow id", hint=f"darwinflow check {path}")
    return workflow
