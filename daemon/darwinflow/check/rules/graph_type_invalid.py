"""`graph-type-invalid`: a file of the workspace's graph types says something that no graph type can say."""

from collections.abc import Iterable, Iterator

from darwinflow.check.finding import ERROR, WARNING, Finding, Fix
from darwinflow.check.subject import replacement
from darwinflow.check.words import switch_meant
from darwinflow.document.document import Document
from darwinflow.document.grammar.core_schema import resolved
from darwinflow.document.problem import WARNINGS
from darwinflow.graph.conventions import SWITCH
from darwinflow.model.nearest import nearest
from darwinflow.settings.fault import Fault


def graph_type_invalid(document: Document, faults: Iterable[Fault]) -> Iterator[Finding]:
    """*faults* of the file that *document* is; those of its syntax under their own codes."""
    for fault in faults:
        severity = WARNING if fault.code in WARNINGS else ERROR
        meant = nearest(fault.name, fault.names)
        if fault.names == SWITCH:
            meant = switch_meant(fault.name)
        if not fault.name or meant is None:
            yield Finding(fault.code, severity, fault.span, fault.message, fault.related)
        else:
            message = f"{fault.message}; did you mean '{meant}'?"
            fixes = _changes(document, fault, meant)
            yield Finding(fault.code, severity, fault.span, message, fault.related, fixes)


def _changes(document: Document, fault: Fault, meant: str) -> tuple[Fix, ...]:
    """Puts *meant* in the place of the word at fault; nothing where an alias stands for it."""
    line, column, _, end_column = fault.span
    token = document.lines[line][column:end_column]
    if token.count(fault.name) != 1:
        return ()
    text = token.replace(fault.name, meant)
    if text == meant and not isinstance(resolved(text), str) and meant not in SWITCH:
        text = f"'{text}'"  # the type `null`, which is a text
    return replacement(f"Change to '{meant}'", fault.span, text)
