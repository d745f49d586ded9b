"""How findings speak: the words for types, values and names."""

import json
import re
from collections.abc import Sequence
from math import isfinite, isnan

from darwinflow.document.grammar.core_schema import resolved
from darwinflow.graph.graph_type import Schema, text_of
from darwinflow.model.nearest import nearest

_TYPES = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "object": "a mapping",
    "array": "a list",
    "null": "nothing",
}
_MAX_SHOWN = 40
"""Characters of a value in a message."""
_MAX_NAMES = 12
"""Names in a message."""
_SWITCHES = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}
"""What other formats, and YAML before 1.2, take for true and false."""
_SYNONYMS = {
    "bool": "boolean",
    "int": "integer",
    "long": "integer",
    "float": "number",
    "double": "number",
    "decimal": "number",
    "str": "string",
    "text": "string",
    "txt": "string",
    "list": "array",
    "dict": "object",
    "map": "object",
    "mapping": "object",
    "none": "null",
}
"""What other languages call the types of JSON Schema."""
_PLAIN = re.compile(r"[^\W\d][\w.-]*\Z")
"""What needs no quotes anywhere, numbers and words of YAML's own apart."""
_SOUNDS_LIKE_A_VOWEL = "AEFHILMNORSX"


def wanted(schema: Schema) -> str:
    """What *schema* takes, as a noun phrase."""
    own = text_of(schema, "x-wanted")
    if own:
        return own
    if "enum" in schema:
        values = schema["enum"]
        return (
            any_of([literal(value) for value in values])
            if isinstance(values, (list, tuple))
            else "a known word"
        )
    if "const" in schema:
        return literal(schema["const"])
    branches = schema.get("anyOf", schema.get("oneOf"))
    return " or ".join(map(wanted, branches)) if isinstance(branches, (list, tuple)) else type_words(schema)


def type_words(schema: Schema) -> str:
    """The kind of value that *schema* takes, whatever else it asks of it."""
    kind = schema.get("type")
    items = schema.get("items")
    if kind == "array" and isinstance(items, dict) and items.get("type") == "string":
        return "a list of texts"
    kinds = kind if isinstance(kind, (list, tuple)) else [kind]
    return " or ".join([_TYPES[str(one)] for one in kinds if str(one) in _TYPES]) or "something else"


def literal(value: object) -> str:
    """A fixed value as one writes it."""
    return shown(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def given(data: object) -> str:
    """What stands in the text, as a noun phrase."""
    if data is None:
        return "nothing"
    if isinstance(data, bool):
        return f"the word {'true' if data else 'false'}"
    if isinstance(data, float) and not isfinite(data):
        return "a value that is no number" if isnan(data) else "infinity" if data > 0 else "minus infinity"
    if isinstance(data, (int, float)):
        return f"the number {shown(str(data))}"
    if isinstance(data, str):
        edge = data.strip() != data and data.strip() != "" and "\n" not in data
        return f"the text '{data if edge and len(data) <= _MAX_SHOWN else shown(data)}'"
    return "a list" if isinstance(data, list) else "a mapping"


def switch_meant(text: str) -> str | None:
    """`true` or `false` where *text* is another word for it."""
    word = text.strip().lower()
    return word if word in ("true", "false") else _SWITCHES.get(word)


def meant_word(text: str, words: Sequence[str]) -> str | None:
    """The one of *words* that *text* is clearly a slip of, or another word for."""
    word = text.strip().casefold()
    own = _SYNONYMS.get(word, word)
    return next((one for one in words if one.casefold() == own), None) or nearest(text, words)


def shown(text: str) -> str:
    """*text* on one line, cut where it is long."""
    line = " ".join(text.split())
    return line if len(line) <= _MAX_SHOWN else line[: _MAX_SHOWN - 1] + "…"


def quoted(name: str) -> str:
    return f"'{shown(name)}'"


def any_of(words: Sequence[str]) -> str:
    """`a, b or c`."""
    return _series(words, "or")


def all_of(words: Sequence[str]) -> str:
    """`a, b and c`."""
    return _series(words, "and")


def all_quoted(names: Sequence[str]) -> str:
    """`'a', 'b' and 'c'`; of many, no more is looked at than is named."""
    return all_of([*[quoted(name) for name in names[: _MAX_NAMES + 1]], *names[_MAX_NAMES + 1 :]])


def _series(words: Sequence[str], last: str) -> str:
    if len(words) > _MAX_NAMES:
        return ", ".join(words[:_MAX_NAMES]) + f" and {len(words) - _MAX_NAMES} more"
    return f" {last} ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def with_article(word: str) -> str:
    """*word* behind `a` or `an`, as one says it: an LLM_DECISION, a FILE_READ."""
    stem = word.upper().split("_")[0]
    if any(letter in "AEIOUY" for letter in stem):
        is_vowel = stem[0] in "AEIO"
    else:
        is_vowel = stem[:1] in _SOUNDS_LIKE_A_VOWEL
    return f"{'an' if is_vowel else 'a'} {word}"


def scalar(text: str) -> str:
    """*text* as YAML that stands for it in any place."""
    if _PLAIN.match(text) and resolved(text) == text:
        return text
    return json.dumps(text, ensure_ascii=False)
