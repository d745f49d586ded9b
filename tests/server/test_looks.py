"""Looks at the files around open documents, in whatever order their threads end."""

import pytest

from darwinflow_lsp.around import Around
from darwinflow_lsp.border.params import Change
from darwinflow_lsp.checks import Checks
from darwinflow_lsp.documents import Documents
from darwinflow_lsp.history import History
from darwinflow_lsp.opening import Openings

CALLER = """\
id: caller
version: 1
nodes:
  - id: other
    type: SUB_WORKFLOW
    config: {workflow: other@2}
edges:
  - {from: START, to: other}
  - {from: other, to: END}
"""


class Desk:
    """One open document, and looks that end when the test says so."""

    def __init__(self, folder):
        self.folder = str(folder)
        (folder / ".darwinflow.yaml").write_text("project: demo\n")
        self.histories = {}
        self.ends = []
        self.published = []
        checks = Checks()
        self.documents = Documents(checks, Openings(lambda _key, _checked: None), lambda _key: None)
        self.around = Around(
            self.documents, checks, self.histories, self.published.append, lambda _key, _asked: None
        )
        self.around.background = self._begin
        self.uri = (folder / "caller.yaml").as_uri()
        self.key = self.documents.open(self.uri, 1, CALLER)
        self.around.edited(self.key)

    def _begin(self, work, done):
        result = work()
        self.ends.append(lambda: done(result))

    def learn(self, *workflows):
        for workflow in workflows:
            self.histories[self.folder, workflow] = History(workflow)

    def messages(self):
        opened = self.documents.get(self.key)
        return [finding.message for finding in opened.snapshot.checked.findings()]


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


UNKNOWN = "no draft is 'other' version 2, and nobody here knows what is published"
MISSING = "no version of 'other' is published, and no draft is 'other' version 2"


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_of_two_looks_at_one_text_the_one_begun_last_holds(desk, order):
    desk.around.look()
    desk.learn("other")
    desk.around.look_at_all()
    for index in order:
        desk.ends[index]()
    assert desk.messages() == [MISSING]


def test_a_look_that_an_edit_has_overtaken_says_nothing(desk):
    desk.around.look()
    desk.documents.change(desk.uri, 2, [Change((0, 0), (0, 0), "# kept\n")], "utf-8")
    desk.around.edited(desk.key)
    desk.ends[0]()
    assert desk.messages() == []
    desk.around.look()
    desk.ends[1]()
    assert desk.messages() == [UNKNOWN]
