"""A line `- from: NAME` or `- to: NAME` of an edge that is lost is one finding at its place."""

import pytest

from darwinflow.catalog.catalog import Catalog

from .test_one_slip import TEXT, after_fixes, checked, said

EDGES = [
    ("START", "ask", ""),
    ("ask", "sign", "output.decision == 'Anna'"),
    ("ask", "help", "output.decision == 'Otto'"),
    ("sign", "wait", ""),
    ("help", "wait", ""),
    ("wait", "END", ""),
]


def block(first: str, second: str, indent: str = "  ") -> str:
    """The text with all edges in blocks that begin with *first*."""
    edges = ""
    for source, target, condition in EDGES:
        ends = {"from": source, "to": target}
        edges += f"{indent}- {first}: {ends[first]}\n{indent}  {second}: {ends[second]}\n"
        edges += f'{indent}  condition: "{condition}"\n' if condition else ""
    return TEXT.partition("edges:\n")[0] + "edges:\n" + edges


def without(text: str, line: str, at: int) -> tuple[str, int]:
    """*text* without the line *line*, the one number *at* of its kind, and where it was."""
    lines = text.split("\n")
    row = [number for number, one in enumerate(lines) if one.strip() == line][at]
    return "\n".join(lines[:row] + lines[row + 1 :]), row


@pytest.mark.parametrize("indent", ["", "  "])
@pytest.mark.parametrize(("number", "at"), [(0, 0), (1, 0), (2, 1), (3, 0), (4, 0), (5, 0)])
def test_a_line_that_is_lost_is_told_where_it_belongs(
    number: int, at: int, indent: str, catalog: Catalog
) -> None:
    whole = block("from", "to", indent)
    name = EDGES[number][0]
    text, row = without(whole, f"- from: {name}", at)
    (found,) = checked(text, catalog).findings()
    assert found.span.line == row
    assert found.message.startswith(f"an edge begins here, and its line '- from: {name}' is missing")
    assert after_fixes(text, catalog) == whole


@pytest.mark.parametrize("number", [0, 1, 2, 5])
def test_an_edge_may_begin_with_where_it_leads(number: int, catalog: Catalog) -> None:
    whole = block("to", "from")
    name = EDGES[number][1]
    text, row = without(whole, f"- to: {name}", 0)
    (found,) = checked(text, catalog).findings()
    assert found.span.line == row
    assert found.message.startswith(f"an edge begins here, and its line '- to: {name}' is missing")
    assert after_fixes(text, catalog) == whole


def test_a_line_that_is_lost_below_an_edge_in_braces_is_told(catalog: Catalog) -> None:
    whole = TEXT.replace("  - from: sign\n", "  # the next\n  - from: sign\n")
    text, row = without(whole, "- from: sign", 0)
    (found,) = checked(text, catalog).findings()
    assert found.span.line == row
    assert found.message == "an edge begins here, and its line '- from: sign' is missing"
    assert after_fixes(text, catalog) == whole


def test_with_windows_line_ends(catalog: Catalog) -> None:
    whole = block("from", "to").replace("\n", "\r\n")
    text, _ = without(whole.replace("\r\n", "\n"), "- from: sign", 0)
    assert after_fixes(text.replace("\n", "\r\n"), catalog) == whole


def test_of_two_lines_that_are_lost_no_name_is_known(catalog: Catalog) -> None:
    text, _ = without(block("from", "to"), "- from: sign", 0)
    text, _ = without(text, "- from: wait", 0)
    found = checked(text, catalog).findings()
    assert [one.message for one in found] == [
        "an edge begins here, and its line '- from: NAME' is missing: 'to' is given again"
    ] * 2
    assert not any(one.fixes for one in found)


def test_a_condition_belongs_to_the_edge_above_where_others_have_theirs_at_the_end(catalog: Catalog) -> None:
    whole = block("from", "to")
    text, _ = without(whole, "- from: sign", 0)
    (found,) = checked(text, catalog).findings()
    assert found.fixes
    early = text.replace(
        "- from: ask\n    to: sign\n", "- from: ask\n    condition: output.ok\n    to: sign\n"
    )
    assert not any(one.fixes for one in checked(early, catalog).findings())
    alone = "".join(
        [line for line in text.splitlines(keepends=True) if "Anna" not in line or "options" in line]
    )
    assert not any(one.fixes for one in checked(alone, catalog).findings())


@pytest.mark.parametrize("target", ["wait", "help"])
def test_an_end_that_is_given_twice_is_no_edge(target: str, catalog: Catalog) -> None:
    """Where all nodes have the edges that they need."""
    text = block("from", "to").replace("    to: wait\n", f"    to: {target}\n    to: wait\n", 1)
    (found,) = said(text, catalog)
    assert "'to' is given twice in one mapping; keep one" in found


def test_keys_elsewhere_are_no_edges(catalog: Catalog) -> None:
    holder = "x-mail:\n  - from: me\n    to: you\n    to: them\n"
    (found,) = said(block("from", "to") + holder, catalog)
    assert "'to' is given twice in one mapping; keep one" in found
