"""What is wrong with a workflow among the other files of its workspace and the versions that are published."""

import pytest

from darwinflow.catalog.catalog import Catalog
from darwinflow.check.across import among, facts_in
from darwinflow.check.codes import WORKSPACE_CODES
from darwinflow.check.engine import Checked, check
from darwinflow.check.fixes import fixed
from darwinflow.check.neighbours import Asked, FileFacts, ParentName, Published, WorkflowFacts
from darwinflow.document.document import Document
from darwinflow.projection.workflow import workflow_of


class Workspace:
    """Neighbours made of texts: drafts by path, and published ones in their order; None where nobody knows them."""

    def __init__(self, catalog: Catalog, drafts: dict[str, str], store: list[str] | None = None) -> None:
        self._catalog = catalog
        self.texts = drafts
        self._store = None if store is None else [(self._facts(text), text) for text in store]

    def _checked(self, text: str) -> Checked:
        return check(Document.parse(text), self._catalog)

    def _facts(self, text: str) -> FileFacts:
        return facts_in(self._checked(text))

    def file(self, path: str) -> FileFacts | None:
        return self._facts(self.texts[path]) if path in self.texts else None

    def paths(self) -> list[str]:
        return sorted(self.texts)

    def drafts(self, workflow: str, version: int) -> tuple[str, ...]:
        return tuple(
            path
            for path in self.paths()
            for one in self._facts(self.texts[path]).workflows
            if (one.id.casefold(), one.version) == (workflow.casefold(), version)
        )

    def published(self, workflow: str) -> tuple[Published, ...] | None:
        if self._store is None:
            return None
        found = []
        for _, text in self._store:
            value = workflow_of(Document.parse(text))
            assert value is not None
            if value.id.casefold() == workflow.casefold():
                parent = ParentName(value.parent.workflow, value.parent.version) if value.parent else None
                found.append(Published(value.id, value.version, value.content_hash, parent))
        return tuple(sorted(found, key=lambda one: one.version))

    def published_facts(self, workflow: str, version: int) -> WorkflowFacts | None:
        return next(
            one
            for facts, _ in self._store or ()
            for one in facts.workflows
            if (one.id.casefold(), one.version) == (workflow.casefold(), version)
        )

    def checked(self, path: str) -> Checked:
        return among(self._checked(self.texts[path]), path, self)

    def said(self, path: str) -> list[str]:
        return [
            f"{finding.span.line + 1}:{finding.span.column + 1} {finding.severity} {finding.code}: {finding.message}"
            for finding in self.checked(path).findings()
        ]

    def mended(self, path: str) -> str:
        checked = self.checked(path)
        return fixed(checked.document, [one for one in checked.findings() if one.fixes]).lines.text()


def flow(
    name: str, version: int = 1, *, parent: str = "", inputs: str = "", run: str = "", note: str = ""
) -> str:
    head = f"id: {name}\nversion: {version}\n"
    head += f"metadata: {{parent: {parent}}}\n" if parent else ""
    head += f"inputs: {inputs}\n" if inputs else ""
    node = (
        f"type: SUB_WORKFLOW\n    config: {run}"
        if run
        else f'type: HUMAN_INPUT\n    config: {{prompt: "{note}"}}'
    )
    return (
        f"{head}nodes:\n  - id: a\n    {node}\nedges:\n  - {{from: START, to: a}}\n  - {{from: a, to: END}}\n"
    )


def test_a_file_is_never_told_to_call_itself(catalog: Catalog) -> None:
    workspace = Workspace(catalog, {"flows/a.yaml": flow("a", run="{workflow: ./b.yaml}")})
    assert workspace.said("flows/a.yaml") == ["6:24 error subworkflow-missing: there is no file './b.yaml'"]


def test_a_file_that_is_not_there_is_told_with_the_one_that_was_meant(catalog: Catalog) -> None:
    workspace = Workspace(
        catalog,
        {
            "flows/a.yaml": flow("a", run="{workflow: sub/claen.yaml}"),
            "flows/b.yaml": flow("b", run="{workflow: /flows/sub/clean.yml}"),
            "flows/c.yaml": flow("c", run="{workflow: clean.yaml}"),
            "flows/d.yaml": flow("d", run="{workflow: ../../clean.yaml}"),
            "flows/e.yaml": flow("e", run="{workflow: clean}"),
            "flows/f.yaml": flow("f", run="{workflow: data.yaml}"),
            "flows/g.yaml": flow("g", run="{workflow: '${input.which}'}"),
            "flows/data.yaml": "a: 1\n",
            "flows/sub/clean.yaml": flow("clean"),
        },
    )
    prefix = "6:24 error subworkflow-missing: "
    assert workspace.said("flows/a.yaml") == [
        prefix + "there is no file 'sub/claen.yaml'; did you mean 'sub/clean.yaml'?"
    ]
    assert workspace.said("flows/b.yaml") == [
        prefix + "there is no file '/flows/sub/clean.yml'; did you mean '/flows/sub/clean.yaml'?"
    ]
    assert workspace.said("flows/c.yaml") == [
        prefix + "there is no file 'clean.yaml'; did you mean 'sub/clean.yaml'?"
    ]
    assert workspace.said("flows/d.yaml") == [
        prefix + "'../../clean.yaml' leads out of the workspace; name a workflow inside it"
    ]
    assert workspace.said("flows/e.yaml") == [
        prefix + "there is no file 'clean'; a published workflow is named with its version: clean@1"
    ]
    assert workspace.said("flows/f.yaml") == [prefix + "'data.yaml' holds no workflow"]
    assert workspace.said("flows/g.yaml") == []
    for path in ("flows/a.yaml", "flows/b.yaml", "flows/c.yaml"):
        workspace.texts[path] = workspace.mended(path)
        assert workspace.said(path) == []


def test_published_versions_come_before_drafts(catalog: Catalog) -> None:
    drafts = {
        "a.yaml": flow("a", run="{workflow: b@1}"),
        "b.yaml": flow("b", 2, inputs="{x: string}"),
        "c.yaml": flow("c", run="{workflow: B@2}"),
        "d.yaml": flow("d", run="{workflow: b@3}"),
        "e.yaml": flow("e", run="{workflow: nobody@1}"),
    }
    workspace = Workspace(catalog, drafts, [flow("b", 1, inputs="{y: string}")])
    assert workspace.said("a.yaml") == ["6:24 error subworkflow-inputs: 'b' needs the input 'y'"]
    assert workspace.said("c.yaml") == ["6:24 error subworkflow-inputs: 'b' needs the input 'x'"]
    assert workspace.said("d.yaml") == [
        "6:24 error subworkflow-missing: 'b' has no version 3, published or as a draft; published are 1"
    ]
    assert workspace.said("e.yaml") == [
        "6:24 error subworkflow-missing: no version of 'nobody' is published, and no draft is 'nobody' version 1"
    ]
    unknown = Workspace(catalog, drafts)
    assert unknown.said("d.yaml") == [
        "6:24 warning subworkflow-missing: no draft is 'b' version 3, and nobody here knows what is published"
    ]
    assert unknown.said("c.yaml") == workspace.said("c.yaml")


def test_a_workflow_that_runs_itself_is_told_in_each_file_of_the_circle(catalog: Catalog) -> None:
    workspace = Workspace(
        catalog,
        {
            "a.yaml": flow("a", run="{workflow: b.yaml}"),
            "b.yaml": flow("b", run="{workflow: c@1}"),
            "c.yaml": flow("c", run="{workflow: a.yaml}"),
            "d.yaml": flow("d", run="{workflow: a.yaml}"),
            "e.yaml": flow("e", inputs="{order: string}", run="{workflow: ./e.yaml, inputs: {other: 1}}"),
        },
        [],
    )
    text = "6:24 error subworkflow-recursive: this runs the workflow inside itself{}, without an end; take one of the steps out"
    assert workspace.said("a.yaml") == [text.format(" by way of 'b.yaml' and 'c.yaml'")]
    assert workspace.said("b.yaml") == [text.format(" by way of 'c.yaml' and 'a.yaml'")]
    assert workspace.said("d.yaml") == []
    assert workspace.said("e.yaml") == [text.replace("6:", "7:", 1).format("")]


def test_inputs_are_held_to_what_the_callee_declares(catalog: Catalog) -> None:
    declared = "{request: string, limit: {type: integer, default: 3}, mode: {enum: [fast, slow]}, ids: array}"
    run = "{{workflow: callee.yaml, inputs: {}}}"
    workspace = Workspace(
        catalog,
        {
            "callee.yaml": flow("callee", inputs=declared),
            "open.yaml": flow("open"),
            "good.yaml": flow(
                "good", run=run.format("{request: input.text, mode: fast, ids: [], limit: '${a}'}")
            ),
            "bad.yaml": flow("bad", run=run.format("{reqest: x, limit: '5', mode: quick, other: 1}")),
            "free.yaml": flow("free", run="{workflow: open.yaml, inputs: {anything: 1}}"),
        },
    )
    assert workspace.said("good.yaml") == []
    assert workspace.said("free.yaml") == []
    assert workspace.said("bad.yaml") == [
        "6:24 error subworkflow-inputs: 'callee' needs the input 'ids'",
        "6:46 error subworkflow-inputs: 'callee' takes no input 'reqest'; did you mean 'request'?",
        "6:64 error subworkflow-inputs: the input 'limit' of 'callee' takes a whole number, not the text '5'",
        "6:75 error subworkflow-inputs: the input 'mode' of 'callee' takes fast or slow, not the text 'quick'",
        "6:82 error subworkflow-inputs: 'callee' takes no input 'other'; it takes request, limit, mode and ids",
    ]
    assert "{request: x," in workspace.mended("bad.yaml")


def test_inputs_are_held_to_the_whole_schema(catalog: Catalog) -> None:
    """What is only known when it runs, and what a faulty schema asks, is not judged."""
    declared = (
        "{many: {type: array, items: {type: string}, maxItems: 2}, one: {type: integer, minimum: 1, default: 1}, "
        "who: {type: object, properties: {age: {type: integer}}, required: [age]}, odd: {type: string, pattern: '('}}"
    )
    run = "{{workflow: callee.yaml, inputs: {{{}}}}}"
    good = "many: ['${a}', x, y], one: 2, who: {age: 3}, odd: x"
    workspace = Workspace(
        catalog,
        {
            "callee.yaml": flow("callee", inputs=declared),
            "good.yaml": flow("good", run=run.format(good)),
            "bad.yaml": flow("bad", run=run.format("many: [x, 1], one: 0, who: {name: x}, odd: x")),
            "long.yaml": flow("long", run=run.format("many: [x, y, z], who: {age: old}, odd: x")),
        },
    )
    assert workspace.said("good.yaml") == []
    assert [line.split(": ", 1)[1] for line in workspace.said("bad.yaml")] == [
        "item 2 of the input 'many' of 'callee' takes text, not the number 1",
        "the input 'one' of 'callee' must be at least 1, not 0",
        "the input 'who' of 'callee' needs 'age'",
    ]
    assert [line.split(": ", 1)[1] for line in workspace.said("long.yaml")] == [
        "the input 'many' of 'callee' must be a list of at most 2, not a list of 3",
        "'age' in the input 'who' of 'callee' takes a whole number, not the text 'old'",
    ]


def test_two_drafts_of_one_version_are_told_at_the_later_path(catalog: Catalog) -> None:
    workspace = Workspace(
        catalog, {"b/x.yaml": flow("Mine", 2), "a/x.yaml": flow("mine", 2), "c.yaml": flow("mine", 3)}
    )
    assert workspace.said("a/x.yaml") == []
    assert workspace.said("c.yaml") == []
    assert workspace.said("b/x.yaml") == [
        "2:10 error duplicate-version: 'a/x.yaml' is version 2 of 'Mine', too; give this one a version or an id of its own"
    ]


def test_two_documents_of_one_file_are_no_two_times_the_same_version(catalog: Catalog) -> None:
    text = "---\n".join([flow("Mine", 2), flow("mine", 2), flow("mine", 3), flow("other", 2)])
    workspace = Workspace(catalog, {"x.yaml": text, "y.yaml": flow("other", 2)})
    second = flow("mine", 2).count("\n") + 3
    assert workspace.said("x.yaml") == [
        f"{second}:10 error duplicate-version: this file holds version 2 of 'mine' already; give this one a version or an id of its own"
    ]


@pytest.mark.parametrize(
    ("head", "after"),
    [
        ("id: a\nversion: 1\n", "id: a\nversion: 3\nmetadata: {parent: 1}\n"),
        ("version: 1 # first\nid: a\n", "version: 3 # first\nmetadata: {parent: 1}\nid: a\n"),
        (
            "id: a\nversion: 1\nmetadata: {createdBy: user}\n",
            "id: a\nversion: 3\nmetadata: {parent: 1, createdBy: user}\n",
        ),
        (
            "id: a\nversion: 1\nmetadata:\n  # who\n  createdBy: user\n",
            "id: a\nversion: 3\nmetadata:\n  # who\n  parent: 1\n  createdBy: user\n",
        ),
        ("metadata:\n  parent: 2\nid: a\nversion: 1\n", "metadata:\n  parent: 1\nid: a\nversion: 3\n"),
        ("id: a\nversion: 1\nmetadata: {parent: {id: b, version: 1}}\n", None),
        ("x-v: &v 1\nid: a\nversion: *v\n", None),
    ],
)
def test_a_published_version_with_other_content_becomes_the_next(
    catalog: Catalog, head: str, after: str | None
) -> None:
    body = flow("a", note="new").partition("version: 1\n")[2]
    store = [flow("a", 1), flow("a", 2, parent="1"), flow("b")]
    workspace = Workspace(catalog, {"a.yaml": head + body}, store)
    said = [line.partition(" ")[2] for line in workspace.said("a.yaml") if "version-published" in line]
    assert said == ["error version-published: version 1 is published with other content; make this version 3"]
    checked = workspace.checked("a.yaml")
    (finding,) = [one for one in checked.findings() if one.code == "version-published"]
    if after is None:
        assert not finding.fixes
        return
    workspace.texts["a.yaml"] = fixed(checked.document, [finding]).lines.text()
    assert workspace.texts["a.yaml"] == after + body
    assert workspace.said("a.yaml") == []


def test_a_draft_that_says_what_is_published_is_no_other_version(catalog: Catalog) -> None:
    text = flow("a", 1)
    workspace = Workspace(
        catalog,
        {"a.yaml": "# a comment\n" + text.replace("id: a\nversion: 1\n", "version: 1\nid: a\n")},
        [text],
    )
    assert workspace.said("a.yaml") == []


def test_a_parent_is_a_published_version_below_its_own(catalog: Catalog) -> None:
    store = [flow("a", 1), flow("a", 2, parent="1"), flow("a", 4, parent="2"), flow("b", 7)]

    def said(parent: str, version: int = 3, *, known: bool = True) -> list[str]:
        workspace = Workspace(
            catalog, {"a.yaml": flow("a", version, parent=parent)}, store if known else None
        )
        return [line.partition(" ")[2] for line in workspace.said("a.yaml")]

    assert said("2") == []
    assert said("{id: b, version: 7}") == []
    assert said("5") == ["error parent-unknown: version 5 of 'a' is not published; published are 1, 2 and 4"]
    assert said("{id: b, version: 1}") == [
        "error parent-unknown: version 1 of 'b' is not published; published is 7"
    ]
    assert said("{id: c, version: 1}") == [
        "error parent-unknown: version 1 of 'c' is not published; no version of it is"
    ]
    assert said("4") == [
        "warning parent-newer: version 3 of 'a' cannot come from version 4; name an earlier one"
    ]
    assert said("3", known=False) == [
        "warning parent-newer: version 3 of 'a' cannot come from version 3; name an earlier one"
    ]
    assert said("9", known=False) == [
        "warning parent-newer: version 3 of 'a' cannot come from version 9; name an earlier one"
    ]
    assert said("2", known=False) == []


def test_a_version_that_comes_from_itself_is_told_once(catalog: Catalog) -> None:
    store = [flow("a", 1), flow("b", 1, parent="{id: a, version: 1}")]
    workspace = Workspace(catalog, {"a.yaml": flow("a", 1, parent="{id: b, version: 1}")}, store)
    codes = [line.split(" ", 3)[2] for line in workspace.said("a.yaml")]
    assert codes == ["version-published:", "lineage-cycle:"]
    assert (
        "3:37 error lineage-cycle: version 1 of 'a' comes from itself, by way of 'b@1'; name an earlier parent"
        in workspace.said("a.yaml")
    )
    longer = [*store, flow("a", 2, parent="{id: b, version: 1}")]
    workspace = Workspace(catalog, {"a.yaml": flow("a", 1, parent="2")}, longer)
    assert [
        line for line in workspace.said("a.yaml") if "lineage-cycle" in line or "parent-newer" in line
    ] == [
        "3:20 error lineage-cycle: version 1 of 'a' comes from itself, by way of 'a@2' and 'b@1'; name an earlier parent"
    ]


def test_comments_suppress_what_other_files_cause(catalog: Catalog) -> None:
    def said(comment: str, store: list[str] | None) -> list[str]:
        text = flow("a", 3, parent="2").replace(
            "{parent: 2}", "{parent: 2} # darwinflow: ignore[" + comment + "] said elsewhere"
        )
        return [line.partition(" ")[2] for line in Workspace(catalog, {"a.yaml": text}, store).said("a.yaml")]

    assert said("parent-unknown", []) == []
    unused = ["hint unused-suppression: there is no 'parent-unknown' here to suppress"]
    assert said("parent-unknown", [flow("a", 1), flow("a", 2)]) == unused
    assert said("parent-unknown", None) == []  # nobody knows
    assert said("parent-newer", None) == [
        "hint unused-suppression: there is no 'parent-newer' here to suppress"
    ]
    text = flow("a", 3, parent="2").replace(
        "{parent: 2}", "{parent: 2} # darwinflow: ignore[parent-newer] why"
    )
    assert check(Document.parse(text), catalog).findings() == ()  # these rules have not run yet
    assert {"parent-newer", "parent-unknown"} <= WORKSPACE_CODES


def test_what_a_verdict_depends_on_is_what_was_asked(catalog: Catalog) -> None:
    drafts = {
        "a.yaml": flow("a", 2, parent="1", run="{workflow: b.yaml}"),
        "b.yaml": flow("b", run="{workflow: c@1}"),
        "z.yaml": flow("z"),
    }
    asked = Asked(Workspace(catalog, drafts, [flow("a"), flow("c")]))
    among(check(Document.parse(drafts["a.yaml"]), catalog), "a.yaml", asked)
    assert set(asked.answers) == {
        ("drafts", "a", "2"),
        ("published", "a"),
        ("file", "b.yaml"),
        ("published", "c"),
        ("published_facts", "c", "1"),
    }


def test_a_version_that_is_no_draft_is_doubted_where_nobody_knows_the_published_ones(
    catalog: Catalog,
) -> None:
    texts = {"a.yaml": flow("a", run="{workflow: gone@1}"), "b.yaml": flow("b", 2)}
    assert Workspace(catalog, texts).said("a.yaml") == [
        "6:24 warning subworkflow-missing: no draft is 'gone' version 1, and nobody here knows what is published"
    ]
    texts["a.yaml"] = flow("a", run="{workflow: b@2}")
    assert Workspace(catalog, texts).said("a.yaml") == []


@pytest.mark.parametrize(
    ("name", "store", "version"),
    [("b", None, "2"), ("b", [flow("b", 1)], "1"), ("gone", None, "VERSION"), ("b@four", None, "2")],
)
def test_the_version_that_is_proposed_is_one_that_there_is(
    name: str, store: list[str] | None, version: str, catalog: Catalog
) -> None:
    texts = {"a.yaml": flow("a", run=f"{{workflow: {name}}}"), "flows/other.yaml": flow("b", 2)}
    (said,) = Workspace(catalog, texts, store).said("a.yaml")
    assert said.endswith(f"named with its version: {name.partition('@')[0]}@{version}")
