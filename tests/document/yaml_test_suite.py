"""The official YAML test suite, read from its own source files with the engine under test."""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from darwinflow.document.document import Document

REPOSITORY = Path(__file__).resolve().parents[2]
CORPORA = Path(os.environ.get("DARWINFLOW_CORPORA", REPOSITORY.parent / "shared" / "corpora"))
FOLDER = CORPORA / "yaml-test-suite" / "src"


class Case(NamedTuple):
    """One text of the suite."""

    name: str
    text: str
    is_valid: bool
    documents: list[Any] | None
    """What the suite gives as JSON, one value a document; None where it gives none."""


def cases() -> Iterator[Case]:
    for path in sorted(FOLDER.glob("*.yaml")):
        document = Document.parse(path.read_text(encoding="utf-8"))
        assert not document.problems(), (path, document.problems())
        inherited: dict[str, Any] = {}
        tests = document.data(0)
        if "skip" in tests[0]:
            continue
        for number, test in enumerate(tests):
            inherited = {**inherited, "fail": False, **test}
            name = path.stem if len(tests) == 1 else f"{path.stem}/{number:02d}"
            source = inherited.get("json")
            documents = None if source is None or inherited["fail"] else list(_json_values(source))
            yield Case(name, visible(inherited["yaml"]), not inherited["fail"], documents)


def visible(text: str) -> str:
    """The text that the suite means; it writes blanks and line ends as visible marks."""
    text = re.sub("—*»", "\t", text.replace("␣", " "))
    text = text.replace("⇔", "\ufeff").replace("←", "\r").replace("↵", "")
    return re.sub("∎\n\\Z", "", text)


def _json_values(source: str) -> Iterator[Any]:
    decoder = json.JSONDecoder()
    at = 0
    source = source.strip()
    while at < len(source):
        value, at = decoder.raw_decode(source, at)
        yield value
        at += len(source[at:]) - len(source[at:].lstrip())
