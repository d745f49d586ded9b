"""`duplicate-edge-key`: two edges of one workflow have the same key."""

from darwinflow.check.finding import ERROR, Finding
from darwinflow.check.mentions.uses import Uses
from darwinflow.check.words import shown
from darwinflow.document.problem import Related


def duplicate_edge_key(uses: Uses) -> Finding:
    first, second, *more = uses.spans()
    message = f"an edge has the key '{shown(uses.name)}' already; give this one a key of its own, or none"
    related = (Related(first, "the first"), *[Related(span, "and another") for span in more])
    return Finding("duplicate-edge-key", ERROR, second, message, related)
