"""Formats of `check` for programs, one a module: `written(reports, summary, strict=...)` is the whole output."""

from typing import Protocol

from darwinflow.cli.findings import FileReport, Summary

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


def readable(text: str) -> str:
    """*text* with the names of files in it read as UTF-8, whatever this machine takes them for; else with U+FFFD."""
    return text if text.isascii() else text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
