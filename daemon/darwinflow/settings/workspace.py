"""`.darwinflow.yaml`: what a repository says of its workflows. Nothing outside the workspace can be named in it."""

from typing import Any, NamedTuple

from darwinflow.document.document import Document
from darwinflow.document.node import MAP, SCALAR, Node
from darwinflow.document.problem import Problem
from darwinflow.model.span import Span

INVALID = "settings-invalid"
SEVERITIES = ("error", "warning", "hint", "off")
_ELSEWHERE = frozenset({"storage", "retention", "organizations", "keys"})
"""What only the user's own `config.yaml` may say."""
_SHAPES = {
    "organization": "text",
    "project": "text",
    "workflows": "mapping",
    "graph-types": "text",
    "severity": "mapping",
    "ignore": "mapping",
    "run": "mapping",
}
_WORDS = {"text": "a text", "mapping": "a mapping"}


class WorkspaceSettings(NamedTuple):
    organization: str
    """A name such as `personal`, not an opaque id."""
    project: str
    workflows_path: str
    """The folder of the file store, relative to the workspace."""
    workflow_files: tuple[str, ...]
    """Patterns of the files that are looked at, relative to the workspace; empty: every YAML file."""
    severity: tuple[tuple[str, str], ...]
    """Code and one of `SEVERITIES`."""
    problems: tuple[Problem, ...]


def defaults(folder_name: str) -> WorkspaceSettings:
    """What holds where a workspace says nothing. *folder_name* is its folder's own name."""
    return WorkspaceSettings("personal", folder_name or "workspace", "workflows", (), (), ())


def parse(text: str | None, folder_name: str) -> WorkspaceSettings:
    """The settings in *text*, with what is wrong in them; None where the workspace has no such file."""
    usual = defaults(folder_name)
    if text is None:
        return usual
    document = Document.parse(text)
    problems = document.problems()
    if not document.roots or document.roots[0].kind is None:
        return usual._replace(problems=tuple(problems))
    root = _root_node(document)
    data = document.data(0)
    if not isinstance(data, dict) or root is None:
        problems.append(Problem(INVALID, "the settings must be a mapping", Span(0, 0, 0, 1)))
        return usual._replace(problems=tuple(problems))
    reading = _Reading(document, problems)
    reading.keys(data)
    workflows = reading.mapping(data, "workflows", ("path", "files"))
    return WorkspaceSettings(
        reading.text(data, "organization") or usual.organization,
        reading.text(data, "project") or usual.project,
        reading.inner_path(workflows) or usual.workflows_path,
        reading.patterns(workflows),
        reading.severity(data),
        tuple(sorted(problems, key=lambda problem: problem.span)),
    )


def _root_node(document: Document) -> Any:
    root = document.roots[0]
    return root if root.kind == MAP else None


class _Reading:
    """Takes values out of the file and notes what does not fit, at its place."""

    def __init__(self, document: Document, problems: list[Problem]) -> None:
        self._document = document
        self._problems = problems

    def keys(self, data: dict[str, Any]) -> None:
        for name, value in data.items():
            if name in _ELSEWHERE:
                self.note(
                    (name,), f"'{name}' belongs in config.yaml of the user's machine, not in a repository"
                )
            elif name not in _SHAPES and not name.startswith("x-"):
                self.note((name,), f"the settings have no '{name}'; they may have {', '.join(_SHAPES)}")
            elif name in _SHAPES and not isinstance(value, str if _SHAPES[name] == "text" else dict):
                self.note((name,), f"'{name}' must be {_WORDS[_SHAPES[name]]}")

    def mapping(self, data: dict[str, Any], name: str, known: tuple[str, ...]) -> dict[str, Any]:
        value = data.get(name)
        if not isinstance(value, dict):
            return {}
        for key in value:
            if key not in known:
                self.note((name, key), f"'{name}' has no '{key}'; it may have {', '.join(known)}")
        return value

    def text(self, data: dict[str, Any], name: str) -> str | None:
        value = data.get(name)
        return value if isinstance(value, str) and value.strip() else None

    def inner_path(self, workflows: dict[str, Any]) -> str | None:
        """The store's folder, which must lie inside the workspace."""
        value = workflows.get("path")
        if value is None:
            return None
        if not isinstance(value, str) or not value:
            self.note(("workflows", "path"), "'path' must be a folder inside the workspace")
            return None
        if value.startswith(("/", "~", "\\")) or ".." in value.replace("\\", "/").split("/"):
            self.note(("workflows", "path"), f"'{value}' leads out of the workspace; name a folder inside it")
            return None
        return value

    def patterns(self, workflows: dict[str, Any]) -> tuple[str, ...]:
        value = workflows.get("files", [])
        given = [value] if isinstance(value, str) else value
        if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
            self.note(("workflows", "files"), "'files' must be a list of patterns such as flows/*.yaml")
            return ()
        return tuple(given)

    def severity(self, data: dict[str, Any]) -> tuple[tuple[str, str], ...]:
        value = data.get("severity")
        found: list[tuple[str, str]] = []
        for code, severity in value.items() if isinstance(value, dict) else ():
            if severity in SEVERITIES:
                found.append((code, severity))
            else:
                words = f"{', '.join(SEVERITIES[:-1])} or {SEVERITIES[-1]}"
                self.note(("severity", code), f"the severity of '{code}' must be {words}")
        return tuple(found)

    def note(self, path: tuple[str, ...], message: str) -> None:
        self._problems.append(Problem(INVALID, message, self._span(path)))

    def _span(self, path: tuple[str, ...]) -> Span:
        """The key that *path* leads to, else the nearest one above it."""
        best = Span(0, 0, 0, 1)
        document = self._document
        for at, section in enumerate(document.roots[0].sections):
            for index in range(-1 if section.head is not None else 0, len(section.segments)):
                segment = section.segment(index)
                line = document.segment_start(0, at, index)
                key = segment.key
                if key is not None and key.source == path[0]:
                    best = key.span.moved(line)
                node = segment.node
                pairs = segment.pairs or (node.pairs if node is not None else ())
                if section.key_text == path[0] and len(path) > 1:
                    best = next((span.moved(line) for span in _keys(pairs, path[1])), best)
                elif section.key is None or document.roots[0].layout != "map":
                    best = next((span.moved(line) for span in _keys(pairs, path[0])), best)
        return best


def _keys(pairs: tuple[tuple[Node, Node], ...], name: str) -> list[Span]:
    return [key.span for key, _ in pairs if key.kind == SCALAR and key.source == name]
