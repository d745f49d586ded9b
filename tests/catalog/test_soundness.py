"""What is called sound without the validator is what the validator takes."""

import random
import re
from collections import Counter
from collections.abc import Iterator
from time import process_time
from typing import Any

import pytest

from bench.documents import workflow
from darwinflow.catalog.catalog import Catalog, Compiled
from darwinflow.catalog.soundness import is_sound
from darwinflow.document.document import Document

SEED = 20261127
ROUNDS = 4_000
VALUES: tuple[Any, ...] = (
    "", "a", "START", "a.b", " a", "a ", "a\n", "é", "x" * 101, "2026-11-27", "CLAUDE_CODE", "constant", "errors", "\x7f", "\u2028",
    0, 1, -1, 3, 2.0, 0.5, True, False, None, [], {}, ["a"], ["a", "a"], ["a", 1], [1, 1.0], [True, 1], {"a": "b"}, {"x-a": 1}, {"x": 1},
    {"attempts": 3}, {"attempts": 3.0}, {"inputs": True}, float("inf"), float("nan"), 1 << 70, {"id": "a", "version": 1},
)  # fmt: skip
SCHEMAS: tuple[dict[str, Any], ...] = (
    {"type": ["string", "null"]},
    {"type": "integer", "minimum": 1, "maximum": 3},
    {"type": "number", "exclusiveMinimum": 0},
    {"type": "array", "items": {"type": "string", "maxLength": 1}, "maxItems": 1, "uniqueItems": True},
    {"type": "array", "uniqueItems": True},
    {"enum": ["a", 1, True, None]},
    {"const": 1},
    {"const": "a"},
    {"pattern": r"^[^\s.,@\p{Cc}]([^.,@\p{Cc}]*[^\s.,@\p{Cc}])?$"},
    {"pattern": r"^[\p{L}\p{N}_][\p{L}\p{M}\p{N}_.-]*$"},
    {"pattern": "a$"},
    {"pattern": "^(a|START)+$"},
    {"pattern": r"^\w+$"},
    {"pattern": "^[a-z&&[^a]]$"},
    {"patternProperties": {"^x-": {"type": "string"}}, "additionalProperties": False},
    {"properties": {"a": {"type": "string"}}, "additionalProperties": {"type": "integer"}, "required": ["a"]},
    {"allOf": [{"type": "object"}, {"minProperties": 1}]},
    {"anyOf": [{"type": "string", "minLength": 1}, {"type": "array", "minItems": 1}]},
    {"not": {"type": "string"}},
    {"oneOf": [{"type": "string"}, {"minLength": 1}]},
    {},
)


def accepts(compiled: Compiled, data: Any) -> bool:
    try:
        return compiled.validator.is_valid(data)
    except ValueError:  # what no JSON holds
        return False


@pytest.mark.parametrize("number", range(len(SCHEMAS)))
def test_no_value_is_called_sound_that_the_validator_refuses(number: int) -> None:
    schema = SCHEMAS[number]
    compiled = Compiled(schema)
    for data in VALUES:
        assert not is_sound(schema, data) or accepts(compiled, data), data


def bundled() -> Iterator[tuple[dict[str, Any], list[Any]]]:
    """Every schema of an item, with sound items of the kind."""
    graph_type = Catalog.bundled().graph_type("workflow")
    data = Document.parse(workflow(24)).data(0)
    for name, node in graph_type.node_types.items():
        yield (
            dict(node.schema),
            [one for one in data["nodes"] if one["type"] == name]
            or [{"id": "a", "type": name, "config": {"workflow": "./b.yaml"}}],
        )
    yield dict(graph_type.edge_types["flow"].schema), data["edges"]
    yield dict(graph_type.document), [data]


def changed(data: Any, rng: random.Random) -> Any:
    """*data* with another value at some place."""
    if isinstance(data, dict) and data and rng.random() < 0.8:
        name = rng.choice(list(data))
        kept = {key: value for key, value in data.items() if key != name or rng.random() < 0.9}
        if rng.random() < 0.1:
            return {**kept, rng.choice(["x-more", "more", "config", "retry", "key"]): rng.choice(VALUES)}
        return {key: changed(value, rng) if key == name else value for key, value in kept.items()}
    if isinstance(data, list) and data and rng.random() < 0.5:
        at = rng.randrange(len(data))
        return [changed(item, rng) if index == at else item for index, item in enumerate(data)]
    return rng.choice(VALUES)


def test_what_is_changed_at_random_is_called_sound_only_where_the_validator_takes_it() -> None:
    rng = random.Random(SEED)
    counts: Counter[str] = Counter()
    for schema, items in bundled():
        compiled = Compiled(schema)
        for item in items[:20]:
            assert compiled.validator.is_valid(item)
            counts["sound at first"] += is_sound(schema, item)
            counts["at first"] += 1
        for _ in range(ROUNDS // 9):
            data = rng.choice(items[:20])
            for _ in range(rng.choice([1, 1, 2])):
                data = changed(data, rng)
            is_valid = accepts(compiled, data)
            called = is_sound(schema, data)
            counts[
                f"{'valid' if is_valid else 'invalid'}, {'called sound' if called else 'left to the validator'}"
            ] += 1
            assert not called or is_valid, data
    print(f"\nseed {SEED}: {dict(counts)}")
    assert counts["sound at first"] == counts["at first"]
    assert counts["valid, called sound"] > ROUNDS / 20
    assert counts["invalid, left to the validator"] > ROUNDS / 20


def test_the_validator_is_not_loaded_for_a_few_sound_items() -> None:
    graph_type = Catalog.bundled().graph_type("workflow")
    compiled = Compiled(graph_type.edge_types["flow"].schema)
    assert compiled.takes({"from": "START", "to": ["a", "b"], "condition": "output.ok"})
    assert compiled._validator is None
    assert not compiled.takes({"from": "START"})
    assert compiled._validator is not None
    assert re.search("required", str(next(iter(compiled.validator.iter_errors({"from": "START"})))))


@pytest.mark.parametrize(
    "pattern", ["(a|a?)+$", "(a+)+$", "(a|aa)+$", "(a+a+)+y", "a?" * 30 + "a" * 30, "a*a*a*a*a*y"]
)
def test_a_pattern_that_would_try_many_ways_is_left_to_the_validator(pattern: str) -> None:
    compiled = Compiled({"type": "string", "pattern": pattern})
    begun = process_time()
    assert compiled.takes("a" * 60 + "c") == compiled.validator.is_valid("a" * 60 + "c")
    assert process_time() - begun < 1
    assert not is_sound({"pattern": pattern}, "aaa")
