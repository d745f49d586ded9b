"""The lines of a segment: one JSON object each, which says of itself whether it is whole.

A line begins with `{"format":1,"batch":N,"record":KIND,` and ends with the checksum of what stands before it:

| record  | what it says | fields |
|---------|--------------|--------|
| run     | a finished run, whole | time, project, runId, status, log |
| start   | a run begins; its steps follow | time, project, runId, log |
| step    | a step of a live run came, or went on | project, runId, index, step |
| lost    | the program of a live run is gone | project, runId |
| journal | so many bytes of a recorder's journal are taken in ; null: it is forgotten | journal, taken; where not 0 and false: needed, hasRefused |
| pending | something is to be counted and announced | number, project, runId, kind |
| settled | it is, up to this number | number |
| erased  | nothing of a run is kept any more; for good: nor ever taken in again | project, runId, forGood |
| gone    | so many runs of a project were deleted at least | project, runs |
| pinned  | retention leaves a run alone, or no longer | project, runId, pinned |
| end     | the batch is complete: so many records lie before this one | records, time |

`log` and `step` are in the form of `storage/log_codec.py`.
"""

import json
import re
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from json import JSONEncoder
from typing import Any, NamedTuple
from zlib import crc32

from darwinflow.model.errors import SchemaTooNew

FORMAT = 1

RUN, START, STEP, LOST = "run", "start", "step", "lost"
ERASED, GONE, PINNED = "erased", "gone", "pinned"
JOURNAL, PENDING, SETTLED, END = "journal", "pending", "settled", "end"

Record = dict[str, Any]
"""`Any` because it is JSON; `log_replay.py` and `log_session.py` alone look inside."""

# UTF-8 rather than escapes: people search in these files for words in their own language.
_text = JSONEncoder(separators=(",", ":"), ensure_ascii=False, check_circular=False).encode
_ascii = JSONEncoder(separators=(",", ":"), check_circular=False).encode

_CHECKSUM = re.compile(rb',"checksum":"([0-9a-f]{8})"\}')
_CHECKSUM_BYTES = len(',"checksum":"00000000"}')
BEGINNING = b'{"format":'
_MOST_TRIES = 64
"""Of what may end a record in a damaged line: a value of a user's may be full of such ends."""


class Piece(NamedTuple):
    """A part of a segment that is a record, or none that can be read."""

    offset: int
    length: int
    """Without the line's end."""
    record: Record | None


def line_of(batch: int, kind: str, /, **fields: object) -> bytes:
    record = {"format": FORMAT, "batch": batch, "record": kind, **fields}
    try:
        open_ = _text(record)[:-1].encode()
    except UnicodeEncodeError:
        open_ = _ascii(record)[:-1].encode()  # a lone half of a surrogate pair has no UTF-8
    return b'%b,"checksum":"%08x"}\n' % (open_, crc32(open_))


def record_in(line: bytes) -> Record | None:
    """What *line*, without its end, says; None where it is not what was written.

    Raises `SchemaTooNew` where a newer version has written it.
    """
    end = len(line) - _CHECKSUM_BYTES
    found = _CHECKSUM.fullmatch(line, max(end, 0))
    if found is None or int(found[1], 16) != crc32(line[:end]):
        return None
    record: Record = json.loads(line)
    if record["format"] > FORMAT:
        raise SchemaTooNew(f"a line of format {record['format']}; this version knows {FORMAT}")
    return record


def pieces_of(line: bytes, offset: int) -> Iterator[Piece]:
    """The records of *line*, which lies at *offset*: one, but where damage has joined several into one line."""
    record = record_in(line)
    if record is not None:
        yield Piece(offset, len(line), record)
        return
    done = 0
    for found in islice(_CHECKSUM.finditer(line), _MOST_TRIES):
        begin = line.find(BEGINNING, done, found.start())
        record = record_in(line[begin : found.end()]) if begin >= 0 else None
        if record is None:
            continue
        if begin > done:
            yield Piece(offset + done, begin - done, None)
        yield Piece(offset + begin, found.end() - begin, record)
        done = found.end()
    if done < len(line):
        yield Piece(offset + done, len(line) - done, None)


def instant(moment: datetime) -> str:
    """RFC 3339 with Z, for people who read the file."""
    return moment.isoformat().replace("+00:00", "Z")
