"""The list of the runs that are counted in a project's figures: `<project>/counted.txt`.

Below a line that names the project stands an id a line, each with a checksum of its own: a list with a flipped bit would
take a run for one that was not counted yet. An older list has none, and gets them with the next run that is counted.
"""

import json
import re
from collections.abc import Iterable
from typing import NamedTuple
from zlib import crc32

from darwinflow.model.errors import SchemaTooNew
from darwinflow.storage.files.metric_file import FileTorn

FORMAT = 2
_BARE = 1
"""The format of lists without checksums."""
_LINE = re.compile(r"([A-Za-z0-9._:-]{1,128})(?: ([0-9a-f]{8}))?", re.ASCII)


class CountedList(NamedTuple):
    project: str
    run_ids: list[str]
    """Those that can be read, in the order in which they were counted."""
    is_whole: bool
    """Each line could be read."""
    is_older: bool
    """It has no checksums."""


def addition(project: str, run_ids: Iterable[str], *, is_first: bool) -> str:
    """What these ids are in a project's list."""
    header = [json.dumps({"format": FORMAT, "project": project})] if is_first else []
    return "\n".join([*header, *map(_line_of, run_ids), ""])


def counted_list_in(content: bytes) -> CountedList:
    """Raises `FileTorn` where it does not say whose it is, `SchemaTooNew`."""
    header, *lines = content.decode("ascii", "replace").split("\n")
    try:
        said = json.loads(header)
        format_, project = int(said["format"]), str(said["project"])
    except (ValueError, KeyError, TypeError) as error:
        raise FileTorn from error
    if format_ > FORMAT:
        raise SchemaTooNew(f"it has format {format_}; this version knows {FORMAT}")
    is_older = format_ == _BARE
    run_ids = [run_id for line in lines if (run_id := _id_in(line, is_bare=is_older)) is not None]
    is_ended = bool(lines) and not lines[-1]
    return CountedList(project, run_ids, is_ended and len(run_ids) == len(lines) - 1, is_older)


def _line_of(run_id: str) -> str:
    return f"{run_id} {crc32(run_id.encode('ascii')):08x}"


def _id_in(line: str, *, is_bare: bool) -> str | None:
    found = _LINE.fullmatch(line)
    if found is None or (found[2] is None) is not is_bare:
        return None
    return found[1] if is_bare or _line_of(found[1]) == line else None
