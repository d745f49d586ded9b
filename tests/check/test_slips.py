"""One slip of brackets, marks, dashes and indentation is one finding: kinds that `typos` has not."""

import re
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from darwinflow.catalog.catalog import Catalog
from darwinflow.check.engine import check
from darwinflow.document.document import Document

from .typos import FILES

MOST_FINDINGS = 1.15
"""A document, on average over all kinds; it was 2.52 when what a fault leads to was told beside it."""
MOST_OF_A_KIND = 1.6

_KEY = re.compile(r"( *(?:- )?)(\w+):(?: (.+))?\Z")
_ITEM = re.compile(r"( *)- (.*)")


def _put(pattern: re.Pattern[str], form: str) -> Callable[[str], list[str] | None]:
    """The lines of *form*, filled with the groups of *pattern*, in the place of a line that it matches."""

    def slip(line: str) -> list[str] | None:
        match = pattern.match(line)
        groups = match.groups(default="") if match else ()
        return form.format(*groups).split("\n") if match else None

    return slip


_OPEN = re.compile(r"( *(?:- )?\w+:)\Z")
_PLAIN = re.compile(r"( *(?:- )?)(\w+): (\w[^\"']*)\Z")
_PAIR = re.compile(r"( *- \{from: \w+), (.*)\Z")
_DEEP = re.compile(r"( +.*)\Z")
_BROAD = re.compile(r" ( *.*)\Z")
_VALUED = re.compile(r"( *)(- )?(\w+): (.+)\Z")


def _broken_key(line: str) -> list[str] | None:
    match = re.match(r"( *(?:- )?)(\w)(\w+:.*)", line)
    return [match[1] + match[2], " " * len(match[1]) + match[3]] if match else None


def _value_below(line: str) -> list[str] | None:
    match = _VALUED.match(line)
    if match is None:
        return None
    margin, dash, key, value = match.groups(default="")
    return [f"{margin}{dash}{key}:", " " * len(margin + dash) + value]


def _inner_quotes(line: str) -> list[str] | None:
    return [line.replace("'", '"')] if '"' in line and "'" in line else None


SLIPS: dict[str, Callable[[str], list[str] | None]] = {
    "a brace before an item": _put(_ITEM, "{0}- {{{1}"),
    "a brace behind a key": _put(_OPEN, "{0} {{"),
    "a bracket behind a key": _put(_OPEN, "{0} ["),
    "a bracket before a value": _put(_PLAIN, "{0}{1}: [{2}"),
    "an asterisk for a dash": _put(_ITEM, "{0}* {1}"),
    "two dashes for one": _put(_ITEM, "{0}-- {1}"),
    "a mark of a conflict": _put(_DEEP, "<<<<<<< HEAD\n{0}"),
    "both sides of a conflict": _put(_PLAIN, "<<<<<<< HEAD\n{0}{1}: {2}\n=======\n{0}{1}: {2}x\n>>>>>>> main"),
    "a word at the beginning of a line": _put(_DEEP, "x\n{0}"),
    "a closing brace on a line": _put(_DEEP, "  }}\n{0}"),
    "a value at the beginning of a line": _put(_PLAIN, "{0}{1}:\n{2}"),
    "a quote before a key": _put(_KEY, '{0}"{1}: {2}'),
    "a tag for a value": _put(_PLAIN, "{0}{1}: !{2}"),
    "a merge of nothing": _put(_PLAIN, "{0}{1}: {2}\n    <<: *defaults"),
    "a comment of another language": _put(_DEEP, "// note\n{0}"),
    "a mark of another document": _put(_DEEP, "---\n{0}"),
    "a no-break space": _put(_BROAD, "\u00a0{0}"),
    "an item without its dash": _put(_ITEM, "{0}  {1}"),
    "a key on two lines": _broken_key,
    "a value below its key": _value_below,
    "a first key that stands too far": _put(re.compile(r"( *- )(\w+:.*)"), "{0} {1}"),
    "no comma behind a value in braces": _put(_PAIR, "{0} {1}"),
    "an arrow for a comma": _put(_PAIR, "{0} -> {1}"),
    "a colon for a comma": _put(_PAIR, "{0}: {1}"),
    "a semicolon for a comma": _put(_PAIR, "{0}; {1}"),
    "a wide comma": _put(_PAIR, "{0}\uff0c {1}"),
    "no space behind a colon in braces": _put(re.compile(r"( *- \{\w+:) (.*)\Z"), "{0}{1}"),
    "no space behind a second colon in braces": _put(re.compile(r"( *- \{.*, to:) (.*)\Z"), "{0}{1}"),
    "no space behind a colon": _put(_PLAIN, "{0}{1}:{2}"),
    "a no-break space behind a colon": _put(_PLAIN, "{0}{1}:\u00a0{2}"),
    "a wide colon in braces": _put(re.compile(r"( *- \{.*, to): (.*)\Z"), "{0}\uff1a {1}"),
    "a semicolon for a colon": _put(_PLAIN, "{0}{1}; {2}"),
    "an equals sign for a colon": _put(_PLAIN, "{0}{1} = {2}"),
    "a comment of another language with a colon": _put(re.compile(r"(    )((?:type|config|to):.*)\Z"), "{0}// see: this\n{0}{1}"),
    "double quotes in double quotes": _inner_quotes,
    "an asterisk before a text": _put(re.compile(r"( *)(prompt|description): (\w.*)\Z"), "{0}{1}: *{2}"),
    "a path of another system": _put(re.compile(r"( *)(prompt|path): (\w.*)\Z"), '{0}{1}: "C:\\Users\\q"'),
    "a wide colon": _put(_PLAIN, "{0}{1}\uff1a {2}"),
}  # fmt: skip


def slips() -> Iterator[tuple[str, str]]:
    """Kind and text, of every line that the kind can be made in."""
    for text in FILES.values():
        lines = text.rstrip("\n").split("\n")
        for row, line in enumerate(lines):
            for kind, slip in SLIPS.items():
                new = slip(line)
                if new is not None:
                    yield kind, "\n".join([*lines[:row], *new, *lines[row + 1 :], ""])


@pytest.mark.timeout(300)
def test_one_slip_is_one_finding_for_the_most_part(catalog: Catalog) -> None:
    kinds: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    for kind, text in slips():
        found = check(Document.parse(text), catalog, is_named=True).findings()
        assert found, (kind, text)
        kinds[kind] += 1
        counts[kind] += len(found)
    print(f"\n{kinds.total()} slips: findings a document {counts.total() / kinds.total():.2f}")
    for kind, number in kinds.items():
        print(f"{kind}: {number}, findings {counts[kind] / number:.2f}")
    assert set(kinds) == set(SLIPS)
    assert counts.total() / kinds.total() <= MOST_FINDINGS
    assert not [kind for kind, number in kinds.items() if counts[kind] / number > MOST_OF_A_KIND]
