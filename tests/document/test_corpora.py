"""Other people's files, read as plain YAML: what a YAML reader takes has no finding."""

from pathlib import Path

import pytest
import yaml

from darwinflow.document.document import Document
from darwinflow.document.problem import DUPLICATE_KEY, WARNINGS

from .yaml_test_suite import CORPORA

FOLDERS = ("starter-workflows", "argo", "tekton")


def files(folder: str) -> list[Path]:
    return sorted(path for path in (CORPORA / folder).rglob("*") if path.suffix in (".yaml", ".yml"))


def is_valid(text: str) -> bool:
    """Whether libyaml reads the text; it takes keys given twice, which YAML forbids."""
    try:
        for _ in yaml.compose_all(text, yaml.CSafeLoader):
            pass
    except yaml.YAMLError:
        return False
    return True


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_valid_file_has_a_finding(folder: str) -> None:
    if not (CORPORA / folder).is_dir():
        pytest.skip(f"no corpus at {CORPORA / folder}")
    valid = lines = found = 0
    told: list[str] = []
    for path in files(folder):
        text = path.read_bytes().decode("utf-8")
        problems = [one for one in Document.parse(text).problems() if one.code not in WARNINGS]
        if not is_valid(text):
            continue
        valid += 1
        lines += text.count("\n")
        found += len(problems)
        told += [
            f"{path.name}:{one.span.line + 1}: {one.message}" for one in problems if one.code != DUPLICATE_KEY
        ]
    print(
        f"\n{folder}: {valid} valid files of {len(files(folder))}, {lines} lines, {found} findings, {len(told)} false"
    )
    assert valid > 50
    assert told == []
