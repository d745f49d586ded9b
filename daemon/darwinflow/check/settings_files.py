"""Checks a workspace's settings file, as `check` does a workflow."""

from darwinflow.catalog.catalog import Catalog
from darwinflow.check.engine import Checked, Checker
from darwinflow.check.rules.settings_invalid import settings_invalid
from darwinflow.document.document import Document
from darwinflow.settings.workspace import parse


def check_settings(document: Document, catalog: Catalog) -> Checked:
    """Everything wrong in the settings that *document* is. *catalog*: any."""
    found = tuple(settings_invalid(parse(document.lines.text(), "")))
    return Checked(document, (None,) * len(document.roots), None, Checker(catalog), found)
