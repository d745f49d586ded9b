"""`condition-not-upstream`: a condition reads a node that has run on no way to where it is decided."""

from collections.abc import Iterator

from darwinflow.check.finding import ERROR, Finding
from darwinflow.check.references.remark import Remark
from darwinflow.check.references.rows import nodes_read
from darwinflow.check.references.subject import Condition
from darwinflow.check.words import shown


def condition_not_upstream(condition: Condition) -> Iterator[Remark]:
    if condition.read is None or condition.read.tree is None:
        return
    told: set[str] = set()
    for use, node in nodes_read(condition.text):
        if node.name in told or not node.is_sound or not condition.scope.is_node(node.name):
            continue
        if any(condition.verdict(source, node.name).is_known for source in condition.sources):
            continue  # an edge from several nodes joins what they give
        told.add(node.name)
        span = condition.writing.span(use.offset, use.offset + len(use.name))
        source = shown(condition.sources[0])
        message = f"no way leads from '{shown(node.name)}' to '{source}', so its output is not known here"
        yield Remark(Finding("condition-not-upstream", ERROR, span, message))
