"""What a keyword of JSON Schema asks of a value, as the end of a sentence that begins with the value's name."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from darwinflow.check.faults import Fault
from darwinflow.check.words import any_of, given, literal, shown, wanted
from darwinflow.graph.graph_type import text_of

_MAX_COMPARED: Final = 20


def asked(fault: Fault) -> str:
    """What is wrong with the value of *fault*, and what would be right."""
    say = _SAYINGS.get(fault.keyword)
    if say is not None and not (text_of(fault.schema, "x-wanted") and fault.keyword in _IN_OWN_WORDS):
        return say(fault.limit, fault.data, fault)
    return f"must be {wanted(fault.schema)}, not {given(fault.data)}"


def choice(fault: Fault) -> str:
    """The same for one of several fixed values."""
    limit = fault.limit
    return f"must be {any_of([literal(one) for one in (limit if isinstance(limit, list) else [limit])])}, not {given(fault.data)}"


def _too_short(limit: int, data: str, _fault: Fault) -> str:
    if limit == 1:
        return "must not be empty"
    return f"has {_count(len(data), 'character')}; at least {limit} are needed"


def _too_many(_limit: Any, data: Any, fault: Fault) -> str:
    if fault.keyword == "falseSchema" and not (fault.path and isinstance(fault.path[-1], int)):
        return "may not be there"
    count = len(fault.schema.get("prefixItems", ())) if isinstance(data, list) else None  # type: ignore[arg-type]
    return "is one too many" if count is None else f"takes {_count(count, 'item')}, not {len(data)}"


def _repeated(_limit: Any, data: list[Any], fault: Fault) -> str:
    own = text_of(fault.schema, "x-wanted") or "a list of different items"
    return f"must be {own}; {given(_twice(data))} is there twice"


def _of_other_length(limit: int, data: list[Any], fault: Fault) -> str:
    usual = f"a list of {limit} or more" if fault.keyword == "minItems" else f"a list of at most {limit}"
    held = "an empty list" if not data else f"a list of {len(data)}"
    return f"must be {text_of(fault.schema, 'x-wanted') or usual}, not {held}"


def _of_other_size(limit: int, data: dict[str, Any], fault: Fault) -> str:
    bound = "at least" if fault.keyword == "minProperties" else "at most"
    return f"must have {bound} {_count(limit, 'entry')}, not {len(data) or 'none'}"


def _not_held(_limit: Any, _data: Any, fault: Fault) -> str:
    part = fault.schema.get("contains")
    item = f"an item that is {wanted(part)}" if isinstance(part, Mapping) else "an item"
    least, most = fault.schema.get("minContains", 1), fault.schema.get("maxContains")
    if least == 1 and most is None:
        return f"must hold {item}"
    times = f"at least {least}" if most is None else f"{least} to {most}"
    return f"must hold {item}, {times} times"


def _of_several(branches: Any, data: Any, fault: Fault) -> str:
    fitting = sum(not branch for branch in branches)
    if fitting > 1:
        return f"must fit one of its {len(branches)} forms, and {given(data)} fits {fitting}"
    return f"must be {wanted(fault.schema)}, not {given(data)}"


_SAYINGS: Final[Mapping[str, Callable[[Any, Any, Fault], str]]] = {
    "minimum": lambda limit, data, _: f"must be at least {limit}, not {data}",
    "maximum": lambda limit, data, _: f"must be at most {limit}, not {data}",
    "exclusiveMinimum": lambda limit, data, _: f"must be more than {limit}, not {data}",
    "exclusiveMaximum": lambda limit, data, _: f"must be less than {limit}, not {data}",
    "multipleOf": lambda limit, data, _: f"must be a multiple of {limit}, not {data}",
    "maxLength": lambda limit, data, _: f"has {len(data)} characters; at most {limit} are taken",
    "minLength": _too_short,
    "pattern": lambda limit, data, _: f"must be text that matches '{shown(limit)}', not {given(data)}",
    "uniqueItems": _repeated,
    "minItems": _of_other_length,
    "maxItems": _of_other_length,
    "minProperties": _of_other_size,
    "maxProperties": _of_other_size,
    "contains": _not_held,
    "falseSchema": _too_many,
    "unevaluatedItems": _too_many,
    "not": lambda limit, data, _: (
        f"must not be {wanted(limit) if isinstance(limit, Mapping) else given(data)}"
    ),
    "oneOf": _of_several,
}
_IN_OWN_WORDS: Final = frozenset(
    {"pattern", "minProperties", "maxProperties", "contains", "not", "oneOf", "multipleOf"}
)
"""Keywords whose schema says it better where its author said what is wanted."""


def _count(number: int, noun: str) -> str:
    plural = noun[:-1] + "ies" if noun.endswith("y") else noun + "s"
    return f"{number} {noun if number == 1 else plural}"


def _twice(items: list[Any]) -> Any:
    """The first of *items* that equals one before it; of lists and mappings only the first few are compared."""
    seen: set[tuple[bool, Any]] = set()
    others: list[Any] = []
    for item in items:
        if isinstance(item, (list, dict)):
            if item in others[:_MAX_COMPARED]:
                return item
            others.append(item)
        elif (key := (isinstance(item, bool), item)) in seen:
            return item
        else:
            seen.add(key)
    return others[0] if others else None
