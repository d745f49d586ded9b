"""`template-unknown-node`: a text takes in the output of a node that does not exist, as `${NODE.output}`.

A text may hold the same for somebody else, as a script does, so only what is a slip of a node's id is told.
"""

from darwinflow.check.finding import WARNING, Finding, Fix
from darwinflow.check.mentions.uses import Uses
from darwinflow.check.words import shown
from darwinflow.model.nearest import nearest
from darwinflow.projection.facts import TARGET
from darwinflow.projection.projection import Projection


def template_unknown_node(projection: Projection, uses: Uses, *, is_told: bool) -> Finding | None:
    """*is_told*: another finding says that there is no such node. None where nothing says that a node is meant."""
    graph = projection.graph
    listed = graph.names[graph.implicit : graph.known]
    fixes: tuple[Fix, ...] = ()
    if uses.name in projection.graph_type.implicit:
        is_end = projection.may_be_end(uses.name, TARGET)
        message = f"{uses.name} gives no output" + ("" if is_end else "; what the run is given is 'input'")
    else:
        message = f"no node is called '{shown(uses.name)}'"
        near = nearest(uses.name, listed)
        if near is not None:
            message += f"; did you mean '{shown(near)}'?"
            number = graph.numbers[near]
            edges = len(graph.successors[number]) + len(graph.predecessors[number])
            fixes = uses.change(near, edges)
        elif not is_told:
            return None
    return Finding(
        "template-unknown-node", WARNING, next(uses.spans()), message, uses.related("and here"), fixes
    )
