"""What a backup says of where a home keeps its data: held against config.yaml, or written back where there is none.

Nothing that a backup says makes a home write elsewhere, or to a server, unless who restores has said that it may.
"""

import os
from collections.abc import Mapping
from typing import NamedTuple

from darwinflow.daemon.stores import (
    config_path,
    config_text,
    configured_stores,
    retention_of,
    write_config,
)
from darwinflow.model.errors import Refused, SettingsWrong, StoreDamaged
from darwinflow.model.stores import Stores
from darwinflow.recorder.paths import Home
from darwinflow.settings.kept import STORAGE, Said, on_this_machine, said_in, text_of, within
from darwinflow.settings.user import CONCERNS, UserSettings, parse
from darwinflow.settings.writing import flow_of
from darwinflow.storage.places import place_of_choice, place_of_concern
from darwinflow.tenancy.personal import PERSONAL

_ANY = "x"
"""Stands for the id of an organization where two places are compared."""
_MOST_CHARACTERS = 1 << 20


class Settled(NamedTuple):
    """What holds in a home when a backup is restored."""

    stores: Stores
    archive: str | None
    """That folder, where the settings name one."""
    text: str
    """To be written to config.yaml; empty: nothing is."""
    left_out: tuple[str, ...]
    """Lines of the backup's settings that name servers, or folders outside, and were not taken."""

    @property
    def advice(self) -> str | None:
        """For who is told that something of the backup has no place."""
        if not self.left_out:
            return None
        return f"if you trust this backup with '{self.left_out[0]}': --with-settings; or say it in config.yaml first"

    def write(self, home: Home) -> None:
        """Raises `StoreUnwritable`."""
        if self.text:
            write_config(home, self.text)


def write_settings_part(home: Home, environ: Mapping[str, str]) -> Said:
    """For a backup of *home*, whose settings are sound."""
    return said_in(config_text(home), environ, PERSONAL, home.data)


def settle(
    home: Home, environ: Mapping[str, str], folder: str, said: Said | None, *, trusted: bool
) -> Settled:
    """What is to hold when the backup *folder* is restored, which has *said* this; None where it is too old to say.

    *trusted*: what it says of servers and of folders outside is taken, too. Raises `StoreDamaged` where it cannot be,
    `Refused` where config.yaml says another thing, `SettingsWrong`.
    """
    if said is None:
        return _of_home(home, environ)
    local = on_this_machine(said)
    theirs = _theirs(folder, local)
    if config_text(home) is not None:
        settled = _of_home(home, environ)
    else:
        taken, left_out = (said, ()) if trusted else within(said)
        text = text_of(taken)
        mine = parse(text, environ)
        if mine.problems:
            raise SettingsWrong(
                f"the settings in the backup {folder} cannot be taken: {mine.problems[0].message}",
                hint=f"set what they name, or write {config_path(home)} first",
            )
        settled = Settled(mine.stores, mine.retention.archive, text, left_out)
        theirs = _theirs(folder, on_this_machine(taken))
    on_server = said.get(STORAGE, {}).keys() - local.get(STORAGE, {}).keys()
    _refuse_other(home, folder, settled, theirs, [name for name in CONCERNS if name not in on_server])
    return settled


def _of_home(home: Home, environ: Mapping[str, str]) -> Settled:
    archive = retention_of(home, environ, PERSONAL).archive
    return Settled(configured_stores(home, environ, PERSONAL), archive, "", ())


def _theirs(folder: str, said: Said) -> UserSettings:
    """*said*, which names no server. Raises `StoreDamaged` where settings cannot be so."""
    try:
        text = text_of(said)
        if len(text) > _MOST_CHARACTERS:
            raise ValueError("they are longer than config.yaml may be")  # noqa: TRY301 - told with the others
        found = parse(text, {})
        if found.problems:
            raise ValueError(found.problems[0].message)  # noqa: TRY301
    except (ValueError, RecursionError) as error:
        raise StoreDamaged(
            f"the settings in the backup {folder} cannot be: {error}", hint="take another backup"
        ) from error
    return found


def _refuse_other(
    home: Home, folder: str, settled: Settled, theirs: UserSettings, concerns: list[str]
) -> None:
    """Raises `Refused` where what the backup holds of *concerns*, or of the archive, would lie where nobody looks."""
    for concern in concerns:
        mine, other = getattr(settled.stores, concern), getattr(theirs.stores, concern)
        place = place_of_concern(home.data, _ANY, concern, other)
        if place is not None and place != place_of_concern(home.data, _ANY, concern, mine):
            line = f"storage: {{{concern}: {flow_of(other)}}}"
            raise Refused(
                f"the backup {folder} is of a home that keeps {concern} as {flow_of(other)}, and this one keeps them "
                f"as {flow_of(mine._replace(dsn=None))}",
                hint=f"say '{line}' in {config_path(home)}, or restore into a home that has no config.yaml",
            )
    other_archive = theirs.retention.archive
    if other_archive is not None and _folder(home, other_archive) != _folder(home, settled.archive):
        raise Refused(
            f"the backup {folder} is of a home whose archive is '{other_archive}', and this one "
            + (f"has '{settled.archive}'" if settled.archive is not None else "has none"),
            hint=f"say 'retention: {{archive: {{path: {other_archive}}}}}' in {config_path(home)}, "
            "or restore into a home that has no config.yaml",
        )


def _folder(home: Home, archive: str | None) -> str | None:
    return None if archive is None else os.path.realpath(place_of_choice(home.data, archive, _ANY))
