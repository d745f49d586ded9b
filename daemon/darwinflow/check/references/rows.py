"""What one segment's conditions and contexts refer to, as rows of names. Only the text decides, no other segment."""

import re
from collections.abc import Collection, Iterator
from functools import lru_cache
from typing import Final, NamedTuple

from darwinflow.check.cel import MAX_CHARACTERS, Use, parsed
from darwinflow.check.cel_types import type_fault
from darwinflow.check.references.decisions import Comparison, comparisons, is_never_true, misfits, slip_of
from darwinflow.check.references.reference import has_form, in_a_row, reference_of
from darwinflow.document.segment import Segment
from darwinflow.projection.facts import EdgeFact, Facts, NodeFact

CEL_TYPES: Final = frozenset(
    {
        "bool",
        "bytes",
        "double",
        "duration",
        "dyn",
        "int",
        "list",
        "map",
        "null_type",
        "string",
        "timestamp",
        "type",
        "uint",
    }
)
"""Names that CEL itself gives a meaning."""
_FEWEST_ANSWERS: Final = 2
_KEY: Final = re.compile(r"nodes\s*(?:\[\s*[rR]?(\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*')|\.\s*(\w+))")


class Rows(NamedTuple):
    reads: tuple[tuple[str, str], ...]
    """Who reads, and the node whose output is read; the reader of a condition is the edge's source."""
    compares: tuple[tuple[str, str], ...]
    """A node that decides, and an answer that its decision is compared with."""
    deciders: tuple[tuple[str, tuple[str, ...]], ...]
    """Nodes that list the answers they may give."""
    is_faulty: bool
    """Whether something is wrong that the rows do not show, or may be."""


NOTHING: Final = Rows((), (), (), is_faulty=False)


def rows_of(segment: Segment, facts: Facts, implicit: Collection[str]) -> Rows:
    """Kept with the segment. *implicit*: nodes that are always there, which give no output."""
    known: tuple[Facts, Rows] | None = segment.memo.get(__name__)
    if known is None or known[0] is not facts:
        segment.memo[__name__] = known = (facts, _rows(facts, implicit))
    return known[1]


def answers_of(node: NodeFact) -> tuple[str, ...]:
    """What the node may answer; empty where it lists nothing, or the list has a fault and may mean something else."""
    options = node.options
    if len(options) < _FEWEST_ANSWERS or len(set(options)) < len(options):
        return ()
    config = node.data.get("config") if isinstance(node.data, dict) else None
    listed = config.get("options") if isinstance(config, dict) else None
    return options if isinstance(listed, list) and len(listed) == len(options) else ()


def _rows(facts: Facts, implicit: Collection[str]) -> Rows:
    reads: list[tuple[str, str]] = []
    compares: list[tuple[str, str]] = []
    is_faulty = False
    for node in facts.nodes:
        if node.reads:
            is_faulty = _add_readings(node, reads) or is_faulty
    for edge in facts.edges:
        if edge.condition is not None and edge.sources:
            is_faulty = _add_condition(edge, edge.condition, implicit, reads, compares) or is_faulty
    deciders = tuple(
        [(node.name, found) for node in facts.nodes if node.name and (found := answers_of(node))]
    )
    if not (reads or compares or deciders or is_faulty):
        return NOTHING
    return Rows(tuple(reads), tuple(compares), deciders, is_faulty)


def _add_readings(node: NodeFact, reads: list[tuple[str, str]]) -> bool:
    """Whether one of the node's references is none."""
    is_faulty = False
    for reading in node.reads:
        reference = reference_of(reading.text)
        if not reading.is_meant and not (reference.is_sound and has_form(reading.text)):
            continue
        if not reference.is_sound:
            is_faulty = True
            continue
        is_faulty = is_faulty or bool(in_a_row(reading.text))
        if reference.name:
            reads.append((node.name, reference.name))
    return is_faulty


def _add_condition(
    edge: EdgeFact,
    condition: str,
    implicit: Collection[str],
    reads: list[tuple[str, str]],
    compares: list[tuple[str, str]],
) -> bool:
    """Whether the condition is faulty by itself."""
    said = _said_in(condition) if len(condition) <= MAX_CHARACTERS else None
    if said is None:
        return True
    sources = [end.name for end in edge.sources]
    for node in said.nodes:
        reads += [(source, node) for source in sources if source != node]
    for comparison in said.comparisons:
        deciders = [comparison.decider] if comparison.decider else sources
        compares += [(decider, comparison.answer) for decider in deciders]
    return said.is_faulty or (said.reads_source and any(name in implicit for name in sources))


class _Said(NamedTuple):
    """What a condition refers to, whatever edge it stands at."""

    nodes: tuple[str, ...]
    """Nodes whose output it reads by name."""
    comparisons: tuple[Comparison, ...]
    reads_source: bool
    is_faulty: bool


@lru_cache(20_000)
def _said_in(condition: str) -> _Said | None:
    """None where it is no CEL."""
    read = parsed(condition)
    if read.tree is None:
        return None
    nodes = [node for use in read.uses if (node := node_of(use)) is not None]
    return _Said(
        tuple([node.name for node in nodes if node.is_sound]),
        tuple(comparisons(read.tree)),
        any(use.name == "output" for use in read.uses),
        is_never_true(read.tree)
        or next(misfits(read.tree), None) is not None
        or not all(node.is_sound for node in nodes)
        or any(slip_of(use) is not None for use in read.uses)
        or type_fault(condition, read.tree) is not None,
    )


class NodeUse(NamedTuple):
    """A name in a condition that stands for a node."""

    name: str
    is_sound: bool
    """Whether `output` follows, which is all that a node gives."""


def node_of(use: Use) -> NodeUse | None:
    """The node that *use* means; None for what is known everywhere."""
    if use.name in ("input", "output") or (use.name in CEL_TYPES and use.path[:1] != ("output",)):
        return None
    if use.name == "nodes":
        return NodeUse(use.path[0], use.path[1:2] == ("output",)) if use.path else None
    return NodeUse(use.name, use.path[:1] == ("output",))


def nodes_read(condition: str) -> Iterator[tuple[Use, NodeUse]]:
    """The nodes that a readable condition names, with the names as they stand there."""
    for use in parsed(condition).uses:
        node = node_of(use)
        if node is not None:
            yield use, node


def place_of(condition: str, use: Use) -> tuple[int, int]:
    """Where the node's name stands, with its quotes where it is a key."""
    match = _KEY.match(condition, use.offset) if use.name == "nodes" else None
    if match is None:
        return use.offset, use.offset + len(use.name)
    return match.span(1) if match[1] else match.span(2)
