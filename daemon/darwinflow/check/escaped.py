"""Secrets in quoted texts that are written with escapes, or go on in the next line: found in what the text says."""

from collections.abc import Iterator, Sequence
from itertools import accumulate, groupby
from operator import itemgetter

from darwinflow.check.clear_text import WORDS_BEFORE, Secret, secrets_in
from darwinflow.check.inside import Unit, units_of
from darwinflow.check.scalars import scalars_of
from darwinflow.document.node import DOUBLE, Node
from darwinflow.document.segment import Segment


def secrets_within(lines: Sequence[str], segment: Segment | None) -> list[Secret]:
    """Every secret in *lines*, which are those of *segment*, in the order of the text; None: all are comments."""
    plain = secrets_in(lines)
    texts = [node for node in scalars_of(segment) if _is_escaped(node, lines)] if segment is not None else []
    if not texts:
        return plain
    found = [secret for secret in plain if not any(_holds(node, secret) for node in texts)]
    for node in texts:
        found += _in_text(node, lines)
    return sorted(found)


def _is_escaped(node: Node, lines: Sequence[str]) -> bool:
    return (
        node.style == DOUBLE
        and isinstance(node.value, str)
        and any("\\" in line for line in lines[node.line : node.end_line + 1])
    )


def _holds(node: Node, secret: Secret) -> bool:
    place = (secret.line, secret.column)
    return (node.line, node.column) <= place < (node.end_line, node.end_column)


def _in_text(node: Node, lines: Sequence[str]) -> Iterator[Secret]:
    before = lines[node.line][max(node.column - WORDS_BEFORE, 0) : node.column]
    said = (before + node.value).split("\n")
    starts = [-len(before)]
    for line in said[:-1]:
        starts.append(starts[-1] + len(line) + 1)
    units = units_of(node, lines)
    seen = list(accumulate([not character.isspace() for character in node.value], initial=0))
    for secret in secrets_in(said):
        start, end = starts[secret.line] + secret.column, starts[secret.line] + secret.end_column
        if start < 0:
            continue
        if units is None:
            last = node.end_column if node.line == node.end_line else len(lines[node.line])
            yield Secret(node.line, node.column, last, secret.noun, secret.begins)
        else:
            yield Secret(*_longest_part(units[seen[start] : seen[end]]), secret.noun, secret.begins)


def _longest_part(units: list[Unit]) -> tuple[int, int, int]:
    """Line, first column and the column behind, on whichever line most of *units* stand."""
    parts = [list(part) for _, part in groupby(units, key=itemgetter(0))]
    longest = max(parts, key=len)
    return longest[0][0], longest[0][1], longest[-1][2]
