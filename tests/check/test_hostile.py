"""Documents that somebody made to hang or crash a checker get their findings in time."""

import time

import pytest

from darwinflow.catalog.catalog import Catalog
from darwinflow.check.engine import check
from darwinflow.check.shown import MAX_FINDINGS
from darwinflow.document.document import Document
from darwinflow.document.lines import Edit
from darwinflow.model.span import Span

HEAD = "id: a\nversion: 1\n"
GOOD = "nodes:\n  - {id: n, type: HUMAN_INPUT}\nedges:\n  - {from: START, to: n}\n  - {from: n, to: END}\n"


def bomb(levels: int, width: int, kind: str) -> str:
    lines = [HEAD, "x-bomb:\n", "  a0: &a0 {k: v}\n" if kind == "map" else "  a0: &a0 [x]\n"]
    for level in range(1, levels):
        names = [f"*a{level - 1}"] * width
        entries = (
            ", ".join(f"k{at}: {name}" for at, name in enumerate(names))
            if kind == "map"
            else ", ".join(names)
        )
        lines.append(
            f"  a{level}: &a{level} " + (f"{{{entries}}}" if kind == "map" else f"[{entries}]") + "\n"
        )
    return "".join(lines)


def in_config(levels: int, width: int, kind: str, config: str) -> str:
    node = f"nodes:\n  - id: n\n    type: TOOL_CALL\n    config: {config.format(top=f'*a{levels - 1}')}\n"
    return bomb(levels, width, kind) + node + "edges:\n  - {from: START, to: n}\n  - {from: n, to: END}\n"


HOSTILE = {
    "aliases deep among free arguments": in_config(30, 2, "list", "{{tool: t, args: {{x: {top}}}}}"),
    "aliases where text should be": in_config(12, 9, "list", "{{tool: {top}, args: {top}}}"),
    "mappings of mappings as config": in_config(12, 9, "map", "{top}"),
    "merges of merges": bomb(12, 9, "map").replace("k", "<<: *a0, k") + GOOD,
    "ends that are an alias of many": HEAD + "x: &x [" + "n, " * 5000 + "]\n" + "nodes:\n  - {id: n, type: HUMAN_INPUT}\n" + "edges:\n" + "  - {from: *x, to: END}\n" * 20,
    "everything to everything": HEAD + "nodes:\n" + "".join(f"  - {{id: n{at}, type: HUMAN_INPUT}}\n" for at in range(300)) + "edges:\n  - {from: [" + ", ".join(f"n{at}" for at in range(300)) + "], to: [" + ", ".join(f"n{at}" for at in range(300)) + "]}\n",
    "a thousand slips": HEAD + "nodes:\n" + "".join(f"  - {{id: name{chr(97 + at % 26)}{chr(97 + at // 26)}_of, type: HUMAN_INPUT}}\n" for at in range(600)) + "edges:\n" + "".join(f"  - {{from: nmae{chr(97 + at % 26)}{chr(97 + at // 26)}_fo, to: END}}\n" for at in range(600)),
    "one very long id": HEAD + "nodes:\n  - {id: " + "x" * 200_000 + ", type: HUMAN_INPUT}\nedges:\n  - {from: START, to: " + "y" * 200_000 + "}\n",
    "a long chain": HEAD + "nodes:\n" + "".join(f"  - {{id: n{at}, type: HUMAN_INPUT}}\n" for at in range(5000)) + "edges:\n" + "".join(f"  - {{from: n{at}, to: n{at + 1}}}\n" for at in range(4999)),
    "nothing but unknown fields": HEAD + GOOD + "".join(f"field{at}: 1\n" for at in range(5000)),
    "a node of unknown fields": HEAD + "nodes:\n  - id: n\n    type: HUMAN_INPUT\n" + "".join(f"    field{at}: 1\n" for at in range(3000)) + "edges: []\n",
    "deep nesting": HEAD + GOOD + "x-deep: " + "[" * 3000 + "]" * 3000 + "\n",
    "conditions that nobody can read": HEAD + "nodes:\n" + "".join(f"  - {{id: n-{at}, type: HUMAN_INPUT}}\n" for at in range(1000)) + "edges:\n" + "".join(f"  - {{from: n-{at}, to: END, condition: \"" + "(" * 300 + f"n-{at}.output ==\"}}\n" for at in range(1000)),
    "conditions of unknown names": HEAD + "nodes:\n" + "".join(f"  - {{id: node_{at}, type: HUMAN_INPUT}}\n" for at in range(1500)) + "edges:\n" + "".join(f"  - {{from: node_{at}, to: END, condition: ndoe_{at}.output.x && nodes.noed_{at}.output.y}}\n" for at in range(1500)),
    "contexts that are an alias of many": HEAD + "x: &x [" + "n.output, m.output.y, what, " * 2000 + "]\n" + "nodes:\n" + "".join(f"  - {{id: n{at}, type: HUMAN_INPUT, config: {{context: *x}}}}\n" for at in range(15)) + "edges: []\n",
    "inputs of inputs of inputs": bomb(12, 9, "map") + "nodes:\n  - {id: n, type: SUB_WORKFLOW, config: {workflow: a, inputs: *a11}}\nedges:\n  - {from: START, to: n}\n  - {from: n, to: END}\n",
    "everything reads everything in cycles": HEAD + "nodes:\n" + "".join(f"  - {{id: n{at}, type: HUMAN_INPUT, config: {{context: [" + ", ".join(f"n{other}.output" for other in range(0, 150, 3)) + "]}}\n" for at in range(150)) + "edges:\n  - {from: START, to: n0}\n" + "".join(f"  - {{from: n{at}, to: [n{(at * 7) % 150}, n{(at * 11 + 5) % 150}, n{at - 1 if at else 149}], condition: n{at // 2}.output.x}}\n" for at in range(150)) + "  - {from: n9, to: END}\n",
    "a ladder of cycles in cycles": HEAD + "nodes:\n" + "".join(f"  - {{id: n{at}, type: HUMAN_INPUT, config: {{context: [n0.output, n{at // 2}.output]}}}}\n" for at in range(2000)) + "edges:\n  - {from: START, to: n0}\n" + "".join(f"  - {{from: n{at}, to: [n{at + 1}, n{at // 2}], condition: input.x}}\n" for at in range(1999)) + "  - {from: n1999, to: END}\n",
    "an edge between two, a thousand times": HEAD + "nodes:\n  - {id: n, type: HUMAN_INPUT}\nedges:\n" + "  - {from: START, to: n}\n" * 1000 + "  - {from: n, to: END, condition: \"output.decision == 'a'\"}\n" * 1000,
    "suppressions one below the other": HEAD + GOOD + "# darwinflow: ignore[secret]\n" * 20_000,
    "suppressions on every line": HEAD + GOOD + "x-a:\n" + "  - 1 # darwinflow: ignore[secret, nonsense]\n" * 8_000,
    "suppressions before texts": HEAD + GOOD + "x-a:\n" + "  - | # darwinflow: ignore[secret]\n    AKIAIOSFODNN7EXAMPLE\n" * 8_000,
    "suppressions among quotes": "{" + HEAD.replace("\n", ", ") + "nodes: [], edges: [], x-a: [\n" + '"a", # darwinflow: ignore[secret]\n' * 10_000 + "]}\n",
    "secrets on every line": HEAD + GOOD + "x-a:\n" + "  - ghp_aB3dE5fG7hI9jK1lM2nO4pQ6rS8tU0vWaB3d\n" * 8_000,
    "what begins like secrets": HEAD + GOOD + f"x-a: {'eyJ' * 300_000}\nx-b: x{'-' * 900_000}!\nx-c: {'://a:' * 200_000}\nx-d: {'Bearer ' * 100_000}\nx-e: {'YWFh' * 200_000}\n",
    "one of many answers twice": HEAD + "nodes:\n  - {id: n, type: LLM_DECISION, config: {prompt: a, options: [" + ", ".join(f"a{at}" for at in range(30_000)) + ", a29999]}}\nedges: []\n",
    "codes without end in one suppression": HEAD + "# darwinflow: ignore[" + "a," * 50_000 + "] x\n" + GOOD,
    "one code again and again": HEAD + "# darwinflow: ignore[" + "secret," * 50_000 + "] x\n" + GOOD,
    "as many documents as there may be": HEAD + GOOD + "---\na: b\n" * 999,
    "too many documents": HEAD + GOOD + "---\na: b\n" * 60_000,
    "one text of names that no node has": HEAD + "nodes:\n  - {id: n, type: CLAUDE_CODE, config: {prompt: \"" + "${m.output}" * 40_000 + "\"}}\n" + "edges: []\n",
    "keys one behind the other": HEAD + 'description: "' + "-----BEGIN PRIVATE KEY" * 12_000 + '"\n' + GOOD,
    "control characters": HEAD + "nodes:\n  - {id: \"a\\u0000b\", type: \"\\e[31m\"}\nedges: []\n",
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_document_is_checked_in_time(name: str, catalog: Catalog) -> None:
    started = time.process_time()
    document = Document.parse(HOSTILE[name])
    checked = check(document, catalog, is_named=True)
    findings = checked.findings()
    assert len(findings) <= MAX_FINDINGS + 1
    after = document.edit(Edit(Span(0, 4, 0, 5), "b"))
    assert len(check(after, catalog, None, checked, is_named=True).findings()) == len(findings)
    assert time.process_time() - started < 4, "seconds of processor time"
