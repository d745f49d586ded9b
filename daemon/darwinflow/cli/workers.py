"""Finds verdicts: in this process, or in one a core."""

import os
import sys
from collections.abc import Callable, Iterable
from typing import NamedTuple

from darwinflow.cli.verdicts import Verdict, verdict_of
from darwinflow.cli.workflow_files import WorkflowFile
from darwinflow.settings.workspace import WorkspaceSettings, parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from darwinflow.catalog.catalog import Catalog
    from darwinflow.check.engine import Checked

_AT_ONCE = 8
"""Files that a process is handed together."""


class Job(NamedTuple):
    """One text to be checked."""

    content: bytes
    file: WorkflowFile
    settings: str | None
    """The text of its workspace's settings."""
    fix: bool


class Worker:
    """Checks files one after the other."""

    def __init__(self, catalog: "Catalog") -> None:
        self._catalog = catalog
        self._settings: dict[tuple[str | None, str], WorkspaceSettings] = {}
        self._catalogs: dict[tuple[str, str], Catalog] = {}

    def verdict(self, job: Job, around: "Callable[[Checked], Checked] | None" = None) -> Verdict:
        name = os.path.basename(job.file.folder)
        settings = self._settings.get((job.settings, name))
        if settings is None:
            settings = self._settings[job.settings, name] = parse(job.settings, name)
        catalog = self._catalog_in(job.file.folder, settings.graph_types_path)
        return verdict_of(job.content, job.file, settings, catalog, fix=job.fix, around=around)

    def _catalog_in(self, folder: str, graph_types_path: str) -> "Catalog":
        """The graph types of a workspace, read once."""
        key = (folder, graph_types_path)
        if key not in self._catalogs:
            from darwinflow.catalog.workspace import for_workspace

            self._catalogs[key] = for_workspace(folder, graph_types_path, self._catalog).catalog
        return self._catalogs[key]


_worker: Worker | None = None
"""That of a process of the pool, which has no other place to keep its graph types in."""


def _begin() -> None:
    import signal

    from darwinflow.catalog.catalog import Catalog

    global _worker  # noqa: PLW0603  # see above
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent says that it was interrupted, once
    _worker = Worker(Catalog.bundled())


def _one(job: Job) -> Verdict:
    assert _worker is not None
    return _worker.verdict(job)


def verdicts_in_processes(jobs: list[Job], count: int) -> Iterable[Verdict]:
    """The verdicts on *jobs*, in their order, found by *count* processes."""
    from concurrent.futures import ProcessPoolExecutor

    # Before the processes are forked, where they are, so that not each of them has to.
    import darwinflow.catalog.workspace
    import darwinflow.check.across  # noqa: F401

    pool = ProcessPoolExecutor(count, initializer=_begin)
    try:
        yield from pool.map(_one, jobs, chunksize=_AT_ONCE)
    finally:
        pool.shutdown(cancel_futures=True)


def cores() -> int:
    """Those that this process may use."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
