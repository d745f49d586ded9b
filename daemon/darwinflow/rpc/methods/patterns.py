"""What runs have in common."""

from darwinflow.rpc.methods.method import Method, Place, Table
from darwinflow.rpc.session import Session
from darwinflow.rpc.wire.base import Wire, WorkflowId
from darwinflow.rpc.wire.patterns import Pattern

LEARN_WITHIN_S = 2.0
"""So long who asks waits at most for runs that no patterns were looked for in yet."""


class AskPatterns(Wire):
    workflow: WorkflowId | None = None
    """All where it is absent."""


class Patterns(Wire):
    patterns: list[Pattern]
    """By workflow's id, then by type, the most certain first."""
    is_complete: bool
    """False while some of the runs that have finished are still looked at."""


def patterns(session: Session, params: AskPatterns) -> Patterns:
    """What the last runs of each workflow have in common."""
    is_complete = session.learn(LEARN_WITHIN_S)
    found = session.tenant.read(lambda tx: tx.metrics(session.project).get_patterns(params.workflow))
    return Patterns(patterns=[Pattern.of(one) for one in found], is_complete=is_complete)


METHODS: Table = {"pattern/list": Method(patterns, Place.UP_TO_DATE)}
