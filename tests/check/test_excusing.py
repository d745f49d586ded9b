"""A comment takes away what it names, but never that a text cannot be read."""

import pytest

from darwinflow.catalog.catalog import Catalog
from darwinflow.check.engine import Checked, check
from darwinflow.check.fixes import fixed
from darwinflow.check.mending import mended
from darwinflow.document.document import Document


def codes(text: str, catalog: Catalog) -> list[str]:
    return [one.code for one in check(Document.parse(text), catalog, is_named=True).findings()]


def test_what_cannot_be_read_cannot_be_suppressed(catalog: Catalog) -> None:
    broken = 'id: a\nversion: 1\ndescription: "open # darwinflow: ignore[yaml-syntax]\n'
    assert "yaml-syntax" in codes(broken, catalog)
    beside = "id: a\nversion: 1\n# darwinflow: ignore[yaml-syntax] templates\nnodes: {{ nodes }\n"
    assert "yaml-syntax" in codes(beside, catalog)


def test_what_it_names_is_taken_away(catalog: Catalog) -> None:
    text = "id: a\nversion: 1\ntitel: x # darwinflow: ignore[unknown-field] read by another tool\n"
    assert "unknown-field" not in codes(text, catalog)
    assert "unknown-field" in codes(text.replace(" # darwinflow: ignore[unknown-field]", " #"), catalog)


FLOW = "id: a\nversion: 1\ntitel: x # COMMENT\nnodes: []\nedges: [{from: START, to: END}]\n"


def remarks(comment: str, catalog: Catalog) -> list[tuple[str, str, int]]:
    """Code, token and number of fixes of what is said about line 3."""
    document = Document.parse(FLOW.replace("# COMMENT", comment))
    return [
        (one.code, document.lines[2][one.span.column : one.span.end_column], len(one.fixes))
        for one in check(document, catalog, is_named=True).findings()
        if one.span.line == 2
    ]


def test_a_suppression_without_a_reason_is_asked_for_one(catalog: Catalog) -> None:
    assert remarks("# darwinflow: ignore[unknown-field]", catalog) == [
        ("unexplained-suppression", "ignore", 0)
    ]
    assert remarks("# darwinflow: ignore[unknown-field] --", catalog)[0][0] == "unexplained-suppression"
    assert remarks("# darwinflow: ignore[unknown-field] 工具が読む", catalog) == []
    # Where it takes nothing away, that is said and no more.
    assert [one[0] for one in remarks("# darwinflow: ignore[secret]", catalog)][1:] == ["unused-suppression"]


@pytest.mark.parametrize(
    "comment",
    [
        "# darwinflow: Ignore[unknown-field] a tool reads it",
        "# DarwinFlow: ignore[unknown-field] a tool reads it",
        "# DARWINFLOW: IGNORE[unknown-field] a tool reads it",
        "# darwin-flow: ignore[unknown-field] a tool reads it",
        "# darwinflow ignore[unknown-field] a tool reads it",
        "# darwinflow: ignroe[unknown-field] a tool reads it",
        "# darwinflow: disable[unknown-field] a tool reads it",
        "# darwinflow: ignore [unknown-field] a tool reads it",
        "# darwinflow: ignore(unknown-field) a tool reads it",
        "# darwinflow: ignore: [unknown-field] a tool reads it",
    ],
)
def test_what_is_only_nearly_a_suppression_is_told_and_becomes_one(comment: str, catalog: Catalog) -> None:
    text = FLOW.replace("# COMMENT", comment)
    before = [one.code for one in check(Document.parse(text), catalog, is_named=True).findings()]
    (code, _, fixes) = remarks(comment, catalog)[1]
    assert (code, fixes) == ("unused-suppression", 1)
    found = check(Document.parse(text), catalog, is_named=True).findings()
    chosen = [one for one in found if one.code == "unused-suppression"]
    mended = fixed(Document.parse(text), chosen)
    assert mended.lines[2] == "titel: x # darwinflow: ignore[unknown-field] a tool reads it"
    after = [one.code for one in check(mended, catalog, is_named=True).findings()]
    assert sorted([*after, "unknown-field", "unused-suppression"]) == sorted(before)


@pytest.mark.parametrize(
    "comment",
    [
        "# DarwinFlow ignores what stands here",
        "# darwinflow: ignore what this says, said nobody".replace("darwinflow:", "see darwinflow:"),
        "# the docs of darwinflow: https://example.org/ignore[x]",
        "# darwinflow reads this",
        "# darwinflow: see [unknown-field]",
    ],
)
def test_prose_is_no_suppression(comment: str, catalog: Catalog) -> None:
    assert [one[0] for one in remarks(comment, catalog)] == ["unknown-field"]


def test_a_code_in_other_letters_is_told_with_its_fix(catalog: Catalog) -> None:
    assert remarks("# darwinflow: ignore[Unknown-Field] a tool reads it", catalog)[1] == (
        "unused-suppression",
        "Unknown-Field",
        1,
    )


def test_what_is_nearly_a_suppression_within_a_text_is_text(catalog: Catalog) -> None:
    text = FLOW.replace("titel: x # COMMENT", "description: |\n  # Darwinflow: Ignore[secret] x")
    assert "unused-suppression" not in codes(text, catalog)


REASON = "# darwinflow: ignore[unknown-field] a tool reads it"


def after_fixes(text: str, catalog: Catalog) -> str:
    def checked(document: Document) -> Checked:
        return check(document, catalog, is_named=True)

    return mended(checked(Document.parse(text)), checked)[0].document.lines.text()


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (f"id: a\nversion: 1 {REASON}\ntitel: x\n", "below"),
        (f"id: a\n{REASON}\nversion: 1\ntitel: x\n", "below"),
        (f"id: a\ntitel: x\nversion: 1 {REASON}\n", "above"),
        (f"id: a\ntitel: x\n{REASON}\nversion: 1\n", "above"),
    ],
)
def test_a_suppression_one_line_off_says_where_and_stays_with_what_it_means(
    text: str, where: str, catalog: Catalog
) -> None:
    text += "nodes: []\nedges: [{from: START, to: END}]\n"
    found = check(Document.parse(text), catalog, is_named=True).findings()
    (unused,) = [one for one in found if one.code == "unused-suppression"]
    said = "there is no 'unknown-field' here to suppress; what it names is found on the line "
    assert unused.message == said + where
    assert [other.span for other in unused.related] == [
        one.span for one in found if one.code == "unknown-field"
    ]
    assert after_fixes(text, catalog) == text


def test_a_reason_is_deleted_only_where_nothing_can_have_been_meant(catalog: Catalog) -> None:
    rest = "nodes: []\nedges: [{from: START, to: END}]\n"
    idle = f"id: a {REASON}\nversion: 1\n{rest}"
    assert after_fixes(idle, catalog) == idle.replace(f" {REASON}", "")
    far = idle.replace("edges:", "note_of_ours: x\nedges:")
    assert after_fixes(far, catalog) == far
    unknown = f"id: a # darwinflow: ignore[our-own-rule] a tool reads it\nversion: 1\n{rest}"
    assert after_fixes(unknown, catalog) == unknown
