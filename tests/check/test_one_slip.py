"""One slip of a mark or a blank: one finding, on what is wrong, which says what belongs there, and mends it where that is certain."""

from time import process_time

import pytest

from darwinflow.catalog.catalog import Catalog
from darwinflow.check.engine import Checked, check
from darwinflow.check.mending import mended
from darwinflow.document.document import Document

TEXT = """\
id: assistant
version: 1
nodes:
  - id: ask
    type: LLM_DECISION
    config:
      prompt: Who signs?
      options: [Anna, Otto]
  - id: sign
    type: CLAUDE_CODE
    config: {prompt: Sign it}
  - {id: help, type: HUMAN_INPUT}
  - id: wait
    type: HUMAN_INPUT
edges:
  - {from: START, to: ask}
  - {from: ask, to: sign, condition: "output.decision == 'Anna'"}
  - {from: ask, to: help, condition: "output.decision == 'Otto'"}
  - from: sign
    to: wait
  - from: help
    to: wait
  - {from: wait, to: END}
"""
LAST = "{from: wait, to: END}"


def checked(text: str, catalog: Catalog) -> Checked:
    return check(Document.parse(text), catalog, is_named=True)


def said(text: str, catalog: Catalog) -> list[str]:
    """Of each finding: the token, its code, what it says."""
    found = checked(text, catalog)
    lines = found.document.lines
    return [
        f"{lines[one.span.line][one.span.column : one.span.end_column]} | {one.code}: {one.message}"
        for one in found.findings()
    ]


def after_fixes(text: str, catalog: Catalog) -> str:
    found, _ = mended(checked(text, catalog), lambda document: check(document, catalog, is_named=True))
    assert found.findings() == ()
    return found.document.lines.text()


def test_the_text_is_sound(catalog: Catalog) -> None:
    assert said(TEXT, catalog) == []


COMMAS = [
    ("{from: wait to: END}", "to | yaml-syntax: a ',' is missing before 'to'"),
    ("{from: wait -> to: END}", "-> | yaml-syntax: a ',' stands between two entries, not '->'"),
    ("{from: wait: to: END}", ": | yaml-syntax: a ',' stands between two entries, not ':'"),
    ("{from: wait; to: END}", "; | yaml-syntax: a ',' stands between two entries, not ';'"),
    ("{from: wait\uff0c to: END}", "\uff0c | yaml-syntax: a ',' stands between two entries, not '\uff0c'"),
    ('{from: "wait" to: END}', "to | yaml-syntax: a ',' is missing before 'to'"),
]  # fmt: skip


@pytest.mark.parametrize(("slip", "finding"), COMMAS)
def test_a_comma_that_is_missing_is_told_where_it_belongs(slip: str, finding: str, catalog: Catalog) -> None:
    text = TEXT.replace(LAST, slip)
    assert said(text, catalog) == [finding]
    assert after_fixes(text, catalog).replace('"wait"', "wait") == TEXT


def test_a_comma_is_missing_before_a_condition(catalog: Catalog) -> None:
    text = TEXT.replace("to: sign, condition", "to: sign condition")
    assert said(text, catalog) == ["condition | yaml-syntax: a ',' is missing before 'condition'"]
    assert after_fixes(text, catalog) == TEXT


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("Note: sign it", ": | yaml-syntax: a value without quotes cannot hold ': '; quote it"),
        ("Please note this: sign", "this | yaml-syntax: a ',' is missing before 'this'; a text that holds ': ' wants quotes"),
    ],
)  # fmt: skip
def test_a_colon_in_a_text_wants_quotes(text: str, finding: str, catalog: Catalog) -> None:
    found = said(TEXT.replace("{prompt: Sign it}", f"{{prompt: {text}}}"), catalog)
    assert found == [finding]


COLONS = [
    (LAST, "{from: wait, to:END}", "to:END | unknown-field: ':' needs a space behind it; write 'to: ...'"),
    (LAST, "{from:wait, to:END}", "from:wait | unknown-field: ':' needs a space behind it; write 'from: ...'"),
    ("help, type: H", "help, type:H", "type:HUMAN_INPUT | unknown-field: ':' needs a space behind it; write 'type: ...'"),
    ("{id: help", "{id:help", "id:help | unknown-field: ':' needs a space behind it; write 'id: ...'"),
    ("type: CLAUDE", "type:CLAUDE", ": | yaml-syntax: ':' needs a space behind it; write 'type: ...'"),
    ("type: CLAUDE", "type:\u00a0CLAUDE", "\u00a0 | yaml-syntax: the blank behind ':' is a no-break space (U+00A0) and no space; write 'type: ...'"),
    (LAST, "{from: wait, to:\u00a0END}", "to:\u00a0END | unknown-field: the blank behind ':' is a no-break space (U+00A0) and no space; write 'to: ...'"),
    ("type: CLAUDE", "type\uff1a CLAUDE", "\uff1a | yaml-syntax: '\uff1a' is no colon in YAML; write 'type: CLAUDE_CODE'"),
    ("type: CLAUDE", "type\uff1aCLAUDE", "\uff1a | yaml-syntax: '\uff1a' is no colon in YAML; write 'type: CLAUDE_CODE'"),
    (LAST, "{from: wait, to\uff1a END}", "to\uff1a END | unknown-field: '\uff1a' is no colon in YAML; write 'to: END'"),
    ("type: CLAUDE", "type; CLAUDE", "; | yaml-syntax: a value follows ':', not ';'; write 'type: CLAUDE_CODE'"),
    ("type: CLAUDE", "type = CLAUDE", "= | yaml-syntax: a value follows ':', not '='; write 'type: CLAUDE_CODE'"),
    ("options: [Anna", "options:[Anna", ": | yaml-syntax: ':' needs a space behind it; write 'options: ...'"),
    ("type: CLAUDE", "type :CLAUDE", ": | yaml-syntax: the space belongs behind ':', not before it; write 'type: CLAUDE_CODE'"),
    ("config: {", "config:{", "config:{prompt | unknown-field: ':' needs a space behind it; write 'config: {prompt: Sign it}'"),
    ("config: {", "config :{", "config :{prompt | unknown-field: the space belongs behind ':', not before it; write 'config: {prompt: Sign it}'"),
    ("config: {", "config{", "config{prompt | unknown-field: a key needs ':' behind it; write 'config: {prompt: Sign it}'"),
    ("options: [Anna", "options[Anna", "options | yaml-syntax: a key needs ':' behind it; write 'options: [Anna, Otto]'"),
    ("options: [Anna", "options [Anna", "options | yaml-syntax: a key needs ':' behind it; write 'options: [Anna, Otto]'"),
]  # fmt: skip


@pytest.mark.parametrize(("right", "slip", "finding"), COLONS)
def test_what_stands_for_a_colon_is_told(right: str, slip: str, finding: str, catalog: Catalog) -> None:
    text = TEXT.replace(right, slip)
    assert said(text, catalog) == [finding]
    assert after_fixes(text, catalog) == TEXT


QUOTED = TEXT.replace("{prompt: Sign it}", '{prompt: "Sign: it"}').replace("Who signs?", '"Who signs?"')


@pytest.mark.parametrize(
    ("right", "slip", "finding"),
    [
        ("config: {", "config:{", ": | yaml-syntax: ':' needs a space behind it; write 'config: {...}'"),
        ("config: {", "config{", "config | yaml-syntax: a key needs ':' behind it; write 'config: {...}'"),
        ("config: {", "config {", "config | yaml-syntax: a key needs ':' behind it; write 'config: {...}'"),
        ("prompt: \"Who", "prompt \"Who", "prompt | yaml-syntax: a key needs ':' behind it; write 'prompt: \"Who signs?\"'"),
    ],
)  # fmt: skip
def test_what_stands_for_a_colon_is_told_before_quotes(
    right: str, slip: str, finding: str, catalog: Catalog
) -> None:
    text = QUOTED.replace(right, slip)
    assert said(text, catalog) == [finding]
    assert after_fixes(text, catalog) == QUOTED


@pytest.mark.parametrize(
    ("right", "slip", "key"),
    [
        ("prompt: Who", "promp:t Who", "prompt"),
        ("    to: wait", "    t:o wait", "to"),
        ("type: LLM", "typ:e LLM", "type"),
        ("id: sign", "i:d sign", "id"),
        ("version: 1", "versio:n 1", "version"),
        ("nodes:", "node:s", "nodes"),
        ("config:\n", "con:fig\n", "config"),
    ],
)
def test_a_colon_within_a_key_is_put_behind_it(right: str, slip: str, key: str, catalog: Catalog) -> None:
    text = TEXT.replace(right, slip, 1)
    message = f": | yaml-syntax: the ':' stands within '{key}'; write '{key}: ...'"
    assert said(text, catalog) == [message]
    assert after_fixes(text, catalog).replace(": \n", ":\n") == TEXT


@pytest.mark.parametrize("slip", ["{promp:t Sign it}", "{p:rompt Sign it}"])
def test_a_colon_within_a_key_in_braces_is_put_behind_it(slip: str, catalog: Catalog) -> None:
    text = TEXT.replace("{prompt: Sign it}", slip)
    assert said(text, catalog) == [
        f"{slip[1:-1]} | config-unknown-field: the ':' stands within 'prompt'; write 'prompt: ...'"
    ]
    assert after_fixes(text, catalog) == TEXT


@pytest.mark.parametrize(
    ("right", "slip"),
    [
        ("prompt: Who", "prompt:W ho"), ("    to: wait", "    to:w ait"), ("{prompt: Sign", "{prompt:S ign"),
        ("version: 1", 'version:" 1"'), ("prompt: Who", "prompt:; Who"), ("prompt: Who", "prompt:= Who"),
        ("{prompt: Sign", "{prompt:? Sign"), ("prompt: Who", "prompt:\uff1a Who"), ("prompt: Who", "prompt:\u201c Who"),
    ],
)  # fmt: skip
def test_no_fix_is_certain_where_a_letter_may_have_changed_places_with_the_blank(
    right: str, slip: str, catalog: Catalog
) -> None:
    (found,) = checked(TEXT.replace(right, slip, 1), catalog).findings()
    assert found.message.startswith("':' needs a space behind it")
    assert found.fixes == ()


@pytest.mark.parametrize(
    ("right", "slip"),
    [
        ("[Anna, Otto]", '["Ann"a, "Otto"]'),
        ("[Anna, Otto]", '["Anna". "Otto"]'),
        ("Who signs?", "'I't's Otto who signs'"),
        ("Who signs?", "'It's' Otto'"),
    ],
)
def test_a_quote_within_a_word_is_not_made_one_of_the_text(right: str, slip: str, catalog: Catalog) -> None:
    found = checked(TEXT.replace(right, slip), catalog).findings()
    assert found
    assert not any(one.fixes for one in found)


@pytest.mark.parametrize(
    ("right", "slip"),
    [
        ("{prompt: Sign it}", "{prompt: Sign. model: small}"),
        ("{prompt: Sign it}", "{prompt: Sig,n model: small}"),
    ],
)
def test_no_fix_is_certain_where_a_mark_may_stand_for_the_comma(
    right: str, slip: str, catalog: Catalog
) -> None:
    (found,) = checked(TEXT.replace(right, slip), catalog).findings()
    assert found.fixes == ()


@pytest.mark.parametrize("name", ["wait;", ";wait", "wait;;", '"wait;"'])
def test_an_id_with_a_semicolon_is_another_name(name: str, catalog: Catalog) -> None:
    found = checked(TEXT.replace("- id: wait", f"- id: {name}"), catalog).findings()
    (one,) = [one for one in found if one.code == "edge-unknown-node"]
    assert "no node is called 'wait'; did you mean " in one.message


@pytest.mark.parametrize("text", ["'Don't ask'", "'It's Otto's'", "'It's the 'one''", "'Don't: ask' # why"])
def test_an_apostrophe_inside_a_text_is_mended(text: str, catalog: Catalog) -> None:
    whole = TEXT.replace("Who signs?", text)
    assert said(whole, catalog) == ["' | yaml-syntax: a ' inside the text ends it; write '' for it"]
    inside = text[1 : text.rindex("'")]
    assert f"'{inside.replace(chr(39), chr(39) * 2)}'" in after_fixes(whole, catalog)
    assert said(TEXT.replace("Sign it", "'Don't ask'"), catalog) == [
        "' | yaml-syntax: a ' inside the text ends it; write '' for it"
    ]


def test_a_known_key_without_its_space_is_no_other_key(catalog: Catalog) -> None:
    """`to:o x` is not `too: x`, nor is `id:ea` of a node a field."""
    assert said(TEXT.replace("    to: wait", "    to:wait x", 1), catalog)[0].startswith(
        ": | yaml-syntax: ':' needs"
    )


@pytest.mark.parametrize(
    ("comment", "token", "code"),
    [("// comment", "//", "yaml-syntax"), ("// see: this", "// see", "unknown-field")],
)
def test_a_comment_of_another_language_is_made_one(
    comment: str, token: str, code: str, catalog: Catalog
) -> None:
    text = TEXT.replace("    type: CLAUDE", f"    {comment}\n    type: CLAUDE")
    assert said(text, catalog) == [f"{token} | {code}: a comment begins with '#', not '//'"]
    assert after_fixes(text, catalog) == text.replace("//", "#")


TEXTS = [
    ("\"output.decision == 'Anna'\"", '"output.decision == "Anna""', '" | yaml-syntax: a " inside the text ends it; write \\" for it', '"output.decision == \\"Anna\\""'),
    ("Who signs?", '"The "one" who"', '" | yaml-syntax: a " inside the text ends it; write \\" for it', '"The \\"one\\" who"'),
    ("Who signs?", "'The 'one' who'", "' | yaml-syntax: a ' inside the text ends it; write '' for it", "'The ''one'' who'"),
    ("Who signs?", "*Who* signs?", "*Who* | yaml-syntax: a '*' without quotes begins an alias, which nothing may follow on its line; quote the text", "'*Who* signs?'"),
    ("Who signs?", '"C:\\Users\\q"', "\\U | yaml-syntax: '\\U' is no escape; write '\\\\U' for a backslash, or use single quotes", '"C:\\\\Users\\\\q"'),
]  # fmt: skip


@pytest.mark.parametrize(("right", "slip", "finding", "mend"), TEXTS)
def test_what_ends_or_begins_a_text_too_early_is_told(
    right: str, slip: str, finding: str, mend: str, catalog: Catalog
) -> None:
    text = TEXT.replace(right, slip)
    assert said(text, catalog) == [finding]
    assert after_fixes(text, catalog) == TEXT.replace(right, mend)


def test_quotes_that_are_no_pairs_are_left_to_the_author(catalog: Catalog) -> None:
    text = TEXT.replace("Who signs?", '"Anna" or "Otto')
    assert said(text, catalog) == [
        'or "Otto | yaml-syntax: nothing may follow the closing quote on its line; quote the whole value'
    ]
    assert "Double the backslashes" not in str(
        checked(TEXT.replace("Who signs?", '"C:\\Users\\new"'), catalog).findings()
    )


def _with(right: str, slip: str) -> str:
    assert TEXT.count(right) == 1
    return TEXT.replace(right, slip)


FOLLOWED = [
    (LAST, "{from: wait, to: START}", "START | edge-end-not-allowed: no edge may lead to 'START': runs begin there"),
    (LAST, "{from: wait, to: 3}", "3 | wrong-type: 'to' must be a node's id, or a list of at least one, not the number 3"),
    (LAST, f"{LAST}\n  - from: sa", "from | missing-field: an edge needs 'to', the node it leads to"),
    (LAST, f"{LAST}\n  - from:", "from | missing-field: an edge needs 'from' and 'to'"),
    ("edges:\n", "  - id: ne\nedges:\n", "id | missing-field: a node needs 'type', the kind of work it does"),
    ("edges:\n", "  - id: ne\n    type:\nedges:\n", "type | wrong-type: 'type' has no value; it must be text"),
    (TEXT[TEXT.index("edges:") :], "edges:\n", "edges | wrong-type: 'edges' has no value; it must be a list"),
]  # fmt: skip


@pytest.mark.parametrize(("right", "slip", "finding"), FOLLOWED)
def test_what_follows_from_a_fault_is_silent(right: str, slip: str, finding: str, catalog: Catalog) -> None:
    assert said(_with(right, slip), catalog) == [finding]


@pytest.mark.parametrize(("slip", "name"), [("'wait '", "wait "), ("wait,", "wait,")])
def test_an_id_with_something_around_it_is_shown_whole_and_mended(
    slip: str, name: str, catalog: Catalog
) -> None:
    text = _with("id: wait", f"id: {slip}")
    assert said(text, catalog) == [
        f"{slip} | invalid-value: 'id' must be text without '.', ',', '@', control characters and outer blanks, not the text '{name}'"
    ]
    assert after_fixes(text, catalog) == TEXT


def test_a_list_without_edges_leaves_nodes_out_of_reach(catalog: Catalog) -> None:
    text = TEXT[: TEXT.index("edges:")] + "edges: []\n"
    assert said(text, catalog) == ["ask | unreachable-node: no edge leads to 'ask'"]


ELSEWHERE = [
    ("edges:\n", "  - {from: START, to: ask}\nedges:\n", "from | unknown-field: this is an edge, which belongs under 'edges'"),
    ("edges:\n  - {from: START, to: ask}\n", "  - {from: START, to: ask}\nedges:\n", "from | unknown-field: this is an edge, which belongs under 'edges'"),
    (LAST, f"{LAST}\n  - id: late\n    type: HUMAN_INPUT", "id | unknown-field: this is a node, which belongs under 'nodes'"),
    ("  - id: wait\n    type: HUMAN_INPUT\nedges:\n", "edges:\n  - id: wait\n    type: HUMAN_INPUT\n", "id | unknown-field: this is a node, which belongs under 'nodes'"),
]  # fmt: skip


@pytest.mark.parametrize(("right", "slip", "finding"), ELSEWHERE)
def test_an_item_in_the_other_list_is_told_once(
    right: str, slip: str, finding: str, catalog: Catalog
) -> None:
    assert said(_with(right, slip), catalog) == [finding]


def test_a_node_with_another_name_is_told_where_the_old_one_is_used(catalog: Catalog) -> None:
    text = _with("- id: ask", "- id: decide")
    (found,) = checked(text, catalog).findings()
    assert (
        found.message == "no node is called 'ask'; did you mean 'decide', or is that node to be called 'ask'?"
    )
    assert [[edit.text for edit in fix.edits] for fix in found.fixes] == [["decide"] * 3, ["ask"]]
    assert not any(fix.is_certain for fix in found.fixes)


def test_a_token_of_two_shapes_is_one_secret(catalog: Catalog) -> None:
    token = ".".join(
        [
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9",
            "eyJzdWIiOiIxMjM0NTY3ODkwIn0",
            "SflKxwRJSMeKKF2QT4fwpMeJf36POk6y",
        ]
    )
    (found,) = said(_with("Who signs?", f'"Bearer {token}"'), catalog)
    assert found.startswith(f"{token} | secret: a JSON web token, 'eyJh")


CONDITION = "\"output.decision == 'Otto'\""
CURLS = [
    (CONDITION, "\u201coutput.decision == 'Otto'\u201d", "condition-syntax: '\u201c' is no quote in YAML; write the condition without it or in '\"'", CONDITION),
    ("Who signs?", "\u201cWho: signs?\u201d", "yaml-syntax: '\u201c' opens no text in YAML; write '\"' around it", '"Who: signs?"'),
]  # fmt: skip


@pytest.mark.parametrize(("right", "slip", "finding", "mend"), CURLS)
def test_quotes_of_text_programs_are_told(
    right: str, slip: str, finding: str, mend: str, catalog: Catalog
) -> None:
    text = _with(right, slip)
    (found,) = said(text, catalog)
    assert found.partition(" | ")[2] == finding
    assert after_fixes(text, catalog) == TEXT.replace(right, mend)


def test_a_curled_quote_that_closes_a_text_in_braces_is_told(catalog: Catalog) -> None:
    found = said(_with("{prompt: Sign it}", "{prompt: \u201cSign, it\u201d}"), catalog)
    assert found == [
        "it\u201d | config-unknown-field: '\u201d' closes no text in YAML; write '\"' before the text and behind it"
    ]


def test_texts_that_go_on_behind_their_quotes_cost_no_more_than_their_length(catalog: Catalog) -> None:
    """Each of them was looked for to the end of the line: two minutes for 16 000."""
    start = process_time()
    assert said("a: [" + '"b"c, ' * 50_000 + "]\n", catalog)
    assert process_time() - start < 5


VALUES = [
    ("version: 1", "version: 1 // first", "// | wrong-type: a comment begins with '#', not '//'", "version: 1 # first"),
    ("type: CLAUDE_CODE", "type: CLAUDE_CODE // why", "// | unknown-node-type: a comment begins with '#', not '//'", "type: CLAUDE_CODE # why"),
    (LAST, f"{LAST} // why", "// | yaml-syntax: a comment begins with '#', not '//'", f"{LAST} # why"),
    (LAST, f"{LAST}}}", "} | yaml-syntax: '}' closes nothing; remove it", LAST),
    (LAST, "{from: 3, to: END}", "3 | wrong-type: 'from' must be a node's id, or a list of at least one, not the number 3", None),
    (LAST, "{from: \u201cwait\u201d, to: END}", "\u201cwait\u201d | edge-unknown-node: no node is called '\u201cwait\u201d'; did you mean 'wait'?", LAST),
    ("- id: wait", "- id: \u201cwait\u201d", "wait | edge-unknown-node: no node is called 'wait'; did you mean '\u201cwait\u201d'?", None),
    ("id: wait\n", "id: wa\ufeffit\n", "\ufeff | yaml-syntax: this is a byte order mark, which is seen nowhere and may only begin a document; remove it", "id: wait\n"),
]  # fmt: skip


@pytest.mark.parametrize(("right", "slip", "finding", "mend"), VALUES)
def test_a_slip_at_a_value_is_one_finding(
    right: str, slip: str, finding: str, mend: str | None, catalog: Catalog
) -> None:
    assert said(_with(right, slip), catalog) == [finding]
    if mend is not None:
        assert after_fixes(_with(right, slip), catalog) == TEXT.replace(right, mend)


BRACES = [
    ("config: {prompt: Sign it}", "config {prompt: Sign it}", "config {prompt | unknown-field: a key needs ':' behind it; write 'config: {prompt: Sign it}'"),
    ("config: {prompt: Sign it}", "config: {prompt: Sign it}\n    metadata {owner: me}", "metadata {owner | unknown-field: a key needs ':' behind it; write 'metadata: {owner: me}'"),
]  # fmt: skip


@pytest.mark.parametrize(("right", "slip", "finding"), BRACES)
def test_a_colon_that_is_missing_before_braces_is_told_once(
    right: str, slip: str, finding: str, catalog: Catalog
) -> None:
    assert said(_with(right, slip), catalog) == [finding]
    mend = slip.replace("config {", "config: {").replace("metadata {", "metadata: {")
    assert after_fixes(_with(right, slip), catalog) == _with(right, mend)


COMMAS_BEFORE = [
    ("{from: wait, to:, END}", "to | wrong-type: no ',' stands before a value; write 'to: END'"),
    ("{from: wait, to: ,END}", "to | wrong-type: no ',' stands before a value; write 'to: END'"),
    ("{from: wait, to, END}", "to | wrong-type: no ',' stands before a value; write 'to: END'"),
    ("{from:, wait, to: END}", "from | wrong-type: no ',' stands before a value; write 'from: wait'"),
]


@pytest.mark.parametrize(("slip", "finding"), COMMAS_BEFORE)
def test_a_comma_before_a_value_is_told_once(slip: str, finding: str, catalog: Catalog) -> None:
    assert said(_with(LAST, slip), catalog) == [finding]
    assert after_fixes(_with(LAST, slip), catalog) == TEXT


def test_a_key_behind_one_without_a_value_is_one_where_it_stands_on_a_line_of_its_own(
    catalog: Catalog,
) -> None:
    found = said(_with("    to: wait\n  - from: help", "    to:\n    wait:\n  - from: help"), catalog)
    assert not [one for one in found if "no ','" in one]


MOVED = [
    ("    config: {prompt: Sign it}\n", "    prompt: Sign it\n    model: small\n", "    config:\n      prompt: Sign it\n      model: small\n"),
    ("type: HUMAN_INPUT}", "type: HUMAN_INPUT, prompt: Who?, options: [a, b]}", "type: HUMAN_INPUT, config: {prompt: Who?, options: [a, b]}}"),
    ("      options: [Anna, Otto]\n", "    options: [Anna, Otto]\n", "      options: [Anna, Otto]\n"),
]  # fmt: skip


@pytest.mark.parametrize(("right", "slip", "mend"), MOVED)
def test_keys_beside_the_config_are_put_into_it(right: str, slip: str, mend: str, catalog: Catalog) -> None:
    (found,) = said(_with(right, slip), catalog)
    assert found.endswith("it belongs in 'config'")
    assert after_fixes(_with(right, slip), catalog) == TEXT.replace(right, mend)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("!!int abc", "'abc' is no '!!int', a whole number; remove the tag, or write one"),
        ("!!float zz", "'zz' is no '!!float', a number; remove the tag, or write one"),
        ("!!bool yes", "'yes' is no '!!bool', true or false; remove the tag, or write one"),
        ("!!int 3", None),
        ("!!float 3", None),
        ("!!float .nan", None),
        ("!!null ~", None),
        ("!!str 3", None),
        ("!!null x", "'x' is no '!!null', null or ~; remove the tag, or write one"),
        ("!!seq {}", "'!!seq' stands before a list, and this is a mapping; remove the tag"),
        ("!!seq {a: 1}", "'!!seq' stands before a list, and this is a mapping; remove the tag"),
        ("&b !!map []", "'!!map' stands before a mapping, and this is a list; remove the tag"),
        ("!!map a", "'!!map' stands before a mapping, and this is one value; remove the tag"),
        ("!!int [1]", "'!!int' stands before one value, and this is a list; remove the tag"),
        ("!!seq\n  - 1", None),
        ("!!map\n  b: 1", None),
        ("!!map", None),
    ],
)
def test_a_value_that_is_not_what_its_tag_says_is_told(
    value: str, message: str | None, catalog: Catalog
) -> None:
    found = said(f"x-a: {value}\n{TEXT}", catalog)
    assert [one.partition("yaml-syntax: ")[2] for one in found] == ([message] if message else [])


def test_nodes_that_stand_in_no_brackets_are_one_finding(catalog: Catalog) -> None:
    right = "  - from: sign\n    to: wait\n  - from: help\n    to: wait\n"
    text = _with(right, "  - {from: sign, help, to: wait}\n")
    assert said(text, catalog) == ["help | unknown-field: several nodes stand in brackets: [sign, help]"]
    assert after_fixes(text, catalog) == _with(right, "  - {from: [sign, help], to: wait}\n")
    assert said(_with(LAST, "{from: wait, to: END, elsewhere}"), catalog) == [
        "elsewhere | unknown-field: an edge has no field 'elsewhere'; it may have from, to, type, key, metadata and condition"
    ]


def test_a_slip_below_an_anchor_is_one_finding(catalog: Catalog) -> None:
    shared = "    config: {prompt: Sign it}\n"
    more = "  - {id: more, type: CLAUDE_CODE, config: *c}\n"
    text = _with(shared, "    config: &c {promt: Sign it}\n" + more).replace(
        "from: sign", "from: [sign, more]"
    )
    text = text.replace("to: sign,", "to: [sign, more],")
    (found,) = checked(text, catalog).findings()
    assert [one.message for one in found.related] == ["and by way of this alias"]
    assert said(after_fixes(text, catalog), catalog) == []
    above = "x-c: &c {promt: Sign it}\n" + text.replace("&c {promt: Sign it}", "*c", 1)
    (found,) = checked(above, catalog).findings()
    assert (found.span.line, len(found.related)) == (0, 2)
    assert said(after_fixes(above, catalog), catalog) == []


OTTO = "\"output.decision == 'Otto'\""
OTHERS = [
    (OTTO, '"output.decision == Otto"', "Otto | condition-unknown-name: 'Otto' is an answer of 'ask', a text; write it in quotes: 'Otto'", OTTO),
    (OTTO, "\"output.a == 1 & output.decision == 'Otto'\"", "& | condition-syntax: CEL writes '&&' for '&'", "\"output.a == 1 && output.decision == 'Otto'\""),
    (OTTO, "\"output.a =< 1 || output.decision == 'Otto'\"", "=< | condition-syntax: CEL writes '<=' for '=<'", "\"output.a <= 1 || output.decision == 'Otto'\""),
    (LAST, "{from: END, to: wait}", "END | edge-end-not-allowed: no edge may leave 'END': runs end there", None),
    ("- id: sign\n", "- sign:\n", "sign | unknown-field: a node has no field 'sign'; a node's name goes under 'id': write 'id: sign'", "- id: sign\n"),
]  # fmt: skip


@pytest.mark.parametrize(("right", "slip", "finding", "mend"), OTHERS)
def test_a_slip_that_leads_to_more_is_one_finding(
    right: str, slip: str, finding: str, mend: str | None, catalog: Catalog
) -> None:
    assert said(_with(right, slip), catalog) == [finding]
    if mend is not None:
        assert after_fixes(_with(right, slip), catalog) == TEXT.replace(right, mend)


def test_keys_of_the_node_are_put_beside_its_config(catalog: Catalog) -> None:
    right = "      options: [Anna, Otto]\n    retry:\n      attempts: 2\n"
    text = _with("      options: [Anna, Otto]\n", right)
    assert said(text, catalog) == []
    deep = text.replace("    retry:\n      attempts: 2\n", "      retry:\n        attempts: 2\n")
    assert said(deep, catalog) == [
        "retry | config-unknown-field: the config of an LLM_DECISION has no 'retry'; it belongs beside 'config'"
    ]
    assert after_fixes(deep, catalog) == text


RETRIED = """\
  - id: help
    type: HUMAN_INPUT
    config:
      prompt: Help
    retry:
      attempts: 2
      # seconds
      delay: 5
"""


@pytest.mark.parametrize(
    ("line", "slip", "place"),
    [
        ("    retry:\n", "", "attempts | config-unknown-field: the config of a HUMAN_INPUT has no 'attempts'; it belongs in 'retry', and the line 'retry:' is missing above it"),
        ("    retry:\n", "      retry:\n", "retry | config-unknown-field: the config of a HUMAN_INPUT has no 'retry'; it belongs beside 'config'"),
    ],
)  # fmt: skip
def test_keys_of_a_mapping_beside_the_config_whose_line_is_lost_are_one_finding(
    line: str, slip: str, place: str, catalog: Catalog
) -> None:
    text = _with("  - {id: help, type: HUMAN_INPUT}\n", RETRIED)
    assert said(text, catalog) == []
    broken = text.replace(line, slip)
    assert said(broken, catalog) == [place]
    assert after_fixes(broken, catalog) == text


def test_keys_that_others_follow_are_not_put_under_a_line_of_their_own(catalog: Catalog) -> None:
    text = _with("  - {id: help, type: HUMAN_INPUT}\n", RETRIED.replace("    retry:\n", ""))
    text = text.replace("      delay: 5\n", "      delay: 5\n      options: [a, b]\n")
    (found,) = checked(text, catalog).findings()
    assert "'attempts'" in found.message
    assert not found.fixes
