"""What the texts are that programs ran: each is read once, and what was found is kept by its hash."""

import os
from collections import OrderedDict
from threading import Lock
from typing import NamedTuple

from darwinflow.model.workflow import Workflow

MOST_KEPT = 256
MAX_ID_CHARACTERS = 200
"""A longer id is not usable."""


class TextFacts(NamedTuple):
    """Under which name, version and content hash the runs of a text are kept."""

    workflow: str
    version: int
    """0 where the text has no usable id or version; then `workflow` is its file's name."""
    content_hash: str
    """Empty where the text is not known, or cannot be read."""


UNKNOWN_TEXT = TextFacts("unknown", 0, "")
"""Neither text nor file nor workflow was named."""


class Texts:
    """Thread-safe."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, str], TextFacts] = OrderedDict()
        self._lock = Lock()

    def facts(self, text_hash: str, text: str, path: str | None) -> TextFacts:
        """Of the *text* with the hash *text_hash* (both empty: not known) in the file *path*."""
        name = _name_of(path)
        if not text_hash:
            return TextFacts(name, 0, "")
        key = (text_hash, name)
        with self._lock:
            known = self._kept.get(key)
            if known is not None:
                self._kept.move_to_end(key)
                return known
        found = _read(text, name)
        with self._lock:
            self._kept[key] = found
            if len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        return found


def workflow_in(text: bytes) -> Workflow | None:
    """The workflow that a file of the store holds; None where it is not one."""
    from darwinflow.document.document import Document
    from darwinflow.projection.workflow import workflow_of

    try:
        document = Document.parse(text.decode())
    except UnicodeDecodeError:
        return None
    return workflow_of(document)


def _read(text: str, name: str) -> TextFacts:
    from darwinflow.document.document import Document
    from darwinflow.projection.content_hash import content_hash
    from darwinflow.projection.workflow import workflow_of

    document = Document.parse(text)
    workflow = workflow_of(document)
    if workflow is not None and len(workflow.id) <= MAX_ID_CHARACTERS:
        return TextFacts(workflow.id, workflow.version, workflow.content_hash)
    data = document.data(0) if document.roots else None
    return TextFacts(name, 0, content_hash(data) if isinstance(data, dict) else "")


def _name_of(path: str | None) -> str:
    if path is None:
        return UNKNOWN_TEXT.workflow
    name = os.path.basename(path)
    stem, suffix = os.path.splitext(name)
    return (stem if stem and suffix.lower() in (".yaml", ".yml") else name)[
        :MAX_ID_CHARACTERS
    ] or UNKNOWN_TEXT.workflow
