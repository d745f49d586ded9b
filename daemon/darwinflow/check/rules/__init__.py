"""Every rule, in the order in which findings at one place are shown.

A rule is a generator function of what its scope gives it: an *item* rule of a `Subject`, whose findings are kept
with the segment; a *header* rule of a `Header`; a *graph* rule of a `Projection`, which runs only when ids, types or
edges have changed; a *condition* rule of a `Condition` and a *citation* rule of a `Citation`, which run where the
names in them show that something is wrong; a *workspace* rule of one workflow and its `Neighbours`, which runs when
somebody knows them.
"""

from darwinflow.check.rules.condition_never_true import condition_never_true
from darwinflow.check.rules.condition_not_upstream import condition_not_upstream
from darwinflow.check.rules.condition_syntax import condition_syntax
from darwinflow.check.rules.condition_unknown_name import condition_unknown_name
from darwinflow.check.rules.context_not_upstream import context_not_upstream
from darwinflow.check.rules.context_syntax import context_syntax
from darwinflow.check.rules.context_unknown_node import context_unknown_node
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
from darwinflow.check.rules.upstream_avoidable import avoidable_in_condition, avoidable_in_context
from darwinflow.check.rules.version_published import version_published
from darwinflow.check.rules.wrong_type import wrong_type

ITEM_RULES = (unknown_node_type, unknown_field, missing_field, wrong_type, invalid_value)
HEADER_RULES = (metadata_key,)
GRAPH_RULES = (
    empty_workflow,
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
CONDITION_RULES = (
    condition_syntax,
    condition_unknown_name,
    condition_not_upstream,
    condition_never_true,
    avoidable_in_condition,
)
CITATION_RULES = (context_syntax, context_unknown_node, context_not_upstream, avoidable_in_context)
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
    "condition": CONDITION_RULES,
    "citation": CITATION_RULES,
    "workspace": WORKSPACE_RULES,
}
