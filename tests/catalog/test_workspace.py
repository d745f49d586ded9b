"""Which graph types hold in a workspace, and what is said of its own files."""

from pathlib import Path

import pytest

from darwinflow.catalog.catalog import Catalog
from darwinflow.catalog.own_files import digest_of, is_type_file
from darwinflow.catalog.type_file import TypeFile
from darwinflow.catalog.workspace import WorkspaceTypes, for_workspace
from darwinflow.check.engine import check
from darwinflow.check.type_files import check_type_file
from darwinflow.document.document import Document
from darwinflow.document.lines import Lines
from darwinflow.settings.workspace import defaults

BUNDLED = Catalog.bundled()

SLACK = """\
# Steps of our own
extends: workflow
description: Steps that talk to people.
$defs:
  ChannelEnum: {enum: [alerts, chat]}
  SlackNode:
    title: writes to Slack
    description: Writes a message to a channel.
    allOf:
      - $ref: darwinflow:graph-type/workflow#/$defs/Step
    properties:
      type: {const: SLACK}
      config:
        type: object
        properties:
          channel: {$ref: '#/$defs/ChannelEnum'}
          text: {type: string, pattern: '^[^@]*$'}
        required: [channel]
        additionalProperties: false
    required: [config]
    unevaluatedProperties: false
"""
PIPELINE = """\
$schema: https://json-schema.org/draft/2020-12/schema
name: pipeline
version: 1
scope: tenant
description: Data from here to there.
imports: [darwinflow:base]
$defs:
  Config:
    properties:
      type: {const: directed}
      multi: {const: false}
      allowSelfLoops: {const: false}
      acyclic: {const: true}
  CopyNode:
    allOf: [{$ref: darwinflow:base#/$defs/BaseNode}]
    properties: {type: {const: COPY}, rows: {$ref: '#/$defs/Rows'}}
    unevaluatedProperties: false
  FeedsEdge:
    allOf: [{$ref: darwinflow:base#/$defs/BaseEdge}]
  FeedsEdgeConstraints:
    properties:
      allowedSourceTypes: {const: [COPY]}
      allowedTargetTypes: {const: []}
  Rows: {type: integer, minimum: 1}
"""
WORKFLOW = """\
id: a
version: 1
nodes:
  - {id: tell, type: SLACK, config: {channel: CHANNEL, text: hi}}
edges:
  - {from: START, to: tell}
  - {from: tell, to: END}
"""


def workspace(folder: Path, **files: str) -> WorkspaceTypes:
    (folder / "graph-types").mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / "graph-types" / f"{name}.yaml").write_text(text, encoding="utf-8")
    return for_workspace(str(folder), "graph-types", BUNDLED)


def found(types: WorkspaceTypes, text: str) -> list[tuple[str, str]]:
    """Code and token of every finding in a workflow."""
    document = Document.parse(text)
    return [
        (one.code, text_at(document.lines, one.span)) for one in check(document, types.catalog).findings()
    ]


def text_at(lines: Lines, span: object) -> str:
    line, column, end_line, end_column = span  # type: ignore[misc]
    assert line == end_line
    return lines[line][column:end_column]


def tokens(file: TypeFile) -> list[tuple[str, int, str]]:
    """Code, line from 1 on and token of every problem in a file."""
    return [
        (problem.code, problem.span.line + 1, text_at(file.document.lines, problem.span))
        for problem in file.problems
    ]


def test_a_workspace_without_files_shares_the_bundled_catalog(tmp_path: Path) -> None:
    assert for_workspace(str(tmp_path), "graph-types", BUNDLED) == WorkspaceTypes(BUNDLED, ())
    assert digest_of(str(tmp_path), "graph-types") == ""


def test_a_workflow_uses_the_node_types_that_an_extension_adds(tmp_path: Path) -> None:
    types = workspace(tmp_path, slack=SLACK)
    assert types.files[0].problems == ()
    assert found(types, WORKFLOW.replace("CHANNEL", "alerts")) == []
    assert found(types, WORKFLOW.replace("CHANNEL", "nowhere")) == [("config-invalid-value", "nowhere")]
    assert found(types, WORKFLOW.replace("{channel: CHANNEL, text: hi}", "{}")) == [
        ("config-missing-field", "config")
    ]
    assert found(types, WORKFLOW.replace("SLACK", "SLAK").replace("CHANNEL", "chat")) == [
        ("unknown-node-type", "SLAK")
    ]
    # The bundled types are as they were, also for other workspaces.
    assert "SLACK" not in BUNDLED.graph_type("workflow").node_types


def test_a_whole_type_stands_beside_the_bundled_ones(tmp_path: Path) -> None:
    types = workspace(tmp_path, pipeline=PIPELINE)
    assert [file.problems for file in types.files] == [()]
    pipeline = types.catalog.graph_type("pipeline")
    assert (list(pipeline.node_types), pipeline.acyclic) == (["COPY"], True)
    assert pipeline.edge_types["feeds"].allowed_sources == {"COPY"}
    assert set(types.catalog.names) == {*BUNDLED.names, "pipeline"}
    assert found(types, WORKFLOW)[0] == ("unknown-node-type", "SLACK")


def test_one_file_may_import_the_parts_of_another(tmp_path: Path) -> None:
    imported = SLACK.replace(
        "extends: workflow", "extends: workflow\nimports: [darwinflow:graph-type/pipeline]"
    )
    imported = imported.replace(
        "{type: string, pattern: '^[^@]*$'}", "{$ref: 'darwinflow:graph-type/pipeline#/$defs/Rows'}"
    )
    types = workspace(tmp_path, a_slack=imported, pipeline=PIPELINE)
    assert [file.problems for file in types.files] == [(), ()]
    assert found(types, WORKFLOW.replace("CHANNEL", "chat")) == [("config-wrong-type", "hi")]


FAULTS: dict[str, tuple[str, str, str, list[tuple[str, int, str]]]] = {
    "meta-schema": (PIPELINE, "type: integer", "type: intger", [("graph-type-invalid", 24, "intger")]),
    "another of the meta-schema": (PIPELINE, "minimum: 1", "minimum: one", [("graph-type-invalid", 24, "one")]),
    "naming convention": (PIPELINE, "  Rows:", "  rows_part:", [("graph-type-invalid", 24, "rows_part")]),
    "no Config": (PIPELINE, "  Config:", "  Conf:", [("graph-type-invalid", 7, "$defs")]),
    "unknown name in constraints": (PIPELINE, "[COPY]", "[COPY, MOVE]", [("graph-type-invalid", 22, "MOVE")]),
    "constraints of no edge": (PIPELINE, "FeedsEdgeC", "FedsEdgeC", [("graph-type-invalid", 20, "FedsEdgeConstraints")]),
    "no BaseNode": (PIPELINE, "allOf: [{$ref: darwinflow:base#/$defs/BaseNode}]", "type: object", [("graph-type-invalid", 14, "CopyNode")]),
    "out of the imports": (PIPELINE, "'#/$defs/Rows'", "'darwinflow:graph-type/workflow#/$defs/Retry'", [("graph-type-invalid", 16, "'darwinflow:graph-type/workflow#/$defs/Retry'")]),
    "recursion": (PIPELINE, "Rows: {type: integer, minimum: 1}", "Rows: {properties: {x: {$ref: '#/$defs/Rows'}}}", [("graph-type-invalid", 24, "'#/$defs/Rows'")]),
    "pattern": (SLACK, "'^[^@]*$'", "'^[^@*$('", [("graph-type-invalid", 17, "'^[^@*$('")]),
    "syntax": (SLACK, "title: writes", "title writes", [("yaml-syntax", 7, "title writes to Slack")]),
    "a bundled name": (PIPELINE, "name: pipeline", "name: workflow", [("graph-type-invalid", 2, "workflow")]),
    "another $id": (PIPELINE, "name:", "$id: x:y\nname:", [("graph-type-invalid", 2, "x:y")]),
    "no name": (PIPELINE, "name: pipeline\n", "", [("graph-type-invalid", 1, "$schema")]),
    "extends nothing": (SLACK, "extends: workflow", "extends: workflw", [("graph-type-invalid", 2, "workflw")]),
    "an edge in an extension": (SLACK, "  SlackNode:", "  XEdge: {}\n  SlackNode:", [("graph-type-invalid", 6, "XEdge")]),
    "a bundled node type": (SLACK, "const: SLACK", "const: TOOL_CALL", [("graph-type-invalid", 6, "SlackNode")]),
    "two documents": (SLACK, "$defs:", "---\n$defs:", [("graph-type-invalid", 4, "---")]),
    "no mapping": (SLACK, SLACK, "- a\n", [("graph-type-invalid", 1, "- a")]),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_told_at_its_place_and_takes_no_bundled_type_away(name: str, tmp_path: Path) -> None:
    text, old, new, expected = FAULTS[name]
    assert old in text
    types = workspace(tmp_path, broken=text.replace(old, new))
    (file,) = types.files
    assert tokens(file) == expected
    assert set(BUNDLED.names) <= set(types.catalog.names)
    tool = WORKFLOW.replace("SLACK", "TOOL_CALL").replace("{channel: CHANNEL, text: hi}", "{tool: t}")
    assert found(types, tool) == []
    assert found(types, tool.replace("tool: t", "tol: t")) == [("config-unknown-field", "tol")]


def test_of_a_workflow_whose_type_file_is_broken_no_more_is_said_than_is_certain(tmp_path: Path) -> None:
    types = workspace(tmp_path, slack=SLACK.replace("title: writes", "title writes"))
    text = WORKFLOW.replace("id: tell, ", "id: tell, wait: 3, ")
    assert found(types, text) == []
    assert found(types, text.replace("to: tell}", "to: tel}")) == [("edge-unknown-node", "tel")]
    assert found(types, text.replace("id: tell, ", "id: 5, ").replace("tell", "'5'"))[0] == (
        "wrong-type",
        "5",
    )
    # A whole type at fault cannot have added to workflows, so there an unknown type is one.
    other = workspace(tmp_path / "..", pipeline=PIPELINE.replace("integer", "intger"))
    assert ("unknown-node-type", "SLACK") in found(other, WORKFLOW)


def test_files_are_told_apart_by_name_and_the_second_of_two_alike_is_at_fault(tmp_path: Path) -> None:
    types = workspace(tmp_path, a=SLACK, b=SLACK, c=PIPELINE, d=PIPELINE)
    assert [len(file.problems) for file in types.files] == [0, 1, 0, 1]
    assert "'c.yaml'" in types.files[3].problems[0].message


def test_the_digest_changes_with_every_byte_and_every_name(tmp_path: Path) -> None:
    workspace(tmp_path, slack=SLACK)
    seen = {digest_of(str(tmp_path), "graph-types")}
    workspace(tmp_path, slack=SLACK + "#")
    seen.add(digest_of(str(tmp_path), "graph-types"))
    (tmp_path / "graph-types" / "slack.yaml").rename(tmp_path / "graph-types" / "slac.yaml")
    seen.add(digest_of(str(tmp_path), "graph-types"))
    assert len(seen) == 3


def test_a_link_out_of_the_workspace_is_not_followed(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    (inner / "graph-types").mkdir(parents=True)
    (tmp_path / "outside.yaml").write_text(SLACK, encoding="utf-8")
    (inner / "graph-types" / "slack.yaml").symlink_to(tmp_path / "outside.yaml")
    assert for_workspace(str(inner), "graph-types", BUNDLED).files == ()
    assert digest_of(str(inner), "graph-types") == ""


def test_a_text_in_an_editor_holds_in_place_of_the_file(tmp_path: Path) -> None:
    workspace(tmp_path, slack=SLACK)
    path = str(tmp_path / "graph-types" / "slack.yaml")
    assert is_type_file(path, str(tmp_path), "graph-types")
    assert not is_type_file(str(tmp_path / "slack.yaml"), str(tmp_path), "graph-types")
    typed = Document.parse(SLACK.replace("enum:", "enu:"))
    checked = check_type_file(typed, path, str(tmp_path), defaults("w"), BUNDLED)
    (finding,) = checked.findings()
    assert (finding.code, finding.severity, finding.span.line) == ("graph-type-invalid", "error", 4)
    assert checked.projection is None
    assert (
        check_type_file(Document.parse(SLACK), path, str(tmp_path), defaults("w"), BUNDLED).findings() == ()
    )


def test_bytes_that_are_no_text_and_hostile_texts_are_faults(tmp_path: Path) -> None:
    folder = tmp_path / "graph-types"
    folder.mkdir()
    (folder / "bytes.yaml").write_bytes(b"extends: workflow\n$defs: {A\xff: 1}\n")
    (folder / "deep.yaml").write_text(
        "extends: workflow\n$defs: {ANode: " + "{items: " * 120 + "{}" + "}" * 121 + "\n"
    )
    laughs = "x0: &x0 {type: string}\n" + "".join(
        f"x{n}: &x{n} {{items: *x{n - 1}, contains: *x{n - 1}}}\n" for n in range(1, 30)
    )
    (folder / "laughs.yaml").write_text(laughs + "extends: workflow\n$defs: {ANode: *x29}\n")
    (folder / "folder.yaml").mkdir()
    types = for_workspace(str(tmp_path), "graph-types", BUNDLED)
    assert [Path(file.path).name for file in types.files] == ["bytes.yaml", "deep.yaml", "laughs.yaml"]
    assert all(file.problems for file in types.files)
    assert types.catalog.graph_type("workflow").is_partial


@pytest.mark.parametrize("text", [SLACK.replace("extends: workflow\n", ""), "$defs: {}\n"])
def test_a_file_that_says_of_no_type_what_it_is_lacks_one_thing(text: str, tmp_path: Path) -> None:
    (file,) = workspace(tmp_path, slack=text).files
    (problem,) = file.problems
    assert problem.message.startswith("a graph type needs 'extends'")


def test_the_files_of_a_folder_are_loaded_once_for_as_long_as_they_are_the_same(tmp_path: Path) -> None:
    """Each of them is checked beside all others: a hundred would be loaded a hundred times."""
    before = workspace(tmp_path, slack=SLACK, pipeline=PIPELINE)
    assert workspace(tmp_path) is before
    path = str(tmp_path / "graph-types/slack.yaml")
    assert for_workspace(str(tmp_path), "graph-types", BUNDLED, {path: SLACK + "# more\n"}) is not before
    after = workspace(tmp_path, slack=SLACK.replace("SLACK", "CHAT"))
    assert "CHAT" in after.catalog.graph_type("workflow").node_types


NET = """\
$schema: https://json-schema.org/draft/2020-12/schema
name: net
version: 1
scope: tenant
description: Hosts and what joins them.
imports: [darwinflow:base]
$defs:
  Config:
    properties:
      type: {const: directed}
      multi: {const: false}
      allowSelfLoops: {const: false}
  HostNode:
    allOf: [{$ref: darwinflow:base#/$defs/BaseNode}]
    properties: {type: {const: HOST}}
    unevaluatedProperties: false
  CableEdge:
    allOf: [{$ref: darwinflow:base#/$defs/BaseEdge}]
    properties: {type: {const: cable}, speed: {type: integer, minimum: 1}}
    required: [type, speed]
    unevaluatedProperties: false
  PowerEdge:
    allOf: [{$ref: darwinflow:base#/$defs/BaseEdge}]
    properties: {type: {const: power}}
    required: [type]
    unevaluatedProperties: false
"""


@pytest.mark.parametrize(
    ("edge", "messages"),
    [
        ("type: cable, speed: 1", []),
        ("type: power", []),
        ("type: cabel, speed: 1", ["'type' must be cable or power, not the text 'cabel'; did you mean 'cable'?"]),
        ("type: wire", ["'type' must be cable or power, not the text 'wire'"]),
        ("speed: 1", ["an edge needs 'type', cable or power"]),
        ("type: cabel", ["'type' must be cable or power, not the text 'cabel'; did you mean 'cable'?", "an edge needs 'speed'"]),
    ],
)  # fmt: skip
def test_an_edge_of_several_types_is_asked_for_one_of_them(
    edge: str, messages: list[str], tmp_path: Path
) -> None:
    types = workspace(tmp_path, net=NET)
    assert [file.problems for file in types.files] == [()]
    text = f"# darwinflow: graph-type=net\nnodes:\n  - {{id: a, type: HOST}}\n  - {{id: b, type: HOST}}\nedges:\n  - {{from: a, to: b, {edge}}}\n"
    said = [one.message for one in check(Document.parse(text), types.catalog, is_named=True).findings()]
    assert sorted(said) == sorted(messages)


def test_a_key_that_another_asks_for_is_told_with_it(tmp_path: Path) -> None:
    asking = SLACK.replace("required: [channel]", "dependentRequired: {text: [channel]}")
    types = workspace(tmp_path, slack=asking)
    assert [file.problems for file in types.files] == [()]
    text = WORKFLOW.replace("channel: CHANNEL, text: hi", "text: hi")
    said = [one.message for one in check(Document.parse(text), types.catalog, is_named=True).findings()]
    assert said == ["a SLACK needs 'channel' beside 'text'"]


def test_a_type_is_one_name(tmp_path: Path) -> None:
    slack = SLACK.replace("type: {const: SLACK}", "type: {enum: [SLACK, CHAT]}")
    (file,) = workspace(tmp_path, slack=slack).files
    assert tokens(file) == [("graph-type-invalid", 12, "enum")]
    assert "must be one name: {const: NAME}" in file.problems[0].message
