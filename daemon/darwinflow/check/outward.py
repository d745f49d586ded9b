"""Reads from a projected document what other files matter to: its version and parent, its inputs, what it calls."""

from collections.abc import Callable, Iterable
from typing import Any

from darwinflow.check.mentions.mention import rows_of
from darwinflow.check.mentions.state import ALWAYS_GIVEN
from darwinflow.check.neighbours import Call, Fields, FileFacts, Given, Input, ParentName, WorkflowFacts
from darwinflow.document.document import Document
from darwinflow.document.node import ALIAS, BROKEN, FLOW, MAP, PLAIN, Node
from darwinflow.graph.graph_type import GraphType
from darwinflow.model.nearest import nearest
from darwinflow.model.span import Span
from darwinflow.projection.detect import NATIVE, Selection, graph_type_of
from darwinflow.projection.header import Header
from darwinflow.projection.places import Found, find, first_token, token
from darwinflow.projection.projection import NodeRef, Projection, project

SUB_WORKFLOW = "SUB_WORKFLOW"


def facts_of(document: Document, graph_type: Callable[[str], GraphType], beside: Selection) -> FileFacts:
    """What a file says that is a neighbour and is not checked itself. *graph_type*: by its name."""
    roots = range(len(document.roots))
    natives = [index for index in roots if graph_type_of(document, index, beside) == NATIVE]
    projections = [project(document, index, graph_type(NATIVE)) for index in natives]
    return file_facts(projections, suppresses=False)


def file_facts(projections: Iterable[Projection], *, suppresses: bool) -> FileFacts:
    """What the graphs of one file say. *suppresses*: see `FileFacts`."""
    found = list(projections)
    workflows = [facts for projection in found if (facts := workflow_facts(projection)) is not None]
    return FileFacts(tuple(workflows), holds_workflow=bool(found), suppresses=suppresses)


def workflow_facts(projection: Projection) -> WorkflowFacts | None:
    """None where the document is no workflow, or has no usable id or version; its own findings say so."""
    if projection.graph_type.name != NATIVE:
        return None
    header = projection.header
    name, version = header.id, header.version
    place = header.field("version")
    if name is None or version is None or place is None:
        return None
    parent, parent_span = _parent(header, name)
    inputs = _inputs(header.data.get("inputs"))
    return WorkflowFacts(
        projection.root_index,
        name,
        version,
        place.span,
        parent,
        parent_span or place.span,
        inputs,
        tuple(_calls(projection)),
        _fields(header),
        _undeclared(projection, inputs) if inputs is not None else (),
    )


def _parent(header: Header, own: str) -> tuple[ParentName | None, Span | None]:
    metadata = header.data.get("metadata")
    given = metadata.get("parent") if isinstance(metadata, dict) else None
    path: tuple[str, ...] = ("metadata", "parent")
    workflow: Any = own
    version: Any = given
    if isinstance(given, dict):
        workflow, version, path = given.get("id"), given.get("version"), (*path, "version")
    if not isinstance(workflow, str) or not _is_version(version):
        return None, None
    located = header.locate(path)
    return ParentName(workflow, version), token(located[0]).moved(located[1]) if located is not None else None


def _is_version(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _inputs(declared: Any) -> tuple[Input, ...] | None:
    if not isinstance(declared, dict):
        return None
    found: list[Input] = []
    for name, given in declared.items():
        schema = {"type": given} if isinstance(given, str) else given if isinstance(given, dict) else {}
        found.append(Input(name, "default" not in schema, schema))
    return tuple(found)


def _undeclared(projection: Projection, declared: tuple[Input, ...]) -> tuple[str, ...]:
    """Inputs that are read and not among those *declared*, sorted."""
    sections = projection.document.roots[projection.root_index].sections
    read = {
        name
        for carrier in projection.carriers
        for at, segment in enumerate(sections[carrier.section].segments)
        for kind, name in rows_of(segment, projection.facts(carrier.section, at))
        if kind == "input"
    }
    return tuple(sorted(read.difference(ALWAYS_GIVEN, [one.name for one in declared])))


def _calls(projection: Projection) -> Iterable[Call]:
    graph = projection.graph
    for number in range(graph.implicit, graph.known):
        if graph.types[number] == SUB_WORKFLOW:
            place = graph.place(number)
            call = _call(projection.node_at(place)) if place is not None else None
            if call is not None:
                yield call


def _call(node: NodeRef) -> Call | None:
    data = node.fact.data
    config = data.get("config") if isinstance(data, dict) else None
    if not isinstance(config, dict):
        return None
    target = config.get("workflow")
    found = find(node.fact.item, ("config", "workflow"))
    if not isinstance(target, str) or not target.strip() or found is None or found.value.style == BROKEN:
        return None
    is_plain = not found.rest and found.value.kind != ALIAS
    inputs = config.get("inputs")
    span, given = token(found).moved(node.start_line), _given(node, inputs)
    is_misspelt = inputs is None and nearest("inputs", config) is not None
    is_given = not is_misspelt and (inputs is None or isinstance(inputs, dict))
    return Call(target, span, is_plain, given, is_given)


def _given(node: NodeRef, inputs: Any) -> tuple[Given, ...]:
    if not isinstance(inputs, dict):
        return ()
    found: list[Given] = []
    for name, data in inputs.items():
        place = find(node.fact.item, ("config", "inputs", name))
        if place is not None:
            span, key = token(place), _key_span(place)
            found.append(Given(name, data, span.moved(node.start_line), key.moved(node.start_line)))
    return tuple(found)


def _key_span(found: Found) -> Span:
    if found.key is None or found.rest:
        return token(found)
    return found.key.span


def _fields(header: Header) -> Fields:
    version = _plain(header, ("version",))
    parent = _plain(header, ("metadata", "parent"))
    located = header.locate(("metadata",))
    entry: Span | None = None
    is_flow = False
    if located is not None and header.data.get("metadata"):
        found, line = located
        node = found.value
        is_flow = node.kind == MAP and node.style == FLOW
        entry = _first_entry(header, node, line)
    key = header.locate(("version",))
    is_block = (
        key is not None
        and key[0].key is not None
        and key[0].key.column == 0
        and "metadata" not in header.data
    )
    return Fields(version, parent, entry, is_flow, is_block)


def _first_entry(header: Header, node: Node, line: int) -> Span | None:
    """The first key of `metadata`, also where it is cut into segments."""
    if node.kind == MAP and node.pairs:
        return first_token(node).moved(line)
    name = next(iter(header.data["metadata"]), None) if isinstance(header.data["metadata"], dict) else None
    located = header.locate(("metadata", name)) if name is not None else None
    if located is None or located[0].key is None:
        return None
    return located[0].key.span.moved(located[1])


def _plain(header: Header, path: tuple[str, ...]) -> Span | None:
    """The place of a number that is written right there."""
    located = header.locate(path)
    if located is None or located[0].rest or located[0].value.style != PLAIN or located[0].value.anchor:
        return None
    return located[0].value.span.moved(located[1])
