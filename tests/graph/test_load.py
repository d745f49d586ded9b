"""A module becomes a graph type, or is refused with the place that is at fault."""

import copy
from typing import Any

import pytest

from darwinflow.catalog.catalog import Catalog
from darwinflow.graph.graph_type import GraphType, GraphTypeInvalid
from darwinflow.graph.load import load

BASE: dict[str, Any] = {
    "$id": "darwinflow:base",
    "$defs": {
        "BaseNode": {
            "type": "object",
            "properties": {
                "id": {"type": "string"},
                "type": {"type": "string"},
                "metadata": {"type": "object"},
            },
            "required": ["id"],
        },
        "BaseEdge": {
            "type": "object",
            "properties": {"from": {"type": "string"}, "to": {"type": "string"}},
            "required": ["from", "to"],
        },
    },
}
NODE = {"allOf": [{"$ref": "darwinflow:base#/$defs/BaseNode"}]}
EDGE = {"allOf": [{"$ref": "darwinflow:base#/$defs/BaseEdge"}]}


def module(**entries: Any) -> dict[str, Any]:
    """A small graph type; *entries* are put among its `$defs`, and None takes one away."""
    defs: dict[str, Any] = {
        "Config": {
            "type": "object",
            "properties": {
                "type": {"const": "directed"},
                "multi": {"const": False},
                "allowSelfLoops": {"const": False},
                "acyclic": {"const": True},
            },
        },
        "TaskNode": {
            **NODE,
            "properties": {"type": {"const": "TASK"}, "level": {"$ref": "#/$defs/LevelEnum"}},
            "required": ["type"],
            "unevaluatedProperties": False,
        },
        "HumanTaskNode": {**NODE},
        "LevelEnum": {"enum": ["low", "high"], "title": "how hard it is"},
        "DependsOnEdge": {**EDGE},
        "DependsOnEdgeConstraints": {
            "properties": {"allowedSourceTypes": {"const": ["TASK"]}, "allowedTargetTypes": {"const": []}}
        },
    }
    defs.update(entries)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "darwinflow:graph-type/tasks",
        "name": "tasks",
        "version": 2,
        "scope": "tenant",
        "description": "Tasks and what they wait for.",
        "imports": ["darwinflow:base"],
        "$defs": {name: value for name, value in defs.items() if value is not None},
    }


def loaded(given: dict[str, Any]) -> GraphType:
    return load(given, {"darwinflow:base": BASE})


def test_a_module_is_read_into_whole_values() -> None:
    given = module()
    before = copy.deepcopy(given)
    graph_type = loaded(given)
    assert given == before
    assert (graph_type.name, graph_type.version, graph_type.scope) == ("tasks", 2, "tenant")
    assert (graph_type.direction, graph_type.multi, graph_type.acyclic) == ("directed", False, True)
    assert list(graph_type.node_types) == ["TASK", "human-task"]
    task = graph_type.node_types["TASK"]
    assert list(task.fields) == ["id", "type", "metadata", "level"]
    assert task.fields["level"].schema["enum"] == ["low", "high"]
    assert [field.name for field in task.fields.values() if field.required] == ["id", "type"]
    assert task.schema["additionalProperties"] is False
    depends = graph_type.edge_types["depends-on"]
    assert depends.allowed_sources == frozenset({"TASK"})
    assert depends.allowed_targets is None


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no Config": (module(Config=None), "/$defs"),
    "Config that fixes nothing": (module(Config={"type": "object"}), "/$defs/Config/properties/type"),
    "constraints of no edge": (
        module(OtherEdgeConstraints={"properties": {"allowedSourceTypes": {"const": ["TASK"]}}}),
        "/$defs/OtherEdgeConstraints",
    ),
    "constraints that name no node": (
        module(DependsOnEdgeConstraints={"properties": {"allowedSourceTypes": {"const": ["TASK", "NO"]}}}),
        "/$defs/DependsOnEdgeConstraints/properties/allowedSourceTypes/const/1",
    ),
    "constraints with both lists empty": (
        module(DependsOnEdgeConstraints={"properties": {"allowedSourceTypes": {"const": []}}}),
        "/$defs/DependsOnEdgeConstraints",
    ),
    "a name of no convention": (module(task_node={**NODE}), "/$defs/task_node"),
    "a suffix without a name": (module(Node={**NODE}), "/$defs/Node"),
    "an Enum without values": (module(ColourEnum={"type": "string"}), "/$defs/ColourEnum"),
    "a node that composes no BaseNode": (module(OddNode={"type": "object"}), "/$defs/OddNode"),
    "a reference out of the imports": (
        module(TaskNode={**NODE, "properties": {"x": {"$ref": "darwinflow:other#/$defs/X"}}}),
        "/$defs/TaskNode/properties/x/$ref",
    ),
    "a reference to nothing": (
        module(TaskNode={**NODE, "properties": {"x": {"$ref": "#/$defs/Nothing"}}}),
        "/$defs/TaskNode/properties/x/$ref",
    ),
    "unbounded recursion": (
        module(Tree={"type": "object", "properties": {"child": {"$ref": "#/$defs/Tree"}}}, TreeNode={**NODE, "properties": {"t": {"$ref": "#/$defs/Tree"}}}),
        "/$defs/Tree/properties/child/$ref",
    ),
    "no JSON Schema": (module(TaskNode={**NODE, "properties": {"x": {"type": "strin"}}}), "/$defs/TaskNode/properties/x/type"),
    "two entries of one name": (
        module(SecondNode={**NODE, "properties": {"type": {"const": "TASK"}}}),
        "/$defs/SecondNode",
    ),
    "an import of nothing": ({**module(), "imports": ["darwinflow:base", "darwinflow:no"]}, "/imports/1"),
    "no version": ({**module(), "version": "1"}, "/version"),
    "an odd scope": ({**module(), "scope": "world"}, "/scope"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_a_module_that_is_no_graph_type_is_refused_at_its_place(name: str) -> None:
    given, pointer = REFUSED[name]
    with pytest.raises(GraphTypeInvalid) as caught:
        loaded(given)
    assert caught.value.pointer == pointer


def test_references_that_double_with_each_level_are_refused_in_time() -> None:
    parts: dict[str, Any] = {"Part0": {"type": "string"}}
    for level in range(1, 40):
        below = {"$ref": f"#/$defs/Part{level - 1}"}
        parts[f"Part{level}"] = {"type": "object", "properties": {"a": below, "b": below}}
    given = module(**parts, BigNode={**NODE, "properties": {"x": {"$ref": "#/$defs/Part39"}}})
    with pytest.raises(GraphTypeInvalid, match="grows to more than"):
        loaded(given)


def test_a_long_chain_of_references_is_refused() -> None:
    parts: dict[str, Any] = {
        f"Part{n}": {"properties": {"x": {"$ref": f"#/$defs/Part{n + 1}"}}} for n in range(5000)
    }
    given = module(**parts, Part5000={}, LongNode={**NODE, "properties": {"x": {"$ref": "#/$defs/Part0"}}})
    with pytest.raises(GraphTypeInvalid, match="in a row"):
        loaded(given)


def test_the_bundled_workflow_type_says_one_sentence_of_everything() -> None:
    graph_type = Catalog.bundled().graph_type("workflow")
    assert list(graph_type.node_types) == [
        "CLAUDE_CODE", "LLM_DECISION", "TOOL_CALL", "FILE_READ", "FILE_WRITE", "HUMAN_INPUT", "SUB_WORKFLOW",
    ]  # fmt: skip
    assert set(graph_type.implicit) == {"START", "END"}
    assert set(graph_type.edge_types) == {"flow"}
    fields = list(graph_type.document_fields.values())
    for node in (*graph_type.node_types.values(), *graph_type.implicit.values()):
        assert node.description.endswith(".")
        assert 0 < len(node.title.split()) <= 5
        fields += [*node.fields.values(), *node.config_fields.values()]
    for edge in graph_type.edge_types.values():
        fields += edge.fields.values()
    for field in fields:
        assert field.description.endswith("."), field.name
        assert field.description.count(". ") == 0, field.name
        assert field.title, field.name
        assert not field.title.endswith("."), field.name
