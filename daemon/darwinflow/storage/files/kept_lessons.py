"""What was learned from the runs of each project: `<project>/patterns.json`, written whole with a checksum.

It says how many of the ids in the project's list of counted runs, from its first one on, were learned from.
"""

import json
from collections import Counter

from darwinflow.model.errors import SchemaTooNew
from darwinflow.storage.compact_json import compact
from darwinflow.storage.files.figure_tables import CountedTable
from darwinflow.storage.files.metric_file import FORMAT, name_of, sealed, unsealed
from darwinflow.storage.memory.lessons import Lessons
from darwinflow.storage.memory.table import NotingTable, Undo

LESSONS = "patterns.json"


class KeptLessons:
    """The tables, and their files' contents."""

    def __init__(self, undo: Undo) -> None:
        self._waiting: NotingTable[tuple[str, str], int] = NotingTable(undo)
        self._tallies: NotingTable[tuple[str, str], str] = NotingTable(undo)
        self._begun_anew: set[str] = set()
        """Projects, since `settle`."""
        self.lessons = Lessons(self._waiting, self._tallies)

    def load(self, content: bytes) -> None:
        """After the project's counted runs all wait. Raises `FileTorn`, `SchemaTooNew`, and what wrong types do."""
        said = unsealed(content)
        if said["format"] > FORMAT:
            raise SchemaTooNew(f"it has format {said['format']}; this version knows {FORMAT}")
        project, learned = str(said["project"]), int(said["learned"])
        tallies = {str(workflow): compact(one) for workflow, one in said["tallies"].items()}
        self.lessons.learn(project, self.lessons.runs_to_learn(project, learned), tallies)

    def changed(self, counted: CountedTable) -> dict[str, str]:
        """By path, what files say after this transaction."""
        projects = {project for project, _ in self._tallies.touched} | self._begun_anew
        projects |= {key[0] for key in self._waiting.touched if self._waiting.get(key) is None}
        if not projects:
            return {}
        learned = Counter(project for (project, _), _ in counted.items() if project in projects)
        learned.subtract(project for (project, _), _ in self._waiting.items() if project in projects)
        return {
            f"{name_of(project)}/{LESSONS}": self._content(project, learned[project]) for project in projects
        }

    def begin_anew(self, project: str, run_ids: list[str]) -> None:
        """Nothing was learned from *run_ids*, which are all that are counted."""
        self._begun_anew.add(project)
        for key in [key for key, _ in self._waiting.items() if key[0] == project]:
            self._waiting.remove(key)
        for key in [key for key, _ in self._tallies.items() if key[0] == project]:
            self._tallies.remove(key)
        for place, run_id in enumerate(run_ids):
            self._waiting.put((project, run_id), place)

    def settle(self) -> None:
        self._waiting.touched.clear()
        self._tallies.touched.clear()
        self._begun_anew.clear()

    def _content(self, project: str, learned: int) -> str:
        tallies = {workflow: json.loads(text) for workflow, text in self.lessons.tallies_of(project, None)}
        return sealed({"format": FORMAT, "project": project, "learned": learned, "tallies": tallies})
