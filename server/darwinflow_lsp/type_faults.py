"""What is wrong in files of graph types beside open documents, told at these files though nobody has opened them.

While one has errors, nobody knows which node types it would add, and a workflow that names an unknown one has no
finding: without a word elsewhere it would pass for sound.
"""

from collections.abc import Callable

from darwinflow.catalog.type_file import TypeFile
from darwinflow_lsp.checks import Checks
from darwinflow_lsp.documents import Documents


class TypeFaults:
    def __init__(
        self, documents: Documents, checks: Checks, publish: Callable[[str, TypeFile | None], None]
    ) -> None:
        """*publish* gets the path of a file that is not open, and what is in it; None: there is nothing to tell of it."""
        self._documents = documents
        self._checks = checks
        self._publish = publish
        self._told: dict[str, TypeFile] = {}

    def closed(self, path: str | None) -> None:
        """The file on the disk counts from here on, and the client shows nothing of it."""
        if path is not None:
            self._told.pop(path, None)
        self.tell()

    def tell(self) -> None:
        """Tell what is news; cheap where nothing is."""
        own = {opened.path for _, opened in self._documents}
        wanted = {
            file.path: file
            for path in own
            if path is not None
            for file in self._checks.broken_types(path)
            if file.path not in own
        }
        told, self._told = self._told, wanted
        for path in told.keys() - wanted.keys() - own:
            self._publish(path, None)
        for path, file in wanted.items():
            if told.get(path) is not file:
                self._publish(path, file)
