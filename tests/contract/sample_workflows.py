"""Workflows for the suites of stores, which look at no node."""

import hashlib

from darwinflow.model.workflow import Parent, Workflow

TEXT = b"id: a\nversion: 1\nnodes: []\nedges: [{from: START, to: END}]\n"


def workflow(
    name: str,
    *,
    version: int = 1,
    content: str = "same",
    parent: Parent | None = None,
    created_by: str | None = "user",
    reasoning: str = "",
) -> Workflow:
    return Workflow(
        id=name,
        version=version,
        description=f"What {version} does",
        nodes=(),
        edges=(),
        parent=parent,
        created_by=created_by,
        reasoning=reasoning,
        tags={},
        content_hash=hashlib.sha256(content.encode()).hexdigest(),
    )
