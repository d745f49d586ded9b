"""The open documents themselves: what a client has is never lost, whatever becomes of a check."""

from darwinflow_lsp.border.params import Change
from darwinflow_lsp.checks import Checks
from darwinflow_lsp.documents import Documents
from darwinflow_lsp.opening import Openings
from sample_flow import MISSPELT, WORKFLOW

URI = "untitled:a"


class FaultyChecks(Checks):
    """A rule in it fails wherever a text has the word."""

    def check(self, document, path, previous):
        if any("burst" in line for line in document.lines):
            raise RuntimeError("a rule failed")
        return super().check(document, path, previous)


def documents():
    return Documents(FaultyChecks(), Openings(lambda *_: None), lambda _: None)


def texts(opened, text):
    """The document's text and the codes of its findings after *text* was put in front of its last line."""
    place = len(WORKFLOW.split("\n")) - 1, 0
    opened.change(URI, 2, [Change(place, place, text)], "utf-16")
    snapshot = opened.get(URI).snapshot
    return snapshot.document.lines.text(), [finding.code for finding in snapshot.checked.findings()]


def test_a_text_whose_check_fails_is_kept_and_checked_again_with_the_next_edit(caplog):
    opened = documents()
    opened.open(URI, 1, MISSPELT)
    assert texts(opened, "# burst\n") == (MISSPELT + "# burst\n", [])
    assert "a check failed" in caplog.text
    line = len(MISSPELT.split("\n")) - 1
    opened.change(URI, 3, [Change((line, 2), (line, 7), "mended")], "utf-16")
    snapshot = opened.get(URI).snapshot
    assert snapshot.version == 3
    assert snapshot.document.lines.text() == MISSPELT + "# mended\n"
    assert "edge-unknown-node" in [finding.code for finding in snapshot.checked.findings()]


def test_a_document_whose_first_check_fails_is_open(caplog):
    opened = documents()
    opened.open(URI, 1, WORKFLOW + "# burst\n")
    assert opened.get(URI).snapshot.document.lines.text() == WORKFLOW + "# burst\n"
    assert "a check failed" in caplog.text


def test_what_a_long_document_has_left_may_be_collected_once_no_other_is_open():
    opened = Documents(Checks(), Openings(lambda *_: None), lambda _: None)
    for uri in (URI, "untitled:b"):
        opened.open(uri, 1, WORKFLOW + "# x\n" * 3_000)
    opened.close(URI)
    assert not opened.may_thaw()
    opened.close("untitled:b")
    assert [opened.may_thaw(), opened.may_thaw()] == [True, False]
    opened.open(URI, 1, WORKFLOW)
    opened.close(URI)
    assert not opened.may_thaw()
