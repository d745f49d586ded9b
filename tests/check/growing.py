"""Shapes of documents that grow with a number, each of which some reader has been slow at."""

from collections.abc import Callable

HEAD = "id: growing\nversion: 1\n"
ENDS = "edges:\n  - {from: START, to: n}\n  - {from: n, to: END}\n"
GOOD = "nodes:\n  - {id: n, type: HUMAN_INPUT}\n" + ENDS


def many(count: int, form: str) -> str:
    """*form* with each number below *count* for its `#`."""
    return "".join([form.replace("#", str(number)) for number in range(count)])


def holding(lines: str) -> str:
    """A sound workflow with *lines*, indented by two, in a field of their own."""
    return f"{HEAD}x-held:\n{lines}{GOOD}"


def of_nodes(nodes: str, edges: str = "") -> str:
    return f"{HEAD}nodes:\n{nodes}edges:\n{edges}"


def chain(count: int, node: str, edge: str) -> str:
    """A way through *count* nodes; `#` is the number of each, `@` of the next."""
    edges = "".join([edge.replace("#", str(at)).replace("@", str(at + 1)) for at in range(count - 1)])
    start = f"  - {{from: START, to: n0}}\n  - {{from: n{count - 1}, to: END}}\n"
    return of_nodes(many(count, node), start + edges)


NODE = "  - {id: n#, type: HUMAN_INPUT}\n"
EDGE = "  - {from: n#, to: n@}\n"
DECISION = (
    "  - id: n#\n    type: LLM_DECISION\n    config:\n      prompt: Which?\n      options: [a, b]\n"
    "      context: [n0.output, input.request]\n"
)


def deep(levels: int, opening: str, closing: str) -> str:
    """Flow collections in one another, again and again, none deeper than may be."""
    one = opening * 100 + closing * 100
    return holding(many(max(levels // 100, 1), f"  - {one}\n"))


SHAPES: dict[str, Callable[[int], str]] = {
    "anchors": lambda n: holding(many(n, "  - &a# {k: v}\n")),
    "one anchor again and again": lambda n: holding(many(n, "  - &a [x]\n  - *a\n")),
    "aliases of one anchor": lambda n: holding("  - &a {k: [v, w]}\n" + many(n, "  - *a\n")),
    "aliases of nothing": lambda n: holding(many(n, "  - *none#\n")),
    "each anchor in the next": lambda n: holding("  - &a0 [x]\n" + "".join([f"  - &a{at + 1} [*a{at}]\n" for at in range(n)])),
    "each anchor twice in the next": lambda n: holding("  - &a0 [x]\n" + "".join([f"  - &a{at + 1} [*a{at}, *a{at}]\n" for at in range(n)])),
    "merges of one mapping": lambda n: holding("  base: &b {k: v, l: w}\n" + many(n, "  m#: {<<: *b, own: #}\n")),
    "each merge in the next": lambda n: holding("  m0: &m0 {k0: v}\n" + "".join([f"  m{at + 1}: &m{at + 1} {{<<: *m{at}, k{at + 1}: v}}\n" for at in range(min(n, 250))]) + many(n, "  - x\n")),
    "a merge of many": lambda n: holding("  bases:\n" + many(n, "    - &b# {k#: v}\n") + "  merged:\n    <<: [" + many(n, "*b#, ") + "]\n"),
    "unknown tags": lambda n: holding(many(n, "  - !x# y\n")),
    "tags and anchors that lack a value": lambda n: holding(many(n, "  - !!str &a#\n")),
    "flow lists in one another": lambda n: deep(n * 20, "[", "]"),
    "flow mappings in one another": lambda n: deep(n * 20, "{a: ", "}"),
    "open brackets": lambda n: HEAD + "x-held: " + "[" * (n * 20),
    "an open bracket above all nodes, and edges between them": lambda n: HEAD + "nodes: [\n" + many(n * 2, "  - {id: n#, type: HUMAN_INPUT}\n") + "edges:\n" + many(n * 2, "  - {from: n#, to: m#}\n"),
    "open brackets on every line": lambda n: holding(many(n, "  - [a#\n")),
    "closing brackets on every line": lambda n: holding(many(n, "  ]\n")),
    "open quotes on every line": lambda n: holding(many(n, "  - 'a#\n")),
    "blocks in one another": lambda n: holding(many(max(n // 50, 1), "  s#:\n" + "".join(["  " * (at + 2) + f"k{at}:\n" for at in range(50)]))),
    "blocks deeper than may be": lambda n: HEAD + "x-held:\n" + "".join([" " * (at + 1) + f"k{at}:\n" for at in range(min(n, 800))]) + "# x\n" * n,
    "dashes in a row": lambda n: HEAD + "x-held:\n  " + "- " * (n * 20) + "x\n" + GOOD,
    "a long line of words": lambda n: HEAD + "description: " + "word " * (n * 50) + "\n" + GOOD,
    "a long line of colons": lambda n: HEAD + "description: " + ":" * (n * 200) + "\n" + GOOD,
    "a long line of quotes": lambda n: HEAD + "description: " + "'\" " * (n * 100) + "\n" + GOOD,
    "a long text in quotes": lambda n: HEAD + 'description: "' + "a\\n" * (n * 50) + '"\n' + GOOD,
    "a long id and its near misses": lambda n: of_nodes(f"  - {{id: {'ab' * n}, type: HUMAN_INPUT}}\n", f"  - {{from: START, to: {'ba' * n}}}\n"),
    "a text of many lines": lambda n: HEAD + "description: |\n" + "  a line of it\n" * (n * 5) + GOOD,
    "a plain text of many lines": lambda n: HEAD + "description:\n" + "  a line of it\n" * (n * 5) + GOOD,
    "many keys": lambda n: holding(many(n * 2, "  key#: #\n")),
    "many keys of the root": lambda n: HEAD + GOOD + many(n, "x-key#: #\n"),
    "many keys that nobody knows": lambda n: HEAD + GOOD + many(n, "key#: #\n"),
    "one key again and again": lambda n: holding("  key: 1\n" * n),
    "keys of a node that nobody knows": lambda n: of_nodes("  - id: n\n    type: HUMAN_INPUT\n" + many(n, "    key#: #\n"), ""),
    "keys of items without their dashes": lambda n: of_nodes(many(n, "  - id: a#\n    type: HUMAN_INPUT\n    id: b#\n    type: HUMAN_INPUT\n"), ""),
    "one item without any dashes": lambda n: of_nodes("  - id: a\n    type: HUMAN_INPUT\n" + many(n, "    id: b#\n    type: HUMAN_INPUT\n"), ""),
    "halves of keys": lambda n: of_nodes("  - id: n\n    type: HUMAN_INPUT\n" + many(n, "    d#\n    escription#: x\n"), ""),
    "blanks that are no spaces": lambda n: holding(many(n, "\u00a0\u00a0key#: #\n")),
    "tabs": lambda n: holding(many(n, "\tkey#: #\n")),
    "indentation at random": lambda n: holding("".join([" " * (2 + at * 7919 % 50) + "a: b\n" for at in range(n)])),
    "first keys that stand too far": lambda n: of_nodes(many(n, "  -   id: n#\n    type: HUMAN_INPUT\n"), ""),
    "documents": lambda n: HEAD + GOOD + "---\na: b\n" * min(n // 2, 900) + "# x\n" * n,
    "workflows in one stream": lambda n: "---\n".join([(HEAD + GOOD).replace("growing", f"g{at}") for at in range(min(n // 4, 900))]),
    "marks that tear": lambda n: HEAD + "nodes:\n" + many(min(n // 2, 900), "  - {id: n#, type: HUMAN_INPUT}\n---\n") + ENDS,
    "marks of a conflict": lambda n: of_nodes(many(n, "<<<<<<< HEAD\n  - {id: a#, type: HUMAN_INPUT}\n=======\n>>>>>>> x\n"), ""),
    "comments": lambda n: HEAD + "# a comment of some words\n" * (n * 5) + GOOD,
    "comments behind values": lambda n: holding(many(n * 2, "  key#: # x\n")),
    "suppressions": lambda n: holding(many(n, "  key#: #  # darwinflow: ignore[secret] y\n")),
    "suppressions of what is there": lambda n: HEAD + GOOD + many(n, "key#: 1  # darwinflow: ignore[unknown-field] y\n"),
    "suppressions above a list": lambda n: HEAD + "# darwinflow: ignore[unknown-field] y\n" * n + GOOD,
    "slips of suppressions": lambda n: holding(many(n, "  key#: #  # darwinflow: ingore[secrte] y\n")),
    "templates": lambda n: chain(n, "  - {id: n#, type: CLAUDE_CODE, config: {prompt: \"${n0.output} ${input.x} ${none#.output}\"}}\n", EDGE),
    "templates in one text": lambda n: of_nodes('  - {id: n, type: CLAUDE_CODE, config: {prompt: "' + many(n, "${m#.output}") + '"}}\n', ""),
    "half a template again and again": lambda n: of_nodes('  - {id: n, type: CLAUDE_CODE, config: {prompt: "' + "${" * (n * 20) + '"}}\n', ""),
    "conditions": lambda n: chain(n // 2, NODE, "  - {from: n#, to: n@, condition: \"output.value > # && n0.output.ok\"}\n"),
    "conditions of names that are not there": lambda n: chain(n // 4, NODE, "  - {from: n#, to: n@, condition: \"nope#.output.ok\"}\n"),
    "conditions of faults": lambda n: chain(n // 4, NODE, "  - {from: n#, to: n@, condition: \"output. && (#\"}\n"),
    "decisions": lambda n: chain(n // 2, DECISION, "  - {from: n#, to: n@, condition: \"output.decision == 'a'\"}\n"),
    "answers of one decision": lambda n: of_nodes("  - {id: n, type: LLM_DECISION, config: {prompt: a, options: [" + many(n, "a#, ") + "]}}\n", "  - {from: START, to: n}\n" + many(n, "  - {from: n, to: END, condition: \"output.decision == 'b#'\"}\n")),
    "secrets": lambda n: holding(many(n, "  - ghp_aB3dE5fG7hI9jK1lM2nO4pQ6rS8tU0vWaB3d\n")),
    "what begins like secrets": lambda n: HEAD + f"x-a: {'eyJ' * n * 20}\nx-b: {'://a:' * n * 20}\nx-c: {'Bearer ' * n * 20}\n" + GOOD,
    "a key of many lines": lambda n: HEAD + "description: |\n  -----BEGIN PRIVATE KEY-----\n" + "  MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7\n" * n + GOOD,
    "references": lambda n: chain(n, "  - {id: n#, type: CLAUDE_CODE, config: {prompt: a, context: [n0.output, none#.output]}}\n", EDGE),
    "references in one list": lambda n: of_nodes("  - {id: n, type: CLAUDE_CODE, config: {prompt: a, context: [" + many(n, "m#.output, ") + "]}}\n", ""),
    "references to what comes later": lambda n: chain(n, "  - {id: n#, type: CLAUDE_CODE, config: {prompt: a, context: [n" + "9.output]}}\n", EDGE),
    "inputs": lambda n: HEAD + "inputs:\n" + many(n, "  i#: {type: string, default: a}\n") + GOOD,
    "inputs of many properties": lambda n: HEAD + "inputs:\n  i:\n    type: object\n    properties:\n" + many(n, "      p#: {type: strin}\n") + GOOD,
    "inputs that nobody declares": lambda n: HEAD + "inputs: {a: string}\nnodes:\n" + many(n, "  - {id: n#, type: CLAUDE_CODE, config: {prompt: a, context: [input.b#]}}\n") + "edges: []\n",
    "sub-workflows": lambda n: chain(n, "  - {id: n#, type: SUB_WORKFLOW, config: {workflow: other.yaml, inputs: {a: n0.output}}}\n", EDGE),
    "a chain of nodes": lambda n: chain(n, NODE, EDGE),
    "a ring of nodes": lambda n: chain(n, NODE, EDGE + "  - {from: n@, to: n#, condition: output.again}\n"),
    "a ring that nothing leaves": lambda n: chain(n, NODE, EDGE).replace("to: END", "to: n0"),
    "nodes that no edge leads to": lambda n: of_nodes(many(n, NODE), ENDS[7:]),
    "edges to nothing": lambda n: of_nodes(many(9, NODE), many(n, "  - {from: n0, to: nowhere#}\n")),
    "edges twice": lambda n: of_nodes(NODE.replace("#", ""), "  - {from: START, to: n}\n" * n),
    "slips of one name": lambda n: of_nodes(many(n, "  - {id: answer#, type: HUMAN_INPUT}\n"), many(n, "  - {from: START, to: asnwer#}\n")),
    "one name again and again": lambda n: of_nodes("  - {id: n, type: HUMAN_INPUT}\n" * n, ENDS[7:]),
    "everything to everything": lambda n: of_nodes(many(15, NODE), ("  - {from: [" + many(15, "n#, ") + "], to: [" + many(15, "n#, ") + "]}\n") * (n // 10)),
    "types that nobody knows": lambda n: of_nodes(many(n, "  - {id: n#, type: HUMAN_INPT}\n"), ""),
}  # fmt: skip
