"""Lines as the protocol counts them, and columns in every encoding."""

import random
import re

import pytest

from darwinflow.document.document import Document
from darwinflow.document.lines import Edit, Lines
from darwinflow.document.positions import Encoding, from_code_points, to_code_points
from darwinflow.model.span import Span

NO_LINE_ENDS = ["\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e"]


@pytest.mark.parametrize("character", NO_LINE_ENDS, ids=lambda character: f"U+{ord(character):04X}")
def test_only_the_three_terminators_of_the_protocol_end_a_line(character: str) -> None:
    lines = Lines.of(f"a: x{character}y\nb: 1\r\nc: 2\rd: 3")
    assert list(lines) == [f"a: x{character}y", "b: 1", "c: 2", "d: 3"]
    after, _ = lines.edited(Edit(Span(1, 3, 1, 4), "9"))
    assert after.text() == f"a: x{character}y\nb: 9\r\nc: 2\rd: 3"


@pytest.mark.parametrize("character", ["\u2028", "\x85"], ids=["U+2028", "U+0085"])
def test_a_separator_of_unicode_is_a_character_of_its_value(character: str) -> None:
    document = Document.parse(f"a: x{character}y {character}\nb: [1, z{character}]\nc: end\n")
    assert document.data(0) == {"a": f"x{character}y {character}", "b": [1, f"z{character}"], "c": "end"}
    assert document.problems() == []
    node = document.roots[0].sections[1].segments[0].node
    assert node is not None
    assert node.items[1].span == Span(0, 7, 0, 9)


def test_a_form_feed_is_reported_where_it_stands() -> None:
    (problem,) = Document.parse("a: 1\nb: x\x0cy\n").problems()
    assert problem.span == Span(1, 4, 1, 5)


def test_columns_count_code_points_behind_characters_of_any_width() -> None:
    document = Document.parse("\U0001f600é: {\U0001f680: 日本}\n")
    (pair,) = document.roots[0].sections[0].segments[0].node.pairs
    assert (pair[0].span, pair[1].span) == (Span(0, 5, 0, 6), Span(0, 8, 0, 10))


def test_the_byte_order_mark_takes_a_column_and_nothing_else() -> None:
    document = Document.parse("\ufeffid: x\nid: y\n")
    assert document.data(0) == {"id": "y"}
    assert document.roots[0].sections[0].key.span == Span(0, 1, 0, 3)
    (problem,) = document.problems()
    assert (problem.span, problem.related[0].span) == (Span(1, 0, 1, 2), Span(0, 1, 0, 3))
    assert document.lines.text() == "\ufeffid: x\nid: y\n"


LINE = "a\U0001f600é\u2028日z"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
def test_columns_come_back_from_every_encoding(encoding: Encoding) -> None:
    width = {"utf-8": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}[encoding]
    size = {"utf-8": 1, "utf-16": 2, "utf-32": 4}[encoding]
    for column in range(len(LINE) + 1):
        units = len(LINE[:column].encode(width)) // size
        assert from_code_points(LINE, column, encoding) == units
        assert to_code_points(LINE, units, encoding) == column


def test_a_column_inside_a_character_is_its_end_and_one_beyond_the_line_is_the_lines() -> None:
    assert to_code_points(LINE, 2, "utf-16") == 2
    assert to_code_points(LINE, 99, "utf-16") == len(LINE)
    assert to_code_points("abc", 99, "utf-8") == 3


def test_an_edit_between_the_two_characters_of_a_line_end_is_not_possible_but_around_them_is() -> None:
    lines = Lines.of("a\r\nb\r\n")
    inserted, _ = lines.edited(Edit(lines.clamped(Span(0, 9, 0, 9)), "x"))
    assert inserted.text() == "ax\r\nb\r\n"
    joined, change = Lines.of("a\rx\nb").edited(Edit(Span(1, 0, 1, 1), ""))
    assert (joined.text(), list(joined)) == ("a\r\nb", ["a", "b"])
    assert (change.start, change.removed, change.added) == (0, 2, ["a"])


def test_spans_beyond_the_text_or_back_to_front_are_cut_to_fit() -> None:
    lines = Lines.of("ab\ncd")
    assert lines.clamped(Span(7, 3, 9, 1)) == Span(1, 2, 1, 2)
    assert lines.clamped(Span(-1, 5, 0, 99)) == Span(0, 0, 0, 2)
    assert lines.clamped(Span(1, 1, 0, 1)) == Span(1, 1, 1, 1)


def test_many_edits_leave_what_a_plain_string_would_hold() -> None:
    rng = random.Random(5)
    lines = Lines.of("\n".join(f"line {number}" for number in range(3000)))
    text = lines.text()
    for _ in range(400):
        at = rng.randrange(len(text))
        line, column = text.count("\n", 0, at), at - text.rfind("\n", 0, at) - 1
        taken = rng.choice([0, 0, 1, 5, 400])
        end = min(at + taken, len(text))
        end_line, end_column = text.count("\n", 0, end), end - text.rfind("\n", 0, end) - 1
        added = rng.choice(["", "x", "\n", "é\n\n", "y\n" * 700])
        lines, _ = lines.edited(Edit(Span(line, column, end_line, end_column), added))
        text = text[:at] + added + text[end:]
    assert lines.text() == text
    assert [lines[at] for at in range(len(lines))] == text.split("\n")


@pytest.mark.parametrize("ends", [["\n"], ["\r\n"], ["\n", "\r\n", "\r"]], ids=["unix", "windows", "mixed"])
def test_a_long_text_is_split_in_pieces_as_it_would_be_at_once(ends: list[str]) -> None:
    rng = random.Random(8)
    parts = [rng.choice(["", "a: b", "- \u2028x"]) + rng.choice(ends) for _ in range(60_000)]
    for text in ("".join(parts), "".join(parts) + "end", "x" * 200_000, "y" * 65_535 + "\r\n" * 5):
        lines = Lines.of(text)
        assert list(lines) == re.split("\r\n|\n|\r", text)
        assert lines.text() == text
        assert lines.byte_size == len(text.encode())
