"""Moves what runs and figures are kept on to another back end. No daemon may serve the home meanwhile.

The order is: copy, compare, say so in `config.yaml`, set aside what was left. A file beside the stores says how far
that is (`unfinished.py`), and whoever is killed goes on there; journals lie in the spool and are taken in afterwards.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import Any, NamedTuple

from darwinflow.daemon import unfinished
from darwinflow.daemon.lock import held_by
from darwinflow.daemon.migration_plan import (
    NAMES,
    Asked,
    count_of,
    is_missing,
    joined_team,
    plan,
    refuse_content,
    refuse_full,
    refuse_homeless,
    resolved_choice,
)
from darwinflow.daemon.person import this_person
from darwinflow.daemon.spool_folder import is_journal
from darwinflow.daemon.stores import config_text, configured_stores, retention_of, write_config
from darwinflow.daemon.texts import workflow_in
from darwinflow.daemon.unfinished import COPYING, SWITCHED, Migration
from darwinflow.model.errors import NotFound, Refused, StoreDamaged, StoreUnwritable
from darwinflow.model.stores import FILE, POSTGRES, StoreChoice
from darwinflow.ports.identity import IdentityStore
from darwinflow.ports.parts import LogStore
from darwinflow.ports.workflows import WorkflowRepository
from darwinflow.recorder.paths import Home
from darwinflow.settings.writing import with_stores
from darwinflow.storage import migrating, team
from darwinflow.storage.carrying_marks import erased_there
from darwinflow.storage.composed.tenant import ComposedTenantStore
from darwinflow.storage.figures import Figures
from darwinflow.storage.migrating import Tell
from darwinflow.storage.opening import open_identity, open_organization
from darwinflow.storage.organization import OrganizationStores
from darwinflow.storage.published import VersionsCopied, copy_versions
from darwinflow.storage.setting_aside import set_aside

_COMMAND = "darwinflow storage migrate"
"""What holds the home meanwhile."""


class Outcome(NamedTuple):
    moved: dict[str, tuple[str, str]]
    """From which type to which, by concern."""
    told: dict[str, Any]
    """Of each concern, how much was copied, and a hash of it that does not depend on the back end."""
    kept: list[str]
    """Where what was left lies now."""
    is_done: bool
    """False after a dry run."""


def migrate(home: Home, environ: Mapping[str, str], asked: Asked, tell: Tell, *, dry_run: bool) -> Outcome:
    """Do what is *asked*, or go on with it. Raises `Refused` and `StoreFull` with nothing changed, `DaemonRunning`, and
    what opening stores, reading and writing them raises; then all stays where it was until this is called again.
    """
    with held_by(home, _COMMAND), _identity(home) as identity:
        known = unfinished.read(home)
        if known is None:
            return _from_the_beginning(home, environ, identity, asked, tell, dry_run=dry_run)
        if asked.choices and any(asked.choices.get(one) != move.target for one, move in known.moves.items()):
            raise Refused(
                f"a migration {_said(known)} was begun and is not finished",
                hint="darwinflow storage migrate goes on with it; with --abandon all stays where it was",
            )
        if dry_run:
            return Outcome(_types(known), known.told, [], is_done=False)
        if known.stage == COPYING:
            with _opened(home, environ, identity, known) as stores:
                slug = this_person(identity).organization.slug
                known = _copied(home, environ, slug, known, stores, tell)
        return _finished(home, identity, known)


def abandon(home: Home, environ: Mapping[str, str]) -> list[str]:
    """Leave all where it was, and set aside what was copied so far; where that lies. Raises `NotFound`, `Refused`."""
    with held_by(home, _COMMAND), _identity(home) as identity:
        known = unfinished.read(home)
        if known is None:
            raise NotFound("no migration of this home was begun")
        if known.stage == SWITCHED:
            raise Refused(
                f"the migration {_said(known)} is done but for setting aside what was left",
                hint="darwinflow storage migrate finishes it",
            )
        own = this_person(identity).organization
        _switch(home, environ, own.slug, {concern: move.source for concern, move in known.moves.items()})
        copies = {concern: move.target for concern, move in known.moves.items() if concern != "workflows"}
        kept = set_aside(home.data, own.id, copies, f"{known.aside}-abandoned")
        unfinished.remove(home)
        return kept


def _from_the_beginning(
    home: Home,
    environ: Mapping[str, str],
    identity: IdentityStore,
    asked: Asked,
    tell: Tell,
    *,
    dry_run: bool,
) -> Outcome:
    person = this_person(identity)
    planned = plan(home, environ, person, asked, _now())
    joined = joined_team(environ, planned, person, asked.organization)
    is_elsewhere = joined is not None and joined.id != person.organization.id
    if is_elsewhere and joined is not None and not dry_run:
        slug = person.organization.slug
        archive = retention_of(home, environ, slug).archive
        kept = team.Kept(home.data, configured_stores(home, environ, slug), archive)
        team.bring_in(identity, person.organization.id, joined.id, kept, person.account.id)
    with _opened(home, environ, identity, planned) as stores:
        refuse_full(home, stores, planned)
        refuse_homeless(stores, planned)
        _refuse_damaged_versions(stores, planned, environ)
        looked_at = {
            concern: resolved_choice(move.target, environ)
            for concern, move in planned.moves.items()
            if not (
                dry_run and (is_elsewhere or is_missing(home, person.organization.id, concern, move.target))
            )
        }
        for concern, target in looked_at.items():
            refuse_content(stores, concern, target)
        if dry_run:
            told = {
                "runs": count_of(stores.log_store(), "runs"),
                "countedRuns": count_of(stores.metrics_store(), "countedRuns"),
                "erased": _erased_there(stores, looked_at.get("logs")),
            }
            return Outcome(_types(planned), told, [], is_done=False)
        unfinished.write(home, planned)
        switched = _copied(home, environ, person.organization.slug, planned, stores, tell)
    return _finished(home, identity, switched)


def _erased_there(stores: OrganizationStores, target: StoreChoice | None) -> list[str]:
    if target is None:
        return []
    return erased_there(stores.log_store(), stores.log_store(target), stores.projects())


def _copied(
    home: Home,
    environ: Mapping[str, str],
    slug: str,
    known: Migration,
    stores: OrganizationStores,
    tell: Tell,
) -> Migration:
    """Copy, compare and switch."""
    told: dict[str, Any] = {}
    logs, projects = stores.log_store(), stores.projects()
    if "logs" in known.moves:
        target = stores.log_store(resolved_choice(known.moves["logs"].target, environ))
        total = count_of(logs, "runs")
        migrating.copy_runs(logs, target, projects, total, tell)
        same = migrating.compare_runs(logs, target, projects, total, tell)
        _refuse_more(target, same.runs, known.moves["logs"].target)
        journals = migrating.copy_offsets(logs, target, _journals(home))
        told["logs"] = {**same._asdict(), "journals": journals}
    if "metrics" in known.moves:
        new_store = stores.metrics_store(resolved_choice(known.moves["metrics"].target, environ))
        metrics, new = stores.metrics_store(), new_store
        assert isinstance(metrics, Figures), "every back end can be carried"
        assert isinstance(new, Figures), "every back end can be carried"
        pair = migrating.MetricsPair(stores.metrics_store(), new_store)
        told["metrics"] = migrating.copy_figures(metrics, new, pair, logs, projects)._asdict()
    if "workflows" in known.moves:
        told["workflows"] = _copied_workflows(stores, known, environ)._asdict()
    _switch(home, environ, slug, {concern: move.target for concern, move in known.moves.items()})
    switched = known._replace(stage=SWITCHED, told=told)
    unfinished.write(home, switched)
    return switched


def _copied_workflows(
    stores: OrganizationStores, known: Migration, environ: Mapping[str, str]
) -> VersionsCopied:
    source, target = known.moves["workflows"]
    return copy_versions(
        _workflows(stores, known, resolved_choice(source, environ)),
        _workflows(stores, known, resolved_choice(target, environ)),
    )


def _workflows(
    stores: OrganizationStores, known: Migration, choice: StoreChoice
) -> dict[str, WorkflowRepository]:
    """By project."""
    folders = known.workspaces
    is_in_files = known.moves["workflows"].source.type == FILE
    projects = tuple(folders) if is_in_files else stores.published_projects()
    return {
        project: stores.workflows(project, folders.get(project, ""), workflow_in, choice)
        for project in projects
    }


def _refuse_damaged_versions(
    stores: OrganizationStores, known: Migration, environ: Mapping[str, str]
) -> None:
    """Raises `Refused`: one that is not as it was published would stop the migration half way."""
    if "workflows" not in known.moves:
        return
    sources = _workflows(stores, known, resolved_choice(known.moves["workflows"].source, environ))
    for source in sources.values():
        for workflow in dict.fromkeys(version.workflow for version in source.list_all()):
            for damage in source.damages(workflow):
                raise Refused(
                    f"version {damage.version} of '{workflow}' cannot be moved, and nothing was changed: {damage.message}",
                    hint=damage.advice,
                )


def _switch(home: Home, environ: Mapping[str, str], slug: str, choices: Mapping[str, StoreChoice]) -> None:
    """Let `config.yaml` say *choices*, unless it does already: what holds where nothing is said need not be said."""
    now = configured_stores(home, environ, slug)
    if now != now._replace(**{concern: resolved_choice(one, environ) for concern, one in choices.items()}):
        write_config(home, with_stores(config_text(home), slug, choices, environ))


def _finished(home: Home, identity: IdentityStore, known: Migration) -> Outcome:
    own = this_person(identity).organization
    left = {concern: move.source for concern, move in known.moves.items()}
    kept = set_aside(home.data, own.id, left, known.aside)
    unfinished.remove(home)
    return Outcome(_types(known), known.told, kept, is_done=True)


def _refuse_more(target: LogStore, copied: int, choice: StoreChoice) -> None:
    """A store of this machine holds what was copied, and nothing else. Raises `StoreDamaged`."""
    there = count_of(target, "runs")
    if choice.type != POSTGRES and there != copied:
        raise StoreDamaged(
            f"{copied} runs were copied, and {there} are there; nothing is switched",
            hint="darwinflow storage migrate --abandon, and darwinflow storage verify",
        )


def _journals(home: Home) -> list[str]:
    try:
        return [name for name in os.listdir(home.spool) if is_journal(name)]
    except FileNotFoundError:
        return []


def _types(known: Migration) -> dict[str, tuple[str, str]]:
    return {concern: (move.source.type, move.target.type) for concern, move in known.moves.items()}


def _said(known: Migration) -> str:
    return "; ".join(
        f"of {NAMES[concern]} from {one} to {other}" for concern, (one, other) in _types(known).items()
    )


@contextmanager
def _opened(
    home: Home, environ: Mapping[str, str], identity: IdentityStore, known: Migration
) -> Iterator[OrganizationStores]:
    """The stores that are left, all of whose runs are counted. Raises `StoreUnwritable` where they cannot be."""
    own = this_person(identity).organization
    sources = {concern: resolved_choice(move.source, environ) for concern, move in known.moves.items()}
    stores = open_organization(
        identity,
        own.id,
        home.tenant_db(own.id),
        announce=lambda _: None,
        now=_now,
        stores=configured_stores(home, environ, own.slug)._replace(**sources),
        archive=retention_of(home, environ, own.slug).archive,
    )
    with closing(stores):
        if isinstance(stores.tenant, ComposedTenantStore):
            stores.tenant.settled()
            if stores.tenant.is_behind:
                raise StoreUnwritable(
                    "runs that were recorded last cannot be counted for now", hint="darwinflow storage verify"
                )
        yield stores


@contextmanager
def _identity(home: Home) -> Iterator[IdentityStore]:
    with closing(open_identity(home.system_db, now=_now)) as identity:
        yield identity


def _now() -> datetime:
    return datetime.now(UTC)
