"""What runs side by side and is joined has run: no hint, and no error, where one of several ways brings the output."""

import pytest

from darwinflow.catalog.catalog import Catalog
from darwinflow.check.engine import check
from darwinflow.document.document import Document

NODES = """
id: a
version: 1
nodes:
  - {id: ask, type: LLM_DECISION, config: {prompt: "?", options: [bug, question]}}
  - {id: left, type: CLAUDE_CODE, config: {prompt: "l"}}
  - {id: right, type: CLAUDE_CODE, config: {prompt: "r"}}
  - {id: tell, type: CLAUDE_CODE, config: {prompt: "t", context: [left.output, right.output]}}
edges:
""".lstrip()
CHOICE = "  - {from: ask, to: %s, condition: \"output.decision == 'bug'\"}\n  - {from: ask, to: %s, condition: \"output.decision == 'question'\"}\n"
HINT_LEFT = (
    "upstream-avoidable",
    "some way to 'tell' leaves 'left' out, and then its output is missing here",
)
HINT_RIGHT = (
    "upstream-avoidable",
    "some way to 'tell' leaves 'right' out, and then its output is missing here",
)


def said(edges: str, catalog: Catalog) -> list[tuple[str, str]]:
    return [(one.code, one.message) for one in check(Document.parse(NODES + edges), catalog).findings()]


@pytest.mark.parametrize(
    ("edges", "expected"),
    [
        pytest.param(
            "  - {from: START, to: ask}\n"
            + CHOICE % ("right", "END")
            + "  - {from: right, to: [left, tell]}\n  - {from: left, to: tell}\n  - {from: tell, to: END}\n",
            [],
            id="side by side behind one answer",
        ),
        pytest.param(
            "  - {from: START, to: [ask, left, right]}\n"
            + CHOICE % ("tell", "tell")
            + "  - {from: [left, right], to: tell}\n  - {from: tell, to: END}\n",
            [],
            id="side by side from the start",
        ),
        pytest.param(
            "  - {from: START, to: ask}\n"
            + CHOICE % ("left", "right")
            + "  - {from: [left, right], to: tell}\n  - {from: tell, to: END}\n",
            [HINT_LEFT, HINT_RIGHT],
            id="one or the other",
        ),
        pytest.param(
            "  - {from: START, to: ask}\n"
            + CHOICE % ("[left, right]", "END")
            + "  - {from: [left, right], to: tell}\n  - {from: tell, to: END}\n",
            [],
            id="chosen together by one answer",
        ),
        pytest.param(
            "  - {from: START, to: ask}\n"
            + CHOICE % ("[left, right]", "[right, left]")
            + "  - {from: [left, right], to: tell}\n  - {from: tell, to: END}\n",
            [],
            id="chosen together by either answer",
        ),
        pytest.param(
            "  - {from: START, to: ask}\n"
            + CHOICE % ("[left, right]", "right")
            + "  - {from: [left, right], to: tell}\n  - {from: tell, to: END}\n",
            [HINT_LEFT],
            id="one of them chosen alone by another answer",
        ),
        pytest.param(
            "  - {from: START, to: ask}\n"
            + CHOICE % ("[left, END]", "END")
            + "  - {from: left, to: [right, tell]}\n  - {from: right, to: tell}\n  - {from: tell, to: END}\n",
            [],
            id="one behind the other behind one answer",
        ),
        pytest.param(
            "  - {from: START, to: ask}\n"
            + CHOICE % ("left", "tell")
            + "  - {from: left, to: [right, tell]}\n  - {from: right, to: tell}\n  - {from: tell, to: END}\n",
            [HINT_LEFT, HINT_RIGHT],
            id="left out by one answer",
        ),
        pytest.param(
            "  - {from: START, to: ask}\n  - {from: ask, to: [left, right]}\n"
            '  - {from: [left, right], to: tell, condition: "left.output.ok && right.output.ok"}\n'
            '  - {from: [left, right], to: END, condition: "!left.output.ok"}\n  - {from: tell, to: END}\n',
            [],
            id="a condition reads both that it joins",
        ),
        pytest.param(
            "  - {from: START, to: ask}\n  - {from: ask, to: [left, right]}\n"
            '  - {from: [left, right], to: tell, condition: "tell.output.ok"}\n  - {from: tell, to: END}\n',
            [
                (
                    "condition-not-upstream",
                    "no way leads from 'tell' to 'left', so its output is not known here",
                )
            ],
            id="a condition reads what comes behind both",
        ),
    ],
)
def test_what_is_joined_has_run(edges: str, expected: list[tuple[str, str]], catalog: Catalog) -> None:
    assert said(edges, catalog) == expected
