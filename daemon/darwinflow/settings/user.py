"""`config.yaml` of the user's machine: on what each organization's runs, figures and workflows are kept."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from darwinflow.document.document import Document
from darwinflow.document.node import MAP
from darwinflow.model.backup import BackupPlan
from darwinflow.model.errors import Refused
from darwinflow.model.retention import Retention
from darwinflow.model.span import Span
from darwinflow.model.stores import (
    BALLAST_MIB,
    FILE,
    MEMORY,
    MOST_BALLAST_MIB,
    POSTGRES,
    POWER,
    PROCESS,
    SQLITE,
    StoreChoice,
    Stores,
)
from darwinflow.settings.backup import backup_in
from darwinflow.settings.dsn import resolved
from darwinflow.settings.fault import INVALID, Fault
from darwinflow.settings.places import Path
from darwinflow.settings.reading import Reading
from darwinflow.settings.retention import retention_in

CONFIG_NAME = "config.yaml"
CONCERNS = ("workflows", "logs", "metrics")
_TYPES = {
    "workflows": (FILE, SQLITE, POSTGRES, MEMORY),
    "logs": (SQLITE, FILE, POSTGRES, MEMORY),
    "metrics": (SQLITE, FILE, POSTGRES, MEMORY),
}
"""The first one is what holds where nothing is said."""
_BALLAST, _DURABILITY = "ballast_mib", "durability"
"""Of the whole home, beside the concerns."""
_DURABILITIES = (POWER, PROCESS)
_WITH_PATH = (FILE, SQLITE)
_SHAPES = {"storage": "mapping", "retention": "mapping", "organizations": "mapping", "backup": "mapping"}
_ELSEWHERE = frozenset(
    {"organization", "project", "workflows", "graph-types", "severity", "ignore", "run", "format"}
)
"""What only a workspace's `.darwinflow.yaml` may say."""


class UserSettings(NamedTuple):
    stores: Stores = Stores()
    """Of every organization that has none of its own."""
    organizations: tuple[tuple[str, Stores], ...] = ()
    """By name, such as `personal`."""
    problems: tuple[Fault, ...] = ()
    retention: Retention = Retention()
    """Of every organization that has none of its own."""
    retentions: tuple[tuple[str, Retention], ...] = ()
    """By name."""
    ballast_mib: int = BALLAST_MIB
    """Of the home's disk, kept for when that is full."""
    durability: str = POWER
    """Of databases of SQLite: `power` or `process`."""
    backup: BackupPlan = BackupPlan()

    def stores_of(self, organization: str) -> Stores:
        return dict(self.organizations).get(organization, self.stores)

    def retention_of(self, organization: str) -> Retention:
        return dict(self.retentions).get(organization, self.retention)


def parse(text: str | None, environ: Mapping[str, str]) -> UserSettings:
    """The settings in *text*, with what is wrong in them; None where there is no such file.

    `DARWINFLOW_STORAGE_LOGS`, `..._METRICS` and `..._WORKFLOWS` go before the file: a type, or a DSN.
    """
    wrong: list[Fault] = []
    own = _of_environment(environ, wrong)
    usual = UserSettings(Stores()._replace(**own), (), tuple(wrong))
    if text is None:
        return usual
    document = Document.parse(text)
    reading = Reading(document, other="'.darwinflow.yaml' of a workspace")
    if not document.roots or document.roots[0].kind is None:
        return usual._replace(problems=(*wrong, *reading.faults))
    data = document.data(0)
    if not isinstance(data, dict) or document.roots[0].kind != MAP:
        reading.faults.append(Fault(INVALID, "the settings must be a mapping", Span(0, 0, 0, 1)))
        return usual._replace(problems=(*wrong, *reading.faults))
    reading.keys(data, _SHAPES, _ELSEWHERE)
    stores = _stores(reading, data, (), Stores(), environ)
    found = data.get("organizations")
    organizations: dict[str, Any] = found if isinstance(found, dict) else {}
    retention = retention_in(reading, data, (), Retention())
    named: dict[str, Stores] = {}
    kept: dict[str, Retention] = {}
    for name in organizations:
        block = reading.mapping(organizations, name, ("storage", "retention"), path=("organizations",))
        of_it = _stores(reading, block, ("organizations", name), stores, environ)
        named[name] = of_it._replace(**own)
        kept[name] = retention_in(reading, block, ("organizations", name), retention)
    ballast = _ballast(reading, data)
    durability = _durability(reading, data)
    backup = backup_in(reading, data)
    faults = sorted(reading.faults, key=lambda fault: fault.span)
    return UserSettings(
        stores._replace(**own),
        tuple(named.items()),
        (*wrong, *faults),
        retention,
        tuple(kept.items()),
        ballast,
        durability,
        backup,
    )


def _of_environment(environ: Mapping[str, str], wrong: list[Fault]) -> dict[str, StoreChoice]:
    """By concern; what cannot be read is noted at the beginning of the file."""
    found: dict[str, StoreChoice] = {}
    for name in CONCERNS:
        variable = f"DARWINFLOW_STORAGE_{name.upper()}"
        given = environ.get(variable, "")
        kinds = [kind for kind in _TYPES[name] if kind != POSTGRES]
        if given.startswith(("postgresql://", "postgres://")):
            found[name] = StoreChoice(POSTGRES, None, given)
        elif given in kinds:
            found[name] = StoreChoice(given)
        elif given:
            legal = ", ".join(kinds)
            message = (
                f"{variable} cannot be '{given}'; it may be {legal} or a DSN such as postgresql:///darwinflow"
            )
            wrong.append(Fault(INVALID, message, Span(0, 0, 0, 0)))
    return found


def _stores(
    reading: Reading, data: dict[str, Any], path: Path, usual: Stores, environ: Mapping[str, str]
) -> Stores:
    block = reading.mapping(
        data, "storage", CONCERNS if path else (*CONCERNS, _BALLAST, _DURABILITY), path=path
    )
    found: dict[str, StoreChoice] = {}
    for name in CONCERNS:
        if name in block:
            choice = _choice(reading, block, (*path, "storage"), name, environ)
            if choice is not None:
                found[name] = choice
    return usual._replace(**found)


def _ballast(reading: Reading, data: dict[str, Any]) -> int:
    block = data.get("storage")
    given = block.get(_BALLAST, BALLAST_MIB) if isinstance(block, dict) else BALLAST_MIB
    if isinstance(given, int) and not isinstance(given, bool) and 0 <= given <= MOST_BALLAST_MIB:
        return given
    reading.note(("storage", _BALLAST), f"'{_BALLAST}' must be a whole number from 0 to {MOST_BALLAST_MIB}")
    return BALLAST_MIB


def _durability(reading: Reading, data: dict[str, Any]) -> str:
    block = data.get("storage")
    given = block.get(_DURABILITY, POWER) if isinstance(block, dict) else POWER
    if given not in _DURABILITIES:
        reading.note_word(
            ("storage", _DURABILITY), f"'{_DURABILITY}' cannot be '{given}'", str(given), _DURABILITIES
        )
        return POWER
    return str(given)


def _choice(
    reading: Reading, block: dict[str, Any], path: Path, name: str, environ: Mapping[str, str]
) -> StoreChoice | None:
    given = reading.mapping(block, name, ("type", "path", "dsn"), path=path)
    here = (*path, name)
    kind = given.get("type", _TYPES[name][0])
    if kind not in _TYPES[name]:
        reading.note_word((*here, "type"), f"'{name}' cannot be kept on '{kind}'", str(kind), _TYPES[name])
        return None
    if "path" in given and kind not in _WITH_PATH:
        reading.note((*here, "path"), f"'path' belongs to {' and '.join(_WITH_PATH)} alone")
        return None
    if "dsn" in given and kind != POSTGRES:
        reading.note((*here, "dsn"), "'dsn' belongs to postgres alone")
        return None
    value = given.get("dsn" if kind == POSTGRES else "path")
    if value is None and kind != POSTGRES:
        return StoreChoice(kind)
    if not isinstance(value, str) or not value.strip() or "\0" in value:
        example = "a 'dsn' such as postgresql:///darwinflow" if kind == POSTGRES else "'path' to be a folder"
        reading.note((*here, "dsn" if kind == POSTGRES else "path"), f"{kind} needs {example}")
        return None
    return (
        _with_dsn(reading, (*here, "dsn"), value, environ) if kind == POSTGRES else StoreChoice(kind, value)
    )


def _with_dsn(reading: Reading, path: Path, dsn: str, environ: Mapping[str, str]) -> StoreChoice | None:
    try:
        return StoreChoice(POSTGRES, None, resolved(dsn, environ))
    except Refused as error:
        reading.note(path, str(error))
        return None


def with_team(text: str | None, organization: str, dsn: str, environ: Mapping[str, str]) -> str:
    """The settings *text*, None for none, saying besides that runs and figures are kept in *dsn*.

    *organization* is the name of whose.
    Text that is there stays as it is. Raises `Refused` where it says where they are kept already, or is faulty.
    """
    quoted = dsn.replace("'", "''")
    block = f"storage:\n  logs: {{type: postgres, dsn: '{quoted}'}}\n  metrics: {{type: postgres, dsn: '{quoted}'}}\n"
    there = StoreChoice(POSTGRES, None, resolved(dsn, environ))
    file_alone = {
        name: value for name, value in environ.items() if not name.startswith("DARWINFLOW_STORAGE_")
    }
    found = parse(text, file_alone)
    if not found.problems and _are_on(found, organization, there):
        return text or block
    before = "" if text is None else text if text.endswith("\n") or not text else f"{text}\n"
    after = parse(before + block, file_alone)
    if after.problems or not _are_on(after, organization, there):
        raise Refused(
            f"{CONFIG_NAME} says already where runs and figures are kept, or cannot be read",
            hint=f"set 'logs' and 'metrics' there to {{type: postgres, dsn: '{quoted}'}}, and join again",
        )
    return before + block


def _are_on(settings: UserSettings, organization: str, there: StoreChoice) -> bool:
    stores = settings.stores_of(organization)
    return stores.logs == stores.metrics == there
