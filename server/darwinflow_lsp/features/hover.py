"""`textDocument/hover`: what a thing is, by the schema, and what became of it in the last runs."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from darwinflow.graph.graph_type import Field, GraphType, NodeType
from darwinflow.model.span import Span
from darwinflow.model.yaml_text import flow
from darwinflow_lsp.features.fields import field_at
from darwinflow_lsp.features.header import Header, header_of
from darwinflow_lsp.features.past import away, figures, last_run, lineage, run_lines, step_lines
from darwinflow_lsp.features.symbol import Kind, Symbol, symbol_at
from darwinflow_lsp.history import History
from darwinflow_lsp.markdown import code, escaped, words
from darwinflow_lsp.snapshot import Snapshot

EXAMPLE_WIDTH = 70


class Hover(NamedTuple):
    markdown: str
    span: Span


def hover(snapshot: Snapshot, line: int, column: int, now: datetime) -> Hover | None:
    """None where there is nothing to say."""
    symbol = symbol_at(snapshot, line, column)
    if symbol is None:
        return None
    projection = snapshot.checked.projection_at(line)
    if projection is None:
        return None
    graph_type = projection.graph_type
    match symbol.kind:
        case Kind.WORKFLOW_ID:
            header = header_of(projection)
            blocks = list(_workflow(header, snapshot, now))
        case Kind.NODE_ID | Kind.NODE_REFERENCE:
            node = projection.node(symbol.name)
            kind = (
                graph_type.implicit.get(symbol.name) if node is None else graph_type.node_types.get(node.type)
            )
            blocks = list(_node(symbol.name, kind, snapshot.history, now))
        case Kind.NODE_TYPE:
            blocks = list(_node_type(graph_type.node_types.get(symbol.name)))
        case _:
            blocks = list(_field(symbol, graph_type))
    return Hover("\n\n".join(blocks), symbol.span) if blocks else None


def _workflow(header: Header, snapshot: Snapshot, now: datetime) -> Iterator[str]:
    history = snapshot.history
    if history is not None and history.workflow != header.id:
        history = None
    yield _title(header, history, snapshot.content_hash)
    if header.version is not None:
        line = lineage(history, header.version, header.parent, header.id, now)
        if line:
            yield line
    if history is None:
        return
    numbers = _figures(history, snapshot.content_hash)
    if numbers:
        yield numbers
    if history.runs:
        yield _lines([*run_lines(history.runs, now)])
        yield f"*{last_run(history.runs[0], now)}*"
    if history.away_since is not None:
        yield f"*{away(history, now)}*"


def _title(header: Header, history: History | None, content_hash: str | None) -> str:
    title = f"**{escaped(header.id)}**"
    if header.version is not None:
        title += f" v{header.version}"
    if history is not None and header.version is not None:
        known, newest = history.version(header.version), history.published
        if known is not None and known.content_hash == content_hash:
            title += ", published"
        elif known is not None and content_hash is not None:
            title += f", draft (v{known.version} is published with other content)"
        elif known is None:
            title += ", draft" + (f" (v{newest.version} is published)" if newest else "")
    return f"{title}  \n{escaped(header.description)}" if header.description else title


def _figures(history: History, content_hash: str | None) -> str:
    parts = []
    own = history.of_texts.get(content_hash) if content_hash else None
    if own is not None:
        parts.append(f"**This text**: {figures(own)}.")
    published = history.published
    if published is not None and published.content_hash != content_hash:
        numbers = history.of_versions.get(published.version)
        if numbers is not None:
            parts.append(f"**v{published.version}**: {figures(numbers)}.")
    return " ".join(parts)


def _node(name: str, kind: NodeType | None, history: History | None, now: datetime) -> Iterator[str]:
    if kind is not None:
        yield f"**{escaped(name)}** {code(kind.name)}  \n{escaped(kind.description)}"
    if history is None:
        return
    steps = history.steps_of(name)
    if steps:
        yield _lines([*step_lines(steps, now)])
        if history.away_since is not None:
            yield f"*{away(history, now)}*"


def _node_type(kind: NodeType | None) -> Iterator[str]:
    if kind is None:
        return
    yield f"**{escaped(kind.name)}**: {escaped(kind.title)}  \n{escaped(kind.description)}"
    star = r"\*"
    fields = [
        f"{code(field.name)}{star if field.required else ''} {escaped(field.title)}"
        for field in kind.config_fields.values()
    ]
    if fields:
        yield f"{code('config')}: {', '.join(fields)}"


def _field(symbol: Symbol, graph_type: GraphType) -> Iterator[str]:
    field = field_at(graph_type, symbol.path, symbol.node_type)
    if field is None:
        return
    need = ", required" if field.required else ""
    yield f"**{escaped(field.name)}**: {escaped(field.title)} *({_type_name(field)}{need})*"
    if field.description:
        yield escaped(field.description)
    if field.examples:
        example = flow({field.name: field.examples[0]}, EXAMPLE_WIDTH)
        if example is not None:
            yield f"Example: {code(words(example[1:-1]))}"


def _type_name(field: Field) -> str:
    return " or ".join(dict.fromkeys(_types(field.schema))) or "anything"


def _types(schema: Mapping[str, object]) -> Iterator[str]:
    names = {
        "string": "text",
        "integer": "whole number",
        "number": "number",
        "boolean": "true or false",
        "array": "list",
        "object": "mapping",
        "null": "nothing",
    }
    if isinstance(choices := schema.get("enum"), list):
        yield " or ".join(escaped(str(choice)) for choice in choices)
        return
    if "const" in schema:
        yield escaped(str(schema["const"]))
        return
    kinds = schema.get("type")
    for kind in kinds if isinstance(kinds, list) else [kinds]:
        if isinstance(kind, str):
            yield names.get(kind, kind)
    for branch in schema.get("anyOf", ()):  # type: ignore[attr-defined]
        yield from _types(branch)


def _lines(lines: list[str]) -> str:
    """Markdown with a break after each line."""
    return "  \n".join(lines)
