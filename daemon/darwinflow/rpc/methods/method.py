"""What a method is to the dispatcher: a function, and where it runs. The models are read off its signature."""

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, NamedTuple


class Place(Enum):
    LOOP = "loop"
    """It touches memory alone."""
    THREAD = "thread"
    """It reads files or databases."""
    UP_TO_DATE = "up to date"
    """As `THREAD`, and what programs have recorded before it was asked is stored first, where that is soon done."""
    COMMIT = "commit"
    """It returns a future that is done when a commit is durable."""


Decode = Callable[[bytes], tuple[int | str, Any] | None]
"""A faster way from a message's bytes to its id and its parameters' model; None for what must go the way of all others.

It takes nothing that the models refuse, and makes the same of what it takes.
"""


class Method(NamedTuple):
    call: Callable[[Any, Any], Any]
    """Of a `Session` or a `Peer`, and the parameters' model; returns the result's model, or a future of it."""
    place: Place
    decode: Decode | None = None


Table = Mapping[str, Method]
