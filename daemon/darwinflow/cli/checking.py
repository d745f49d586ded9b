"""Checks many files: what is known from before is taken from the cache, the rest is shared among the cores."""

import os
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from darwinflow.catalog.own_files import digest_of
from darwinflow.cli.across import Across, around, stored_verdict
from darwinflow.cli.neighbours import WorkspaceFiles
from darwinflow.cli.progress import Progress
from darwinflow.cli.verdict_cache import VerdictCache, cache_folder, key_of, tool_stamp
from darwinflow.cli.verdicts import Verdict, unread
from darwinflow.cli.workers import Job, Worker, cores, verdicts_in_processes
from darwinflow.cli.workflow_files import WorkflowFile, Workspaces
from darwinflow.document.content import read_content
from darwinflow.recorder.paths import Workspace

PARALLEL_BYTES = 1 << 19
"""Text from which processes pay: two of them cost a sixth of a second, in which one checks a third of this."""
_BATCH = 2_000
"""Files whose texts are in memory together."""


class Outcome(NamedTuple):
    """What was found in one file."""

    file: WorkflowFile
    verdict: Verdict
    content: bytes
    """As it was read; empty where there is nothing to show of it."""


class Checking:
    """Keeps caches, settings and graph types from one round to the next."""

    def __init__(self, environ: Mapping[str, str], *, is_cached: bool) -> None:
        self.workspaces = Workspaces()
        self._folder = cache_folder(environ) if is_cached else None
        self._caches: dict[str, VerdictCache] = {}
        self._stamp = _tool_stamp()
        self._depends: dict[str, str] = {}
        self._worker: Worker | None = None
        self.given: dict[str, bytes] = {}
        """Texts that are not read from their file, by the file's path."""
        self._across = Across(self.given, self._folder, self._stamp)

    @property
    def unevaluated(self) -> tuple[str, ...]:
        """Codes that were not looked for, because nobody knows the published versions."""
        return self._across.unevaluated

    def renewed(self) -> None:
        """Read settings and neighbours anew from here on; caches stay."""
        self.workspaces = Workspaces()
        self._depends = {}
        self._worker = None
        self._across = Across(self.given, self._folder, self._stamp)

    def outcomes(self, files: list[WorkflowFile], *, fix: bool = False) -> list[Outcome]:
        """What is wrong in each of *files*, in their order, without those that hold no workflow."""
        progress = Progress(len(files))
        found: list[Outcome] = []
        for start in range(0, len(files), _BATCH):
            found += self._batch(files[start : start + _BATCH], progress, fix=fix)
        progress.end()
        for outcome in found:
            if not outcome.file.is_stored:
                self._neighbours_of(outcome.file).know(outcome.file.inner_path, outcome.verdict.facts)
        found = [self._completed(outcome, fix=fix) for outcome in found]
        for cache in self._caches.values():
            cache.save()
        return [outcome for outcome in found if outcome.verdict.is_workflow]

    def _batch(self, files: list[WorkflowFile], progress: Progress, *, fix: bool) -> list[Outcome]:
        found: dict[int, Outcome] = {}
        asked: list[tuple[int, bytes, bytes]] = []
        for number, file in enumerate(files):
            content, unreadable = self._read(file)
            if unreadable is not None:
                found[number] = Outcome(file, unreadable, b"")
                continue
            if file.is_stored:
                found[number] = Outcome(file, self._stored_verdict(content, file), content)
                continue
            key = self._key(content, file)
            verdict = self._cache(file.folder).get(key)
            if verdict is None or (fix and any(finding.fixes for finding in verdict.findings)):
                asked.append((number, key, content))
            else:
                found[number] = Outcome(file, verdict, content if verdict.findings else b"")
        jobs = [
            Job(content, files[number], self.workspaces.of(files[number].path).settings, fix)
            for number, _, content in asked
        ]
        progress.done += len(found)
        for (number, key, content), verdict in zip(asked, self._verdicts(jobs), strict=True):
            progress.step()
            is_needed = bool(verdict.findings) or verdict.text is not None
            found[number] = Outcome(files[number], verdict, content if is_needed else b"")
            if verdict.text is None:
                self._cache(files[number].folder).put(key, verdict)
        return [found[number] for number in sorted(found)]

    def _neighbours_of(self, file: WorkflowFile) -> WorkspaceFiles:
        return self._across.of(file.folder, self.workspaces.settings(self.workspaces.of(file.path)))

    def _stored_verdict(self, content: bytes, file: WorkflowFile) -> Verdict:
        settings = self.workspaces.settings(self.workspaces.of(file.path))
        cache = self._cache(file.folder)
        return stored_verdict(content, file, self._neighbours_of(file), settings, cache, self._stamp)

    def _completed(self, outcome: Outcome, *, fix: bool) -> Outcome:
        """*outcome* with what is wrong among the file's neighbours."""
        file, verdict = outcome.file, outcome.verdict
        if not verdict.facts.workflows:
            return outcome

        def read() -> bytes:
            return (
                verdict.text.encode() if verdict.text is not None else outcome.content or self._read(file)[0]
            )

        neighbours = self._neighbours_of(file)
        if not self._across.has_more_to_say(file, verdict.facts, neighbours, read):
            return outcome
        job = Job(read(), file, self.workspaces.of(file.path).settings, fix)
        again = self._own_worker().verdict(job, around(file, neighbours))
        text = again.text if again.text is not None else verdict.text
        content = job.content if verdict.text is None else outcome.content
        return Outcome(file, again._replace(mended=verdict.mended + again.mended, text=text), content)

    def _read(self, file: WorkflowFile) -> tuple[bytes, Verdict | None]:
        if file.path in self.given:
            return self.given[file.path], None
        try:
            return read_content(file.path), None
        except OSError as exc:
            settings = self.workspaces.settings(self.workspaces.of(file.path))
            return b"", unread(exc, settings.at(file.inner_path))

    def _key(self, content: bytes, file: WorkflowFile) -> bytes:
        workspace = self.workspaces.of(file.path)
        return key_of(
            content,
            self._stamp,
            workspace.settings or "",
            os.path.basename(workspace.folder),
            os.path.relpath(os.path.abspath(file.path), workspace.folder),
            str(file.is_named),
            self.depends(workspace),
        )

    def depends(self, workspace: Workspace) -> str:
        """A digest of all that a verdict is computed from beside the file itself, settings and this tool."""
        if workspace.folder not in self._depends:
            path = self.workspaces.settings(workspace).graph_types_path
            self._depends[workspace.folder] = digest_of(workspace.folder, path)
        return self._depends[workspace.folder]

    def _cache(self, workspace: str) -> VerdictCache:
        if workspace not in self._caches:
            self._caches[workspace] = VerdictCache(self._folder, workspace)
        return self._caches[workspace]

    def _verdicts(self, jobs: list[Job]) -> Iterable[Verdict]:
        count = min(cores(), len(jobs))
        if count > 1 and sum(len(job.content) for job in jobs) >= PARALLEL_BYTES:
            return verdicts_in_processes(jobs, count)
        return (self._own_worker().verdict(job) for job in jobs)

    def _own_worker(self) -> Worker:
        if self._worker is None:
            from darwinflow.catalog.catalog import Catalog

            self._worker = Worker(Catalog.bundled())
        return self._worker


def _tool_stamp() -> str:
    import darwinflow_schemas

    package = os.path.dirname(os.path.dirname(__file__))
    return tool_stamp(package, os.path.join(darwinflow_schemas.FOLDER, "graph_types"))
