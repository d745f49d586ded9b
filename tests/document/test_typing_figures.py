"""All typing states together: is the finding on the right line, what survives, how many findings there are."""

from bench.documents import node_id
from darwinflow.document.document import Document

from .test_typing_states import EDGES, edge_count, ids_in
from .typed_lines import typed_states
from .typing_states import NODES, State, states

ALL = [*states(), *typed_states()]


def is_right(state: State) -> bool:
    """Whether some finding is on the line that was typed."""
    return any(problem.span.line == state.line for problem in Document.parse(state.text).problems())


def kept(state: State) -> tuple[int, int]:
    """How many of the nodes that nobody touched are still there, and of how many."""
    untouched = {node_id(number) for number in range(NODES)} - {state.touched}
    return len(untouched & ids_in(Document.parse(state.text))), len(untouched)


def test_the_figures_over_all_states() -> None:
    assert len({state.text for state in ALL}) == len(ALL) >= 300
    wrong = [state.name for state in ALL if not is_right(state)]
    survivors = [kept(state) for state in ALL]
    lost = [state.name for state, (count, of) in zip(ALL, survivors, strict=True) if count < of]
    counts = [len(Document.parse(state.text).problems()) for state in ALL]
    edges = sum(edge_count(Document.parse(state.text).data(0)) >= EDGES - 1 for state in ALL)
    right = 1 - len(wrong) / len(ALL)
    nodes = sum(count for count, _ in survivors) / sum(of for _, of in survivors)
    print(
        f"\n{len(ALL)} typing states: right line {right:.1%}, untouched nodes kept {nodes:.2%}, "
        f"untouched edges all kept in {edges / len(ALL):.1%}, findings a document {sum(counts) / len(ALL):.2f}"
    )
    print("not on the line:", wrong)
    print("nodes lost:", lost)
    print("most findings:", sorted(zip(counts, [state.name for state in ALL], strict=True))[-12:])
    assert right >= 0.97
    assert nodes >= 0.97
    assert sum(counts) / len(ALL) <= 1.3
