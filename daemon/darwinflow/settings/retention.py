"""The block `retention` of `config.yaml`: how long runs are kept, and where they go then."""

from typing import Any

from darwinflow.model.retention import Retention, Rule, Rules
from darwinflow.settings.places import Path
from darwinflow.settings.reading import Reading

_KINDS = ("succeeded", "failed")
_FORMAT = "jsonl.zst"
_MOST_DAYS = 36_500
_MOST_RUNS = 1_000_000


def retention_in(reading: Reading, data: dict[str, Any], path: Path, usual: Retention) -> Retention:
    """What *data*, to which *path* leads, says; *usual* where it says nothing."""
    if data.get("retention") is None:
        return usual
    block = reading.mapping(data, "retention", (*_KINDS, "workflows", "archive"), path=path)
    here = (*path, "retention")
    rules = _rules(reading, block, here)
    of_workflows = _of_workflows(reading, block, here, rules)
    return Retention(rules, of_workflows, _archive(reading, block, here))


def _rules(reading: Reading, block: dict[str, Any], path: Path) -> Rules:
    return Rules(*(_rule(reading, block, path, kind) for kind in _KINDS))


def _of_workflows(
    reading: Reading, block: dict[str, Any], path: Path, usual: Rules
) -> tuple[tuple[str, Rules], ...]:
    """A kind that a workflow says nothing of is as with the others; `keep` says that it is kept."""
    found = block.get("workflows")
    if found is None:
        return ()
    here = (*path, "workflows")
    if not isinstance(found, dict):
        reading.note(here, "'workflows' must be a mapping of ids to what holds for them")
        return ()
    given = []
    for name in found:
        own = reading.mapping(found, name, _KINDS, path=here)
        rules = Rules(
            *(
                None
                if own.get(kind) == "keep"
                else _rule(reading, own, (*here, name), kind)
                if kind in own
                else getattr(usual, kind)
                for kind in _KINDS
            )
        )
        given.append((name, rules))
    return tuple(given)


def _rule(reading: Reading, block: dict[str, Any], path: Path, kind: str) -> Rule | None:
    if block.get(kind) is None:
        return None
    given = reading.mapping(block, kind, ("days", "keep_last"), path=path)
    here = (*path, kind)
    days = _number(reading, given, here, "days", _MOST_DAYS, whole=False)
    keep_last = _number(reading, given, here, "keep_last", _MOST_RUNS, whole=True)
    if "days" not in given and "keep_last" not in given:
        if block[kind] == {}:
            reading.note(here, f"'{kind}' needs 'days', 'keep_last' or both")
        return None
    if days is None or keep_last is None:
        return None
    return Rule(days, int(keep_last))


def _number(
    reading: Reading, given: dict[str, Any], path: Path, name: str, most: int, *, whole: bool
) -> float | None:
    """0 where nothing is said, None where it cannot be."""
    value = given.get(name, 0)
    is_number = isinstance(value, int if whole else (int, float)) and not isinstance(value, bool)
    if is_number and 0 <= value <= most:
        return float(value)
    what = "a whole number" if whole else "a number"
    reading.note((*path, name), f"'{name}' must be {what} from 0 to {most}")
    return None


def _archive(reading: Reading, block: dict[str, Any], path: Path) -> str | None:
    if block.get("archive") is None:
        return None
    given = reading.mapping(block, "archive", ("path", "format"), path=path)
    here = (*path, "archive")
    form = given.get("format", _FORMAT)
    if form != _FORMAT:
        reading.note_word((*here, "format"), f"archives cannot be written as '{form}'", str(form), (_FORMAT,))
    folder = given.get("path")
    if not isinstance(folder, str) or not folder.strip() or "\0" in folder:
        reading.note(
            (*here, "path") if "path" in given else here, "'archive' needs 'path', the folder that runs go to"
        )
        return None
    return folder
