"""Work beside the loop."""

from collections.abc import Callable
from typing import Protocol, TypeVar

T = TypeVar("T")


class Background(Protocol):
    """Does *work* in a thread and gives its result to *done*, on the loop."""

    def __call__(self, work: Callable[[], T], done: Callable[[T], None], /) -> None: ...
