"""`upstream-avoidable`: some way to where an output is read leaves out the node that gives it."""

from collections.abc import Iterator

from darwinflow.check.finding import HINT, Finding
from darwinflow.check.references.remark import Remark
from darwinflow.check.references.rows import nodes_read
from darwinflow.check.references.subject import Citation, Condition
from darwinflow.check.words import shown
from darwinflow.model.span import Span


def avoidable_in_condition(condition: Condition) -> Iterator[Remark]:
    if condition.read is None or condition.read.tree is None:
        return
    told: set[str] = set()
    for use, node in nodes_read(condition.text):
        if node.name in told or not node.is_sound or not condition.scope.is_node(node.name):
            continue
        verdicts = [(source, condition.verdict(source, node.name)) for source in condition.sources]
        unsure = [source for source, verdict in verdicts if not verdict.is_sure]
        # An edge from several nodes joins what they give: one of them is enough.
        if len(unsure) == len(verdicts) and any(verdict.is_known for _, verdict in verdicts):
            told.add(node.name)
            span = condition.writing.span(use.offset, use.offset + len(use.name))
            yield _remark(span, node.name, unsure[0])


def avoidable_in_context(citation: Citation) -> Iterator[Remark]:
    name, reader = citation.reference.name, citation.node.name
    if not citation.reference.is_sound or not citation.scope.is_node(name):
        return
    verdict = citation.scope.verdict(reader, name)
    if verdict.is_known and not verdict.is_sure:
        yield _remark(citation.writing.span(0, len(name)), name, reader)


def _remark(span: Span, name: str, reader: str) -> Remark:
    message = f"some way to '{shown(reader)}' leaves '{shown(name)}' out, and then its output is missing here"
    return Remark(Finding("upstream-avoidable", HINT, span, message))
