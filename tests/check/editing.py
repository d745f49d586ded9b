"""Workflow documents that people are in the middle of writing, and edits of them."""

import random
import re
from collections.abc import Iterator

from bench.documents import workflow
from darwinflow.document.document import Document
from darwinflow.document.lines import Edit
from darwinflow.model.span import Span

EDITS_A_DOCUMENT = 40

SMALL = """\
id: triage
version: 2
metadata: {parent: 1, createdBy: user}
x-shared: &ask {prompt: "Who?", options: [a, b]}
nodes:
  - id: classify
    type: LLM_DECISION
    config: *ask
  - id: answer
    type: CLAUDE_CODE
    config: {prompt: "Answer"}
  - id: escalate
    type: HUMAN_INPUT
    config:
      <<: *ask
      prompt: Which one?
    retry: {attempts: 3}
  - {id: look_up, type: TOOL_CALL, config: {tool: find}}
edges:
  - {from: START, to: classify}
  - {from: classify, to: [answer, escalate], condition: "output.decision == 'a'"}
  - from: [answer, escalate]
    to: look_up
  - {from: look_up, to: END}
"""

REFERRING = """\
id: referring
version: 1
nodes:
  - {id: fetch-docs, type: FILE_READ, config: {path: docs}}
  - id: classify
    type: LLM_DECISION
    config:
      prompt: Which?
      options: [a, b]
      context: [fetch-docs.output, input.request]
  - id: answer
    type: CLAUDE_CODE
    config: {prompt: Answer, context: [classify.output.decision, "fetch-docs.output.text"]}
  - {id: escalate, type: HUMAN_INPUT, config: {context: [answer.output]}}
  - id: call
    type: SUB_WORKFLOW
    config: {workflow: ./other.yaml, inputs: {request: answer.output, plain: text}}
edges:
  - {from: START, to: fetch-docs}
  - {from: fetch-docs, to: classify, condition: output.ok}
  - {from: classify, to: answer, condition: "output.decision == 'a'"}
  - from: classify
    to: escalate
    condition: >-
      output.decision == "b" &&
      nodes["fetch-docs"].output.ok
  - {from: [answer, escalate], to: call}
  - {from: answer, to: classify, condition: 'classify.output.decision != ''a'' '}
  - {from: call, to: call, condition: call.output.again}
  - {from: call, to: END}
"""

MENTIONING = """\
id: mentioning
version: 1
inputs: {topic: string, depth: {type: integer, default: 2}}
nodes:
  - id: fetch
    type: FILE_READ
    config: {path: "${input.topic}/docs"}
  - id: answer
    type: CLAUDE_CODE
    config:
      prompt: |
        Say of ${input.topci} what ${fetch.output} says,
        and ${ftech.output.text} as well.
      context: [input.depth, input.other, fetch.output]
  - {id: call, type: SUB_WORKFLOW, config: {workflow: ./other.yaml, inputs: {a: input.topic, b: "${answer.output}"}}}
edges:
  - {from: START, to: fetch, key: first, condition: "input.topic != '' && input['dpeth'] > 1"}
  - {from: fetch, to: answer, key: second}
  - {from: answer, to: call, key: first}
  - {from: call, to: END}
"""

FLOW = (
    '{"id": "json", "version": 1, "nodes": [{"id": "a", "type": "FILE_READ", "config": {"path": "x"}}],\n'
    ' "edges": [{"from": "START", "to": "a"}, {"from": "a", "to": "END"}]}\n'
)

LATE = (
    "edges:\n- {from: START, to: a}\n- {from: a, to: END}\n"
    "nodes:\n- id: a\n  type: TOOL_CALL\n  config: {tool: t}\n"
    "version: 0\nid: .late\nmetadata:\n"
    + "".join(f"  key{n}: {n}\n" for n in range(8))
    + "  createdBy: usr\n  reasoning: 3\n  parent: {id: x}\n  tags: [a]\n"
)

ONE_LIST = SMALL.replace("edges:\n", "")
OTHER_LIST = (
    "id: other\nedges:\n"
    + SMALL.partition("edges:\n")[2]
    + SMALL.partition("nodes:\n")[2].partition("edges:")[0]
)

REMARKED = (
    "# darwinflow: ignore[missing-field] above\n"
    + SMALL.replace("id: triage", "id: triage # darwinflow: ignore[invalid-value, unknown-field]")
    .replace("type: HUMAN_INPUT\n", "type: HUMAN_INPUT # darwinflow: ignore[unknown-node-type] soon\n")
    .replace(
        '{prompt: "Answer"}',
        "\n      prompt: |  # darwinflow: ignore[secret]\n        AKIAIOSFODNN7EXAMPLE\n        and xoxb-aB3dE5fG7hI9jK1l\n",
    )
    + "  # darwinflow: ignore[edge-unknown-node]\n  - {from: START, to: nowhere} # or glpat-aB3dE5fG7hI9jK1lM2nO\n"
    "# darwinflow: ignore[edge-unknown-nod]\n# darwinflow ignroe[edge-unknown-node] x\n"
)

TYPED = (
    "x", " ", "\n", "\n  ", "\n    ", ":", ": ", "- ", '"', "'", "[", "]", "{", "}", "#", "&a ", "*ask", "é", "3",
    "START", "END", "classify", "a", "id: ", "type: ", "to: ", "from: ", "nodes:\n", "edges:\n", "version: 2\n",
    "\n  - id: classify\n    type: TOOL_CALL\n", "\n  - {from: a, to: b}\n", "\n---\nid: y\nnodes: []\n",
    "# darwinflow: ignore[unknown-field]\n", " # darwinflow: ignore[edge-unknown-node, secret] x\n", "x: AKIAIOSFODNN7EXAMPLE\n", "|\n",
    "# Darwinflow: Ignore[unknown-field] x\n", " # DARWINFLOW ignore [edge-unknown-node] x\n", "arwin", "ARWIN",
    "classify.output", "output.decision", " == 'a'", " && ", "condition: ", "fetch-docs.output", "context: [a]",
    "${input.topic}", "${fetch.output}", "input.other", ", key: second", "inputs: {a: string}\n",
    "promt: x", ", retry: 0", ", retry: {attempts: 1.0}", "<<: *ask\n", "\n- a", "null", "true",
)  # fmt: skip


def sharing(nodes: int) -> str:
    """A workflow whose nodes share a text, some of them a config and a type, too."""
    text = re.sub("^    description: .*", "    description: *shared", workflow(nodes), flags=re.MULTILINE)
    shared = "x-shared: [&shared said of many, &kind FILE_READ, &config {path: docs}]\nnodes:\n"
    more = "".join(f"  - {{id: more_{n}, type: *kind, config: *config}}\n" for n in range(nodes))
    names = ", ".join(f"more_{n}" for n in range(nodes))
    ends = f"  - {{from: START, to: [{names}]}}\n  - {{from: [{names}], to: END}}\n"
    return text.replace("nodes:\n", shared, 1).replace("edges:\n", f"{more}edges:\n{ends}", 1)


def documents(rng: random.Random) -> str:
    choice = rng.random()
    if choice < 0.2:
        return SMALL if choice < 0.1 else MENTIONING
    if choice < 0.4:
        return REFERRING
    if choice < 0.45:
        return FLOW
    if choice < 0.55:
        return LATE
    if choice < 0.6:
        return SMALL + "---\n" + LATE
    if choice < 0.65:
        return ONE_LIST if choice < 0.63 else OTHER_LIST
    if choice < 0.78:
        return REMARKED if choice < 0.73 else REMARKED + "---\n" + REMARKED
    if choice < 0.86:
        return sharing(rng.choice([2, 15]))
    return workflow(rng.choice([1, 3, 12, 40]), seed=rng.randrange(50))


def random_edit(document: Document, rng: random.Random) -> Edit:
    """Typing and deleting within a line for the most part, as people do; else blocks of lines."""
    count = len(document.lines)
    line = rng.randrange(count)
    if rng.random() < 0.15:  # keys of sections, anchors, and whatever else stands at column 0
        line = rng.choice([at for at, row in enumerate(document.lines) if row[:1] not in ("", " ")] or [line])
    text = document.lines[line]
    column = 0 if rng.random() < 0.1 else rng.randint(0, len(text))
    choice = rng.random()
    words = list(re.finditer(r"[\w.]+", text))
    if choice < 0.5 and words:
        word = rng.choice(words)
        return Edit(Span(line, word.start(), line, word.end()), _other_word(word[0], document, rng))
    if choice < 0.65:
        return Edit(Span(line, column, line, column), rng.choice(TYPED))
    if choice < 0.75:
        return Edit(Span(line, column, line, column + rng.randint(1, 6)), "")
    end = min(count - 1, line + rng.choice([0, 1, 2, 3, 8]))
    if choice < 0.88:
        return Edit(
            Span(line, 0, end, len(document.lines[end])), "" if rng.random() < 0.6 else rng.choice(TYPED)
        )
    source = rng.randrange(count)
    block = document.lines.slice(source, min(count, source + rng.randint(1, 6)))
    return Edit(Span(line, 0, line, 0), "\n".join(block) + "\n")


def _other_word(word: str, document: Document, rng: random.Random) -> str:
    """What somebody may make of a word: a slip, a word that stands elsewhere, the same word and more."""
    choice = rng.random()
    if choice < 0.4:
        at = rng.randrange(len(word))
        return word[:at] + rng.choice(["", "", "x", word[at] * 2]) + word[at + 1 :]
    if choice < 0.8:
        others = re.findall(r"[\w.]+", document.lines[rng.randrange(len(document.lines))])
        return rng.choice(others) if others else "END"
    return rng.choice([word + "_2", '"' + word + '"', "3", "START", "END", "[" + word + "]"])


def sessions(edits: int, seed: int) -> Iterator[tuple[str, Document, Document, Edit]]:
    """A label, and the documents before and after each edit. People undo: many an edit begins where an earlier did."""
    for number in range(max(edits // EDITS_A_DOCUMENT, 1)):
        rng = random.Random(seed * 1_000_003 + number)
        past = [Document.parse(documents(rng))]
        for step in range(EDITS_A_DOCUMENT):
            before = rng.choice(past[-3:]) if rng.random() < 0.5 else past[0]
            edit = random_edit(before, rng)
            after = before.edit(edit)
            yield f"DARWINFLOW_SEED={seed}, document {number}, edit {step}: {edit}", before, after, edit
            past.append(after)
