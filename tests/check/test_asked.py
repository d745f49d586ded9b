"""What is said of a value that a workspace's own node type does not take: the value, and what the type asks."""

from pathlib import Path

import pytest

from catalog.test_workspace import BUNDLED, SLACK, WORKFLOW, text_at
from darwinflow.catalog.workspace import for_workspace
from darwinflow.check.engine import check
from darwinflow.document.document import Document

ASKED = [
    ("{type: string, pattern: '^[A-Z]{3}$'}", "LS", "LS", "'text' must be text that matches '^[A-Z]{3}$', not the text 'LS'"),
    ("{type: string, pattern: '^[A-Z]{3}$', x-wanted: three capitals}", "LS", "LS", "'text' must be three capitals, not the text 'LS'"),
    ("{type: string, minLength: 1}", "''", "''", "'text' must not be empty"),
    ("{type: string, minLength: 3}", "x", "x", "'text' has 1 character; at least 3 are needed"),
    ("{type: string, maxLength: 3}", "long", "long", "'text' has 4 characters; at most 3 are taken"),
    ("{exclusiveMinimum: 3}", "3", "3", "'text' must be more than 3, not 3"),
    ("{exclusiveMaximum: 3}", "3", "3", "'text' must be less than 3, not 3"),
    ("{multipleOf: 5}", "3", "3", "'text' must be a multiple of 5, not 3"),
    ("{type: object, minProperties: 1}", "{}", "text", "'text' must have at least 1 entry, not none"),
    ("{type: object, maxProperties: 1}", "{a: 1, b: 2}", "text", "'text' must have at most 1 entry, not 2"),
    ("{type: object, propertyNames: {pattern: '^a'}}", "{b: 1}", "b", "'b' is no name for an entry here: it must be text that matches '^a', not the text 'b'"),
    ("{type: object, properties: {a: {}}, unevaluatedProperties: false}", "{b: 1}", "b", "the config of 'text' has no 'b'; it may have a"),
    ("{type: array, contains: {const: 3}}", "[1]", "text", "'text' must hold an item that is 3"),
    ("{type: array, contains: {type: integer}, minContains: 2}", "[1]", "text", "'text' must hold an item that is a whole number, at least 2 times"),
    ("{type: array, prefixItems: [{const: 1}], items: false}", "[1, 2]", "2", "item 2 of 'text' is one too many"),
    ("{type: array, prefixItems: [true], unevaluatedItems: false}", "[1, 2]", "text", "'text' takes 1 item, not 2"),
    ("{not: {const: 3}}", "3", "3", "'text' must not be 3"),
    ("{oneOf: [{type: integer}, {minimum: 2}]}", "3", "3", "'text' must fit one of its 2 forms, and the number 3 fits 2"),
    ("{oneOf: [{type: integer}, {type: object}]}", "x", "x", "'text' must be a whole number or a mapping, not the text 'x'"),
    ("{enum: [1.0, null, true, two]}", "to", "to", "'text' must be 1.0, null, true or two, not the text 'to'"),
    ("false", "3", "3", "'text' may not be there"),
]  # fmt: skip


@pytest.mark.parametrize(("schema", "value", "token", "message"), ASKED, ids=[one[0] for one in ASKED])
def test_a_value_that_its_type_does_not_take(
    schema: str, value: str, token: str, message: str, tmp_path: Path
) -> None:
    (tmp_path / "graph-types").mkdir()
    own = SLACK.replace("{type: string, pattern: '^[^@]*$'}", schema)
    (tmp_path / "graph-types" / "slack.yaml").write_text(own)
    types = for_workspace(str(tmp_path), "graph-types", BUNDLED)
    assert types.files[0].problems == ()
    document = Document.parse(WORKFLOW.replace("CHANNEL", "alerts").replace("text: hi", f"text: {value}"))
    found = check(document, types.catalog).findings()
    assert [(text_at(document.lines, one.span), one.message) for one in found] == [(token, message)]
