import pytest

from darwinflow.document.document import Document
from darwinflow_lsp.features.cursor import spot_at

HEAD = "id: a\nversion: 1\nnodes:\n  - id: one\n    type: FILE_READ\n    config: {path: x}\n"


def spot(text):
    index = text.index("|")
    text = text[:index] + text[index + 1 :]
    before = text[:index].split("\n")
    return spot_at(Document.parse(text), len(before) - 1, len(before[-1]))


@pytest.mark.parametrize(
    ("text", "path", "is_key", "word"),
    [
        ("|", "", True, ""),
        ("ver|", "", True, "ver"),
        (HEAD + "  - |", "nodes -", True, ""),
        (HEAD + "  - i|", "nodes -", True, "i"),
        (HEAD + "  - id: two\n    ty|", "nodes -", True, "ty"),
        (HEAD + "  - id: two\n    type: LLM|", "nodes - type", False, "LLM"),
        (HEAD + "  - id: two\n    type: |", "nodes - type", False, ""),
        (HEAD + "  - id: two\n    type: LLM_DECISION\n    config:\n      |", "nodes - config", True, ""),
        (
            HEAD + "  - id: two\n    type: LLM_DECISION\n    config:\n      pro|",
            "nodes - config",
            True,
            "pro",
        ),
        (HEAD + "  - id: two\n    config: {pro|", "nodes - config", True, "pro"),
        (HEAD + "  - id: two\n    config: {path: x, |", "nodes - config", True, ""),
        (HEAD + "  - id: two\n    config:\n      context: [o|", "nodes - config context -", False, "o"),
        (HEAD + "  - id: two\n    retry: {backoff: ex|", "nodes - retry backoff", False, "ex"),
        (HEAD + "edges:\n  - {from: |", "edges - from", False, ""),
        (HEAD + "edges:\n  - {from: [START, o|", "edges - from -", False, "o"),
        (HEAD + "edges:\n  - {from: START, to: o|", "edges - to", False, "o"),
        (HEAD + "edges:\n  - {from: START, |", "edges -", True, ""),
        (HEAD + "edges:\n  - {from: START,\n     to: |", "edges - to", False, ""),
        (HEAD + "edges:\n  - from:\n      - o|", "edges - from -", True, "o"),
        (HEAD + "edges:\n- from: |", "edges - from", False, ""),
        (HEAD + "edges:\n  |", "edges", True, ""),
        (HEAD + "metadata:\n  tags: {team: core}\n  |", "metadata", True, ""),
        (HEAD + "me|", "", True, "me"),
    ],
)
def test_a_half_written_place_is_known_by_its_keys(text, path, is_key, word):
    found = spot(text)
    assert (" ".join(found.path), found.is_key) == (path, is_key)
    line = text.replace("|", "").split("\n")[found.span.line]
    assert line[found.span.column : found.span.end_column] == word


@pytest.mark.parametrize(
    "text",
    [
        HEAD + "    # a |",
        HEAD + "  - id: two\n    config:\n      prompt: |2\n        some @",
        HEAD + "  - id:|",
    ],
)
def test_in_comments_and_blocks_of_text_there_is_no_place(text):
    text = text if "@" not in text else text.replace("|", "\0").replace("@", "|").replace("\0", "|", 1)
    if text.count("|") > 1:
        head, _, rest = text.rpartition("|")
        document = Document.parse(head + rest)
        lines = head.split("\n")
        assert spot_at(document, len(lines) - 1, len(lines[-1])) is None
    else:
        assert spot(text) is None


def test_the_line_of_the_item_is_known():
    assert spot(HEAD + "  - id: two\n    ty|").item_line == 6
