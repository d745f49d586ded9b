"""`subworkflow-inputs`: a sub-workflow is not given what it declares among its inputs, or something else."""

import re
from collections.abc import Iterator
from typing import Any

from darwinflow.catalog.catalog import Compiled
from darwinflow.check.asked import asked
from darwinflow.check.faults import faults_of
from darwinflow.check.finding import ERROR, Finding, Fix
from darwinflow.check.following import target_of
from darwinflow.check.input_schemas import input_faults
from darwinflow.check.neighbours import Call, Given, Input, Neighbours, Own
from darwinflow.check.words import all_of, any_of, given, quoted, scalar, shown, type_words
from darwinflow.document.lines import Edit
from darwinflow.model.nearest import nearest

_REFERENCE = re.compile(r"input(?:\.|\Z)|[^.,@\s]+\.output(?:\.|\Z)")
_MOST_VALUES = 1_000
_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "object": (dict,),
    "array": (list,),
    "null": (type(None),),
}


def subworkflow_inputs(own: Own, neighbours: Neighbours) -> Iterator[Finding]:
    for call in own.facts.calls:
        target = target_of(call, own.path, neighbours)
        facts = target.facts
        if facts is None or facts.inputs is None or target.path == own.path:  # that it runs itself is told
            continue
        yield from _of_call(call, facts.id, facts.inputs, frozenset(facts.undeclared))


def _of_call(
    call: Call, name: str, declared: tuple[Input, ...], undeclared: frozenset[str]
) -> Iterator[Finding]:
    """*undeclared*: what the workflow that is called reads all the same; that it is not declared is told there."""
    there = {given.name for given in call.given}
    free = [one.name for one in declared if one.name not in there]
    meant = {given.name: nearest(given.name, free) for given in call.given}
    by_name = {one.name: one for one in declared}
    for one in call.given:
        if one.name not in by_name:
            if one.name not in undeclared:
                yield _unknown(one, name, meant[one.name], [known.name for known in declared])
        elif not _fits(one.data, by_name[one.name].schema):
            wanted = _wanted(by_name[one.name].schema)
            message = (
                f"the input '{shown(one.name)}' of '{shown(name)}' takes {wanted}, not {given(one.data)}"
            )
            yield Finding("subworkflow-inputs", ERROR, one.span, message)
        elif (said := _said_within(one, name, by_name[one.name].schema)) is not None:
            yield Finding("subworkflow-inputs", ERROR, one.span, said)
    lacking = [
        one.name
        for one in declared
        if one.is_required and one.name in free and one.name not in meant.values()
    ]
    if lacking and call.is_given:
        noun = "input" if len(lacking) == 1 else "inputs"
        message = f"'{shown(name)}' needs the {noun} {all_of([quoted(each) for each in lacking])}"
        yield Finding("subworkflow-inputs", ERROR, call.span, message)


def _unknown(one: Given, name: str, meant: str | None, known: list[str]) -> Finding:
    message = f"'{shown(name)}' takes no input '{shown(one.name)}'"
    fixes: tuple[Fix, ...] = ()
    if meant is not None:
        message += f"; did you mean '{meant}'?"
        if one.key_span != one.span or not isinstance(one.data, (dict, list)):
            fixes = (Fix(f"Rename to '{meant}'", (Edit(one.key_span, scalar(meant)),)),)
    elif known:
        message += f"; it takes {all_of(known)}"
    return Finding("subworkflow-inputs", ERROR, one.key_span, message, (), fixes)


def _fits(data: Any, schema: dict[str, Any]) -> bool:
    """Whether a value may be of the type that is declared; what is known only when it runs may be of any."""
    if isinstance(data, str) and ("${" in data or _REFERENCE.match(data)):
        return True
    if "enum" in schema and isinstance(schema["enum"], list):
        return data in schema["enum"]
    kinds = schema.get("type")
    types = [_TYPES[kind] for kind in (kinds if isinstance(kinds, list) else [kinds]) if kind in _TYPES]
    if not types:
        return True
    if isinstance(data, bool):
        return any(bool in each for each in types)
    return any(isinstance(data, each) for each in types)


def _said_within(one: Given, name: str, schema: dict[str, Any]) -> str | None:
    """What the rest of the declared schema asks of a value that is of its type; None where nothing is wrong."""
    if input_faults({one.name: schema}) or not _is_known(one.data):
        return None
    try:
        faults = faults_of(Compiled(schema), one.data)
    except ValueError:
        return None  # a schema that nobody can read is told where it stands
    if not faults:
        return None
    fault = faults[0]
    steps = [
        f"item {step + 1} of " if isinstance(step, int) else f"{quoted(step)} in " for step in fault.path
    ]
    place = "".join(reversed(steps)) + f"the input {quoted(one.name)} of {quoted(name)}"
    if fault.kind == "missing":
        return f"{place} needs {quoted(fault.name)}"
    if fault.kind == "unknown":
        return f"{place} has no {quoted(fault.name)}"
    if fault.kind == "type":
        return f"{place} takes {type_words(fault.schema)}, not {given(fault.data)}"
    return f"{place} {asked(fault)}"


def _is_known(data: Any) -> bool:
    """Whether all of a value stands there already; of a large one, nobody looks to its end."""
    waiting = [data]
    for value in waiting:
        if isinstance(value, str) and ("${" in value or _REFERENCE.match(value)):
            return False
        if len(waiting) > _MOST_VALUES:
            return False
        waiting += value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return True


def _wanted(schema: dict[str, Any]) -> str:
    if isinstance(schema.get("enum"), list):
        return any_of([str(value) for value in schema["enum"]])
    return type_words(schema)
