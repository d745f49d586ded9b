"""From a workspace and its settings to what the methods of a connection may touch."""

import os
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING

from darwinflow.daemon.erasing import Erasing
from darwinflow.daemon.learning import Learner
from darwinflow.daemon.texts import workflow_in
from darwinflow.daemon.workflow_folders import WorkflowFolders
from darwinflow.events.hub import Hub
from darwinflow.model.errors import OrganizationNotFound, StoreUnwritable
from darwinflow.ports.inspection import Verdict
from darwinflow.ports.tenant import TenantStore
from darwinflow.rpc.session import Retaining, Session
from darwinflow.storage.opening import faults_of_system
from darwinflow.storage.organization import OrganizationStores
from darwinflow.tenancy.personal import PERSONAL, Person

if TYPE_CHECKING:
    from darwinflow.model.workflow import Workflow
    from darwinflow.settings.workspace import WorkspaceSettings

MOST_KEPT = 256


class Sessions:
    """Opens sessions for one person. Thread-safe."""

    def __init__(
        self,
        person: Person,
        stores: OrganizationStores,
        hub: Hub,
        erasing: Erasing,
        retaining: Retaining,
        learner: Learner,
        arriving: TenantStore,
        durability: str,
        system_db: str,
        now: Callable[[], datetime],
    ) -> None:
        self._person = person
        self._stores = stores
        self._hub = hub
        self._erasing = erasing
        self._retaining = retaining
        self._learner = learner
        self._arriving = arriving
        self._durability = durability
        self._system_db = system_db
        self._now = now
        self.lacks = stores.missing()
        """Of runs that were stored and were gone at the start, a sentence for each place."""
        self._folders = WorkflowFolders(os.path.dirname(system_db))
        self._kept: OrderedDict[tuple[str, str | None], WorkspaceSettings] = OrderedDict()
        self._lock = Lock()

    def open(self, workspace: str, settings: str | None) -> Session:
        """Raises `OrganizationNotFound`; `StoreUnwritable` where the settings' store lies outside the workspace."""
        workspace = os.path.normpath(workspace)
        read = self._read(workspace, settings)
        if read.organization != PERSONAL:
            raise OrganizationNotFound(
                f"you belong to no organization '{read.organization}'",
                hint=f"organization: {PERSONAL} in {os.path.join(workspace, '.darwinflow.yaml')}",
            )
        folder = folder_inside(workspace, read.workflows_path)
        if os.path.isdir(folder):
            self._folders.note(read.project, folder)
        return Session(
            organization=read.organization,
            project=read.project,
            workspace=workspace,
            account=self._person.account.name,
            tenant=self._stores.tenant,
            arriving=self._arriving,
            durability=self._durability,
            hub=self._hub,
            workflows=self._stores.workflows(read.project, folder, workflow_in),
            verify=self._verify,
            states=self._stores.states,
            growth=self._stores.growth,
            approve=partial(self._approved, workspace, read, folder),
            now=self._now,
            erase=partial(self._erasing.erase, read.project),
            audit=self._erasing.audit,
            backups=self._erasing.backups,
            retaining=self._retaining,
            learn=partial(self._learner.catch_up, read.project),
        )

    def _approved(
        self, workspace: str, settings: "WorkspaceSettings", folder: str, text: str, path: str | None
    ) -> "Workflow":
        """Who asks is about to publish it into *folder*."""
        workflow = _approved(workspace, settings, text, path)
        self._folders.note(settings.project, folder)
        return workflow

    def project_of(self, workspace: str | None, settings: str | None) -> str:
        """Of a run that was recorded there. What its settings say of an organization waits for organizations."""
        return self._read(os.path.normpath(workspace) if workspace else "", settings).project

    def _verify(self) -> Verdict:
        found = self._stores.verify()
        return found._replace(faults=(*faults_of_system(self._system_db), *found.faults))

    def _read(self, workspace: str, settings: str | None) -> "WorkspaceSettings":
        key = (workspace, settings)
        with self._lock:
            known = self._kept.get(key)
            if known is not None:
                self._kept.move_to_end(key)
                return known
        from darwinflow.settings.workspace import parse  # with the engine of documents: after the start

        read = parse(settings, os.path.basename(workspace))
        with self._lock:
            self._kept[key] = read
            if len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        return read


def _approved(workspace: str, settings: "WorkspaceSettings", text: str, path: str | None) -> "Workflow":
    if settings.names_no_store:
        raise StoreUnwritable(
            f"the settings of {workspace} name no folder where workflows could be stored",
            hint="darwinflow check shows what is wrong with it",
        )
    from darwinflow.daemon.approval import approved  # with all rules and their schemas: for who publishes

    return approved(text, path, workspace, settings)


def folder_inside(workspace: str, path: str) -> str:
    """*path* below *workspace*, also where links on the way lead elsewhere."""
    root = os.path.realpath(workspace)
    found = os.path.realpath(os.path.join(root, path))
    if ".git" in found.removeprefix(root).casefold().split("/"):
        raise StoreUnwritable(
            f"the workflows of {workspace} would be stored in {found}, which git keeps for itself",
            hint="name another folder under workflows: path:",
        )
    if found != root and not found.startswith(root.rstrip("/") + "/"):
        raise StoreUnwritable(
            f"the workflows of {workspace} would be stored in {found}, outside of it",
            hint="name a folder inside the workspace under workflows: path:",
        )
    return found
