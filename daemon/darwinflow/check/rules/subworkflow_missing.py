"""`subworkflow-missing`: a node runs a workflow that is not there."""

import posixpath
from collections.abc import Iterator
from typing import Final

from darwinflow.check.finding import ERROR, WARNING, Finding, Fix
from darwinflow.check.following import Target, inner_path, published_name, target_of
from darwinflow.check.neighbours import Call, Neighbours, Own
from darwinflow.check.words import all_of, scalar, shown
from darwinflow.document.lines import Edit
from darwinflow.model.nearest import nearest

_MOST_VERSIONS: Final = 20
"""Of a draft, up to which one is looked for."""


def subworkflow_missing(own: Own, neighbours: Neighbours) -> Iterator[Finding]:
    for call in own.facts.calls:
        if "${" in call.target:
            continue
        target = target_of(call, own.path, neighbours)
        if target.is_there:
            continue
        if target.is_there is None:
            name = f"'{shown(target.workflow)}' version {target.version}"
            message = f"no draft is {name}, and nobody here knows what is published"
            yield Finding("subworkflow-missing", WARNING, call.span, message)
        elif published_name(call.target) is not None:
            yield Finding("subworkflow-missing", ERROR, call.span, _no_version(target, neighbours))
        else:
            yield _no_file(call, own.path, neighbours)


def _no_version(target: Target, neighbours: Neighbours) -> str:
    versions = neighbours.published(target.workflow) or ()
    name = shown(target.workflow)
    if not versions:
        return f"no version of '{name}' is published, and no draft is '{name}' version {target.version}"
    numbers = all_of([str(one.version) for one in versions])
    return f"'{name}' has no version {target.version}, published or as a draft; published are {numbers}"


def _no_file(call: Call, path: str, neighbours: Neighbours) -> Finding:
    inner = inner_path(call.target, path)
    if inner is None:
        message = f"'{shown(call.target)}' leads out of the workspace; name a workflow inside it"
        return Finding("subworkflow-missing", ERROR, call.span, message)
    if neighbours.file(inner) is not None:
        message = f"'{shown(call.target)}' holds no workflow"
        return Finding("subworkflow-missing", ERROR, call.span, message)
    message = f"there is no file '{shown(call.target)}'"
    fixes: tuple[Fix, ...] = ()
    meant = _meant(inner, path, neighbours)
    if meant is not None:
        name = (
            f"/{meant}"
            if call.target.startswith("/")
            else posixpath.relpath(meant, posixpath.dirname(path) or ".")
        )
        message += f"; did you mean '{name}'?"
        if call.is_plain:
            fixes = (Fix(f"Change to '{name}'", (Edit(call.span, scalar(name)),)),)
    elif "/" not in call.target and "." not in call.target:
        workflow, _, number = call.target.partition("@")
        version = "".join(filter(str.isdecimal, number)) or _version_of(workflow, neighbours)
        message += f"; a published workflow is named with its version: {shown(workflow) or 'ID'}@{version}"
    return Finding("subworkflow-missing", ERROR, call.span, message, (), fixes)


def _version_of(workflow: str, neighbours: Neighbours) -> str:
    """The highest version that is published, or else a draft; a word for it where there is none."""
    versions = [one.version for one in neighbours.published(workflow) or ()]
    versions = versions or [at for at in range(1, _MOST_VERSIONS) if neighbours.drafts(workflow, at)]
    return str(max(versions, default="VERSION"))


def _meant(inner: str, own: str, neighbours: Neighbours) -> str | None:
    """The draft that *inner* is a slip of, but for *own*: a near name, or the same name in another folder."""
    # A link out of the workspace is listed and not there.
    paths = [path for path in neighbours.paths() if path not in (own, inner)]
    name = posixpath.basename(inner)
    same = [path for path in paths if posixpath.basename(path) == name]
    meant = nearest(inner, paths) or (same[0] if len(same) == 1 else None)
    return meant if meant is not None and neighbours.file(meant) is not None else None
