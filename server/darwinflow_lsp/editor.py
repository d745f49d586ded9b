"""What one editor has open and is told: diagnostics after each edit, a word when history has changed.

Neither frames nor the daemon are its business: a conversation and a link are given to it.
"""

import gc
import os
from collections.abc import Callable, Collection

from darwinflow.catalog.type_file import TypeFile
from darwinflow.check.drafts import is_stored
from darwinflow.check.engine import Checked
from darwinflow.document.document import Document
from darwinflow.model.errors import DaemonAway
from darwinflow.recorder.paths import Workspace, workspace_of
from darwinflow_lsp.around import Around
from darwinflow_lsp.background import Background
from darwinflow_lsp.border import results
from darwinflow_lsp.border.params import Change
from darwinflow_lsp.border.places import Places
from darwinflow_lsp.border.uris import key_of, path_of, uri_of
from darwinflow_lsp.checks import Checks
from darwinflow_lsp.conversation import Conversation
from darwinflow_lsp.documents import Documents
from darwinflow_lsp.handshake import Client
from darwinflow_lsp.history import History
from darwinflow_lsp.messages import WARNING, Params
from darwinflow_lsp.opening import Openings, Soon
from darwinflow_lsp.snapshot import Snapshot
from darwinflow_lsp.subjects import Link, Named, Subject, Subjects
from darwinflow_lsp.type_faults import TypeFaults
from darwinflow_lsp.weight import is_long

HISTORY_CHANGED = "darwinflow/historyChanged"


class Editor:
    def __init__(self, conversation: Conversation) -> None:
        self.has_published = False
        """Whether diagnostics were sent: what can wait until then may begin."""
        self.edits = 0
        """How many documents were opened or changed so far."""
        self._link: Link | None = None
        self._background: Background | None = None
        self._conversation = conversation
        self._checks = Checks()
        self.openings = Openings(self._on_opened)
        """Long documents of which only the beginning was checked so far."""
        self.documents = Documents(self._checks, self.openings, self._on_arrived)
        """Those that are open."""
        self._unpublished: dict[str, None] = {}
        self._unhashed: set[str] = set()
        """Edited, and not looked at since for which text of which workflow they are."""
        self._opened = False
        """One of those was opened, and its history is wanted at once."""
        self._subjects = Subjects()
        self._watched: dict[str, Workspace] = {}
        """Workspaces whose histories were ever asked for, by folder."""
        self._histories: dict[tuple[str, str], History] = {}
        self._explained: set[str] = set()
        """Why histories are missing, as the client was told."""
        self._around = Around(self.documents, self._checks, self._histories, self._publish, self._on_named)
        self._type_faults = TypeFaults(self.documents, self._checks, self._publish_file)

    @property
    def client(self) -> Client:
        return self._conversation.client

    def join(self, link: Link | None, background: Background, soon: Soon) -> None:
        """From here on there is a way to the daemon, None where none may be asked, and to do long work beside."""
        self._link = link
        self._background = self._around.background = background
        self.documents.join(background)
        self.openings.join(background, soon)
        self.on_quiet()

    def open(self, uri: str, version: int | None, text: str) -> None:
        self._on_edited(self.documents.open(uri, version, text))
        self._opened = True

    @property
    def wants_loop(self) -> bool:
        """Whether there is something that only a loop can do, or can do now."""
        return self.has_published or self.documents.has_arrivals

    def _on_arrived(self, key: str) -> None:
        self._publish(key)
        if not self.documents.is_opening(key):
            self._on_opened(key, None)

    def _on_opened(self, key: str, checked: Checked | None) -> None:
        if checked is not None:
            self.documents.completed(key, checked)
            self._publish(key)
            # What stays for long is nothing that the collector has to look at.
            gc.freeze()
        self._unhashed.add(key)
        self._around.edited(key)
        self._conversation.resume(key)
        self.on_quiet()

    def change(self, uri: str, version: int | None, changes: list[Change]) -> None:
        key = self.documents.change(uri, version, changes, self.client.encoding)
        if key is not None:
            self._on_edited(key)

    def _on_edited(self, key: str) -> None:
        self._conversation.withdraw(key)
        self._unpublished[key] = None
        self._unhashed.add(key)
        self._around.edited(key)
        self.edits += 1

    def saved(self, uri: str) -> None:
        """A file of settings or of a graph type that was saved may change what holds for all others."""
        path = path_of(uri)
        if path is not None and self._checks.decides_for_others(path):
            self.settings_changed()

    def close(self, uri: str) -> None:
        key = key_of(uri)
        closed = self.documents.close(uri)
        if closed is None:
            return
        self._unpublished.pop(key, None)
        self._unhashed.discard(key)
        self._around.closed(key)
        self._conversation.long_answers.withdraw(key)
        self._conversation.resume(key)
        if self._subjects.drop(key) and self._link is not None:
            self._watch()
        self._conversation.notify(
            "textDocument/publishDiagnostics", {"uri": closed.snapshot.uri, "diagnostics": []}
        )
        self._type_faults.closed(closed.path)

    def settings_changed(self) -> None:
        self._checks.forget()
        for key in self.documents.recheck():
            self._unpublished[key] = None
            self._unhashed.add(key)
            if not self.documents.is_opening(key):
                self._conversation.resume(key)
        self.publish_due()
        if self._link is not None:
            self._watch()
        self._around.look_at_all()
        self.on_quiet()

    def _publish(self, key: str) -> None:
        self._unpublished[key] = None
        self.publish_due()

    def _publish_file(self, path: str, file: TypeFile | None) -> None:
        """Send the diagnostics of a file that is not open."""
        if file is None:
            self._conversation.notify(
                "textDocument/publishDiagnostics", {"uri": uri_of(path), "diagnostics": []}
            )
            return
        snapshot = Snapshot(uri_of(path), None, file.document, self._checks.type_file(file))
        self._conversation.send_encoded(results.publication(snapshot, self.places(snapshot), self.client))

    def publish_due(self) -> None:
        """Send the diagnostics of what was edited, once after any number of edits; the last first."""
        while self._unpublished:
            key, _ = self._unpublished.popitem()
            opened = self.documents.get(key)
            if opened is not None and not self.documents.is_arriving(key):
                snapshot = opened.snapshot
                self._conversation.send_encoded(
                    results.publication(snapshot, self.places(snapshot), self.client)
                )
                self.has_published = True
        if self._opened and self._link is not None:
            self.on_quiet()

    def snapshot(self, uri: str) -> Snapshot | None:
        """The document as it is now, with what is known of its past; None where it is not open."""
        key = key_of(uri)
        opened = self.documents.get(key)
        if opened is None:
            return None
        if not self._histories or opened.path is None:
            return opened.snapshot
        projection = opened.snapshot.checked.projection
        if projection is None or projection.header.id is None:
            return opened.snapshot
        folder = self._checks.workspace(opened.path).folder
        return opened.snapshot._replace(history=self._histories.get((folder, projection.header.id)))

    def check_of(self, snapshot: Snapshot) -> Callable[[Document, Checked], Checked]:
        """What checks the outcome of an edit of its document, with the check before that edit."""
        path = path_of(snapshot.uri)
        return lambda document, previous: self._checks.check(document, path, previous)

    def places(self, snapshot: Snapshot) -> Places:
        return Places(snapshot.document.lines, self.client.encoding)

    def on_quiet(self) -> None:
        """Look at the files around those that were edited, and find out which texts of which workflows they are.

        The latter with a link, to ask for their history.
        """
        self._around.look()
        self._type_faults.tell()
        if self._link is None or not self._unhashed:
            return
        unhashed, self._opened = self._unhashed, False
        self._unhashed = {key for key in unhashed if self.documents.is_opening(key)}
        unhashed -= self._unhashed
        for key in unhashed:
            opened = self.documents.get(key)
            if opened is None:
                continue
            projection = opened.snapshot.checked.projection
            name = None if projection is None else projection.header.id
            version = None if projection is None else projection.header.version
            if opened.path is None or projection is None or name is None or version is None:
                if self._subjects.drop_own(key):
                    self._watch()
                continue
            subject = Subject(self._checks.workspace(opened.path).folder, name, version, "")
            self._hash(key, opened.snapshot.document, projection.root_index, subject)

    def _hash(self, key: str, document: Document, root_index: int, subject: Subject) -> None:
        """Compute the content hash of *document*, a long one's beside the loop, and go on from there."""

        def work() -> str:
            from darwinflow.projection.content_hash import content_hash

            return content_hash(document.data(root_index))

        def done(found: str) -> None:
            opened = self.documents.get(key)
            if opened is None or opened.snapshot.document is not document:
                return  # edited meanwhile: the next quiet moment has its turn
            self.documents.hashed(key, found)
            if self._subjects.put(key, subject._replace(content_hash=found)):
                self._watch()
            else:
                # Edited and edited back: lenses that were asked for in between lack the text's own figures.
                self.announce(subject.folder, {subject.workflow})

        if is_long(document) and self._background is not None:
            self._background(work, done)
        else:
            done(work())

    def know(self, folder: str, history: History) -> None:
        """A workflow's past, as hovers and lenses show it from now on."""
        before = self._histories.get((folder, history.workflow))
        self._histories[folder, history.workflow] = history
        if before is None or before.versions != history.versions:
            self._around.look_at_all()

    def forget(self, folder: str) -> None:
        """The workspace *folder* may be of another project now, with another past."""
        for place in [place for place in self._histories if place[0] == folder]:
            del self._histories[place]
        self._around.forget_texts(folder)

    def know_text(self, folder: str, workflow: str, version: int, text: str) -> None:
        """The text of a published version that an open document names."""
        self._around.know_text(folder, workflow, version, text)

    def announce(self, folder: str, workflows: set[str]) -> None:
        """Tell the client that the past of these workflows is known anew."""
        uris = [
            opened.snapshot.uri
            for key, opened in self.documents
            if (subject := self._subjects.own(key)) is not None
            and subject.folder == folder
            and subject.workflow in workflows
        ]
        if uris:
            self._conversation.notify(HISTORY_CHANGED, {"uris": uris})
            if self.client.refreshes_lenses:
                self._conversation.ask("workspace/codeLens/refresh")

    def explain_absence(self, cause: str) -> None:
        """Tell the client, once for each *cause*, why no history is shown."""
        if cause not in self._explained:
            self._explained.add(cause)
            message = f"no history of workflows is shown: {cause}"
            self._conversation.notify("window/logMessage", {"type": WARNING, "message": message})

    async def ask_daemon(self, uri: str | None, method: str, params: Params) -> Params:
        """The daemon's answer about the workspace of the file *uri*, or of the one that was opened first."""
        if self._link is None:
            raise DaemonAway("this workspace is not trusted, so no daemon is asked")
        return await self._link.call(self._workspace_for(uri), method, params)

    def is_published(self, snapshot: Snapshot) -> bool:
        """Whether it is a version in the store, which never changes."""
        path, settings = self.path_in_workspace(snapshot.uri), snapshot.checked.settings
        return path is not None and settings is not None and is_stored(path.replace(os.sep, "/"), settings)

    def path_in_workspace(self, uri: str) -> str | None:
        """Where the open file *uri* lies in its workspace; None where it is no file."""
        opened = self.documents.get(key_of(uri))
        if opened is None or opened.path is None:
            return None
        return os.path.relpath(opened.path, self._checks.workspace(opened.path).folder)

    def workspace_folder(self, uri: str) -> str:
        """That of the open file *uri*; of a text in no file, that of the current folder."""
        return self._workspace_for(uri).folder

    def _workspace_for(self, uri: str | None) -> Workspace:
        opened = None if uri is None else self.documents.get(key_of(uri))
        candidates = [opened] if opened is not None else [each for _, each in self.documents]
        path = next((each.path for each in candidates if each.path is not None), None)
        return workspace_of(os.getcwd()) if path is None else self._checks.workspace(path)

    def _watch(self) -> None:
        assert self._link is not None
        wanted = self._subjects.by_folder()
        for folder, subjects in wanted.items():
            opened = self.documents.get(next(iter(subjects.values())))
            assert opened is not None
            assert opened.path is not None
            self._watched[folder] = self._checks.workspace(opened.path)
        for folder, workspace in self._watched.items():
            self._link.watch(workspace, set(wanted.get(folder, ())))

    def _on_named(self, key: str, asked: Collection[Named]) -> None:
        """What is *asked* matters to the document of *key*: it is fetched, and kept as its own history is."""
        opened = self.documents.get(key)
        if self._link is None or opened is None or opened.path is None:
            return
        if self._subjects.name(key, self._checks.workspace(opened.path).folder, asked):
            self._watch()
