"""Formats of `check` for programs, one a module: `written(reports, summary, strict=...)` is the whole output."""

import re
from typing import Protocol

from darwinflow.cli.findings import FileReport, Summary

STEERING = re.compile("[\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
"""What XML and JSON may hold as it is, and a terminal would obey."""

FORMATS = {
    "json": "plain_json",
    "sarif": "sarif",
    "github": "github",
    "junit": "junit",
}
"""Each with its module, of which only the one that is asked for is imported."""


class Format(Protocol):
    """What a module of this package offers."""

    def written(self, reports: list[FileReport], summary: Summary, *, strict: bool) -> str:
        """*strict*: warnings fail the check as errors do."""
        ...


def written(name: str, reports: list[FileReport], summary: Summary, *, strict: bool) -> str:
    """*reports* in the format *name*, without a line end behind the last line; UTF-8 can write all of it."""
    import importlib

    module: Format = importlib.import_module(f"{__name__}.{FORMATS[name]}")
    return readable(module.written(reports, summary, strict=strict))


def dumped(document: object) -> str:
    """*document* as JSON in which characters stand as they are, but those that would steer a terminal as escapes."""
    import json

    return STEERING.sub(
        lambda found: f"\\u{ord(found[0]):04x}", json.dumps(document, ensure_ascii=False, indent=2)
    )


def readable(text: str) -> str:
    """*text* with the names of files in it read as UTF-8, whatever this machine takes them for; else with U+FFFD."""
    return text if text.isascii() else text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
