"""How runs are found by a text in their errors.

The newest few errors are gone through: a frequent text fills its page there. Where it does not, the index says which
errors have some threes of the text's bytes, and the error itself whether it has the text. Of a workflow, or of one
text of it, the newest few runs are gone through instead.
"""

from collections.abc import Mapping
from typing import Final

from darwinflow.storage.postgres.database import Link
from darwinflow.storage.postgres.questions import RUNS
from darwinflow.storage.postgres.rows import StoredHeader

_A_FEW: Final = 500
_BYTES: Final = 3
_MOST_LOOKS: Final = 12
"""Into the index, for one text. Of a longer one the error has the last word anyway."""
_NARROWING: Final = ("workflow", "version", "hash", "status", "node")

LAST_OF_A_FEW = f"""
SELECT started, id
FROM darwinflow.run
WHERE organization = %(organization)s AND project = %(project)s
  AND (started, id) >= (%(since)s, %(since_id)s) AND (started, id) < (%(until)s, %(until_id)s)
  AND (%(workflow)s::text IS NULL OR workflow = %(workflow)s)
  AND (%(version)s::bigint IS NULL OR version = %(version)s)
  AND (%(hash)s::text IS NULL OR hash = %(hash)s)
  AND (%(workflow)s::text IS NOT NULL OR %(hash)s::text IS NOT NULL OR errors IS NOT NULL)
ORDER BY started DESC, id DESC LIMIT 1 OFFSET {_A_FEW}
"""  # noqa: S608 - a number
"""Never prepared, as `RUNS`. An index has all of it."""

FOUND = """
SELECT id, workflow, version, hash, status, started, ended, brief::text
FROM darwinflow.runs_with_error(
    %(project)s, %(pieces)s, %(text)s, %(since)s, %(until)s, %(until_id)s, %(most)s
) AS found
JOIN darwinflow.run ON id = found.run
WHERE organization = %(organization)s AND project = %(project)s
  AND (%(workflow)s::text IS NULL OR workflow = %(workflow)s)
  AND (%(version)s::bigint IS NULL OR version = %(version)s)
  AND (%(hash)s::text IS NULL OR hash = %(hash)s)
  AND (%(status)s::text IS NULL OR status = %(status)s)
  AND (%(node)s::text IS NULL OR (brief -> 'nodes') ? %(node)s)
ORDER BY started DESC, id DESC LIMIT %(limit)s
"""


def pieces_of(text: str) -> list[int]:
    """What the index is asked for *text*, as `searchable` has it; nothing where it has no three bytes.

    Of a long one some are taken from all over it: what it begins with is often what many begin with.
    """
    given = text.encode()
    last = len(given) - _BYTES
    if last < 0:
        return []
    apart = max(1, -(-last // (_MOST_LOOKS - 1)))
    return sorted({int.from_bytes(given[at : at + _BYTES], "big") for at in (*range(0, last, apart), last)})


def newest_with_text(link: Link, values: Mapping[str, object], most: int) -> list[StoredHeader]:
    """Up to *most* runs, newest first. *values* are those of `RUNS`, with a text."""
    pieces = pieces_of(str(values["text"]))
    few = link.execute(LAST_OF_A_FEW, values, prepare=False).fetchone() if pieces else None
    if few is None:
        return link.execute(RUNS, values, prepare=False).fetchall()
    started, run_id = few
    newest: list[StoredHeader] = link.execute(
        RUNS, {**values, "since": started, "since_id": run_id}, prepare=False
    ).fetchall()
    if len(newest) >= most:
        return newest
    older = {
        **values,
        "until": started,
        "until_id": run_id,
        "pieces": pieces,
        "limit": most - len(newest),
        "most": most - len(newest) if all(values[name] is None for name in _NARROWING) else None,
    }
    return newest + link.execute(FOUND, older, prepare=False).fetchall()
