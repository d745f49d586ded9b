"""A graph type of many entries with a fault in each is checked in a time that grows as it does."""

from pathlib import Path
from time import process_time

import pytest

from darwinflow.catalog.catalog import Catalog
from darwinflow.check.type_files import check_type_file
from darwinflow.document.document import Document
from darwinflow.settings.workspace import WorkspaceSettings

HEAD = "extends: workflow\nname: more\nversion: 1\nscope: user\ndescription: d\n$defs:\n"
ENTRY = """\
  T{0}Node:
    title: t
    description: d
    allOf:
      - $ref: "darwinflow:base#/$defs/BaseNode"
      - {{type: object, properties: {{type: {{const: T{0}}}, own: {{type: string}}}}, required: [type]}}
"""
SMALL, LARGE = 150, 900


@pytest.mark.parametrize(
    ("right", "wrong"),
    [("title: t", "titel: t"), ("const: T{0}", "const: T"), ("type: string", "type: strng")],
)
def test_time_grows_with_the_entries(right: str, wrong: str, tmp_path: Path, catalog: Catalog) -> None:
    def seconds(count: int) -> float:
        entry = ENTRY.replace(right, wrong)
        document = Document.parse(HEAD + "".join(entry.format(at) for at in range(count)))
        start = process_time()
        path = str(tmp_path / "graph-types/more.yaml")
        found = check_type_file(document, path, str(tmp_path), WorkspaceSettings("o", "p", "."), catalog)
        assert "graph-type-invalid" in [one.code for one in found.findings()]
        return process_time() - start

    seconds(SMALL)
    assert seconds(LARGE) < 14 * seconds(SMALL), "six times as many took 25 times as long"


def test_time_grows_with_the_values_of_an_enum(tmp_path: Path, catalog: Catalog) -> None:
    def seconds(count: int) -> float:
        values = ", ".join(f"v{at}" for at in range(count))
        document = Document.parse(HEAD + ENTRY.format(0).replace("type: string", f"enum: [{values}]"))
        start = process_time()
        path = str(tmp_path / "graph-types/more.yaml")
        found = check_type_file(document, path, str(tmp_path), WorkspaceSettings("o", "p", "."), catalog)
        assert found.findings() == ()
        return process_time() - start

    seconds(1_000)
    assert seconds(30_000) < 14 * seconds(5_000), "six times as many took 25 times as long"
