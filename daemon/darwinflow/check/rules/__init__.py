"""Every rule, in the order in which findings at one place are shown.

A rule is a generator function of what its scope gives it: an *item* rule of a `Subject`, whose findings are kept
with the segment; a *header* rule of a `Header`; a *graph* rule of a `Projection`, which runs only when ids, types or
edges have changed; a *workspace* rule of one workflow and its `Neighbours`, which runs when somebody knows them.
Those of conditions and contexts are in `of_references`.
"""

from darwinflow.check.rules.cycle import cycle
from darwinflow.check.rules.duplicate_edge import duplicate_edge
from darwinflow.check.rules.duplicate_node_id import duplicate_node_id
from darwinflow.check.rules.duplicate_version import duplicate_version
from darwinflow.check.rules.edge_constraint import edge_constraint
from darwinflow.check.rules.edge_end_not_allowed import edge_end_not_allowed
from darwinflow.check.rules.empty_workflow import empty_workflow
from darwinflow.check.rules.endless_cycle import endless_cycle
from darwinflow.check.rules.invalid_value import invalid_value
from darwinflow.check.rules.lineage_cycle import lineage_cycle
from darwinflow.check.rules.list_without_key import list_without_key
from darwinflow.check.rules.metadata_key import metadata_key
from darwinflow.check.rules.missing_field import missing_field
from darwinflow.check.rules.no_path_to_end import no_path_to_end
from darwinflow.check.rules.parallel_edge import parallel_edge
from darwinflow.check.rules.parent_newer import parent_newer
from darwinflow.check.rules.parent_unknown import parent_unknown
from darwinflow.check.rules.reserved_id import reserved_id
from darwinflow.check.rules.self_loop import self_loop
from darwinflow.check.rules.subworkflow_inputs import subworkflow_inputs
from darwinflow.check.rules.subworkflow_missing import subworkflow_missing
from darwinflow.check.rules.subworkflow_recursive import subworkflow_recursive
from darwinflow.check.rules.unknown_field import unknown_field
from darwinflow.check.rules.unknown_node_type import unknown_node_type
from darwinflow.check.rules.unreachable_node import unreachable_node
from darwinflow.check.rules.version_published import version_published
from darwinflow.check.rules.wrong_type import wrong_type

ITEM_RULES = (unknown_node_type, unknown_field, missing_field, wrong_type, invalid_value)
HEADER_RULES = (metadata_key,)
GRAPH_RULES = (
    empty_workflow,
    list_without_key,
    duplicate_node_id,
    reserved_id,
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
WORKSPACE_RULES = (
    duplicate_version,
    version_published,
    parent_unknown,
    lineage_cycle,
    parent_newer,
    subworkflow_missing,
    subworkflow_recursive,
    subworkflow_inputs,
)
RULES = {
    "item": ITEM_RULES,
    "header": HEADER_RULES,
    "graph": GRAPH_RULES,
    "workspace": WORKSPACE_RULES,
}
