"""Texts that completion inserts for something whole: a node with its required fields as tab stops.

Lines after the first count from the indentation of the line that the text is put into: editors that expand
snippets add it, and a plain text has it written out.
"""

import re

from darwinflow.graph.graph_type import Field, NodeType
from darwinflow.model.yaml_text import scalar

_STOP = re.compile(r"\$\{\d+:(?:[^}\\]|\\.)*\}")
_SPECIAL = re.compile(r"([\\$}])")


class Template:
    """A text under construction, with numbered tab stops."""

    def __init__(self, shift: int) -> None:
        """*shift*: how much deeper than the line's indentation the text's first line begins."""
        self._shift = shift
        self._lines: list[str] = []
        self._stops = 0

    def add(self, line: str, indent: int = 0) -> None:
        self._lines.append(" " * (self._shift + indent) + line if self._lines else line)

    def stop(self, hint: str) -> str:
        """A place to type at; *hint* stands there until then."""
        self._stops += 1
        safe = _SPECIAL.sub(r"\\\1", hint)
        return f"${{{self._stops}:{safe}}}"

    def snippet(self) -> str:
        return "\n".join(self._lines)

    def plain(self, indentation: int) -> str:
        """Without tab stops, for an editor that knows none. *indentation* is the line's."""
        lines = [_STOP.sub("", line) for line in self._lines]
        return ("\n" + " " * indentation).join(lines)


def whole_node(kind: NodeType, shift: int, dash: str) -> Template:
    """`id: ...`, `type: ...` and the config that is needed. *dash*: `- ` where the list's item is to begin too."""
    template = Template(shift)
    template.add(f"{dash}id: {template.stop('id')}")
    template.add(f"type: {kind.name}", len(dash))
    _add_config(template, kind, len(dash))
    return template


def type_with_config(kind: NodeType, shift: int) -> Template:
    """The type's name, and below it the config that is needed, for use behind `type:`."""
    template = Template(shift)
    template.add(kind.name)
    _add_config(template, kind, 0)
    return template


def field_entry(field: Field, shift: int) -> Template:
    """`name: ` with what its type wants behind it."""
    template = Template(shift)
    kind = field.schema.get("type")
    if kind == "array":
        template.add(f"{field.name}: [{template.stop(_hint(field))}]")
    elif kind == "object":
        template.add(f"{field.name}:")
        template.add(template.stop(""), 2)
    else:
        template.add(f"{field.name}: {template.stop('')}")
    return template


def _add_config(template: Template, kind: NodeType, indent: int) -> None:
    required = [field for field in kind.config_fields.values() if field.required]
    if required:
        template.add("config:", indent)
    for field in required:
        template.add(f"{field.name}: {_value(template, field)}", indent + 2)


def _value(template: Template, field: Field) -> str:
    schema = field.schema
    if schema.get("type") == "array":
        least = schema.get("minItems", 1)
        count = least if isinstance(least, int) else 1
        words = ("first", "second", "third")
        return f"[{', '.join(template.stop(word) for word in words[: max(count, 1)])}]"
    if schema.get("type") == "object":
        return "{" + template.stop("") + "}"
    stop = template.stop(_hint(field))
    needs_quotes = any(isinstance(each, str) and scalar(each) != each for each in field.examples)
    return f'"{stop}"' if needs_quotes else stop


def _hint(field: Field) -> str:
    return field.title or field.name
