"""Follows sub-workflows and parents from file to file."""

import posixpath
import re
from collections.abc import Iterator
from typing import NamedTuple

from darwinflow.check.neighbours import Call, Neighbours, ParentName, WorkflowFacts

_PUBLISHED = re.compile(r"([^/\\@]+)@([0-9]{1,15})")
_MAX_STEPS = 1_000
"""Workflows or versions that one walk looks at."""


class Target(NamedTuple):
    """What a sub-workflow's name leads to."""

    path: str
    """Of the draft, relative to the workspace; empty where it is a published version, or nothing."""
    workflow: str
    """Of `id@version`; empty where a path is named."""
    version: int
    facts: WorkflowFacts | None
    """None where there is no such workflow, or it has no id and version."""
    is_there: bool | None
    """None where nobody knows."""


def published_name(target: str) -> ParentName | None:
    """The id and version that *target* names; None where it is a path."""
    match = _PUBLISHED.fullmatch(target.strip())
    return ParentName(match[1], int(match[2])) if match is not None else None


def inner_path(target: str, path: str) -> str | None:
    """*target*, in the file *path*, relative to the workspace; None where it leads out of it."""
    base = "" if target.startswith("/") else posixpath.dirname(path)
    found = posixpath.normpath(posixpath.join(base, target.lstrip("/")))
    return None if found == ".." or found.startswith(("../", "/")) else found


def target_of(call: Call, path: str, neighbours: Neighbours) -> Target:
    """What *call*, in the file *path*, leads to: published versions come before drafts."""
    name = published_name(call.target)
    if name is None:
        inner = inner_path(call.target, path)
        file = neighbours.file(inner) if inner is not None else None
        facts = file.workflows[0] if file is not None and file.workflows else None
        return Target(inner or "", "", 0, facts, file is not None and file.holds_workflow)
    versions = neighbours.published(name.workflow)
    if versions is not None and any(one.version == name.version for one in versions):
        facts = neighbours.published_facts(*name)
        return Target("", *name, facts, is_there=True)
    for draft in neighbours.drafts(*name):
        file = neighbours.file(draft)
        for facts in file.workflows if file is not None else ():
            if facts.id.casefold() == name.workflow.casefold() and facts.version == name.version:
                return Target(draft, *name, facts, is_there=True)
    return Target("", *name, None, is_there=None if versions is None else False)


def way_back(call: Call, path: str, neighbours: Neighbours) -> tuple[str, ...] | None:
    """What *call*, in the file *path*, runs through until it comes to that file again; None where it never does.

    Each is a path, or `id@version`; empty where the file calls itself.
    """
    waiting: list[tuple[Target, tuple[str, ...]]] = [(target_of(call, path, neighbours), ())]
    seen: set[str] = set()
    while waiting and len(seen) < _MAX_STEPS:
        target, before = waiting.pop(0)
        if target.path == path:
            return before
        name = target.path or f"{target.workflow}@{target.version}"
        if name in seen or target.facts is None:
            continue
        seen.add(name)
        waiting += [
            (target_of(inner, target.path, neighbours), (*before, name))
            for inner in target.facts.calls
            # Where a published text lay is not known, so its relative paths lead nowhere.
            if target.path or inner.target.startswith("/") or published_name(inner.target) is not None
        ]
    return None


def ancestors(parent: ParentName, neighbours: Neighbours) -> Iterator[ParentName]:
    """The published versions that *parent* was made from, itself first; each once."""
    seen: set[tuple[str, int]] = set()
    current: ParentName | None = parent
    while current is not None and len(seen) < _MAX_STEPS:
        key = (current.workflow.casefold(), current.version)
        if key in seen:
            return
        seen.add(key)
        yield current
        versions = neighbours.published(current.workflow) or ()
        number = current.version
        current = next((one.parent for one in versions if one.version == number), None)
