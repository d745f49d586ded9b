"""The drafts of a workspace on the disk, as neighbours of the files that are checked.

Nothing is read before a rule asks for it. Of most drafts only id and version matter; these are taken from their
lines where they are written plainly, and a file that has not changed since is not read again.
"""

import os
import re
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, cached_property, lru_cache
from typing import TYPE_CHECKING, NamedTuple

from darwinflow.catalog.own_files import digest_of
from darwinflow.check.neighbours import FileFacts
from darwinflow.document.content import leads_out, read_content
from darwinflow.recorder.paths import SETTINGS_NAME
from darwinflow.settings.workspace import WorkspaceSettings

if TYPE_CHECKING:
    from darwinflow.catalog.catalog import Catalog
    from darwinflow.projection.detect import Selection

SUFFIXES = (".yaml", ".yml")
MOST_ENTRIES = 20_000
"""Files and folders that are walked in search of drafts; a workspace with more is not searched to its end."""
_SKIPPED = frozenset({"node_modules", "__pycache__", "venv"})
"""Folders that hold other people's files; hidden ones are skipped as well."""
_STORED = re.compile(r"[^/]+/v[0-9]+\.yaml\Z")
_MOST_SEARCHES = 4
"""Ids that are searched for one by one; for more, the ids of all drafts are read."""
_FIELD = re.compile(
    rb"^(id|version)[ \t]*:[ \t]+([^\s#&*!|>'\"{}\[\],%@`-][^\r\n#:]*?)[ \t]*(?:[ \t]#[^\r\n]*)?\r?$",
    re.MULTILINE,
)
_NUMBER = re.compile(rb"[0-9]{1,18}")
_LIST = re.compile(rb"^(?:nodes|edges)[ \t]*:", re.MULTILINE)
_ELSEWISE = re.compile(rb"^(?:[\"'?{<%]|\.\.\.|---)", re.MULTILINE)
"""Lines that may give a field in another way, or begin another document."""
_GRAPH_TYPE = b"graph-type"
"""In a comment it says of which graph type a document is."""
_ID = re.compile(rb"^id\b", re.MULTILINE)

Head = tuple[str, int]
"""Id, without regard to case, and version."""


class Stamp(NamedTuple):
    """What tells a file from what it was before a change."""

    modified_ns: int
    changed_ns: int
    size: int
    inode: int


class Seen:
    """What is known of a file as it was at one time."""

    __slots__ = ("facts", "heads", "lacks", "stamp")

    def __init__(self, stamp: Stamp) -> None:
        self.stamp = stamp
        self.facts: FileFacts | None = None
        self.heads: list[Head] | None = None
        """As its lines write them plainly: never what only the settings or the graph types of a workspace can tell."""
        self.lacks: set[bytes] = set()
        """Ids, in small letters, that stand nowhere in it."""


class Drafts:
    """Knows files by their path, relative to the workspace and with slashes; for one round of checks."""

    def __init__(
        self,
        folder: str,
        settings: WorkspaceSettings,
        *,
        given: Mapping[str, Callable[[], FileFacts]] | None = None,
        seen: dict[str, Seen] | None = None,
    ) -> None:
        """*given*: what is in place of the file of a path; *seen*: from earlier rounds, and kept for later ones."""
        self.folder = folder
        self._prefix = os.path.join(folder, "")
        self.settings = settings
        self._facts: dict[str, FileFacts | None] = {}
        self._given = dict(given or {})
        self._seen = {} if seen is None else seen
        self._paths: list[str] | None = None
        self._searches = 0
        self._versions: dict[Head, list[str]] | None = None

    def know(self, path: str, facts: FileFacts) -> None:
        """What was found in the file *path* when it was checked."""
        self._facts[path] = facts

    def file(self, path: str) -> FileFacts | None:
        if path not in self._facts:
            try:
                self._facts[path] = self._given[path]() if path in self._given else self._read_facts(path)
            except Exception:  # noqa: BLE001 - the border between files: a fault of ours is told at the file that has it
                self._facts[path] = FileFacts()
        return self._facts[path]

    def paths(self) -> Sequence[str]:
        if self._paths is None:
            found = draft_paths(self.folder, self.settings, is_whole=self._has_folders(), most=MOST_ENTRIES)
            self._paths = sorted({*found, *self._given})
        return self._paths

    def drafts(self, workflow: str, version: int) -> tuple[str, ...]:
        key = (workflow.casefold(), version)
        if self._versions is None and self._searches < _MOST_SEARCHES:
            self._searches += 1
            name = workflow.lower().encode()
            found = [path for path in self.paths() if key in self._heads(path, name)]
            return tuple(filter(self._may_be_workflow, found))
        if self._versions is None:
            self._versions = {}
            for path in self.paths():
                for head in self._heads(path):
                    self._versions.setdefault(head, []).append(path)
        return tuple(filter(self._may_be_workflow, self._versions.get(key, ())))

    def _has_folders(self) -> bool:
        """Whether files in folders below belong to this workspace: without settings or repository, each has its own."""
        return any(os.path.exists(os.path.join(self.folder, name)) for name in (SETTINGS_NAME, ".git"))

    def _seen_now(self, path: str) -> Seen | None:
        """What is known of a file as it is now; None where there is none."""
        try:
            status = os.lstat(self._prefix + path)
            if stat.S_ISLNK(status.st_mode):
                if leads_out(self._prefix + path, self.folder):
                    return None  # as if it were not there
                status = os.stat(self._prefix + path)
        except OSError:
            return None
        stamp = Stamp(status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino)
        seen = self._seen.get(path)
        if seen is None or seen.stamp != stamp:
            seen = self._seen[path] = Seen(stamp)
        return seen

    def _content(self, path: str) -> bytes:
        try:
            return read_content(self._prefix + path)
        except OSError:
            return b""

    def _read_facts(self, path: str) -> FileFacts | None:
        seen = self._seen_now(path)
        if seen is None or leads_out(self._prefix + path, self.folder):
            return None
        if not self._is_told_by_text:
            return facts_in_text(self._content(path), self._selection(path))
        if seen.facts is None:
            seen.facts = facts_in_text(self._content(path))
        return seen.facts

    @cached_property
    def _is_told_by_text(self) -> bool:
        """Whether nothing beside the text of a file says of which graph type it is."""
        return not self.settings.graph_type_files and (self._types is None or not self._types.detections)

    @cached_property
    def _types(self) -> "Catalog | None":
        """The graph types of the workspace; None where it has none of its own."""
        digest = digest_of(self.folder, self.settings.graph_types_path)
        return _types_of(self.folder, self.settings.graph_types_path, digest) if digest else None

    def _selection(self, path: str) -> "Selection":
        from darwinflow.projection.detect import selection

        return selection(self._types, self.settings.at(path))

    def _may_be_workflow(self, path: str) -> bool:
        """Whether the file *path*, whose text has the head of a workflow, is no graph of another type."""
        return self._is_told_by_text or bool(_heads_of(self.file(path)))

    def _passed_over(self, seen: Seen, content: bytes) -> None:
        """Called with a file that was read and is not of the id that is looked for."""

    def _heads(self, path: str, name: bytes = b"") -> list[Head]:
        """Of each workflow in a draft that has both. *name*: an id in small letters; what is not of it may be left out."""
        if path in self._facts or path in self._given:
            return _heads_of(self.file(path))
        seen = self._seen_now(path)
        if seen is None or name in seen.lacks:
            return []
        if seen.heads is None and seen.facts is None:
            content = self._content(path)
            if name.isascii() and name not in content.lower():
                seen.lacks.add(name)
                self._passed_over(seen, content)
                return []
            seen.heads = plain_head(content)
        return seen.heads if seen.heads is not None else _heads_of(self.file(path))


def _heads_of(facts: FileFacts | None) -> list[Head]:
    return [(one.id.casefold(), one.version) for one in facts.workflows] if facts is not None else []


def plain_head(content: bytes) -> list[Head] | None:
    """Of a text that writes them plainly; nothing where it is none of ours; None: read it whole."""
    if _GRAPH_TYPE in content:
        return None
    if b"id" not in content or (b"nodes" not in content and b"edges" not in content):
        return []
    body = content.removeprefix(b"\xef\xbb\xbf").removeprefix(b"---\n")
    if _ELSEWISE.search(body):
        return None
    if not _ID.search(body):
        return []
    fields = _FIELD.findall(body)
    found = dict(fields)
    if (
        len(fields) != 2
        or len(found) != 2
        or not _NUMBER.fullmatch(found[b"version"])
        or not _LIST.search(body)
    ):
        return None
    try:
        return [(found[b"id"].decode().casefold(), int(found[b"version"]))]
    except UnicodeDecodeError:
        return []


def facts_in_text(content: bytes, beside: "Selection | None" = None) -> FileFacts:
    """What a file says that is a neighbour and is not checked itself. *beside*: see `graph_type_of`; None: nothing."""
    from darwinflow.check.outward import facts_of
    from darwinflow.document.document import Document
    from darwinflow.projection.detect import Selection

    try:
        document = Document.parse(content.decode())
    except UnicodeDecodeError:
        return FileFacts()
    return facts_of(document, _bundled().graph_type, beside or Selection())


@lru_cache(maxsize=8)
def _types_of(folder: str, graph_types_path: str, _digest: str) -> "Catalog":
    """The types of a workspace. *_digest*: of their files, as they are now."""
    from darwinflow.catalog.workspace import for_workspace

    return for_workspace(folder, graph_types_path, _bundled()).catalog


@cache
def _bundled() -> "Catalog":
    from darwinflow.catalog.catalog import Catalog

    return Catalog.bundled()


def draft_paths(folder: str, settings: WorkspaceSettings, *, is_whole: bool, most: int) -> Iterator[str]:
    """Paths of drafts of the workspace *folder*, relative to it and with slashes, sorted within each folder.

    *is_whole*: the folders below belong to it. The search ends after *most* files and folders.
    """
    fits = settings.looked_at()
    is_repository = not os.path.exists(os.path.join(folder, SETTINGS_NAME))
    seen = 0
    for where, folders, names in os.walk(folder):
        seen += len(folders) + len(names)
        is_other = SETTINGS_NAME in names or (is_repository and (".git" in folders or ".git" in names))
        if seen > most or (is_other and where != folder):
            folders.clear()
            continue
        folders[:] = sorted(name for name in folders if is_whole and is_searched(name))
        inner = "" if where == folder else os.path.relpath(where, folder).replace(os.sep, "/") + "/"
        for name in sorted(names):
            path = inner + name
            if (
                name.endswith(SUFFIXES)
                and name != SETTINGS_NAME
                and not is_stored(path, settings)
                and fits(path)
            ):
                yield path


def is_stored(inner: str, settings: WorkspaceSettings) -> bool:
    """Whether a path, relative to its workspace and with slashes, is that of a file of the store."""
    store = settings.workflows_path.strip("/") + "/"
    return inner.startswith(store) and _STORED.match(inner.removeprefix(store)) is not None


def stored_version(path: str) -> tuple[str, int]:
    """The id and version that the path of a file of the store says."""
    workflow, name = path.rsplit("/", 2)[-2:]
    return workflow, int(name.removeprefix("v").removesuffix(".yaml"))


def is_searched(name: str) -> bool:
    """Whether workflows are looked for in a folder of this name."""
    return name not in _SKIPPED and not name.startswith(".")
