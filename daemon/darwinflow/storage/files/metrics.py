"""`MetricsStore` on files: one small file a version, a text and a month of hours, which anybody can read."""

import os
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from typing import TypeVar

from darwinflow.model.metric import ExecutionMetric
from darwinflow.ports.inspection import Content
from darwinflow.ports.parts import MetricsTransaction
from darwinflow.storage.figures import CountedRun, FigureRow
from darwinflow.storage.files.open_figures import OpenFigures
from darwinflow.storage.files.sharing import Shared
from darwinflow.storage.sizes import size_of

T = TypeVar("T")


class FileMetricsStore:
    """One organization's figures below *path*, which is made where it is missing.

    Raises `SchemaTooNew`, and `StoreUnwritable` where another process has it open.
    """

    def __init__(self, path: str) -> None:
        self.path = os.path.realpath(path)
        self._closing = threading.Lock()
        self._is_closed = False
        self._figures = _OPEN.take(self.path, OpenFigures)

    def write(self, work: Callable[[MetricsTransaction], T]) -> "Future[T]":
        """Done when it returns: the caller's thread writes."""
        self._check_open()
        return self._figures.write(work)

    def read(self, work: Callable[[MetricsTransaction], T]) -> T:
        self._check_open()
        return self._figures.read(work)

    def damaged(self) -> tuple[str, ...]:
        """Projects whose figures do not say all that was counted."""
        self._check_open()
        return self._figures.damaged()

    def rebuild(self, project: str, executions: Iterable[ExecutionMetric]) -> None:
        """Count anew what is damaged of *project*; *executions* are all finished runs that its logs have."""
        self._check_open()
        self._figures.rebuild(project, executions)

    def figures(self) -> tuple[list[FigureRow], list[CountedRun]]:
        self._check_open()
        return self._figures.figures()

    def put_figures(self, rows: Sequence[FigureRow], counted: Sequence[CountedRun]) -> None:
        self._check_open()
        self._figures.put_figures(rows, counted)

    def inspect(self) -> Content:
        self._check_open()
        return Content(self.path, size_of(self.path), {"countedRuns": self._figures.counted()}, self.verify())

    def verify(self) -> tuple[str, ...]:
        """Of what was counted again, too, until `acknowledge`."""
        damaged = tuple(f"figures of project '{project}' are damaged" for project in self.damaged())
        return damaged + tuple(one.told(self.path, project) for project, one in self._figures.untold())

    def acknowledge(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Say for the last time what was counted again: what is whole again, and where runs are missing."""
        self._check_open()
        untold = self._figures.untold()
        if untold:
            self._figures.acknowledge()
        return tuple(one.told(self.path, project) for project, one in untold if not one.lost), tuple(
            one.told(self.path, project) for project, one in untold if one.lost
        )

    def projects(self) -> tuple[str, ...]:
        """None: it has no runs."""
        return ()

    def close(self) -> None:
        """May be called again."""
        with self._closing:
            if not self._is_closed:
                self._is_closed = True
                _OPEN.give_back(self.path)

    def _check_open(self) -> None:
        if self._is_closed:
            raise RuntimeError(f"{self.path} is closed")


_OPEN: Shared[OpenFigures] = Shared()
