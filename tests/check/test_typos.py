"""One typo, one finding, at its place: what vanishes with a fault is not said of others."""

from collections import Counter

import pytest

from darwinflow.catalog.catalog import Catalog
from darwinflow.check.engine import check
from darwinflow.check.finding import Finding
from darwinflow.document.document import Document
from document.typed_lines import typed_states
from document.typing_states import State, states

from .test_workspace_rules import Workspace
from .typos import FILES, Typo, typos

RIGHT_LINE = 0.97
MOST_FINDINGS = 1.3
"""A document, on average."""
MOST_SHOWN = 8


def found_with(typo: Typo, catalog: Catalog) -> list[tuple[str, Finding]]:
    """Findings in the file and in what calls it, each with its file."""
    workspace = Workspace(catalog, {**FILES, typo.file: typo.text})
    files = dict.fromkeys(["support.yaml", typo.file])
    return [(file, finding) for file in files for finding in workspace.checked(file).findings()]


def is_right(typo: Typo, found: list[tuple[str, Finding]]) -> bool:
    return any(file == typo.file and one.span.line in typo.rows for file, one in found)


def test_what_the_typos_are_made_in_is_sound(catalog: Catalog) -> None:
    workspace = Workspace(catalog, FILES)
    assert [workspace.said(file) for file in FILES] == [[], []]


@pytest.mark.timeout(300)
def test_one_typo_is_one_finding_for_the_most_part(catalog: Catalog) -> None:
    all_found = [(typo, found_with(typo, catalog)) for typo in typos()]
    assert len({(typo.file, typo.text) for typo, _ in all_found}) >= 300
    kinds = Counter(typo.kind for typo, _ in all_found)
    counts: Counter[str] = Counter()
    right: Counter[str] = Counter()
    for typo, found in all_found:
        counts[typo.kind] += len(found)
        right[typo.kind] += is_right(typo, found)
    print(
        f"\n{len(all_found)} typos: right line {right.total() / len(all_found):.1%}, "
        f"findings a document {counts.total() / len(all_found):.2f}"
    )
    for kind, number in kinds.items():
        print(
            f"{kind}: {number}, right line {right[kind] / number:.0%}, findings {counts[kind] / number:.2f}"
        )
    for typo, found in sorted(all_found, key=lambda one: -len(one[1]))[:MOST_SHOWN]:
        print(
            f"{typo.file}:{typo.row + 1} {typo.kind}:",
            [(one.span.line + 1, one.code) for _, one in found][:6],
        )
    assert not [(typo.file, typo.row + 1, typo.kind) for typo, found in all_found if not found]
    assert right.total() / len(all_found) >= RIGHT_LINE
    assert counts.total() / len(all_found) <= MOST_FINDINGS


def test_what_is_half_typed_is_one_finding_for_the_most_part(catalog: Catalog) -> None:
    """All findings of a check, where `document/test_typing_figures.py` counts those of the engine."""
    all_states: list[State] = [*states(), *typed_states()]
    all_found = [check(Document.parse(state.text), catalog, is_named=True).findings() for state in all_states]
    pairs = list(zip(all_states, all_found, strict=True))
    right = sum(any(one.span.line == state.line for one in found) for state, found in pairs)
    count = sum(map(len, all_found))
    print(
        f"\n{len(pairs)} typing states: right line {right / len(pairs):.1%}, "
        f"findings a document {count / len(pairs):.2f}"
    )
    for state, found in sorted(pairs, key=lambda one: -len(one[1]))[:MOST_SHOWN]:
        print(f"{state.name}:", [(one.span.line + 1, one.code) for one in found][:6])
    assert right / len(pairs) >= RIGHT_LINE
    assert count / len(pairs) <= MOST_FINDINGS
