"""All runs of an organization with what is kept beside them, into a file and out of it."""

from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple

from darwinflow.model.stores import StoreChoice
from darwinflow.storage.composed.tenant import ComposedTenantStore
from darwinflow.storage.moving import Taken, runs_of, take_in
from darwinflow.storage.organization import OrganizationStores
from darwinflow.storage.project_notes import NotesTaken, ProjectNotes, notes_in, notes_of, said_of
from darwinflow.storage.run_file import FiledRun, Index, read_notes, read_runs, write_runs


class Kept(NamedTuple):
    """What goes into a file, in the order in which it is to be read."""

    notes: list[ProjectNotes]
    runs: Iterator[FiledRun]


def kept_of(stores: OrganizationStores, metrics: StoreChoice | None = None) -> Kept:
    """*metrics* is what figures are kept on, where *stores* were opened for others. Raises `StoreError`, as reading does."""
    projects = stores.projects()
    notes = notes_of(stores.log_store(), stores.metrics_store(metrics), projects)
    return Kept(notes, runs_of(stores.tenant, projects))


def export(kept: Kept, path: str) -> Index:
    """Into the new file *path*. Raises as `write_runs`, and what reading does."""
    return write_runs(path, kept.runs, chain.from_iterable(map(said_of, kept.notes)))


def take_in_file(stores: OrganizationStores, path: str) -> Taken:
    """What the file *path* holds, each run once. Nothing may be recorded meanwhile. Raises `StoreError`."""
    if isinstance(stores.tenant, ComposedTenantStore):
        stores.tenant.settled()
    notes = NotesTaken(stores.log_store(), stores.metrics_store(), notes_in(read_notes(path)))
    taken = take_in(stores.tenant, notes.seeing(read_runs(path)))
    notes.mark()
    return taken
