"""The engine against the official YAML test suite."""

from typing import Any

import pytest

from darwinflow.document.document import Document
from darwinflow.document.problem import WARNINGS

from . import yaml_test_suite

KNOWN_MISSES = {"2JQS": "two empty keys in one mapping; a duplicate like any other to us"}


def documents_of(document: Document) -> list[Any]:
    return [
        document.data(at)
        for at, root in enumerate(document.roots)
        if root.kind is not None or root.is_explicit
    ]


def errors_of(document: Document) -> list[Any]:
    return [problem for problem in document.problems() if problem.code not in WARNINGS]


@pytest.mark.skipif(
    not yaml_test_suite.FOLDER.is_dir(), reason=f"no yaml-test-suite at {yaml_test_suite.FOLDER}"
)
def test_verdicts_and_data_are_those_of_the_official_suite() -> None:
    accepted = rejected = equal = 0
    valid = invalid = with_data = 0
    misses: set[str] = set()
    for case in yaml_test_suite.cases():
        document = Document.parse(case.text)
        errors = errors_of(document)
        if case.is_valid:
            valid += 1
            accepted += not errors
        else:
            invalid += 1
            rejected += bool(errors)
        if case.is_valid == bool(errors):
            misses.add(case.name)
        if case.documents is not None:
            with_data += 1
            if documents_of(document) == case.documents:
                equal += 1
            else:
                misses.add(case.name)
    print(
        f"\nvalid accepted {accepted}/{valid}, invalid rejected {rejected}/{invalid}, JSON equal {equal}/{with_data}"
    )
    print(sorted(misses))
    assert (valid, invalid, with_data) == (308, 94, 279)
    assert misses == set(KNOWN_MISSES)
