"""What `darwinflow storage status` warns of, each with the command, or the step, that helps."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from darwinflow.cli.room import NEXT_STEP
from darwinflow.cli.units import size
from darwinflow.model.stores import FILE

MOST_ON_FILES = 1_000
"""Runs, that files are meant for."""
MOST_UNCOUNTED = 10
"""Runs that may all be going on, where no figure is of any."""
MOST_UNBOUNDED_BYTES = 10**9
"""Where nothing is ever deleted."""


class Warned(NamedTuple):
    message: str
    hint: str


def warnings(
    stores: Sequence[dict[str, Any]],
    room: dict[str, Any] | None,
    failed_backup: str | None,
    *,
    keeps_all: bool,
) -> Iterator[Warned]:
    """*stores* as `storage/status` tells of them, *room* as `daemon/status` does; *keeps_all*: nothing is ever deleted."""
    for store in stores:
        for fault in store["faults"]:
            yield Warned(f"{store['concern']}: {fault}", "darwinflow storage repair --dry-run")
    if room is not None and room["isGivenUp"]:
        yield Warned(
            "the disk is full: what is recorded waits until there is room, and so do daily backups", NEXT_STEP
        )
    if failed_backup:
        is_full = room is not None and room["isGivenUp"]
        hint = NEXT_STEP if is_full else "darwinflow storage backup"
        yield Warned(f"no backup could be made since: {failed_backup}", hint)
    for store in stores:
        runs = store["counts"].get("runs", 0)
        if store["type"] == FILE and runs > MOST_ON_FILES:
            yield Warned(
                f"{store['concern']}: {runs} runs lie in files, which are meant for {MOST_ON_FILES}",
                "darwinflow storage migrate --to sqlite --dry-run",
            )
    runs = sum(store["counts"].get("runs", 0) for store in stores if store["concern"] == "logs")
    counted = [one["counts"]["countedRuns"] for one in stores if "countedRuns" in one["counts"]]
    if runs > MOST_UNCOUNTED and counted and not any(counted):
        yield Warned(
            f"metrics: none of {runs} runs is counted, as where `metrics` of config.yaml named another store before",
            "darwinflow storage repair",
        )
    places = {store["place"]: store["bytes"] or 0 for store in stores}
    total = sum(places.values())
    if keeps_all and total > MOST_UNBOUNDED_BYTES:
        yield Warned(
            f"all that is stored takes {size(total)}, and nothing is ever deleted",
            "darwinflow storage retention --dry-run",
        )
