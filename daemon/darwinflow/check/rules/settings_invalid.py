"""`settings-invalid`: `.darwinflow.yaml` says something that it cannot say, or names a code that no finding has."""

from collections.abc import Iterator
from typing import Final

from darwinflow.catalog.catalog import Catalog
from darwinflow.check.codes import CODES
from darwinflow.check.finding import ERROR, WARNING, Finding
from darwinflow.check.subject import replacement
from darwinflow.check.words import any_of, shown
from darwinflow.document.problem import DOCUMENT_LIMIT, WARNINGS
from darwinflow.model.nearest import nearest
from darwinflow.settings.fault import INVALID, Fault
from darwinflow.settings.reading import MAX_FAULTS, SEVERITIES
from darwinflow.settings.workspace import WorkspaceSettings

_OTHER_WORDS: Final = {
    "warn": "warning",
    "err": "error",
    "info": "hint",
    "information": "hint",
    "no": "off",
    "none": "off",
    "never": "off",
    "false": "off",
    "ignore": "off",
    "disabled": "off",
}
"""What other tools call severities."""


def settings_invalid(settings: WorkspaceSettings, catalog: Catalog | None = None) -> Iterator[Finding]:
    """What is wrong in the settings file, in the order of its text; faults of its syntax under their own codes.

    *catalog*: the graph types of the workspace; None: nobody looks whether those that are named are there.
    """
    unknown = [
        Fault(INVALID, f"no finding is called '{shown(code)}'", span, (), code, tuple(sorted(CODES)))
        for code, span in settings.codes
        if code not in CODES
    ]
    if catalog is not None:
        unknown += [
            Fault(
                "unknown-graph-type",
                f"no graph type is called '{shown(name)}'",
                span,
                (),
                name,
                catalog.names,
            )
            for name, span in settings.graph_types_named
            if name not in catalog.names and catalog.lost.isdisjoint((name, ""))
        ]
    faults = sorted((*settings.problems, *unknown), key=lambda one: one.span)
    for fault in faults[:MAX_FAULTS]:
        severity = WARNING if fault.code in WARNINGS else ERROR
        message = fault.message
        meant = nearest(fault.name, fault.names)
        if fault.names == SEVERITIES:
            meant = _OTHER_WORDS.get(fault.name.lower(), meant)
        if meant is not None:
            fixes = replacement(f"Change to '{meant}'", fault.span, meant)
            yield Finding(fault.code, severity, fault.span, f"{message}; did you mean '{meant}'?", (), fixes)
            continue
        if fault.names and len(fault.names) < len(CODES):
            message += f"; it may be {any_of(fault.names)}"
        yield Finding(fault.code, severity, fault.span, message, fault.related)
    if len(faults) >= MAX_FAULTS:
        message = f"more may be wrong in these settings; {MAX_FAULTS} findings are shown"
        yield Finding(DOCUMENT_LIMIT, ERROR, faults[MAX_FAULTS - 1].span, message)
