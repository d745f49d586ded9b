"""Takes values out of a settings file and notes what does not fit, at its place."""

import re
from collections.abc import Iterable
from typing import Any

from darwinflow.document.document import Document
from darwinflow.document.problem import DOCUMENT_LIMIT, YAML_SYNTAX
from darwinflow.model.span import Span
from darwinflow.settings.fault import INVALID, Fault, fault_of
from darwinflow.settings.places import Path, key_span, key_spans, value_span

SEVERITIES = ("error", "warning", "hint", "off")
_ALWAYS_ERRORS = frozenset({YAML_SYNTAX, DOCUMENT_LIMIT})
MAX_FAULTS = 100
"""That are told of one file: each is looked for in all of its text."""
MAX_PATTERNS = 1_000
"""Of files, that count of one file."""
MAX_CODES = 1_000
"""That count under one key."""
_NO_NUL = "cannot hold the character NUL"
_UNREADABLE = "\ufffd"
_OTHER = "config.yaml of the user's machine, not in a repository"
_SHAPES: dict[str, type | tuple[type, ...]] = {"text": str, "mapping": dict, "text or mapping": (str, dict)}
_WORDS = {"text": "a text", "mapping": "a mapping"}
_MAPPINGS = {
    "severity": "a mapping of codes to error, warning, hint or off",
    "ignore": "a mapping of codes to patterns of files, such as {secret: [flows/*.yaml]}",
    "graph-types": "a folder, or a mapping such as {path: graph-types, files: {pipeline: [etl/*.yaml]}}",
}
_NO_PATTERN = re.compile(r"^!|\{[^{}]*,[^{}]*\}|\[[^\[\]]+\]")
"""What other tools read as more than the characters it is."""
PathSeverities = tuple[tuple[str, tuple[str, ...], str], ...]


class Reading:
    """One settings file, while it is read."""

    def __init__(self, document: Document, *, other: str = _OTHER) -> None:
        """*other*: where keys belong that are of the other settings file."""
        self._document = document
        self._other = other
        self.faults = [fault_of(problem) for problem in document.problems()]
        self._broken_lines = {fault.span.line for fault in self.faults if fault.code == YAML_SYNTAX}
        self._patterns = 0
        self.codes: list[tuple[str, Span]] = []
        """Codes of findings that the file names."""
        self.graph_types: list[tuple[str, Span]] = []
        """Graph types that the file names."""

    def keys(self, data: dict[str, Any], shapes: dict[str, str], elsewhere: frozenset[str]) -> None:
        """Check the keys at the root. *shapes*: `text`, `mapping` or both by key; *elsewhere*: of the other file."""
        for name, value in data.items():
            if name in elsewhere:
                self._note_elsewhere((name,), name)
            elif name.startswith("x-"):
                continue
            elif name not in shapes:
                self._note_unknown((name,), f"the settings have no '{name}'", name, _left(shapes, data))
            elif value is not None and not isinstance(value, _SHAPES[shapes[name]]):
                self.note((name,), f"'{name}' must be {_MAPPINGS.get(name) or _WORDS[shapes[name]]}")

    def mapping(
        self,
        data: dict[str, Any],
        name: str,
        known: tuple[str, ...],
        elsewhere: frozenset[str] = frozenset(),
        path: Path = (),
    ) -> dict[str, Any]:
        """The mapping *name* of *data*, which *path* leads to; its keys are checked. Empty where there is none."""
        value = data.get(name)
        if not isinstance(value, dict):
            if path and value is not None:
                self.note((*path, name), f"'{name}' must be a mapping")
            return {}
        for key in value:
            if key in elsewhere:
                self._note_elsewhere((*path, name, key), key)
            elif key not in known:
                self._note_unknown((*path, name, key), f"'{name}' has no '{key}'", key, _left(known, value))
        return value

    def text(self, data: dict[str, Any], name: str) -> str | None:
        value = data.get(name)
        if isinstance(value, str) and not value.strip():
            self.note((name,), f"'{name}' must not be empty")
        return value if isinstance(value, str) and value.strip() else None

    def inner_path(self, data: dict[str, Any], *path: str) -> str | None:
        """The folder under the last key of *path* in *data*, which must lie inside the workspace."""
        value = data.get(path[-1])
        if value is None:
            return None
        if not isinstance(value, str) or not value:
            self.note(path, f"'{path[-1]}' must be a folder inside the workspace")
            return None
        if ".git" in value.casefold().split("/"):
            self.note(path, f"'{value}' lies in what git keeps for itself; name a folder beside it")
            return None
        return value if self._is_inside(path, value, "a folder") and self._is_sound(path, value) else None

    def patterns(self, value: Any, *path: str) -> tuple[str, ...]:
        """A list of patterns of files, or one of them."""
        if value is None:
            return ()
        given = [value] if isinstance(value, str) else value
        if not isinstance(given, list) or not all(isinstance(one, str) and one for one in given):
            self.note(path, f"'{path[-1]}' must be a list of patterns such as flows/*.yaml")
            return ()
        at: list[Path] = [path] if isinstance(value, str) else [(*path, index) for index in range(len(given))]
        return tuple([one for one, place in zip(given, at, strict=True) if self._is_pattern(place, one)])

    def files_of_types(self, data: dict[str, Any]) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Names of graph types with the patterns of their files, in the order of the text."""
        path = "graph-types", "files"
        types = self.mapping(data, path[0], ("path", "files")) if isinstance(data.get(path[0]), dict) else {}
        given = types.get("files")
        if given is not None and not isinstance(given, dict):
            self.note(
                path, "'files' must be a mapping of graph types to patterns, such as {pipeline: [etl/*.yaml]}"
            )
        if not isinstance(given, dict):
            return ()
        found: list[tuple[str, tuple[str, ...]]] = []
        for name, files in given.items():
            self.graph_types.append((name, key_span(self._document, (*path, name))))
            if not files:
                self.note((*path, name), f"'{name}' names no files that are of it, such as etl/*.yaml")
            elif patterns := self.patterns(files, *path, name):
                found.append((name, patterns))
        return tuple(found)

    def command(self, data: dict[str, Any], *path: str) -> tuple[str, ...]:
        """A program with its arguments."""
        value = data.get(path[-1])
        if value is None:
            return ()
        if not isinstance(value, list) or not value or not all(isinstance(one, str) for one in value):
            self.note(path, f"'{path[-1]}' must be a list of texts, the program and its arguments")
            return ()
        if any("\0" in one for one in value):
            self.note(path, f"'{path[-1]}' {_NO_NUL}")
            return ()
        return tuple(value)

    def severity(self, data: dict[str, Any]) -> tuple[tuple[tuple[str, str], ...], PathSeverities]:
        """Severities by code: those that hold everywhere, and those of some files, in their order."""
        everywhere: list[tuple[str, str]] = []
        by_path: list[tuple[str, tuple[str, ...], str]] = []
        for code, given in self._by_code(data, "severity"):
            if not isinstance(given, dict):
                if self._is_severity(("severity", code), code, given):
                    everywhere.append((code, given))
                continue
            for pattern, severity in given.items():
                place = ("severity", code, pattern)
                if self._is_pattern(place, pattern) and self._is_severity(place, code, severity):
                    by_path.append((code, (pattern,), severity))
        return tuple(everywhere), tuple(by_path)

    def ignored(self, data: dict[str, Any]) -> PathSeverities:
        """Codes with the files in which they are ignored."""
        found: list[tuple[str, tuple[str, ...], str]] = []
        for code, given in self._by_code(data, "ignore"):
            place = ("ignore", code)
            if given is None or given == []:
                self.note(place, f"'{code}' names no files to ignore it in, such as flows/*.yaml or **")
            elif self._may_be(place, code, "off") and (patterns := self.patterns(given, *place)):
                found.append((code, patterns, "off"))
        return tuple(found)

    def _by_code(self, data: dict[str, Any], name: str) -> list[tuple[str, Any]]:
        value = data.get(name)
        found = list(value.items()) if isinstance(value, dict) else []
        if len(found) > MAX_CODES:
            self.note((name,), f"'{name}' names {len(found)} codes; only the first {MAX_CODES} count")
            del found[MAX_CODES:]
        spans = key_spans(self._document, name) if found else {}
        self.codes += [(code, spans.get(code) or key_span(self._document, (name,))) for code, _ in found]
        return found

    def _is_severity(self, path: Path, code: str, value: Any) -> bool:
        if isinstance(value, str) and value in SEVERITIES:
            return self._may_be(path, code, value)
        given = "nothing" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
        if isinstance(value, (list, dict)):
            given = "a list" if isinstance(value, list) else "a mapping"
        self.note_word(path, f"the severity of '{code}' cannot be {given}", given, SEVERITIES)
        return False

    def _may_be(self, path: Path, code: str, severity: str) -> bool:
        if code not in _ALWAYS_ERRORS or severity == "error":
            return True
        self.note(path, f"'{code}' is always an error: what cannot be read is not checked")
        return False

    def _is_pattern(self, path: Path, value: str) -> bool:
        self._patterns += 1
        if self._patterns == MAX_PATTERNS + 1:
            self.note(
                path,
                f"these settings name more than {MAX_PATTERNS} patterns; those from here on do not count",
            )
        if self._patterns > MAX_PATTERNS or not self._is_inside(path, value, "files"):
            return False
        other = _NO_PATTERN.search(value)
        if other is not None:
            message = (
                f"patterns know '*', '**' and '?' alone; '{other[0]}' stands for its own characters here"
            )
            self.note(path, message)
        return True

    def _is_inside(self, path: Path, value: str, what: str) -> bool:
        if "\0" in value:
            self.note(path, f"a path {_NO_NUL}; name {what} inside the workspace")
            return False
        if not value.startswith(("/", "~", "\\")) and ".." not in value.replace("\\", "/").split("/"):
            return True
        self.note(path, f"'{value}' leads out of the workspace; name {what} inside it")
        return False

    def _is_sound(self, path: Path, value: str) -> bool:
        """Whether *value* says what its author wrote: a folder must not be made by half a name."""
        place = value_span(self._document, path)
        if any(place.covers(fault.span.line, fault.span.column) for fault in self.faults):
            return False  # that is said already
        if _UNREADABLE in value:
            self.note(path, "a path cannot hold U+FFFD, which stands for a character that could not be read")
        return _UNREADABLE not in value

    def _note_elsewhere(self, path: Path, name: str) -> None:
        if self._has_room():
            message = f"'{name}' belongs in {self._other}"
            self.faults.append(Fault(INVALID, message, key_span(self._document, path)))

    def _note_unknown(self, path: Path, message: str, name: str, names: list[str]) -> None:
        if self._has_room():
            span = key_span(self._document, path)
            self.faults.append(Fault(INVALID, message, span, (), name, tuple(names)))

    def note_word(self, path: Path, message: str, name: str, names: tuple[str, ...]) -> None:
        """The value of *path*, *name*, is none of *names*."""
        if self._has_room():
            span = value_span(self._document, path)
            self.faults.append(Fault(INVALID, message, span, (), name, names))

    def note(self, path: Path, message: str) -> None:
        """Something is wrong at the value of *path*, or at its key where that is no one token."""
        span = value_span(self._document, path)
        if self._has_room() and span.line not in self._broken_lines:  # what was meant there nobody knows yet
            self.faults.append(Fault(INVALID, message, span))

    def _has_room(self) -> bool:
        """Whether one more fault is told."""
        return len(self.faults) < MAX_FAULTS


def _left(known: Iterable[str], data: dict[str, Any]) -> list[str]:
    """Keys that may still be given."""
    return [name for name in known if name not in data]
