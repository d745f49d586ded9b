"""`.darwinflow.yaml`: what a repository says of its workflows. Nothing outside the workspace can be named in it."""

from collections.abc import Callable
from typing import NamedTuple

from darwinflow.document.document import Document
from darwinflow.document.formatting.style import HOUSE_STYLE, Style
from darwinflow.document.node import MAP
from darwinflow.model.span import Span
from darwinflow.settings.fault import INVALID, Fault
from darwinflow.settings.format import style_of
from darwinflow.settings.patterns import matcher
from darwinflow.settings.reading import PathSeverities, Reading

_ELSEWHERE = frozenset({"storage", "retention", "organizations", "keys"})
"""What only the user's own `config.yaml` may say."""
_STORE_ELSEWHERE = frozenset({"type", "dsn"})
_SHAPES = {
    "organization": "text",
    "project": "text",
    "workflows": "mapping",
    "graph-types": "text or mapping",
    "severity": "mapping",
    "ignore": "mapping",
    "run": "mapping",
    "format": "mapping",
}


class WorkspaceSettings(NamedTuple):
    organization: str
    """A name such as `personal`, not an opaque id."""
    project: str
    workflows_path: str
    """The folder of the file store, relative to the workspace."""
    workflow_files: tuple[str, ...] = ()
    """Patterns of the files that are looked at, relative to the workspace; empty: every YAML file."""
    graph_types_path: str = "graph-types"
    """The folder of the workspace's own graph types, relative to it."""
    graph_type_files: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Names of graph types, each with patterns of the files that are of it; of several that fit, the first counts."""
    graph_types_named: tuple[tuple[str, Span], ...] = ()
    """Every graph type that the file names, with its place."""
    severity: tuple[tuple[str, str], ...] = ()
    """Code and one of `reading.SEVERITIES`."""
    severity_by_path: PathSeverities = ()
    """Code, patterns of files and severity there; of several that fit, the first one counts."""
    ignored: PathSeverities = ()
    """The same for codes that are ignored in some files; their severity is `off`."""
    run_command: tuple[str, ...] = ()
    """The program that runs a workflow, with its arguments; empty where none is named."""
    codes: tuple[tuple[str, Span], ...] = ()
    """Every code of a finding that the file names, with its place."""
    style: Style = HOUSE_STYLE
    """How workflows are laid out."""
    problems: tuple[Fault, ...] = ()
    names_no_store: bool = False
    """The file names a folder of the file store that cannot be one, so that nobody knows where to publish."""
    file: str = ""
    """The file that these settings hold for, relative to the workspace and with slashes; empty: nobody said which."""

    @property
    def has_patterns(self) -> bool:
        """Whether the file names files of the workspace."""
        return bool(self.workflow_files or self.graph_type_files or self.severity_by_path or self.ignored)

    @property
    def graph_type(self) -> str:
        """The graph type that `file` is of; empty where the settings do not say."""
        return self.graph_type_of(self.file) if self.file and self.graph_type_files else ""

    def graph_type_of(self, path: str) -> str:
        """The graph type that the settings give to the file *path*, relative to the workspace; empty: none."""
        return next((name for name, patterns in self.graph_type_files if matcher(patterns)(path)), "")

    def looked_at(self) -> Callable[[str], bool]:
        """Whether a file, by its path relative to the workspace, is one that commands without names look at."""
        if not self.workflow_files:
            return matcher(())
        others = [pattern for _, patterns in self.graph_type_files for pattern in patterns]
        return matcher((*self.workflow_files, *others))

    def at(self, path: str) -> "WorkspaceSettings":
        """The settings as they hold for the file *path*, relative to the workspace and with slashes."""
        if not self.severity_by_path and not self.ignored:
            return self._replace(file=path)
        own = {
            code: severity
            for code, patterns, severity in (*reversed(self.severity_by_path), *self.ignored)
            if matcher(patterns)(path)
        }
        severity = tuple({**dict(self.severity), **own}.items())
        return self._replace(severity=severity, severity_by_path=(), ignored=(), file=path)


def defaults(folder_name: str) -> WorkspaceSettings:
    """What holds where a workspace says nothing. *folder_name* is its folder's own name."""
    return WorkspaceSettings("personal", folder_name or "workspace", "workflows")


def parse(text: str | None, folder_name: str) -> WorkspaceSettings:
    """The settings in *text*, with what is wrong in them; None where the workspace has no such file."""
    usual = defaults(folder_name)
    if text is None:
        return usual
    document = Document.parse(text)
    reading = Reading(document)
    if not document.roots or document.roots[0].kind is None:
        return usual._replace(problems=tuple(reading.faults))
    data = document.data(0)
    if not isinstance(data, dict) or document.roots[0].kind != MAP:
        reading.faults.append(Fault(INVALID, "the settings must be a mapping", Span(0, 0, 0, 1)))
        return usual._replace(problems=tuple(reading.faults))
    reading.keys(data, _SHAPES, _ELSEWHERE)
    workflows = reading.mapping(data, "workflows", ("path", "files"), _STORE_ELSEWHERE)
    run = reading.mapping(data, "run", ("command",))
    severity, by_path = reading.severity(data)
    files = reading.files_of_types(data)
    store = reading.inner_path(workflows, "workflows", "path")
    return WorkspaceSettings(
        organization=reading.text(data, "organization") or usual.organization,
        project=reading.text(data, "project") or usual.project,
        workflows_path=store or usual.workflows_path,
        workflow_files=reading.patterns(workflows.get("files"), "workflows", "files"),
        graph_types_path=_folder(reading, data) or usual.graph_types_path,
        graph_type_files=files,
        graph_types_named=tuple(reading.graph_types),
        severity=severity,
        severity_by_path=by_path,
        ignored=reading.ignored(data),
        run_command=reading.command(run, "run", "command"),
        style=style_of(reading, data),
        codes=tuple(reading.codes),
        problems=tuple(sorted(reading.faults, key=lambda fault: fault.span)),
        names_no_store=store is None and workflows.get("path") is not None,
    )


def _folder(reading: Reading, data: dict[str, object]) -> str | None:
    given = data.get("graph-types")
    if isinstance(given, dict):
        return reading.inner_path(given, "graph-types", "path")
    return reading.inner_path(data, "graph-types") if isinstance(given, str) else None
