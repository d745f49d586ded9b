"""The standard workload of a tenant's database: runs finished and live, deleting, checkpoints, opening and closing.

Of each deed it is known whether it was acknowledged, so that what must be there can be asked for.
"""

import random
import threading
from collections.abc import Callable
from typing import Any, NamedTuple

from contract.sample_runs import START, finished, live, running
from darwinflow.model.errors import DarwinFlowError
from darwinflow.model.run import RunOutput, RunStatus
from darwinflow.storage.recording import record, record_finish, record_start, record_steps
from darwinflow.storage.sqlite.tenant import SqliteTenantStore

PROJECT = "demo"
_WAIT_S = 30


class Deed(NamedTuple):
    """Something to be stored. Done twice, it has happened once."""

    name: str
    work: Callable[[Any], object]
    is_there: Callable[[Any], bool]

    @property
    def run(self) -> str:
        return self.name.split()[0]


def _kept(name: str, size: int = 300) -> Deed:
    log = finished(name, error=random.Random(name).randbytes(size).hex())
    return Deed(
        name,
        lambda tx: record(tx, PROJECT, log),
        lambda tx: tx.logs(PROJECT).get_log(name) == log,
    )


def _steps_of(name: str) -> list[Deed]:
    output = RunOutput(RunStatus.SUCCESS, START)

    def finish(tx: Any) -> None:
        if not tx.logs(PROJECT).header(name).status.finished:
            record_finish(tx, PROJECT, name, output)

    return [
        Deed(
            f"{name} begun",
            lambda tx: record_start(tx, PROJECT, live(name)),
            lambda tx: tx.logs(PROJECT).header(name).run_id == name,
        ),
        Deed(
            f"{name} stepped",
            lambda tx: record_steps(tx, PROJECT, name, [(0, running("a"))]),
            lambda tx: len(tx.logs(PROJECT).get_log(name).steps) == 1,
        ),
        Deed(f"{name} over", finish, lambda tx: tx.logs(PROJECT).get_log(name).output == output),
    ]


def _gone(name: str) -> Deed:
    def delete(tx: Any) -> None:
        logs = tx.logs(PROJECT)
        if not logs.is_erased(name):
            logs.delete(name, for_good=True)

    return Deed(f"{name} gone", delete, lambda tx: tx.logs(PROJECT).is_erased(name))


class Workload:
    """What is done to one database, and who was told what of it."""

    def __init__(self, path: str, open_: Callable[[str], SqliteTenantStore]) -> None:
        self._path = path
        self._open = open_
        self._store: SqliteTenantStore | None = None
        self.acknowledged: list[Deed] = []
        self.failed: list[Deed] = []
        self.heard: list[BaseException] = []

    def run(self) -> None:
        self._do([_kept("first")])
        self._do([_kept(f"a{n}") for n in range(6)])
        for deed in _steps_of("live-1"):
            self._do([deed])
        self._look()
        self._do([_kept("long", 40_000), _kept("beside-long")])
        self._do([_gone("a2"), _gone("a4"), _kept("b0")])
        self._try(lambda store: store.scrub(PROJECT, ["a2", "a4"]))
        self._try(lambda store: store.give_back(4))
        for deed in _steps_of("live-2")[:2]:
            self._do([deed])
        self.close()
        self._do([_kept(f"c{n}", 4_000) for n in range(5)])
        self._do([_steps_of("live-2")[2]])
        self._try(lambda store: store.scrub(PROJECT, []))
        self._do([_kept("last")])
        self._look()
        self.close()

    def again(self) -> None:
        """Send what failed once more, in order, as who was told of an error does."""
        failed, self.failed = self.failed, []
        for deed in failed:
            self._do([deed])
        self.close()

    def close(self) -> None:
        store, self._store = self._store, None
        if store is not None:
            store.close()

    def _look(self) -> None:
        acknowledged = list(self.acknowledged)
        self._try(lambda store: store.read(lambda tx: missing(tx, acknowledged)))

    def _do(self, deeds: list[Deed]) -> None:
        """All of *deeds* in one commit, whatever the moment: the first waits until the others are in the queue.

        What follows on a deed that failed waits for that to be sent again.
        """
        blocked = {deed.run for deed in self.failed}
        store = self._opened()
        self.failed += [deed for deed in deeds if store is None or deed.run in blocked]
        deeds = [deed for deed in deeds if deed.run not in blocked]
        if store is None:
            return
        are_queued = threading.Event()

        def wait(_: object) -> None:
            are_queued.wait(_WAIT_S)

        gate = store.write(wait)
        futures = [store.write(deed.work) for deed in deeds]
        are_queued.set()
        self._hear(gate.exception(_WAIT_S))
        for deed, future in zip(deeds, futures, strict=True):
            error = future.exception(_WAIT_S)
            (self.failed if error else self.acknowledged).append(deed)
            self._hear(error)

    def _try(self, ask: Callable[[SqliteTenantStore], object]) -> None:
        store = self._opened()
        if store is not None:
            try:
                ask(store)
            except Exception as error:
                self._hear(error)

    def _opened(self) -> SqliteTenantStore | None:
        if self._store is None:
            try:
                self._store = self._open(self._path)
            except Exception as error:
                self._hear(error)
        return self._store

    def _hear(self, error: BaseException | None) -> None:
        if error is not None:
            self.heard.append(error)


def missing(tx: Any, acknowledged: list[Deed]) -> list[str]:
    gone = {deed.run for deed in acknowledged if deed.name.endswith(" gone")}
    found = []
    for deed in acknowledged:
        try:
            is_there = deed.name in gone or deed.is_there(tx)
        except DarwinFlowError:
            is_there = False
        if not is_there:
            found.append(deed.name)
    return found


def missed_at_all(tx: Any, acknowledged: list[Deed], maybe: list[Deed]) -> list[str]:
    """As `missing`, where a run of which nobody knows whether it was deleted is no loss."""
    unknown = {deed.run for deed in maybe if deed.name.endswith(" gone")}
    return [name for name in missing(tx, acknowledged) if name not in unknown]
