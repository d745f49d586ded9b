"""The open documents themselves: what a client has is never lost, whatever becomes of a check."""

import os
import random

from darwinflow.document.document import Document
from darwinflow_lsp.border.params import Change
from darwinflow_lsp.checks import Checks
from darwinflow_lsp.documents import Documents
from darwinflow_lsp.opening import Openings
from sample_flow import MISSPELT, WORKFLOW

URI = "untitled:a"
SEED = int(os.environ.get("SEED", "20261127"))


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


def test_edits_in_any_order_with_work_beside_the_loop_leave_the_clients_text_and_its_findings(monkeypatch):
    """What is done beside the loop ends early or late, while edits, settings and other texts come in between."""
    monkeypatch.setattr("darwinflow_lsp.documents.LONG_TEXT", 60)
    monkeypatch.setattr("darwinflow_lsp.weight.LONG_TEXT", 60)
    monkeypatch.setattr("darwinflow_lsp.weight.LONG_LINES", 25)
    generator = random.Random(SEED)
    waiting, beside = [], 0

    def background(work, done):
        waiting.append((work, done))

    openings = Openings(lambda key, checked: opened.completed(key, checked))
    opened = Documents(Checks(), openings, lambda _: None)
    opened.join(background)
    openings.join(background, lambda call: call())
    key, text, version = opened.open(URI, 0, WORKFLOW), WORKFLOW, 0
    for _ in range(500):
        turn = generator.random()
        if turn < 0.45 and waiting:
            work, done = waiting.pop(0)
            outcome = work()
            done(outcome)
            beside += 1
            continue
        version += turn < 0.5 or turn >= 0.53
        if turn < 0.5:
            text = WORKFLOW * generator.choice([1, 3])
            opened.open(URI, version, text)
        elif turn < 0.53:
            opened.recheck()
        elif turn < 0.56:
            opened.change(URI, version, [Change(None, (0, 0), text := MISSPELT)], "utf-32")
        else:
            lines = text.split("\n")
            row = generator.randrange(len(lines))
            column = generator.randrange(len(lines[row]) + 1)
            new = generator.choice(["x", "\n", "  - id: y\n", "x: " + "y" * 70, ""])
            end = min(column + generator.choice([0, 0, 2]), len(lines[row]))
            lines[row] = lines[row][:column] + new + lines[row][end:]
            text = "\n".join(lines)
            opened.change(URI, version, [Change((row, column), (row, end), new)], "utf-32")
        while len(waiting) > 3:
            work, done = waiting.pop(0)
            done(work())
        if not opened.is_opening(key):
            assert opened.get(URI).snapshot.document.lines.text() == text
    while waiting:
        work, done = waiting.pop(0)
        done(work())
    assert beside > 100
    snapshot = opened.get(URI).snapshot
    assert snapshot.version == version
    assert snapshot.document.lines.text() == text
    fresh = Checks().check(Document.parse(text), None, None)
    assert snapshot.checked.findings() == fresh.findings()
