"""Where the body of a run's log is kept. Each row says how, so that a better way may come beside what is there."""

from functools import partial
from typing import Protocol

import apsw

from darwinflow.model.run import ExecutionLog
from darwinflow.storage.compression import Compression
from darwinflow.storage.log_codec import dump_log, load_log
from darwinflow.storage.sqlite.dictionaries import kept_dictionary


class Bodies(Protocol):
    """Of one connection."""

    def keep(self, log: ExecutionLog) -> tuple[int, bytes]:
        """The codec and what the column `run_body.body` shall hold of *log*."""
        ...

    def load(self, codec: int, body: bytes) -> ExecutionLog:
        """Raises `StoreDamaged`."""
        ...


class CompressedBodies:
    """In the row itself."""

    __slots__ = ("_compression",)

    def __init__(self, db: apsw.Connection) -> None:
        self._compression = Compression(partial(kept_dictionary, db))

    def keep(self, log: ExecutionLog) -> tuple[int, bytes]:
        return self._compression.codec, self._compression.pack(dump_log(log))

    def load(self, codec: int, body: bytes) -> ExecutionLog:
        return load_log(self._compression.unpack(codec, body))
