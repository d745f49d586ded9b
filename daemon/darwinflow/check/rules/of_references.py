"""The rules of conditions and contexts: a *condition* rule of a `Condition`, a *citation* rule of a `Citation`.

They run where the names in them show that something is wrong; a file in which nothing is does not import them.
"""

from darwinflow.check.rules.condition_never_true import condition_never_true
from darwinflow.check.rules.condition_not_upstream import condition_not_upstream
from darwinflow.check.rules.condition_syntax import condition_syntax
from darwinflow.check.rules.condition_type import condition_type
from darwinflow.check.rules.condition_unknown_name import condition_unknown_name
from darwinflow.check.rules.context_not_upstream import context_not_upstream
from darwinflow.check.rules.context_syntax import context_syntax
from darwinflow.check.rules.context_unknown_node import context_unknown_node
from darwinflow.check.rules.upstream_avoidable import avoidable_in_condition, avoidable_in_context

CONDITION_RULES = (
    condition_syntax,
    condition_type,
    condition_unknown_name,
    condition_not_upstream,
    condition_never_true,
    avoidable_in_condition,
)
CITATION_RULES = (context_syntax, context_unknown_node, context_not_upstream, avoidable_in_context)
