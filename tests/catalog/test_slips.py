"""Every key of a graph type that is misspelt, of another kind, missing or there twice is one finding at its token."""

import random
import re
from pathlib import Path
from typing import Any

import pytest

from darwinflow.catalog.own_files import MAX_FILES
from darwinflow.check.finding import Finding
from darwinflow.check.type_files import check_type_file
from darwinflow.document.document import Document
from darwinflow.graph.form import is_whole
from darwinflow.graph.load import read
from darwinflow.settings.workspace import defaults

from .test_workspace import BUNDLED, PIPELINE, SLACK, WORKFLOW, found, text_at, workspace

KEY = re.compile(r"(\$?[A-Za-z]+):(?= |\n)")
FILES = {"extension": SLACK, "whole": PIPELINE}
OF_THE_AUTHOR = frozenset({"channel", "text", "rows", "ChannelEnum", "SlackNode", "FeedsEdge", "Rows"})
"""Names in both files that may be others; what refers to them is at fault then, if anything does."""


def findings(text: str, folder: Path) -> tuple[Finding, ...]:
    path = str(folder / "graph-types" / "own.yaml")
    return check_type_file(Document.parse(text), path, str(folder), defaults("w"), BUNDLED).findings()


def told(text: str, folder: Path) -> list[tuple[str, str]]:
    """Token and message of every finding."""
    lines = Document.parse(text).lines
    return [(text_at(lines, one.span), one.message) for one in findings(text, folder)]


def fixed(text: str, finding: Finding) -> str:
    (fix,) = finding.fixes
    lines = text.split("\n")
    for span, new in reversed(fix.edits):
        lines[span.line] = lines[span.line][: span.column] + new + lines[span.line][span.end_column :]
    return "\n".join(lines)


def keys() -> list[tuple[str, int, str]]:
    return [
        (name, match.start(1), match[1])
        for name, text in FILES.items()
        for match in KEY.finditer(text)
        if match[1] not in OF_THE_AUTHOR
    ]


@pytest.mark.parametrize(("name", "start", "key"), keys())
def test_a_misspelt_key_is_one_finding_there_with_what_was_meant(
    name: str, start: int, key: str, tmp_path: Path
) -> None:
    text, middle = FILES[name], len(key) // 2
    bad = key[:middle] + key[middle + 1 :] if len(key) > 3 else key + "x"
    broken = text[:start] + bad + text[start + len(key) :]
    (finding,) = findings(broken, tmp_path)
    assert text_at(Document.parse(broken).lines, finding.span) == bad
    assert finding.span[:2] == (text[:start].count("\n"), start - text.rfind("\n", 0, start) - 1)
    assert f"did you mean '{key}'?" in finding.message
    assert fixed(broken, finding) == text


@pytest.mark.parametrize(("name", "start", "key"), keys())
def test_a_key_that_is_there_twice_is_told_there(name: str, start: int, key: str, tmp_path: Path) -> None:
    text = FILES[name]
    if text[:start].rsplit("\n", 1)[-1].strip(" -"):
        return  # within brackets
    indent = " " * (start - text.rfind("\n", 0, start) - 1)
    end = re.compile(rf"\n(?! {{{len(indent) + 1}}})|\Z").search(text, start)
    assert end is not None
    entry = text[start : end.start()]
    doubled = text[:start] + entry + "\n" + indent + entry + text[end.start() :]
    assert [one.code for one in findings(doubled, tmp_path)] == ["duplicate-key"]


WRONG: dict[str, tuple[str, str, str, str, str]] = {
    "a scope of no kind": (PIPELINE, "scope: tenant", "scope: tenat", "tenat", "'scope' must be system, tenant or user; did you mean 'tenant'?"),
    "a version in quotes": (PIPELINE, "version: 1", "version: '1'", "'1'", "'version' must be a whole number from 1 on"),
    "a version of 0": (PIPELINE, "version: 1", "version: 0", "0", "'version' must be a whole number from 1 on"),
    "a name that is none": (PIPELINE, "name: pipeline", "name: [a]", "name", "'name' must be text"),
    "another JSON Schema": (PIPELINE, "draft/2020-12/schema", "draft-07/schema#", "https://json-schema.org/draft-07/schema#", "'$schema' must be https://json-schema.org/draft/2020-12/schema"),
    "imports that are no list": (PIPELINE, "[darwinflow:base]", "darwinflow:base", "darwinflow:base", "'imports' must be a list of modules such as darwinflow:base"),
    "an import that is no name": (PIPELINE, "[darwinflow:base]", "[{a: 1}]", "{a: 1}", "'imports' must be a list of modules such as darwinflow:base"),
    "an import of nothing": (PIPELINE, "[darwinflow:base]", "[darwinflow:bas]", "darwinflow:bas", "no module is called 'darwinflow:bas'; did you mean 'darwinflow:base'?"),
    "an import twice": (PIPELINE, "[darwinflow:base]", "[darwinflow:base, darwinflow:base]", "darwinflow:base", "'imports' names 'darwinflow:base' twice"),
    "a direction of no kind": (PIPELINE, "const: directed", "const: direcetd", "direcetd", "'Config' must fix 'type' to directed, undirected or mixed; did you mean 'directed'?"),
    "a switch of another format": (PIPELINE, "acyclic: {const: true}", "acyclic: {const: yes}", "yes", "'Config' must fix 'acyclic' to true or false; did you mean 'true'?"),
    "a closed mapping of another format": (SLACK, "additionalProperties: false", "additionalProperties: no", "no", "'additionalProperties' must be true or false or a mapping here; did you mean 'false'?"),
    "a side without its list": (PIPELINE, "allowedSourceTypes: {const: [COPY]}", "allowedSourceTypes: {}", "allowedSourceTypes", "'allowedSourceTypes' must fix a list of node types: {const: [NAME]}"),
    "a node type that there is not": (PIPELINE, "[COPY]", "[COPPY]", "COPPY", "'FeedsEdgeConstraints' names 'COPPY', which is no node type here; did you mean 'COPY'?"),
    "a type of no name": (SLACK, "const: SLACK", "const: 5", "5", "'SlackNode' must fix its 'type' to text that can be printed"),
    "the type null without quotes": (SLACK, "type: string", "type: null", "null", "'type' names the type 'null' in quotes; without them it says nothing"),
    "a kind of no kind": (SLACK, "type: string", "type: [strng, 'null']", "strng", "'type' is one of array, boolean, integer, null, number, object and string, or a list of them; did you mean 'string'?"),
    "a part that nobody knows": (SLACK, "'#/$defs/ChannelEnum'", "'#/$defs/ChanelEnum'", "'#/$defs/ChanelEnum'", "nothing is called 'ChanelEnum' there; did you mean 'ChannelEnum'?"),
    "a module that is not imported": (PIPELINE, "darwinflow:base#/$defs/BaseEdge", "darwinflow:bse#/$defs/BaseEdge", "darwinflow:bse#/$defs/BaseEdge", "'darwinflow:bse' is not among the module's imports; did you mean 'darwinflow:base'?"),
    "a field that is required and not there": (SLACK, "[channel]", "[chanel]", "chanel", "'required' names 'chanel', which is no field here; did you mean 'channel'?"),
    "a field that is required twice": (SLACK, "[channel]", "[channel, channel]", "channel", "'required' must list each value once"),
    "a field beside 'properties'": (SLACK, "        required: [channel]", "        colour: {type: string}", "colour", "JSON Schema 2020-12 has no keyword 'colour'; a field of this name is listed under 'properties'"),
    "a keyword of an older JSON Schema": (SLACK, "        required: [channel]", "        definitions: {}", "definitions", "'definitions' is of an older JSON Schema; write '$defs'"),
    "a second way to refer": (SLACK, "        required: [channel]", "        $anchor: here", "$anchor", "'$anchor' belongs in no part of a graph type, which refers by '$ref' alone"),
    "an enum of nothing": (SLACK, "[alerts, chat]", "[]", "enum", "'enum' must list at least one value"),
    "a value twice": (SLACK, "[alerts, chat]", "[alerts, chat, alerts]", "alerts", "'enum' must list each value once"),
    "limits that nothing fits": (SLACK, "type: string,", "type: string, minLength: 5, maxLength: 3,", "3", "nothing fits 'minLength: 5' and 'maxLength: 3'"),
    "'then' without 'if'": (SLACK, "type: string,", "type: string, then: {},", "then", "'then' says nothing without 'if'"),
    "a number that JSON has not": (SLACK, "type: string,", "type: string, default: .inf,", ".inf", "a graph type holds only what JSON can hold: no .inf and no .nan"),
    "an expression of no sense": (SLACK, "'^[^@]*$'", "'(a'", "'(a'", "'(a' is no regular expression of the linear kind"),
    "an expression among names": (SLACK, "        required: [channel]", "        patternProperties: {'(x': {}}", "'(x'", "'(x' is no regular expression of the linear kind"),
    "values of another type than the schema's own": (SLACK, "type: string,", "type: integer, enum: [one, two], ", "one", "'enum' must hold a whole number here, as 'type' says"),
    "an example of another type": (SLACK, "type: string,", "type: string, examples: [5],", "5", "'examples' must hold text here, as 'type' says"),
    "a format that is a slip": (SLACK, "type: string,", "type: string, format: datetime,", "datetime", "JSON Schema 2020-12 has no format 'datetime'; did you mean 'date-time'?"),
    "a key of ours that is a slip": (SLACK, "type: string,", "type: string, x-wantd: a word,", "x-wantd", "'x-wantd' means nothing here; did you mean 'x-wanted'?"),
    "a key of ours that holds no text": (SLACK, "type: string,", "type: string, x-wanted: 5,", "5", "'x-wanted' must be text, what would be right in a few words"),
    "an entry in small letters": (SLACK, "SlackNode:", "slack_node:", "slack_node", "'slack_node' fits no convention: <Name>Node, <Name>Edge, <Name>EdgeConstraints, <Name>Enum, Config, or a bare name for what they share; did you mean 'SlackNode'?"),
    "a type with a character that nobody sees": (SLACK, "const: SLACK", 'const: "A\\0B"', '"A\\0B"', "'SlackNode' must fix its 'type' to text that can be printed"),
    "another way to number": (SLACK, "type: string,", "type: [1, 2],", "1", "'type' is one of array, boolean, integer, null, number, object and string, or a list of them"),
    "an entry whose name is a slip": (PIPELINE, "CopyNode:", "Copynode:", "Copynode", "nothing refers to 'Copynode', and its name makes it a part that others share; did you mean 'CopyNode'?"),
    "constraints whose name is a slip": (PIPELINE, "FeedsEdgeConstraints:", "FeedsEdgeConstraint:", "FeedsEdgeConstraint", "nothing refers to 'FeedsEdgeConstraint', and its name makes it a part that others share; did you mean 'FeedsEdgeConstraints'?"),
    "a type to extend that there is not": (SLACK, "extends: workflow", "extends: workfow", "workfow", "no graph type called 'workfow' can be extended; there is workflow; did you mean 'workflow'?"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_a_key_cannot_hold_is_one_finding_at_its_token(name: str, tmp_path: Path) -> None:
    text, old, new, token, message = WRONG[name]
    assert old in text
    assert told(text.replace(old, new, 1), tmp_path) == [(token, message)]


@pytest.mark.parametrize("key", ["name", "version", "scope", "description"])
def test_a_missing_key_is_told_at_the_first_one(key: str, tmp_path: Path) -> None:
    text = re.sub(rf"^{key}:.*\n", "", PIPELINE, flags=re.MULTILINE)
    ((token, message),) = told(text, tmp_path)
    assert (token, message[: len(key) + 22]) == ("$schema", f"a graph type needs '{key}',")


def test_what_nothing_is_called_is_told_once_with_every_place(tmp_path: Path) -> None:
    text = PIPELINE.replace("  Rows:", "  Lines:").replace(
        "  FeedsEdge:", "  MoveNode:\n    allOf: [{$ref: darwinflow:base#/$defs/BaseNode}]\n"
        "    properties: {lines: {$ref: '#/$defs/Rows'}}\n  FeedsEdge:",
    )  # fmt: skip
    (finding,) = findings(text, tmp_path)
    assert len(finding.related) == 1
    assert finding.related[0].span.line > finding.span.line


def test_a_type_written_in_braces_has_its_faults_at_their_tokens(tmp_path: Path) -> None:
    assert [token for token, _ in told("{extends: workflow, $dfs: {}}\n", tmp_path)] == ["$dfs"]
    assert [token for token, _ in told("{extends: workflow, $defs: {ANode: {titel: x}}}\n", tmp_path)] == [
        "titel"
    ]


def test_a_type_beyond_the_most_that_are_read_is_told(tmp_path: Path) -> None:
    names = [f"part{number:03}" for number in range(MAX_FILES)]
    workspace(tmp_path, **dict.fromkeys(names, SLACK))
    last = tmp_path / "graph-types" / "zoo.yaml"
    last.write_text(SLACK, encoding="utf-8")
    found = check_type_file(
        Document.parse(SLACK), str(last), str(tmp_path), defaults("w"), BUNDLED
    ).findings()
    assert any("this one is not read" in one.message for one in found)


def test_every_reference_to_nothing_is_told_beside_other_faults(tmp_path: Path) -> None:
    text = SLACK.replace("#/$defs/ChannelEnum", "#/$defs/ChanelEnum").replace("#/$defs/Step", "#/$defs/Stp")
    assert [token for token, _ in told(text.replace("title:", "titel:"), tmp_path)] == [
        "titel",
        "darwinflow:graph-type/workflow#/$defs/Stp",
        "'#/$defs/ChanelEnum'",
    ]


def test_faults_at_the_root_hide_none_below(tmp_path: Path) -> None:
    text = PIPELINE.replace("scope: tenant", "scope: world").replace("[COPY]", "[MOVE]")
    assert [token for token, _ in told(text, tmp_path)] == ["world", "MOVE"]


def test_a_slip_in_extends_still_leaves_the_type_partial(tmp_path: Path) -> None:
    types = workspace(tmp_path, slack=SLACK.replace("extends:", "extend:"))
    assert found(types, WORKFLOW) == []
    assert types.catalog.graph_type("workflow").is_partial
    assert not is_whole({"extend": "workflow"})
    assert is_whole({"nam": "pipeline"})


def data_of(text: str) -> Any:
    return Document.parse(text).data(0)


def spoilt(value: Any, rng: random.Random, others: list[Any]) -> Any:
    """*value* with something else in one place of it."""
    if not isinstance(value, (dict, list)) or not value or rng.random() < 0.15:
        return rng.choice(others)
    if isinstance(value, list):
        at = rng.randrange(len(value))
        return [spoilt(one, rng, others) if index == at else one for index, one in enumerate(value)]
    name = rng.choice(list(value))
    chance = rng.random()
    if chance < 0.1:
        return {key: one for key, one in value.items() if key != name}
    if chance < 0.25:
        return {(rng.choice(["$ref", "x", "type", "$defs", "A~/b", "const"]) if key == name else key): one
                for key, one in value.items()}  # fmt: skip
    return {key: spoilt(one, rng, others) if key == name else one for key, one in value.items()}


def test_no_module_breaks_the_reading_and_each_is_taken_or_has_faults() -> None:
    rng = random.Random(4)
    base = data_of(PIPELINE)
    others: list[Any] = [
        None, True, 5, -1, 2**70, float("nan"), "", "type", "#/$defs/Rows", "darwinflow:base#/$defs/BaseNode", "#",
        "#/$defs/", [], {}, [[]], {"$ref": "#/$defs/Config"}, {"$id": "x:y"}, {"$schema": "yes"}, ["a", "a"], "(",
    ]  # fmt: skip
    refused = 0
    for _ in range(1500):
        module = base
        for _ in range(rng.randint(1, 3)):
            module = spoilt(module, rng, others)
        if not isinstance(module, dict):
            continue
        whole, faults = read(module, BUNDLED.modules)
        assert (whole is None) == bool(faults)
        refused += whole is None
        for fault in faults:
            assert fault.pointer == "" or fault.pointer.startswith("/")
            assert not any(word in str(fault) for word in ("invalid", "please", "unexpected", "!"))
    assert refused > 700
