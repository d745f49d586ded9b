"""The `format` block of a settings file: how `fmt` and the editor lay out workflows."""

from typing import Any

from darwinflow.document.formatting.style import HOUSE_STYLE, Style
from darwinflow.settings.reading import Reading

_LISTS = ("indented", "flush")
_MAPPINGS: dict[str, tuple[str, ...]] = {"workflow": (), "node": ("nodes",), "edge": ("edges",)}
"""What may have an order of keys, with the path of its mappings."""


def style_of(reading: Reading, data: dict[str, Any]) -> Style:
    """The style that *data* asks for; what is wrong in it is noted and does not count."""
    block = reading.mapping(data, "format", ("lists", "order"))
    lists = block.get("lists", _LISTS[0])
    if lists not in _LISTS:
        reading.note(
            ("format", "lists"), "'lists' must be 'indented' or 'flush', as they stand below their key"
        )
    order = reading.mapping(block, "order", tuple(_MAPPINGS), path=("format",))
    found: dict[tuple[str, ...], tuple[str, ...]] = {}
    for name, keys in order.items():
        if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
            reading.note(
                ("format", "order", name), f"'{name}' must be a list of keys such as id, type, config"
            )
        elif name in _MAPPINGS:
            found[_MAPPINGS[name]] = tuple(keys)
    return HOUSE_STYLE._replace(indents_lists=lists != "flush", key_order=found)
