"""How a daemon that starts goes on with a journal that one before it has begun.

It reads again from where the first run that was not over began, and no more. Runs that began before are over, so what
is said of them there is passed over; a document that was brought before is looked up when a run names it.
"""

from functools import partial

from darwinflow.daemon.fold import Fold, ProjectOf, Understand
from darwinflow.daemon.journals import LEAST_READ_BYTES, Journal, opened, whole_lines
from darwinflow.ports.journals import Taken
from darwinflow.recorder.events import Event, decode

_OF_A_RUN = b'{"v":1,"event":"run.'
"""How a recorder's lines begin that name a document and do not bring it."""


def resumed(path: str, taken: Taken, project_of: ProjectOf, understand: Understand) -> Journal:
    """The journal at *path*, of which so much is *taken* in."""
    fold = Fold(project_of, understand, partial(_earlier_document, path, taken.needed))
    return Journal(path, taken, fold)


def _earlier_document(path: str, end: int, content_hash: str) -> Event | None:
    """What brought the document of *content_hash* in the first *end* bytes. Raises `OSError`, `NoJournal`."""
    wanted = content_hash.encode("ascii", "replace")
    at = 0
    with opened(path) as fd:
        while at < end:
            lines = whole_lines(fd, at, min(LEAST_READ_BYTES, end - at))[0]
            if not lines:
                return None
            found = lines.find(wanted)
            while found >= 0:
                begin, stop = lines.rfind(b"\n", 0, found) + 1, lines.find(b"\n", found)
                event = None if lines.startswith(_OF_A_RUN, begin) else decode(lines[begin:stop])
                if isinstance(event, dict) and (event["event"], event.get("hash")) == (
                    "document",
                    content_hash,
                ):
                    return event
                found = lines.find(wanted, stop)
            at += len(lines)
    return None
