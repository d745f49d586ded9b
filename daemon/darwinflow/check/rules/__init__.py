"""Every rule, in the order in which findings at one place are shown.

A rule is a generator function of what its scope gives it: an *item* rule of a `Subject`, whose findings are kept
with the segment; a *graph* rule of a `Projection`, which runs only when ids, types or edges have changed.
"""

from darwinflow.check.rules.cycle import cycle
from darwinflow.check.rules.duplicate_edge import duplicate_edge
from darwinflow.check.rules.duplicate_node_id import duplicate_node_id
from darwinflow.check.rules.edge_constraint import edge_constraint
from darwinflow.check.rules.edge_end_not_allowed import edge_end_not_allowed
from darwinflow.check.rules.edge_unknown_node import edge_unknown_node
from darwinflow.check.rules.empty_workflow import empty_workflow
from darwinflow.check.rules.endless_cycle import endless_cycle
from darwinflow.check.rules.invalid_value import invalid_value
from darwinflow.check.rules.missing_field import missing_field
from darwinflow.check.rules.no_path_to_end import no_path_to_end
from darwinflow.check.rules.parallel_edge import parallel_edge
from darwinflow.check.rules.reserved_id import reserved_id
from darwinflow.check.rules.self_loop import self_loop
from darwinflow.check.rules.unknown_field import unknown_field
from darwinflow.check.rules.unknown_node_type import unknown_node_type
from darwinflow.check.rules.unreachable_node import unreachable_node
from darwinflow.check.rules.wrong_type import wrong_type

ITEM_RULES = (unknown_node_type, unknown_field, missing_field, wrong_type, invalid_value)
GRAPH_RULES = (
    empty_workflow,
    duplicate_node_id,
    reserved_id,
    edge_unknown_node,
    edge_end_not_allowed,
    edge_constraint,
    self_loop,
    parallel_edge,
    cycle,
    duplicate_edge,
    endless_cycle,
    unreachable_node,
    no_path_to_end,
)
RULES = {"item": ITEM_RULES, "graph": GRAPH_RULES}
