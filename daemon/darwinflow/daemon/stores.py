"""What the user's `config.yaml` and the environment say of where an organization's runs are kept; and writing it."""

import os
import stat
from collections.abc import Mapping
from typing import TYPE_CHECKING

from darwinflow.daemon import unfinished
from darwinflow.model.backup import BackupPlan
from darwinflow.model.errors import SettingsWrong, StoreUnwritable
from darwinflow.model.nearest import nearest
from darwinflow.model.obstacles import obstacle_to_file
from darwinflow.model.retention import Retention
from darwinflow.model.stores import BALLAST_MIB, MOST_BALLAST_MIB, POWER, Stores
from darwinflow.recorder.paths import Home
from darwinflow.storage.durable import make_folders, sync_folder

if TYPE_CHECKING:
    from darwinflow.settings.user import UserSettings

_VARIABLES = "DARWINFLOW_STORAGE_"
BALLAST_VARIABLE = "DARWINFLOW_BALLAST_MIB"
_MAX_BYTES = 1 << 20


def stores_of(home: Home, environ: Mapping[str, str], organization: str) -> Stores:
    """Raises `SettingsWrong` where they say what cannot be, and `Refused` while a migration is not finished: runs must
    not go to another place than was meant.
    """
    unfinished.refuse(home)
    return configured_stores(home, environ, organization)


def configured_stores(home: Home, environ: Mapping[str, str], organization: str) -> Stores:
    """As `stores_of`, for who carries the migration on."""
    settings = _settings(home, environ)
    if settings is None:
        return Stores()
    named = [name for name, _ in settings.organizations]
    if organization not in named and (slip := nearest(organization, named)) is not None:
        raise SettingsWrong(
            f"{config_path(home)}: no organization here is called '{slip}'; did you mean '{organization}'?",
            hint="mend that name; until then nothing is taken from or written to any store",
        )
    return settings.stores_of(organization)


def retention_of(home: Home, environ: Mapping[str, str], organization: str) -> Retention:
    """How long the organization keeps its runs. Raises `SettingsWrong`, `StoreUnwritable`."""
    settings = _settings(home, environ)
    return Retention() if settings is None else settings.retention_of(organization)


def ballast_of(home: Home, environ: Mapping[str, str]) -> int:
    """Bytes of room to keep for when the home's disk is full. Raises `SettingsWrong`, `StoreUnwritable`."""
    given = environ.get(BALLAST_VARIABLE, "")
    if given:
        if not given.isascii() or not given.isdigit() or int(given) > MOST_BALLAST_MIB:
            raise SettingsWrong(
                f"{BALLAST_VARIABLE} cannot be '{given}'; it may be 0, for none, to {MOST_BALLAST_MIB} MiB",
                hint="mend it, here and where the daemon is started, or unset it",
            )
        return int(given) << 20
    settings = _settings(home, environ)
    return (BALLAST_MIB if settings is None else settings.ballast_mib) << 20


def durability_of(home: Home, environ: Mapping[str, str]) -> str:
    """With which databases of SQLite are written. Raises `SettingsWrong`, `StoreUnwritable`."""
    settings = _settings(home, environ)
    return POWER if settings is None else settings.durability


def backup_of(home: Home, environ: Mapping[str, str]) -> BackupPlan:
    """Which backups are made without being asked for. Raises `SettingsWrong`, `StoreUnwritable`."""
    settings = _settings(home, environ)
    return BackupPlan() if settings is None else settings.backup


def _settings(home: Home, environ: Mapping[str, str]) -> "UserSettings | None":
    """None where nobody has said anything."""
    text = config_text(home)
    if text is None and not any(name.startswith(_VARIABLES) for name in environ):
        return None
    from darwinflow.settings.user import parse  # with the engine of documents: for who has something to say

    path = config_path(home)
    settings = parse(text, environ)
    if settings.problems:
        first = settings.problems[0]
        if first.message.startswith(_VARIABLES):
            raise SettingsWrong(
                first.message, hint="mend it, here and where the daemon is started, or unset it"
            )
        more = f", and {len(settings.problems) - 1} more" if len(settings.problems) > 1 else ""
        legal = f"; it may be {', '.join(first.names)}" if first.names else ""
        raise SettingsWrong(
            f"{path}, line {first.span.line + 1}: {first.message}{legal}{more}",
            hint="mend that line; until then nothing is taken from or written to any store",
        )
    return settings


def config_path(home: Home) -> str:
    return os.path.join(home.config, "config.yaml")


def config_text(home: Home) -> str | None:
    """None where there is no such file. Raises `SettingsWrong`, `StoreUnwritable`."""
    path = config_path(home)
    try:
        with open(path, "rb") as file:
            content = file.read(_MAX_BYTES + 1)
        if len(content) > _MAX_BYTES:
            raise SettingsWrong(f"{path} is longer than {_MAX_BYTES >> 20} MiB", hint="make it shorter")
        return content.decode()
    except FileNotFoundError:
        return None
    except OSError as error:
        obstacle = obstacle_to_file(path)
        if obstacle is not None:
            raise StoreUnwritable(str(obstacle), hint=obstacle.advice) from error
        raise StoreUnwritable(
            f"{path} cannot be read: {error.strerror}", hint="give yourself the right to read it"
        ) from error
    except UnicodeDecodeError as error:
        raise SettingsWrong(f"{path} is no UTF-8 at byte {error.start}", hint="save it as UTF-8") from error


def write_config(home: Home, text: str) -> None:
    """Whole or not at all; a link, and who may read it, stay. Raises `StoreUnwritable`."""
    path = os.path.realpath(config_path(home))
    beside = f"{path}.new"
    try:
        make_folders(os.path.dirname(path), 0o700)
        with open(beside, "w", encoding="utf-8", newline="") as file:
            if os.path.exists(path):
                os.fchmod(file.fileno(), stat.S_IMODE(os.stat(path).st_mode))
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
        sync_folder(os.path.dirname(path))
    except OSError as error:
        raise StoreUnwritable(f"{path} cannot be written: {error.strerror}") from error
