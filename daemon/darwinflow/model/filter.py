"""How runs are asked for, and the pages they come in."""

from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from darwinflow.model.errors import StoreDamaged
from darwinflow.model.run import RunStatus

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RunFilter:
    """Runs for which everything that is given holds; newest first."""

    workflow: str | None = None
    version: int | None = None
    workflow_hash: str | None = None
    node: str | None = None
    """Runs with a step of this node."""
    status: RunStatus | None = None
    since: datetime | None = None
    until: datetime | None = None
    """Started at or after *since* and before *until*."""
    text: str | None = None
    """Part of an error, without regard to case."""
    limit: int = 50
    cursor: str | None = None
    """From `Page.next` of an earlier answer to the same filter."""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    readable: tuple[T, ...]
    """All but the *damaged*, for who shows what there is."""
    next: str | None
    """Give it as `cursor` for what follows; None at the end."""
    damaged: tuple[StoreDamaged, ...] = ()
    """Why some cannot be read."""

    @property
    def items(self) -> tuple[T, ...]:
        """All of them, for who must not miss one. Raises `StoreDamaged` where some cannot be read."""
        for error in self.damaged:
            raise error
        return self.readable
