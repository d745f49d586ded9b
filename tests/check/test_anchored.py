"""A slip below an anchor is one finding, at the key itself, however many aliases bring it."""

import pytest

from darwinflow.catalog.catalog import Catalog

from .test_one_slip import TEXT, after_fixes, checked, said

_CONFIG = "    config: {prompt: Sign it}\n"
_HELP = "  - {id: help, type: HUMAN_INPUT}\n"


def _shared(head: str, first: str, second: str) -> str:
    """Two nodes that take their config from *head*."""
    text = TEXT.replace(_CONFIG, f"    config: {first}\n")
    return head + text.replace(_HELP, f"  - {{id: help, type: CLAUDE_CODE, config: {second}}}\n")


@pytest.mark.parametrize(
    "head",
    [
        "x-c: &c {promt: Sign it}\n",
        "x-c: &c\n  promt: Sign it\n",
        "x-c:\n  shared: &c\n    promt: Sign it\n",
        "x-c:\n  - &c {promt: Sign it}\n",
        "x-b: &c {prompt: Sign it}\nx-c: &c {promt: Sign it}\n",
    ],
)
@pytest.mark.parametrize("use", ["*c", "{<<: *c}", "{<<: [*c], model: small}"])
def test_it_is_told_at_the_key(head: str, use: str, catalog: Catalog) -> None:
    text = _shared(head, use, use)
    assert said(text, catalog) == [
        "promt | config-unknown-field: the config of a CLAUDE_CODE has no 'promt'; did you mean 'prompt'?"
    ]
    (found,) = checked(text, catalog).findings()
    assert [
        (one.message, text.splitlines()[one.span.line][one.span.column :][:2]) for one in found.related
    ] == [
        ("and by way of this alias", "*c"),
        ("and by way of this alias", "*c"),
    ]
    assert after_fixes(text, catalog) == text.replace("promt", "prompt")


def test_where_several_keys_may_be_meant_it_is_told_at_the_first_alias(catalog: Catalog) -> None:
    text = _shared("x-c: &c {prompt: Sign it, agents: {a: 1}, deep: [{agents: 2}]}\n", "*c", "*c")
    found = [one for one in checked(text, catalog).findings() if "'agents'" in one.message]
    assert [(one.span.line, len(one.related)) for one in found] == [(11, 1)]


@pytest.mark.parametrize("key", ["it's", "has no 'x'; did you mean 'y'?", "a" * 300])
def test_it_is_told_at_the_key_whatever_its_name(key: str, catalog: Catalog) -> None:
    text = _shared(f'x-c: &c {{prompt: Sign it, "{key}": 1}}\n', "*c", "*c")
    (found,) = checked(text, catalog).findings()
    assert (found.span.line, len(found.related)) == (0, 2)
