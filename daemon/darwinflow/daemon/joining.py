"""Bring this machine into an organization that lives on a database server. No daemon may serve the home meanwhile."""

from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime

from darwinflow.daemon.lock import HomeLock
from darwinflow.daemon.person import this_person
from darwinflow.daemon.stores import config_text, retention_of, stores_of, write_config
from darwinflow.recorder.paths import Home
from darwinflow.settings.user import with_team
from darwinflow.storage.opening import open_identity
from darwinflow.storage.team import Kept, Team, bring_in
from darwinflow.tenancy.personal import PERSONAL


def join(home: Home, team: Team, dsn: str, environ: Mapping[str, str]) -> None:
    """From now on the user's organization is *team*, and `config.yaml` says that its runs are kept in *dsn*.

    *dsn* is as the user wrote it: variables stay variables. Raises `DaemonRunning`, `Refused`, and what opening a
    store raises. Done again it changes nothing; whoever was killed half way does it again.
    """
    text = with_team(config_text(home), PERSONAL, dsn, environ)
    lock = HomeLock.taken(home)
    try:
        with closing(open_identity(home.system_db, now=lambda: datetime.now(UTC))) as identity:
            person = this_person(identity)
            own = person.organization
            if own.id != team.id:
                archive = retention_of(home, environ, own.slug).archive
                kept = Kept(home.data, stores_of(home, environ, own.slug), archive)
                bring_in(identity, own.id, team.id, kept, person.account.id)
        write_config(home, text)
    finally:
        lock.release()
