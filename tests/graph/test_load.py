"""A module becomes a graph type, or is refused with the place that is at fault."""

import copy
from typing import Any

import pytest

from darwinflow.catalog.catalog import Catalog
from darwinflow.graph.graph_type import GraphType, GraphTypeInvalid
from darwinflow.graph.load import PREFIX, extend, load, read

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


def test_the_bundled_types_hold_nothing_that_they_are_not_looked_through_for() -> None:
    modules = Catalog.bundled().modules
    readings = [read(module, modules) for name, module in modules.items() if name.startswith(PREFIX)]
    assert [reading.faults for reading in readings] == [()]


def extension(**entries: Any) -> dict[str, Any]:
    """A module that adds node types to `tasks`."""
    return {"extends": "tasks", "description": "More tasks.", "$defs": entries}


CALL = {**NODE, "properties": {"type": {"const": "CALL"}, "number": {"type": "string"}}, "required": ["type"]}
MODULES = {"darwinflow:base": BASE, "darwinflow:graph-type/tasks": module()}


def test_an_extension_adds_node_types_and_leaves_the_rest() -> None:
    tasks = loaded(module())
    level = {"$ref": "darwinflow:graph-type/tasks#/$defs/LevelEnum"}
    composed = {"$ref": "darwinflow:graph-type/tasks#/$defs/HumanTaskNode"}
    given = extension(CallNode=CALL, LoudNode={"allOf": [composed], "properties": {"level": level}})
    whole, faults = extend(tasks, given, MODULES)
    assert not faults
    assert whole is not None
    assert list(whole.node_types) == ["TASK", "human-task", "CALL", "loud"]
    assert whole.node_types["loud"].fields["level"].schema["enum"] == ["low", "high"]
    # A side that takes only TASK takes no more than that; one that takes all takes the new ones too.
    assert whole.edge_types["depends-on"].allowed_sources == {"TASK"}
    assert whole.edge_types["depends-on"].allowed_targets is None
    both = {"properties": {"allowedSourceTypes": {"const": ["TASK", "human-task"]}}}
    opened, _ = extend(loaded(module(DependsOnEdgeConstraints=both)), given, MODULES)
    assert opened is not None
    assert opened.edge_types["depends-on"].allowed_sources == {"TASK", "human-task", "CALL", "loud"}


NOT_ADDED: dict[str, tuple[dict[str, Any], str]] = {
    "nothing at all": (extension(), "/$defs"),
    "an edge": (extension(CallNode=CALL, CallsEdge=EDGE), "/$defs/CallsEdge"),
    "a Config": (extension(CallNode=CALL, Config={"type": "object"}), "/$defs/Config"),
    "a type that is there": (extension(OtherNode={**NODE, "properties": {"type": {"const": "TASK"}}}), "/$defs/OtherNode"),
    "a module that is not imported": (
        extension(CallNode={**NODE, "properties": {"x": {"$ref": "darwinflow:graph-type/other#/$defs/X"}}}),
        "/$defs/CallNode/properties/x/$ref",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", NOT_ADDED)
def test_an_extension_that_adds_what_it_may_not_is_refused_at_its_place(name: str) -> None:
    given, pointer = NOT_ADDED[name]
    whole, faults = extend(loaded(module()), given, MODULES)
    assert whole is None
    assert [fault.pointer for fault in faults] == [pointer]


def test_every_fault_of_a_module_is_told() -> None:
    given = module(
        task_node=NODE,
        TaskNode={**NODE, "properties": {"x": {"type": "strin"}, "y": {"minLength": "3", "pattern": "(["}}},
    )
    whole, faults = read(given, {"darwinflow:base": BASE})
    assert whole is None
    assert {fault.pointer for fault in faults} == {
        "/$defs/task_node",
        "/$defs/TaskNode/properties/x/type",
        "/$defs/TaskNode/properties/y/minLength",
        "/$defs/TaskNode/properties/y/pattern",
    }
    for fault in faults:
        assert not any(word in str(fault) for word in ("invalid", "please", "unexpected", "!"))
    several = module(
        OneNode={**NODE, "properties": {"x": {"$ref": "#/$defs/No"}}},
        TwoNode={"type": "object"},
        ThreeEnum={},
    )
    _, faults = read({**several, "scope": "world"}, {"darwinflow:base": BASE})
    assert [fault.pointer for fault in faults] == [
        "/$defs/OneNode/properties/x/$ref", "/$defs/TwoNode", "/$defs/ThreeEnum", "/scope",
    ]  # fmt: skip


def test_a_schema_that_is_nested_beyond_reading_is_refused() -> None:
    deep: dict[str, Any] = {"type": "string"}
    for _ in range(2000):
        deep = {"type": "array", "items": deep}
    whole, faults = read(
        module(Deep=deep, DeepNode={**NODE, "properties": {"x": deep}}), {"darwinflow:base": BASE}
    )
    assert whole is None
    assert any("levels deep at most" in str(fault) for fault in faults)


def test_a_module_may_refer_to_its_own_imports_and_to_no_imports_of_those() -> None:
    shared = {"$id": "darwinflow:graph-type/shared", "imports": ["darwinflow:base"], "$defs": {"Named": {"$ref": "darwinflow:base#/$defs/BaseNode"}}}  # fmt: skip
    given = module(ViaNode={"$ref": "darwinflow:graph-type/shared#/$defs/Named"})
    modules = {"darwinflow:base": BASE, "darwinflow:graph-type/shared": shared}
    assert [fault.pointer for fault in read(given, modules).faults] == ["/$defs/ViaNode/$ref"]
    given["imports"] = ["darwinflow:base", "darwinflow:graph-type/shared"]
    whole, faults = read(given, modules)
    assert whole is not None, faults
    assert "via" in whole.node_types
