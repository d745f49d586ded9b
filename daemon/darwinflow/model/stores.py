"""On what an organization's concerns are kept."""

from typing import NamedTuple

MEMORY, FILE, SQLITE, POSTGRES = "memory", "file", "sqlite", "postgres"

POWER, PROCESS, NOTHING = "power", "process", "nothing"
"""What a run survives that was acknowledged: a power cut; the end of every process, by whatever signal; neither."""

BALLAST_MIB = 16
"""What is kept of the home's disk for when that is full, where nothing is said."""
MOST_BALLAST_MIB = 65_536


class StoreChoice(NamedTuple):
    """On what one concern is kept."""

    type: str
    path: str | None = None
    """A folder, relative to the data directory (workflows: to the workspace) unless absolute."""
    dsn: str | None = None
    """Of a PostgreSQL server, with no password in it unless the environment has put it there."""


class Stores(NamedTuple):
    """Those of one organization."""

    workflows: StoreChoice = StoreChoice(FILE)
    logs: StoreChoice = StoreChoice(SQLITE)
    metrics: StoreChoice = StoreChoice(SQLITE)

    def durability(self, wanted: str) -> str:
        """What an acknowledged run survives.

        Less than a power cut only as *wanted* for runs and figures in one database: of two, one could be ahead then.
        """
        if self.logs.type == MEMORY:
            return NOTHING
        return wanted if self.logs == self.metrics and self.logs.type == SQLITE else POWER
