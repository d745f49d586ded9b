"""`darwinflowd`: the one place where the daemon's parts are made and put together."""

import argparse
import asyncio
import gc
import logging
import os
import sys
from collections.abc import Sequence
from contextlib import closing, suppress
from datetime import UTC, datetime
from functools import partial

from darwinflow.daemon.lock import HomeLock
from darwinflow.daemon.log_file import LogFile
from darwinflow.daemon.sockets import BoundSockets, bind
from darwinflow.model.errors import DaemonRunning, DarwinFlowError, StoreUnwritable
from darwinflow.model.exit_codes import EXIT_FAULT, EXIT_NO, EXIT_USAGE, exit_code_of
from darwinflow.model.obstacles import obstacle_to_file
from darwinflow.model.standard_streams import open_missing
from darwinflow.model.usage import ArgumentParser
from darwinflow.recorder.paths import Home, home_of
from darwinflow.rpc.protocol import EXIT_OTHER_SERVES

_OBJECTS_BETWEEN_COLLECTIONS = 20_000
"""Decoding a batch makes many objects that live for its time only; looking at all of them again and again costs."""

log = logging.getLogger(__name__)


def main(argv: Sequence[str] | None = None) -> int:
    """Returns the exit code: 0 after a stop, `EXIT_OTHER_SERVES` where another daemon serves this home, else as `exit_code_of`."""
    open_missing()
    args = _arguments(argv)
    os.umask(0o077)
    home = home_of(os.environ)
    lock: HomeLock | None = None
    try:
        lock = HomeLock.taken(home)
        _log_to(home)
    except DaemonRunning as error:
        return _complain(error, EXIT_OTHER_SERVES)
    except DarwinFlowError as error:
        if lock is not None:
            lock.release()
        return _complain(error, exit_code_of(error))
    try:
        asyncio.run(_serve(home, lock, args))
    except DarwinFlowError as error:
        log.error("cannot serve: %s", error.with_advice)  # noqa: TRY400 - for the user to act on, not a fault
        return _complain(error, exit_code_of(error))
    except Exception:
        log.exception("the daemon failed")
        _say(f"error: a fault of darwinflow's own stopped the daemon; {home.log_path} says how")
        return EXIT_FAULT
    finally:
        lock.release()
    return 0


async def _serve(home: Home, lock: HomeLock, args: argparse.Namespace) -> None:
    from darwinflow.daemon.backing_up import BackingUp
    from darwinflow.daemon.ballast import BALLAST_FILE, Ballast, Rationed
    from darwinflow.daemon.erasing import Erasing
    from darwinflow.daemon.intake import Intake
    from darwinflow.daemon.learning import Learner
    from darwinflow.daemon.person import this_person
    from darwinflow.daemon.retaining import Retaining, settings_of
    from darwinflow.daemon.service import Service
    from darwinflow.daemon.sessions import Sessions
    from darwinflow.daemon.stores import ballast_of, durability_of, retention_of, stores_of
    from darwinflow.daemon.texts import Texts
    from darwinflow.events.hub import Hub
    from darwinflow.storage.knowing_archive import KnowingArchive
    from darwinflow.storage.opening import open_identity, open_organization

    extension = _honker_extension(os.environ.get("DARWINFLOW_HONKER", ""))
    hub = Hub()
    ballast = Ballast(os.path.join(home.data, BALLAST_FILE), ballast_of(home, os.environ))
    ballast.is_given_up_now()
    with closing(open_identity(home.system_db, now=_now)) as identity:
        person = this_person(identity)
        own = person.organization.id
        chosen = stores_of(home, os.environ, person.organization.slug)
        durability = chosen.durability(durability_of(home, os.environ))
        stores = open_organization(
            identity,
            own,
            home.tenant_db(own),
            announce=hub.announce,
            now=_now,
            extension=extension,
            stores=chosen,
            archive=retention_of(home, os.environ, person.organization.slug).archive,
            durability=durability,
        )
    try:
        settings = settings_of(home, os.environ, person.organization.slug)
        retaining = Retaining(home, own, stores, settings, _now)
        erasing = Erasing(home, stores, retaining, partial(_audited, home, person.account.id))
        learner = Learner(stores, hub)
        _ = retaining.archive  # so that runs in it are known from the first on
        arriving = Rationed(KnowingArchive(stores.tenant, lambda: retaining.last_archive), ballast)
        sessions = Sessions(
            person, stores, hub, erasing, retaining, learner, arriving, durability, home.system_db, _now
        )
        intake = Intake(home.spool, arriving, sessions.project_of, Texts().facts)
        service = Service(
            home,
            lock,
            lambda: _bound(home),
            stores.tenant,
            partial(stores.scrub, "", ()),
            sessions,
            intake,
            (retaining, learner, BackingUp(home, os.environ, stores.still, _now, room=lambda: ballast.room)),
            ballast,
            durability,
            _now,
            args.idle_seconds,
        )
        gc.collect()
        gc.freeze()
        gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS, 10, 10)
        await service.serve(lambda path: _announce_readiness(home, path, on_demand=args.on_demand))
    finally:
        stores.close()


def _audited(home: Home, account: str, action: str, subject: str, details: dict[str, object]) -> None:
    """Rare enough for a connection each time."""
    from darwinflow.storage.opening import open_identity

    with closing(open_identity(home.system_db, now=_now)) as identity:
        identity.audit(account, action, subject, details)


def _honker_extension(named: str) -> str | None:
    """The loadable extension that the user has *named*, if any. Raises `StoreUnwritable`."""
    if not named:
        return None
    path = os.path.abspath(named)  # else SQLite would look for it where libraries lie
    if not os.path.isfile(path):
        raise StoreUnwritable(
            f"DARWINFLOW_HONKER names {path}, which is no file",
            hint="unset DARWINFLOW_HONKER: the built-in adapter does the same",
        )
    return path


def _bound(home: Home) -> BoundSockets:
    """Where the home says, else (a runtime directory goes with the last login) where it would say without one."""
    environ = {name: value for name, value in os.environ.items() if name != "XDG_RUNTIME_DIR"}
    elsewhere = home_of(environ)
    if os.path.isdir(os.path.dirname(home.socket_directory)):
        return bind(home.socket_path)
    return bind(elsewhere.socket_path)


def _announce_readiness(home: Home, socket_path: str, *, on_demand: bool) -> None:
    """Whoever started the daemon reads its standard error until this."""
    if not on_demand:
        _say(f"darwinflowd serves {home.data} at {socket_path}")
        return
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    os.close(nothing)


def _log_to(home: Home) -> None:
    try:
        handler = LogFile(home.log_path)
    except OSError as error:
        obstacle = obstacle_to_file(home.log_path)
        if obstacle is not None:
            raise StoreUnwritable(str(obstacle), hint=obstacle.advice) from error
        raise StoreUnwritable(
            f"{home.log_path} cannot be written: {error.strerror}",
            hint="give yourself the right to write there, or set DARWINFLOW_HOME to another folder",
        ) from error
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.captureWarnings(capture=True)


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = ArgumentParser(
        prog="darwinflowd",
        description="Keeps the history of workflows for one user. Usually started by: darwinflow daemon start",
        epilog=f"exit codes: 0 after a stop, {EXIT_NO} where it cannot serve, {EXIT_USAGE} for wrong usage or "
        f"configuration, {EXIT_FAULT} for a fault of its own, {EXIT_OTHER_SERVES} where another daemon serves the same home",
    )
    parser.add_argument(
        "--idle-seconds",
        type=float,
        metavar="N",
        default=_idle_seconds(os.environ.get("DARWINFLOW_IDLE_SECONDS", "")),
        help="end after so long without clients and journals; never where absent",
    )
    parser.add_argument(
        "--on-demand", action="store_true", help="leave the terminal once clients are answered"
    )
    return parser.parse_args(argv)


def _idle_seconds(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _complain(error: DarwinFlowError, code: int) -> int:
    _say(f"error: {error}")
    if error.advice:
        _say(f"try: {error.advice}")
    return code


def _say(line: str) -> None:
    with suppress(OSError):  # where nobody can be told, the log says it
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()


def _now() -> datetime:
    return datetime.now(UTC)


if __name__ == "__main__":
    sys.exit(main())
