"""`darwinflow check`, `fmt` and `publish` on files whose graph type the settings or a type's own rules give."""

from pathlib import Path

import pytest

from darwinflow.check.pages import page_of

from .conftest import Run, flow

PAGE = page_of("cycle")
assert PAGE is not None
GRAPH = PAGE.failing["flow.yaml"].partition("\n")[2]
TYPE = PAGE.failing["graph-types/pipeline.yaml"]


@pytest.mark.parametrize(
    ("settings", "rules"),
    [
        ("graph-types: {files: {pipeline: [etl/*.yaml]}}\n", ""),
        ("", "detect: {files: [etl/*.yaml]}\n"),
        ("workflows: {files: [flows/*]}\ngraph-types: {path: graph-types, files: {pipeline: [etl/*]}}\n", ""),
    ],
)
def test_files_are_checked_as_of_the_type_that_is_given_to_them(
    settings: str, rules: str, darwinflow: Run, folder: Path
) -> None:
    (folder / ".darwinflow.yaml").write_text(settings)
    for name in ("graph-types", "etl"):
        (folder / name).mkdir()
    (folder / "graph-types/pipeline.yaml").write_text(TYPE.replace("scope:", f"{rules}scope:", 1))
    (folder / "etl/orders.yaml").write_text(GRAPH)
    for _ in range(2):  # the second time from the cache
        said = darwinflow("check", expect=1).stdout
        assert "[cycle]" in said
        assert said.endswith(" s.\n")
        assert "1 error in 1 of 3 files" in said
    (folder / "etl/orders.yaml").write_text("id: greet\nversion:  1\n" + GRAPH)
    assert "duplicate-version" not in darwinflow("check", expect=1).stdout
    assert "etl/orders.yaml is not in style" in darwinflow("fmt", "--check", expect=1).stdout
    (folder / "etl/orders.yaml").write_text(flow(7).replace("id: greet", "id: orders"))
    said = darwinflow("publish", "etl/orders.yaml", expect=1).stderr
    assert "no node type is called 'FILE_READ'; there are COPY and LOAD [unknown-node-type]" in said


def test_settings_that_give_files_to_no_type_are_told_and_mended(darwinflow: Run, folder: Path) -> None:
    (folder / "graph-types").mkdir()
    (folder / "graph-types/pipeline.yaml").write_text(TYPE)
    (folder / ".darwinflow.yaml").write_text("graph-types: {files: {pipelin: [etl/*.yaml]}}\n")
    assert "no graph type is called 'pipelin'; did you mean 'pipeline'? [unknown-graph-type]" in (
        darwinflow("check", expect=1).stdout
    )
    darwinflow("check", "--fix")
    assert (folder / ".darwinflow.yaml").read_text() == "graph-types: {files: {pipeline: [etl/*.yaml]}}\n"
