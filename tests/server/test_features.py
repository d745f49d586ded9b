"""Every feature over stdio, with a character outside the basic plane before the position, in each encoding."""

import pytest

from sample_flow import WORKFLOW
from server.client import Client, column, place_of

ENCODINGS = ("utf-8", "utf-16", "utf-32")
URI = "untitled:party"
TEXT = """\
{description: "🎉", id: party, version: 2, metadata: {parent: {id: other, version: 1}},
"nodes": [
{description: "🎉🎉", id: grüße, type: FILE_READ, config: {path: a}},
{description: "🎉", id: ask, type: LLM_DECISION, config: {prompt: "🎉?", options: [a, b]}}],
"edges": [
{from: START, to: [grüße, ask]}, {condition: "'🎉' == ''", from: [grüße, ask], to: END}]}
"""


@pytest.fixture(params=ENCODINGS)
def party(request, workspace):
    with Client(workspace.home) as client:
        result = client.initialize(request.param, initializationOptions={"trusted": False})
        assert result["capabilities"]["positionEncoding"] == request.param
        yield client, request.param


def shown(text, place, encoding):
    """What a range of *text* covers."""
    lines = text.split("\n")
    ends = []
    for end in (place["start"], place["end"]):
        line = lines[end["line"]]
        at = next(i for i in range(len(line) + 1) if column(line, i, encoding) == end["character"])
        ends.append((end["line"], at))
    (first, start), (last, stop) = ends
    if first == last:
        return lines[first][start:stop]
    return "\n".join([lines[first][start:], *lines[first + 1 : last], lines[last][:stop]])


def opened(party, text):
    """Open *text* without its marker `|`; the document and the marker's place."""
    client, encoding = party
    text, line, character = place_of(text, "|", encoding)
    client.open(URI, text)
    return client, encoding, text, line, character


def ask(party, method, text, **more):
    client, encoding, text, line, character = opened(party, text)
    return client.ask_at(f"textDocument/{method}", URI, line, character, **more), text, encoding


def marked(before, after, text=TEXT):
    assert before + after in text
    return text.replace(before + after, f"{before}|{after}", 1)


def test_a_finding_is_one_token_with_code_source_version_and_related_places(party):
    client, encoding = party
    text = TEXT.replace("to: [grüße, ask]", "to: [grüße, asc, asc]")
    client.open(URI, text, 7)
    found = client.diagnostics(URI, 7)
    finding = next(each for each in found if each["code"] == "edge-unknown-node")
    assert shown(text, finding["range"], encoding) == "asc"
    assert finding["source"] == "darwinflow"
    assert finding["severity"] == 1
    assert finding["message"] == "no node is called 'asc'; did you mean 'ask'?"
    assert finding["data"]["fixes"]
    assert [shown(text, each["location"]["range"], encoding) for each in finding["relatedInformation"]] == [
        "asc"
    ]


@pytest.mark.parametrize("is_there_already", [False, True])
def test_a_fix_that_leads_to_another_finding_is_offered_and_not_preferred(at_work, is_there_already):
    """As `check --fix` withholds it: here the edge would stand there twice."""
    line = next(one for one in WORKFLOW.splitlines(keepends=True) if "to: END" in one)
    slip = line.replace("to: END", "to: ENDD")
    at_work.open(URI, WORKFLOW.replace(line, line + slip if is_there_already else slip))
    [finding] = [one for one in at_work.diagnostics(URI) if one["code"] == "edge-unknown-node"]
    where = {"textDocument": {"uri": URI}, "range": finding["range"], "context": {"diagnostics": [finding]}}
    [action] = at_work.request("textDocument/codeAction", where)
    assert action["isPreferred"] is not is_there_already


def test_a_code_action_mends_the_finding(party):
    client, encoding = party
    text = TEXT.replace("to: [grüße, ask]", "to: [grüße, asc]")
    client.open(URI, text)
    finding = next(each for each in client.diagnostics(URI) if each["code"] == "edge-unknown-node")
    where = {"textDocument": {"uri": URI}, "range": finding["range"], "context": {"diagnostics": [finding]}}
    [action] = client.request("textDocument/codeAction", where)
    [edit] = action["edit"]["changes"][URI]
    assert action["kind"] == "quickfix"
    assert shown(text, edit["range"], encoding) == "asc"
    client.change(URI, 2, {"range": edit["range"], "text": edit["newText"]})
    assert client.diagnostics(URI, 2) == []
    other = where | {"context": {"diagnostics": [], "only": ["refactor"]}}
    assert client.request("textDocument/codeAction", other) is None


@pytest.mark.parametrize(
    "spot", [("to: [grüße, a", "sk]}"), ("from: [grüße, a", "sk]"), ('"🎉", id: as', "k")]
)
def test_a_node_is_found_from_wherever_its_id_stands(party, spot):
    [place], text, encoding = ask(party, "definition", marked(*spot))
    assert place["uri"] == URI
    assert shown(text, place["range"], encoding) == "ask"
    assert place["range"]["start"]["line"] == 3


def test_references_are_every_use_with_and_without_the_declaration(party):
    places, text, encoding = ask(
        party, "references", marked("id: grü", "ße"), context={"includeDeclaration": True}
    )
    assert [shown(text, each["range"], encoding) for each in places] == ["grüße"] * 3
    client, _ = party
    where = {"textDocument": {"uri": URI}, "position": places[0]["range"]["start"]}
    uses = client.request("textDocument/references", where | {"context": {"includeDeclaration": False}})
    assert len(uses) == 2


def test_end_and_start_are_used_and_never_declared(party):
    places, text, encoding = ask(party, "references", marked("to: E", "ND"))
    assert [shown(text, each["range"], encoding) for each in places] == ["END"]
    client, _ = party
    where = {"textDocument": {"uri": URI}, "position": places[0]["range"]["start"]}
    assert client.request("textDocument/definition", where) is None


def test_hovers_say_what_a_thing_is_at_exactly_its_place(party):
    expected = {
        ("id: par", "ty"): ("party", "**party** v2"),
        ("type: LLM_DEC", "ISION"): ("LLM_DECISION", "a model chooses one"),
        ("id: as", "k"): ("ask", "**ask** `LLM_DECISION`"),
        ("[grüße, a", "sk], to"): ("ask", "`LLM_DECISION`"),
        ("to: E", "ND"): ("END", "Where every run ends"),
        ("opt", "ions: "): ("options", "**options**: the list of answers"),
        ("condi", "tion"): ("condition", "when it is taken"),
        ("ver", "sion: 2"): ("version", "the number of this version"),
    }
    client, encoding = party
    for spot, (token, words) in expected.items():
        text, line, character = place_of(marked(*spot), "|", encoding)
        client.open(URI, text)
        hover = client.ask_at("textDocument/hover", URI, line, character)
        assert hover is not None, spot
        assert shown(text, hover["range"], encoding) == token
        assert words in hover["contents"]["value"]


def test_a_hover_on_the_workflow_names_its_parent_without_any_daemon(party):
    hover, _, _ = ask(party, "hover", marked("id: par", "ty"))
    assert hover["contents"]["value"] == "**party** v2  \n🎉\n\nv2 ← other v1"


def test_symbols_are_nodes_and_edges_with_their_places(party):
    client, encoding = party
    client.open(URI, TEXT)
    [tree] = client.request("textDocument/documentSymbol", {"textDocument": {"uri": URI}})
    assert (tree["name"], tree["detail"]) == ("party", "v2")
    names = [child["name"] for child in tree["children"]]
    assert names == ["grüße", "ask", "START → grüße, ask", "grüße, ask → END"]
    assert [shown(TEXT, child["selectionRange"], encoding) for child in tree["children"][:2]] == names[:2]
    assert shown(TEXT, tree["children"][1]["range"], encoding).startswith('{description: "🎉", id: ask')


def test_completion_replaces_what_is_typed_behind_the_emoji(party):
    answer, text, encoding = ask(party, "completion", marked("to: [grüße, as", "k]}"))
    labels = [item["label"] for item in answer["items"]]
    assert labels == ["grüße", "ask", "END"] or labels == ["END", "grüße", "ask"]
    item = next(item for item in answer["items"] if item["label"] == "ask")
    assert item["detail"] == "LLM_DECISION"
    assert item["filterText"] == "ask"
    assert shown(text, item["textEdit"]["range"], encoding) == "as"


def test_the_lens_stands_at_the_id(party):
    client, encoding = party
    client.open(URI, TEXT)
    [lens] = client.request("textDocument/codeLens", {"textDocument": {"uri": URI}})
    assert lens["command"]["title"] == "v2, parent other v1"
    assert shown(TEXT, lens["range"], encoding) == "party"


@pytest.fixture
def editor(client):
    client.initialize(initializationOptions={"trusted": False})
    return client


HEAD = "id: a\nversion: 1\nnodes:\n  - id: one\n    type: FILE_READ\n    config: {path: x}\n"
TAIL = "edges:\n  - {from: START, to: one}\n"


def complete(editor, text):
    """The items by label, and the text with one item put in."""
    text, line, character = place_of(text, "|")
    editor.open(URI, text)
    items = {
        item["label"]: item
        for item in editor.ask_at("textDocument/completion", URI, line, character)["items"]
    }

    def accepted(label):
        item = items[label]
        new = item["textEdit"]["newText"]
        place = item["textEdit"]["range"]
        lines = text.split("\n")
        own = lines[place["start"]["line"]]
        if item["insertTextFormat"] == 2:
            # As editors do: the line's own indentation before each further line.
            new = new.replace("\n", "\n" + own[: len(own) - len(own.lstrip(" "))])
        lines[place["start"]["line"]] = (
            own[: place["start"]["character"]] + new + own[place["end"]["character"] :]
        )
        return "\n".join(lines)

    return items, accepted


NODE = """\
  - id: ${1:id}
    type: LLM_DECISION
    config:
      prompt: "${2:the question in words}"
      options: [${3:first}, ${4:second}]
"""


def test_a_node_type_behind_a_dash_is_the_whole_node(editor):
    items, accepted = complete(editor, HEAD + "  - |\n" + TAIL)
    assert accepted("LLM_DECISION") == HEAD + NODE + TAIL
    assert items["LLM_DECISION"]["detail"] == "a model chooses one"


def test_a_node_type_on_an_empty_line_brings_its_dash(editor):
    _, accepted = complete(editor, HEAD + "  |\n" + TAIL)
    assert accepted("LLM_DECISION") == HEAD + NODE + TAIL


def test_a_node_type_behind_its_key_brings_the_config_that_it_needs(editor):
    _, accepted = complete(editor, HEAD + "  - id: two\n    type: LL|\n" + TAIL)
    assert accepted("TOOL_CALL") == (
        HEAD + "  - id: two\n    type: TOOL_CALL\n    config:\n      tool: ${1:the name of the tool}\n" + TAIL
    )
    _, accepted = complete(editor, HEAD + "  - type: |\n    id: two\n" + TAIL)
    assert accepted("FILE_READ") == (
        HEAD + "  - type: FILE_READ\n    config:\n      path: ${1:the file's path}\n    id: two\n" + TAIL
    )


def test_a_node_that_has_a_config_gets_the_type_alone(editor):
    _, accepted = complete(editor, HEAD + "  - id: two\n    type: |\n    config: {path: a}\n" + TAIL)
    assert "    type: FILE_WRITE\n    config: {path: a}" in accepted("FILE_WRITE")


def test_an_editor_without_snippets_gets_plain_text(client):
    client.initialize(capabilities={"general": {"positionEncodings": ["utf-16"]}})
    _, accepted = complete(client, HEAD + "  - |\n" + TAIL)
    node = '  - id: \n    type: LLM_DECISION\n    config:\n      prompt: ""\n      options: [, ]\n'
    assert accepted("LLM_DECISION").replace(" \n", "\n") == (HEAD + node + TAIL).replace(" \n", "\n")


@pytest.mark.parametrize(
    ("text", "offered"),
    [
        (
            HEAD + "  - id: two\n    type: LLM_DECISION\n    config:\n      |\n" + TAIL,
            "prompt options context model",
        ),
        (
            HEAD + "  - id: two\n    type: LLM_DECISION\n    config:\n      prompt: x\n      |\n" + TAIL,
            "options context model",
        ),
        (HEAD + "  - id: two\n    type: FILE_WRITE\n    config: {path: x, |}\n" + TAIL, "path content"),
        (HEAD + "  - id: two\n    |\n" + TAIL, "type description metadata logging retry config"),
        (HEAD + "    retry:\n      |\n" + TAIL, "attempts delay backoff"),
        (HEAD + "    retry: {backoff: |}\n" + TAIL, "constant exponential"),
        (HEAD + "    logging: [|]\n" + TAIL, "inputs outputs duration errors"),
        (HEAD + "metadata:\n  |\n" + TAIL, "createdAt createdBy parent reasoning tags"),
        (HEAD + "metadata:\n  createdBy: user\n  |\n" + TAIL, "createdAt parent reasoning tags"),
        (HEAD + "metadata:\n  |\n  tags: {}\n" + TAIL, "createdAt createdBy parent reasoning"),
        (HEAD + "metadata:\n  createdBy: |\n" + TAIL, "user reflection"),
        (
            HEAD + "  - description: x\n    |\n    id: two\n  - id: three\n    type: FILE_READ\n",
            "type metadata logging retry config",
        ),
        (HEAD + TAIL + "|", "description metadata inputs"),
        (HEAD + TAIL + "  - {|}", "from to type key metadata condition"),
        (HEAD + TAIL + "  - from: |", "START one"),
        (HEAD + TAIL + "  - from: one\n    to: |", "one END"),
        (HEAD + TAIL + "  - from:\n      - |", "START one"),
    ],
)
def test_completion_offers_what_may_stand_there_and_no_more(editor, text, offered):
    items, _ = complete(editor, text)
    assert set(items) == set(offered.split())


def test_a_text_that_is_no_workflow_is_left_alone(editor):
    editor.open(URI, "services:\n  web: {image: nginx}\n")
    assert editor.diagnostics(URI) == []
    for method in ("hover", "completion", "definition", "references"):
        answer = editor.ask_at(f"textDocument/{method}", URI, 1, 4)
        assert not (answer["items"] if method == "completion" else answer)
    for method in ("documentSymbol", "codeLens"):
        assert editor.request(f"textDocument/{method}", {"textDocument": {"uri": URI}}) == []


def test_closing_takes_the_diagnostics_away(editor):
    editor.open(URI, "id: a\nnodes: 5\n")
    assert editor.diagnostics(URI)
    place = editor.said
    editor.notify("textDocument/didClose", {"textDocument": {"uri": URI}})
    gone = editor.wait(
        lambda message: message.get("method") == "textDocument/publishDiagnostics", after=place
    )
    assert gone["params"]["diagnostics"] == []
    assert editor.ask_at("textDocument/hover", URI, 0, 5) is None


def test_several_workflows_in_one_file_are_told_apart(editor):
    editor.open(URI, HEAD + TAIL + "---\n" + HEAD.replace("id: a", "id: b") + TAIL)
    trees = editor.request("textDocument/documentSymbol", {"textDocument": {"uri": URI}})
    assert [tree["name"] for tree in trees] == ["a", "b"]
    lenses = editor.request("textDocument/codeLens", {"textDocument": {"uri": URI}})
    assert [lens["range"]["start"]["line"] for lens in lenses] == [0, 9]
    [place] = editor.ask_at("textDocument/definition", URI, 16, 23)
    assert place["range"]["start"]["line"] == 12
