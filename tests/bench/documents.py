"""Workflow documents of any size, for benchmarks and fuzz loops. The same call gives the same text.

About ten lines a node with its edge, and a little of everything that people
write: non-ASCII text, emoji, texts in quotes and blocks, brackets, comments.
Every document is free of findings.
"""

import random

TEXT = (
    "summarise the incoming ticket and route it to the right queue by priority with the customer history "
    "in mind then ask when the sentiment is below what we promised and merge what came back"
)
WORDS = TEXT.split()


def workflow(nodes: int, *, seed: int = 1) -> str:
    """A valid workflow of *nodes* nodes in a chain, with a second way around every tenth node."""
    rng = random.Random(seed)
    lines = [
        "# Generated; one of many",
        f"id: generated-{nodes}",
        "version: 1",
        'description: "A chain of steps, für alle \U0001f642"',
        "metadata:",
        "  createdBy: user",
        "  tags: {team: core, área: pruebas}",
        "nodes:",
    ]
    for number in range(nodes):
        lines += _node(number, nodes, rng)
    lines.append("edges:")
    lines.append(f"  - {{from: START, to: {node_id(0)}}}")
    for number in range(nodes):
        lines += _edge(number, nodes)
    return "\n".join(lines) + "\n"


def node_id(number: int) -> str:
    return f"step_{number:05d}"


def _words(count: int, rng: random.Random) -> str:
    return " ".join(rng.choice(WORDS) for _ in range(count))


def _node(number: int, nodes: int, rng: random.Random) -> list[str]:
    lines = [f"  - id: {node_id(number)}"]
    kind = number % 6
    lines += _KINDS[kind](number, nodes, rng)
    return lines


def _description(number: int, rng: random.Random) -> str:
    text = _words(6, rng)
    style = number % 5
    if style == 0:
        return f'    description: "{text} \\u00e9"'
    if style == 1:
        return f"    description: '{text}, it''s so'"
    if style == 2:
        return f"    description: {text} – café \U0001f600"
    return f"    description: {text}"


def _claude(number: int, nodes: int, rng: random.Random) -> list[str]:
    return [
        "    type: CLAUDE_CODE",
        _description(number, rng),
        "    config:",
        "      prompt: |",
        f"        You are step {number}; {_words(5, rng)}.",
        "",
        f"        {_words(7, rng)}: naïve, 日本語, \U0001f680.",
        "      model: opus",
        "      tools: [read, grep]",
        "",
    ]


def _decision(number: int, nodes: int, rng: random.Random) -> list[str]:
    source = "input.request" if number == 0 else f"{node_id(number - 1)}.output"
    return [
        "    type: LLM_DECISION",
        _description(number, rng),
        "    config:",
        f"      prompt: >-\n        {_words(6, rng)}\n        {_words(4, rng)}?",
        "      options: [forward, around]   # two ways on",
        f"      context: [{source}]",
        "    logging: {inputs: true, outputs: false}",
    ]


def _tool(number: int, nodes: int, rng: random.Random) -> list[str]:
    return [
        "    type: TOOL_CALL",
        _description(number, rng),
        "    config:",
        f"      tool: search_{number % 7}",
        f'      args: {{query: "{_words(2, rng)}", limit: {rng.randint(1, 50)}, exact: no}}',
        "    retry:",
        f"      attempts: {rng.randint(1, 5)}",
        "      delay: 0.5",
        "      backoff: exponential",
    ]


def _read(number: int, nodes: int, rng: random.Random) -> list[str]:
    return [
        "    type: FILE_READ",
        _description(number, rng),
        "    # kept small on purpose",
        "    config:",
        f"      path: docs/part-{number}.md",
        "    metadata:",
        "      reviewed: 2024-01-31",
    ]


def _write(number: int, nodes: int, rng: random.Random) -> list[str]:
    return [
        "    type: FILE_WRITE",
        _description(number, rng),
        "    config:",
        f"      path: out/{number}.txt",
        "      content: |",
        f"        {_words(8, rng)}",
        "    logging: [inputs, errors]",
    ]


def _human(number: int, nodes: int, rng: random.Random) -> list[str]:
    return [
        "    type: HUMAN_INPUT",
        _description(number, rng),
        "    config:",
        f'      prompt: "{_words(4, rng)} – ¿sí o no?"',
        "      options:",
        "        - yes",
        "        - 'no'",
    ]


_KINDS = (_claude, _decision, _tool, _read, _write, _human)


def _edge(number: int, nodes: int) -> list[str]:
    target = node_id(number + 1) if number + 1 < nodes else "END"
    if number % 6 == 1:
        around = node_id(number + 2) if number + 2 < nodes else "END"
        return [
            f"  - from: {node_id(number)}",
            f"    to: {target}",
            "    condition: output.decision == 'forward'",
            f"  - from: {node_id(number)}",
            f"    to: {around}",
            "    condition: output.decision == 'around'",
        ]
    if number % 3 == 0:
        return [f"  - {{from: {node_id(number)}, to: {target}}}"]
    return [f"  - from: {node_id(number)}", f"    to: {target}"]
