"""`duplicate-node-id`: two nodes have one id, so an edge could mean either."""

from collections.abc import Iterator

from darwinflow.check.finding import ERROR, Finding
from darwinflow.check.mistaken import own_name
from darwinflow.check.words import shown
from darwinflow.document.problem import Related, elsewhere
from darwinflow.projection.projection import Projection


def duplicate_node_id(projection: Projection) -> Iterator[Finding]:
    graph = projection.graph
    for name, places in graph.repeats.items():
        first = graph.place(graph.numbers[name])
        assert first is not None
        related = [Related(projection.id_span(first), "the first")]
        more = map(projection.id_span, places[1:])
        related += elsewhere(more, len(places) - 1, "and another")
        if len(places) == 1:
            message = f"two nodes are called '{shown(name)}'; an id stands for one"
        else:
            message = f"{len(places) + 1} nodes are called '{shown(name)}'; an id stands for one"
        fixes = own_name(projection, places[0])
        yield Finding(
            "duplicate-node-id", ERROR, projection.id_span(places[0]), message, tuple(related), fixes
        )
