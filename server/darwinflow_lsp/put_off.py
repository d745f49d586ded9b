"""Requests that cannot be answered yet, by what they wait for."""

from typing import Any

from darwinflow_lsp.messages import Id

Message = dict[str, Any]


class PutOff:
    def __init__(self) -> None:
        self._waiting: dict[str, list[Message]] = {}

    def add(self, awaited: str, message: Message) -> None:
        self._waiting.setdefault(awaited, []).append(message)

    def take(self, awaited: str) -> list[Message]:
        """In their order; they no longer wait."""
        return self._waiting.pop(awaited, [])

    def drop(self, id_: Id) -> bool:
        """Whether request *id_* was among them."""
        for waiting in self._waiting.values():
            for message in waiting:
                if message["id"] == id_:
                    waiting.remove(message)
                    return True
        return False

    def clear(self) -> None:
        self._waiting.clear()
