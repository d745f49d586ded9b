"""A published version as a person names it: `ID`, `ID@VERSION`, or a workflow's file."""

import os
import re
from typing import Any, NamedTuple

from darwinflow.cli.session import place_of
from darwinflow.cli.target import target_of
from darwinflow.model.errors import DarwinFlowError, WorkflowNotFound
from darwinflow.rpc.client.blocking import Client

_VERSION = re.compile(r"v?([0-9]{1,15})", re.ASCII)


class Named(NamedTuple):
    workflow: str
    version: int | None
    """None: the highest."""
    path: str
    """Where to look for the workspace: the file, or a name in the current folder."""


def named(name: str) -> Named:
    """*name* as a file where there is one of that name, else as an id, with a version behind an `@` or without.

    Raises `WorkflowNotFound`.
    """
    workflow, at, version = name.rpartition("@")
    if not at or os.path.isfile(name):
        target = target_of(name)
        return Named(target.workflow, None, target.path)
    number = _VERSION.fullmatch(version)
    if number is None or not workflow:
        raise WorkflowNotFound(
            f"'{name}' names no version: behind an id and an '@' stands a whole number",
            hint="darwinflow workflow list",
        )
    target = target_of(workflow)
    return Named(target.workflow, int(number[1]), target.path)


def published(client: Client, wanted: Named) -> dict[str, Any]:
    """The reply to `workflow/get`. Raises `WorkflowNotFound`, which names what there is."""
    question: dict[str, Any] = {"workflow": wanted.workflow}
    if wanted.version is not None:
        question["version"] = wanted.version
    try:
        return client.call("workflow/get", question)
    except WorkflowNotFound as exc:
        raise _explained(client, wanted, exc) from exc


def unknown(client: Client, workflow: str, path: str) -> WorkflowNotFound:
    """The error that no version of *workflow* is published, with what was meant where that is near."""
    near = meant(workflow, client.call("workflow/list")["versions"])
    place = place_of(client, path)
    return WorkflowNotFound(
        f"no version of '{workflow}' is published in {place.name}{near}",
        hint="darwinflow workflow list"
        if near
        else f"publish one: darwinflow publish FILE; or {place.elsewhere}",
    )


def meant(workflow: str, known: list[dict[str, Any]]) -> str:
    """`; did you mean 'x'?` where one of *known*, which have a `workflow` each, is called nearly so; else nothing."""
    from difflib import get_close_matches

    near = get_close_matches(workflow, {one["workflow"] for one in known}, n=1)
    return f"; did you mean '{near[0]}'?" if near else ""


def _explained(client: Client, wanted: Named, exc: WorkflowNotFound) -> DarwinFlowError:
    versions = client.call("workflow/list")["versions"]
    own = [one for one in versions if one["workflow"].casefold() == wanted.workflow.casefold()]
    if not own:
        return unknown(client, wanted.workflow, wanted.path)
    numbers = [one["version"] for one in own]
    if wanted.version is None or wanted.version in numbers:
        return exc  # the text is missing, and it says so
    workflow = own[-1]["workflow"]
    return WorkflowNotFound(
        f"'{workflow}' has no version {wanted.version}; it has {_listed(numbers)}",
        hint=f"darwinflow workflow show {workflow}@{numbers[-1]}",
    )


def _listed(numbers: list[int]) -> str:
    """`1`, `1, 2 and 4`, and of many the last ones."""
    most = 8
    shown = [str(number) for number in numbers[-most:]]
    lead = "..., " if len(numbers) > most else ""
    return lead + (" and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else shown[0])
