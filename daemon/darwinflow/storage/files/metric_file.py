"""What a file of figures says, and where it lies.

`<project>/<workflow>/v3.json`, `text-<hash>.json`, `hours-2026-11.json` and `nodes-2026-11-27.json`, each written whole with a checksum of
what it says; `<project>/counted.txt` is of `counted_list.py`.
"""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import quote_from_bytes, unquote_to_bytes
from zlib import crc32

from darwinflow.model.errors import SchemaTooNew
from darwinflow.storage.sums import DayKey, Sums

FORMAT = 1
COUNTED = "counted.txt"

_MOST_CHARACTERS = 120
"""Of a name before its hash: file systems take 255 bytes."""
_CHECKSUM = re.compile(rb',\n "checksum": "([0-9a-f]{8})"\n\}\n')
_CHECKSUM_BYTES = len(',\n "checksum": "00000000"\n}\n')

Key = tuple[str, str, str]
"""Project, workflow, and the subject of `storage/summing.py`."""


HourKey = tuple[str, str, int, int]
"""Project, workflow, whole hours since 1970, version."""

_HOUR = re.compile(r"hour ([0-9T:+-]+) version (-?[0-9]+)")
_NODE = re.compile(r"node ([0-9-]+) version (-?[0-9]+) (.*)", re.DOTALL)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class FileTorn(Exception):
    """The content is not what was written."""


def path_of(key: Key) -> str:
    """Relative, of the file that holds the sums of *key*."""
    project, workflow, subject = key
    return f"{name_of(project)}/{name_of(workflow)}/{_file_of(subject)}"


def subject_key(key: HourKey) -> Key:
    """As sums of an hour are called in a file: `hour 2026-11-27T10:00 version 3`."""
    project, workflow, hour, version = key
    begin = (_EPOCH + timedelta(hours=hour)).replace(tzinfo=None)
    return project, workflow, f"hour {begin.isoformat(timespec='minutes')} version {version}"


def hour_key(key: Key) -> HourKey | None:
    """What `subject_key` was given; None for sums that are of no hour."""
    project, workflow, subject = key
    found = _HOUR.fullmatch(subject)
    if found is None:
        return None
    since = datetime.fromisoformat(found[1]).replace(tzinfo=UTC) - _EPOCH
    return project, workflow, since // timedelta(hours=1), int(found[2])


def node_key(key: DayKey, node: str) -> Key:
    """As sums of a node in a day are called in a file: `node 2026-11-27 version 3 classify`."""
    project, workflow, day, version = key
    return project, workflow, f"node {(_EPOCH + timedelta(days=day)).date()} version {version} {node}"


def node_in_key(key: Key) -> tuple[DayKey, str] | None:
    """What `node_key` was given; None for sums that are of no node."""
    project, workflow, subject = key
    found = _NODE.fullmatch(subject)
    if found is None:
        return None
    day = (datetime.fromisoformat(found[1]).replace(tzinfo=UTC) - _EPOCH).days
    return (project, workflow, day, int(found[2])), found[3]


def counted_path(project: str) -> str:
    return f"{name_of(project)}/{COUNTED}"


@contextmanager
def placed(path: str) -> Iterator[None]:
    """`SchemaTooNew` says that it is of *path*."""
    try:
        yield
    except SchemaTooNew as error:
        raise SchemaTooNew(f"{path} cannot be read: {error}") from error


def name_of(text: str) -> str:
    """A folder's name for any *text*, everywhere, and for no two of them the same."""
    quoted = quote_from_bytes(text.encode("utf-8", "surrogatepass"), safe="").replace("~", "%7E")
    if quoted.startswith("."):
        quoted = f"%2E{quoted[1:]}"
    if quoted and text == text.lower() and len(quoted) <= _MOST_CHARACTERS:
        return quoted
    # Some file systems make no difference between cases.
    digest = sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return f"{quoted[:_MOST_CHARACTERS]}~{digest}"


def text_of(name: str) -> str | None:
    """The text whose `name_of` is *name*; None where the name does not tell."""
    try:
        text = unquote_to_bytes(name.partition("~")[0]).decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return None
    return text if name_of(text) == name else None


def content_of(project: str, workflow: str, sums: Mapping[str, Sums]) -> str:
    """The whole file, by subject."""
    said = {
        "format": FORMAT,
        "project": project,
        "workflow": workflow,
        "sums": {
            subject: {
                "runs": one.runs,
                "successes": one.successes,
                "totalMs": one.total_ms,
                "tokens": one.tokens,
                "cost": one.cost,
                "updated": one.updated,
                "durations": {str(bucket): runs for bucket, runs in sorted(one.durations.items())},
            }
            for subject, one in sorted(sums.items())
        },
    }
    return sealed(said)


def sealed(said: Mapping[str, object]) -> str:
    """A whole file that says *said*, readable and with a checksum."""
    text = json.dumps(said, indent=1, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        text = json.dumps(said, indent=1)  # a lone half of a surrogate pair has no UTF-8
    text = text.removesuffix("\n}")
    return f'{text},\n "checksum": "{crc32(text.encode()):08x}"\n}}\n'


def sums_in(content: bytes) -> dict[Key, Sums]:
    """Raises `FileTorn`, `SchemaTooNew`."""
    said = unsealed(content)
    if said["format"] > FORMAT:
        raise SchemaTooNew(f"it has format {said['format']}; this version knows {FORMAT}")
    return {
        (said["project"], said["workflow"], subject): Sums(
            runs=one["runs"],
            successes=one["successes"],
            total_ms=one["totalMs"],
            tokens=one["tokens"],
            cost=one["cost"],
            updated=one["updated"],
            durations={int(bucket): runs for bucket, runs in one["durations"].items()},
        )
        for subject, one in said["sums"].items()
    }


def unsealed(content: bytes) -> Any:
    """What `sealed` was given. Raises `FileTorn`."""
    end = len(content) - _CHECKSUM_BYTES
    found = _CHECKSUM.fullmatch(content, max(end, 0))
    if found is None or int(found[1], 16) != crc32(content[:end]):
        raise FileTorn
    return json.loads(content)


def _file_of(subject: str) -> str:
    kind, _, rest = subject.partition(" ")
    if kind == "version":
        return f"v{rest}.json"
    if kind == "hour":
        return f"hours-{rest[: len('2026-11')]}.json"
    if kind == "node":
        return f"nodes-{rest[: len('2026-11-27')]}.json"
    return f"{kind}-{name_of(rest)}.json"
