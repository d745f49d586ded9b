"""Who waits until journals are stored."""

from concurrent.futures import Future
from typing import NamedTuple


class Waiter(NamedTuple):
    """Somebody who asked when journals had these sizes, by name."""

    sizes: dict[str, int]
    told: "Future[None]"

    def tell(self) -> None:
        if self.told.set_running_or_notify_cancel():
            self.told.set_result(None)
