"""`context-not-upstream`: a node reads what another gives that has run on no way to it."""

from collections.abc import Iterator

from darwinflow.check.finding import WARNING, Finding
from darwinflow.check.references.remark import Remark
from darwinflow.check.references.subject import Citation
from darwinflow.check.words import shown


def context_not_upstream(citation: Citation) -> Iterator[Remark]:
    name, reader = citation.reference.name, citation.node.name
    if not citation.reference.is_sound or not citation.scope.is_node(name) or citation.is_known(name):
        return
    if name == reader:
        message = f"'{shown(name)}' reads its own output, and no way leads back to it"
    else:
        message = f"no way leads from '{shown(name)}' to '{shown(reader)}', so there is no output to read"
    span = citation.writing.span(0, len(name))
    yield Remark(Finding("context-not-upstream", WARNING, span, message))
