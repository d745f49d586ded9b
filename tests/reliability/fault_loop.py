"""Lets each operation on the disk fail in turn, under the standard workload of a tenant's database.

`main` prints what it found; `test_faults.py` runs it in the suite, every so many-th point. Callers must hear an error
they can act on, what was acknowledged must be there and whole, and the same sent again must be stored once. A *twin*
that does not sync must lose runs at power cuts, which shows that the loop can see a loss.
"""

import argparse
import json
import logging
import os
import random
import shutil
import tempfile
from collections import Counter
from typing import NamedTuple

from darwinflow.model.errors import StoreError
from darwinflow.model.stores import POWER, PROCESS
from darwinflow.storage.sqlite.acknowledged import SUFFIX
from darwinflow.storage.sqlite.checksums import has_checksums
from darwinflow.storage.sqlite.tenant import SqliteTenantStore
from darwinflow.storage.verifying import verify_project
from reliability.faulty_disk import IMAGES, WAYS, FaultyDisk
from reliability.workload import PROJECT, Deed, Workload, missed_at_all


class Count(NamedTuple):
    seed: int
    points: int
    """Operations of the standard workload."""
    tried: int
    """Workloads in which one of them failed."""
    images: int
    """Of the disk after power cuts, each opened and read whole."""
    acknowledged: int
    told: int
    """Errors that callers heard."""
    lost: int
    """Of what was acknowledged; the first are named in `missing`."""
    corrupt: int
    """Databases that were not whole, or whose figures are not those of their runs."""
    missing: list[str]
    unclear: list[str]
    """Errors that a caller cannot act on, and ends that were none."""

    @property
    def is_whole(self) -> bool:
        return not (self.lost or self.corrupt or self.unclear)


class Loop:
    """Counts over many workloads, each in a folder of its own."""

    def __init__(self, folder: str, seed: int, *, twin: bool, durability: str = POWER) -> None:
        self._folder = folder
        self._seed = seed
        self._rng = random.Random(seed)
        self._disk = FaultyDisk()
        self._twin = twin
        self._durability = durability
        self._counts: Counter[str] = Counter()
        self._missing: list[str] = []
        self._unclear: list[str] = []

    def run(self, every: int, ways: tuple[str, ...] | None) -> Count:
        """*ways*: each point is tried in each of them; else in one, in turn, and a power cut besides."""
        points = self._points()
        first = self._rng.randrange(every)
        for number, at in enumerate(range(1 + first, points + 1, every)):
            for way in ways or {WAYS[number % len(WAYS)], "power cut"}:
                self._try(at, way)
        return Count(
            self._seed,
            points,
            self._counts["tried"],
            self._counts["images"],
            self._counts["acknowledged"],
            self._counts["told"],
            self._counts["lost"],
            self._counts["corrupt"],
            self._missing[:20],
            self._unclear[:20],
        )

    def _points(self) -> int:
        path = self._fresh()
        self._disk.begin()
        workload = Workload(path, self._open)
        workload.run()
        assert not workload.heard, workload.heard
        points = self._disk.done
        with_checksums = SqliteTenantStore(path)
        assert with_checksums.read(lambda tx: has_checksums(tx.connection))
        with_checksums.close()
        return points

    def _fresh(self) -> str:
        shutil.rmtree(self._folder, ignore_errors=True)
        os.makedirs(self._folder)
        return os.path.join(self._folder, "t.db")

    def _open(self, path: str) -> SqliteTenantStore:
        store = SqliteTenantStore(path, durability=self._durability)
        if self._twin:
            store.write(
                lambda tx: tx.connection.execute("COMMIT; PRAGMA synchronous = OFF; BEGIN; SAVEPOINT job")
            )
        return store

    def _try(self, at: int, way: str) -> None:
        path = self._fresh()
        self._disk.begin(at, way)
        workload = Workload(path, self._open)
        workload.run()
        where = f"{way} at {at} ({self._disk.hit})"
        self._counts["tried"] += 1
        self._counts["acknowledged"] += len(workload.acknowledged)
        self._counts["told"] += len(workload.heard)
        self._unclear += [
            f"{where}: {error!r}" for error in workload.heard if not isinstance(error, StoreError)
        ]
        if way == "power cut":
            self._open_images(workload, path, where)
            return
        self._disk.mend()
        failed = list(workload.failed)
        self._judge(path, workload.acknowledged, failed, where)
        workload.again()
        self._judge(path, workload.acknowledged, [], f"{where}, sent again")
        self._unclear += [f"{where}: not stored when sent again: {deed.name}" for deed in workload.failed]

    def _open_images(self, workload: Workload, path: str, where: str) -> None:
        for how in IMAGES:
            folder = os.path.join(self._folder, how.replace(" ", "-"))
            os.makedirs(folder)
            self._disk.images(folder, self._rng, how)
            if os.path.exists(path + SUFFIX):
                shutil.copy(path + SUFFIX, folder)
        self._disk.begin()
        for how in IMAGES:
            image = os.path.join(self._folder, how.replace(" ", "-"), "t.db")
            self._counts["images"] += 1
            self._judge(image, workload.acknowledged, workload.failed, f"{where}, {how} left")

    def _judge(self, path: str, acknowledged: list[Deed], maybe: list[Deed], where: str) -> None:
        try:
            store = SqliteTenantStore(path, durability=self._durability)
        except StoreError as error:
            self._counts["lost" if acknowledged else "corrupt"] += 1
            self._unclear.append(f"{where}: {error}")
            return
        try:
            missing = store.read(lambda tx: missed_at_all(tx, acknowledged, maybe))
            faults = [*store.verify(), *store.read(lambda tx: verify_project(tx, PROJECT)).faults]
        except Exception as error:
            missing, faults = [], [repr(error)]
        finally:
            store.close()
        self._counts["lost"] += len(missing)
        self._counts["corrupt"] += bool(faults)
        self._missing += [f"{where}: {name}" for name in missing]
        self._unclear += [f"{where}: {what}" for what in faults]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--every", type=int, default=1, help="of the points; 1 tries each of them")
    parser.add_argument("--ways", help="with commas; by default one a point, in turn, and a power cut")
    parser.add_argument("--twin", action="store_true", help="do not sync: it must lose what was acknowledged")
    parser.add_argument("--durability", default=POWER, choices=(POWER, PROCESS))
    given = parser.parse_args()
    logging.disable()
    ways = tuple(given.ways.split(",")) if given.ways else None
    with tempfile.TemporaryDirectory() as folder:
        loop = Loop(os.path.join(folder, "work"), given.seed, twin=given.twin, durability=given.durability)
        print(json.dumps(loop.run(given.every, ways)._asdict(), ensure_ascii=False))


if __name__ == "__main__":
    main()
