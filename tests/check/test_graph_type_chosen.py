"""Which graph type a file is of where no comment says so: by the settings, and by what types say of their documents."""

from pathlib import Path

import pytest

from darwinflow.catalog.catalog import Catalog
from darwinflow.catalog.workspace import WorkspaceTypes, for_workspace
from darwinflow.check.drafts import Drafts
from darwinflow.check.engine import check
from darwinflow.check.opening import Opening
from darwinflow.check.pages import page_of
from darwinflow.check.rules.settings_invalid import settings_invalid
from darwinflow.document.document import Document
from darwinflow.document.lines import Edit
from darwinflow.model.span import Span
from darwinflow.settings.workspace import defaults, parse

PAGE = page_of("cycle")
assert PAGE is not None
FLOW = PAGE.failing["flow.yaml"].partition("\n")[2]
"""A graph of the type `pipeline` with a cycle, which does not say that it is one."""
TYPE = PAGE.failing["graph-types/pipeline.yaml"]
BY_SETTINGS = parse("graph-types: {files: {pipeline: [etl/**/*.yaml], workflow: etl/**}}\n", "shop")


def _types(folder: Path, rules: str = "") -> WorkspaceTypes:
    (folder / "graph-types").mkdir(parents=True)
    (folder / "graph-types/pipeline.yaml").write_text(TYPE.replace("scope:", f"{rules}scope:", 1))
    return for_workspace(str(folder), "graph-types", Catalog.bundled())


def _type_of(text: str, types: Catalog, path: str, *, is_named: bool = False) -> str | None:
    settings = defaults("shop").at(path)
    (part,) = check(Document.parse(text), types, settings, is_named=is_named).parts
    return part.projection.graph_type.name if part is not None else None


def test_settings_name_the_files_of_a_type(tmp_path: Path) -> None:
    catalog = _types(tmp_path).catalog
    for path, codes in [
        ("etl/daily/orders.yaml", {"cycle"}),
        ("flows/orders.yaml", None),
        ("orders.yaml", None),
    ]:
        checked = check(Document.parse(FLOW), catalog, BY_SETTINGS.at(path))
        found = {finding.code for finding in checked.findings()}
        assert found == codes if codes else found & {"missing-field", "unknown-node-type"}, path
        opening = Opening(Document.parse(FLOW), catalog, BY_SETTINGS.at(path))
        opening.findings_within(0, 100)
        assert opening.finish().findings() == checked.findings()


def test_a_comment_goes_before_the_settings(tmp_path: Path) -> None:
    catalog = _types(tmp_path).catalog
    text = f"# darwinflow: graph-type=workflow\n{FLOW}"
    checked = check(Document.parse(text), catalog, BY_SETTINGS.at("etl/a.yaml"))
    assert checked.projection is not None
    assert checked.projection.graph_type.name == "workflow"


@pytest.mark.parametrize(
    ("rules", "path", "text", "name"),
    [
        ("detect: {files: [etl/*.yaml]}\n", "etl/a.yaml", FLOW, "pipeline"),
        ("detect: {files: [etl/*.yaml]}\n", "a.yaml", FLOW, "workflow"),
        ("detect: {keys: [stage]}\n", "a.yaml", f"stage: 1\n{FLOW}", "pipeline"),
        ("detect: {keys: [stage]}\n", "a.yaml", "{stage: 1, nodes: []}\n", "pipeline"),
        ("detect: {keys: [stage]}\n", "a.yaml", FLOW, "workflow"),
        ("detect: {values: {kind: Pipeline}}\n", "a.yaml", f"kind: Pipeline\n{FLOW}", "pipeline"),
        ("detect: {values: {kind: Pipeline}}\n", "a.yaml", f"kind: 'Pipeline'\n{FLOW}", "pipeline"),
        ("detect: {values: {kind: Pipeline}}\n", "a.yaml", f"kind: Job\n{FLOW}", "workflow"),
        ("detect: {values: {kind: Pipeline}}\n", "a.yaml", f"kind: [Pipeline]\n{FLOW}", "workflow"),
        ("detect: {files: [etl/*], keys: [stage]}\n", "etl/a.yaml", FLOW, "workflow"),
        ("detect: {keys: [stage]}\n", "a.yaml", "stage: 1\n", "pipeline"),
        ("", "a.yaml", "stage: 1\n", None),
    ],
)
def test_a_type_tells_its_own_documents(
    rules: str, path: str, text: str, name: str | None, tmp_path: Path
) -> None:
    types = _types(tmp_path, rules)
    assert all(file.is_sound for file in types.files)
    assert _type_of(text, types.catalog, path) == name
    assert _type_of(text, types.catalog, path, is_named=True) == (name or "workflow")


def test_what_tells_a_document_is_followed_as_it_is_typed(tmp_path: Path) -> None:
    catalog = _types(tmp_path, "detect: {values: {kind: Pipeline}}\n").catalog
    settings = defaults("shop").at("a.yaml")
    document = Document.parse(f"kind: Job\n{FLOW}")
    checked = check(document, catalog, settings)
    names = []
    for column, end, text in [(6, 9, "Pipeline"), (6, 14, "Pipelin"), (13, 13, "e"), (0, 0, "#")]:
        document = document.edit(Edit(Span(0, column, 0, end), text))
        checked = check(document, catalog, settings, checked)
        fresh = check(Document.parse(document.lines.text()), catalog, settings)
        assert checked.findings() == fresh.findings()
        names.append(checked.projection and checked.projection.graph_type.name)
    assert names == ["pipeline", "workflow", "pipeline", "workflow"]


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ("detect: all", "'detect' must be a mapping of 'files', 'keys' or 'values' that tell its documents"),
        ("detect: {file: [a.yaml]}", "'detect' has no 'file'"),
        ("detect: {keys: stage}", "'keys' must be a list of keys that a document has at its root"),
        ("detect: {keys: [3]}", "'keys' must be a list of keys that a document has at its root"),
        ("detect: {values: {kind: 3}}", "the value of 'kind' must be text; write it in quotes"),
        (
            "detect: {values: [kind]}",
            "'values' must be a mapping of keys at the root to texts, such as {kind: Pipeline}",
        ),
        ("detect: {files: [../a.yaml]}", "'../a.yaml' leads out of the workspace; name files inside it"),
    ],
)
def test_rules_that_tell_nothing_are_faults_of_the_type(rules: str, message: str, tmp_path: Path) -> None:
    (file,) = _types(tmp_path, f"{rules}\n").files
    assert [fault.message for fault in file.problems] == [message]


def test_an_extension_tells_no_documents(tmp_path: Path) -> None:
    (tmp_path / "graph-types").mkdir()
    (tmp_path / "graph-types/more.yaml").write_text("extends: workflow\ndetect: {keys: [a]}\n$defs: {}\n")
    (file,) = for_workspace(str(tmp_path), "graph-types", Catalog.bundled()).files
    assert "'detect' belongs in a type of its own" in file.problems[0].message


def test_settings_that_name_no_type_are_told(tmp_path: Path) -> None:
    catalog = _types(tmp_path).catalog
    settings = parse("graph-types:\n  files:\n    pipelin: [etl/*.yaml]\n", "shop")
    (found,) = settings_invalid(settings, catalog)
    assert (found.code, found.span[:2]) == ("unknown-graph-type", (2, 4))
    assert found.message == "no graph type is called 'pipelin'; did you mean 'pipeline'?"
    assert found.fixes


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("graph-types: [a]\n", "'graph-types' must be a folder, or a mapping such as"),
        ("graph-types: {files: [a]}\n", "'files' must be a mapping of graph types to patterns"),
        ("graph-types: {files: {workflow: []}}\n", "'workflow' names no files that are of it"),
        ("graph-types: {files: {workflow: [../a]}}\n", "leads out of the workspace"),
        ("graph-types: {path: ../types}\n", "leads out of the workspace"),
        ("graph-types: {paht: types}\n", "'graph-types' has no 'paht'; did you mean 'path'?"),
    ],
)
def test_settings_of_another_shape_are_told(text: str, message: str) -> None:
    (found,) = settings_invalid(parse(text, "shop"))
    assert message in found.message


def test_the_folder_of_types_may_be_named_beside_files() -> None:
    settings = parse("graph-types: {path: types, files: {workflow: a/*}}\n", "shop")
    assert (settings.graph_types_path, settings.graph_type_files) == ("types", (("workflow", ("a/*",)),))


@pytest.mark.parametrize(
    ("settings", "rules", "head"),
    [
        ("graph-types: {files: {pipeline: etl/*}}\n", "", ""),
        ("", "detect: {files: [etl/*]}\n", ""),
        ("", "", "# darwinflow: graph-type=pipeline\n"),
    ],
)
def test_graphs_of_other_types_are_no_drafts_of_workflows(
    settings: str, rules: str, head: str, tmp_path: Path
) -> None:
    _types(tmp_path, rules)
    (tmp_path / ".darwinflow.yaml").write_text(settings)
    for name in ("etl", "flows"):
        (tmp_path / name).mkdir()
    text = "id: orders\nversion: 1\nnodes: []\nedges: []\n"
    (tmp_path / "etl/orders.yaml").write_text(head + text)
    (tmp_path / "flows/orders.yaml").write_text(text)
    drafts = Drafts(str(tmp_path), parse(settings or None, "shop"))
    assert drafts.drafts("orders", 1) == ("flows/orders.yaml",)
    assert not (drafts.file("etl/orders.yaml") or ()).holds_workflow  # type: ignore[union-attr]


def test_files_of_types_are_looked_at_beside_those_of_workflows() -> None:
    text = "workflows: {files: [flows/*]}\ngraph-types: {files: {workflow: [etl/*]}}\n"
    fits = parse(text, "shop").looked_at()
    assert [fits(path) for path in ("flows/a.yaml", "etl/a.yaml", "a.yaml")] == [True, True, False]


def test_documents_of_a_type_whose_file_is_at_fault_are_no_workflows(tmp_path: Path) -> None:
    """Its file is told, and all else would follow from that."""
    (tmp_path / "graph-types").mkdir()
    rules = "detect: {files: [etl/*.yaml]}\n"
    (tmp_path / "graph-types/pipeline.yaml").write_text(TYPE.replace("scope:", f"{rules}scoope:", 1))
    types = for_workspace(str(tmp_path), "graph-types", Catalog.bundled())
    assert not types.files[0].is_sound
    settings = defaults("shop")
    assert check(Document.parse(FLOW), types.catalog, settings.at("etl/a.yaml")).findings() == ()
    assert check(Document.parse(FLOW), types.catalog, settings.at("flows/a.yaml")).findings()


@pytest.mark.parametrize(
    "rules", ["5", "{files: 7}", "{keys: {a: 1}}", "{values: [a]}", "{files: [etl/*.yaml], kesy: [x]}"]
)
def test_rules_that_are_none_themselves_claim_no_documents(tmp_path: Path, rules: str) -> None:
    (tmp_path / "graph-types").mkdir()
    (tmp_path / "graph-types/pipeline.yaml").write_text(TYPE.replace("scope:", f"detect: {rules}\nscope:", 1))
    types = for_workspace(str(tmp_path), "graph-types", Catalog.bundled())
    assert not types.files[0].is_sound
    assert types.catalog.detections == ()
