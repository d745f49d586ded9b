"""More states between two keystrokes, each a line or two that somebody is typing in the middle of a node or an edge.

Written as a set before anything was tuned to it; `test_typing_figures.py` says what the engine makes of it. States
that turned out to be valid YAML (``: value``, ``{from START, to: x}``) are not among them: no reader can find fault.
"""

from collections.abc import Iterator

from bench.documents import node_id, workflow

from .typing_states import NODES, State

TYPED: dict[str, str] = {
    "a list on its key's line": "    metadata: - read",
    "an open brace with a comma": "    metadata: {a: 1,",
    "an open bracket with a comma": "    metadata: [a, b,",
    "an open brace after a colon": "    metadata: {a:",
    "brackets in brackets, one open": "    metadata: [a, [b, c]",
    "braces in braces, one open": "    metadata: {a: {b: c}",
    "a bracket too many": "    metadata: [a]]",
    "a brace too many": "    metadata: {a: 1}}",
    "no comma between pairs": "    metadata: {a: 1 b: 2}",
    "two commas": "    metadata: [a,, b]",
    "a comma first": "    metadata: [, a]",
    "text behind a block's mark": "    metadata: | text",
    "two digits behind a block's mark": "    metadata: >12",
    "half a tag": "    metadata: !! x",
    "a handle that nobody declared": "    metadata: !e!x y",
    "an apostrophe in an open text": "    metadata: \"it's",
    "an escaped quote at the end": '    metadata: "abc\\"',
    "a doubled quote at the end": "    metadata: 'abc''",
    "a percent sign": "    metadata: %x",
    "a backtick": "    metadata: `x`",
    "an at sign before a key": "    @meta: x",
    "a merge of nothing": "    <<: *nobody",
    "a merge of a text": "    <<: text",
    "a fullwidth colon": "    metadata： x",
    "quotes of a word processor": "    metadata: “abc: def”",
    "no-break spaces as indentation": "\u00a0\u00a0\u00a0\u00a0metadata: x",
    "a comment glued to a quote": '    metadata: "x"#c',
    "text behind a bracket": "    metadata: [a] b",
    "a key behind a brace": "    metadata: {a: 1} b: 2",
    "two keys on a line": "    metadata: x kind: y",
    "a key in a key": "    metadata: kind: y",
    "two anchors": "    metadata: &a &b x",
    "two tags": "    metadata: !!str !!int x",
    "an anchor on an alias": "    metadata: &x *nobody",
    "an anchor glued to its text": "    metadata: &[a] b",
    "a directive": "%YAML 1.2",
    "a question mark glued to a word": "    ?x",
    "a block's mark alone": "    |",
    "a quotation": "    > note",
    "a hash glued to a colon": "    metadata:#x",
    "an unfinished unicode escape": '    metadata: "\\u12"',
    "an unfinished hex escape": '    metadata: "\\x1"',
    "a NUL": "    metadata: a\0b",
    "a form feed": "    metadata: a\x0cb",
    "half a surrogate pair": '    metadata: "\\ud83d"',
    "a glob": "    metadata: *.yaml",
    "templates": "    metadata: {{ x }} and {{ y }}",
    "a path of Windows": '    metadata: "C:\\dir"',
    "colons in brackets": "    metadata: [a: b: c]",
    "a semicolon": "    metadata; x",
    "an arrow": "    metadata -> x",
    "a word in quotes": '    "metadata"',
    "a sentence": "    and then we ask the customer again",
    "a line of a diff": "+   metadata: x",
    "a mark of a conflict": "<<<<<<< HEAD",
    "a line of dashes": "    ----- x",
    "an item with an open brace": "  - {id: new, type: TOOL_CALL",
    "an item with an open text": '  - id: "new',
    "an item without its space": "  -id: new",
    "a half-typed item": "  - id",
    "a tab before a dash": "\t- id: new",
}
"""What is typed at the third line of a node, and is at fault there."""

CONFIG: dict[str, str] = {
    "an open brace over a mapping": "    config: {",
    "an open bracket over a mapping": "    config: [",
    "an open text over a mapping": '    config: "',
    "a key without its colon over a mapping": "    config",
    "a semicolon over a mapping": "    config;",
    "an equals sign over a mapping": "    config =",
    "a colon glued to a brace over a mapping": "    config:{",
    "a text over a mapping": "    config: soon",
}
"""What the line `config:` of a node becomes, with its mapping below."""

EDGES: dict[str, tuple[str, str]] = {
    "no opening brace": ("- {from", "- from"),
    "no comma": (", to", " to"),
    "an open text in braces": ("to: ", 'to: "'),
    "a bracket in braces": ("to: ", "to: ["),
    "a brace in braces": ("to: ", "to: {"),
    "an item without its dash": ("- {", "{"),
    "the wrong bracket": ("}", "]"),
}
"""What is replaced in an edge that is written in braces."""


def typed_states() -> Iterator[State]:
    for name, line in TYPED.items():
        for number in (2, 7, 13):
            lines = workflow(NODES).split("\n")
            at = lines.index(f"  - id: {node_id(number)}") + 2
            lines.insert(at, line)
            yield State(f"{name}, step {number}", "\n".join(lines), at, node_id(number), keeps_id=True)
    for name, line in CONFIG.items():
        for number in (3, 9, 14):
            lines = workflow(NODES).split("\n")
            at = lines.index("    config:", lines.index(f"  - id: {node_id(number)}"))
            lines[at] = line
            yield State(f"{name}, step {number}", "\n".join(lines), at, node_id(number), keeps_id=True)
    for name, (old, new) in EDGES.items():
        for number in (0, 1, 2):
            lines = workflow(NODES).split("\n")
            rows = [row for row, line in enumerate(lines) if line.startswith("  - {from:")]
            at = rows[number * 2]
            assert old in lines[at]
            lines[at] = lines[at].replace(old, new)
            yield State(f"{name}, edge {number}", "\n".join(lines), at, "", keeps_id=True)
