"""The demo's workspace: what lies in it and which runs are made."""

import shutil
from pathlib import Path
from typing import NamedTuple

FILES = Path(__file__).parent / "files"


class Stage(NamedTuple):
    """One version of one workflow, and the runs that are made of it while it is the newest."""

    workflow: str
    version: int
    requests: tuple[str, ...]
    """One run each. Those for which the program's work cannot be done fail, for real."""

    @property
    def source(self) -> Path:
        return FILES / "flows" / f"{self.workflow}.v{self.version}.yaml"

    @property
    def draft(self) -> str:
        """Where the author keeps it, below the workspace."""
        return f"flows/{self.workflow}.yaml"


STAGES = (
    Stage("release-notes", 1, ("0.7", "0.8")),
    Stage("release-notes", 2, ("0.9", "0.9.1", "0.10")),
    Stage("release-notes", 3, ("0.11", "0.12", "0.12.1", "0.13", "1.0")),
    Stage("nightly-import", 1, ("monday.csv", "tuesday.csv", "wednesday.csv")),
    Stage("nightly-import", 2, ("tuesday.csv", "thursday.csv", "wednesday.csv", "tuesday.csv", "monday.csv")),
    Stage("support-triage", 1, ("my invoice is wrong", "the page is blank", "where is my invoice")),
)
"""In the order in which things happened. `tuesday.csv` has a bad row that version 1 of the import cannot take, and
no file came on Thursday."""

BROKEN = Stage("support-triage", 2, ())
"""A draft in the middle of an edit, never published."""

RUNS = sum(len(stage.requests) for stage in STAGES)
FAILED = 2
"""Version 1 of the import on Tuesday, version 2 on Thursday."""


def make(folder: Path) -> None:
    """Write settings, program and data into *folder*, which is made; drafts follow stage by stage."""
    (folder / "flows").mkdir(parents=True)
    shutil.copyfile(FILES / "darwinflow.yaml", folder / ".darwinflow.yaml")
    for part in ("programs", "data"):
        (folder / part).mkdir()
        for file in (FILES / part).iterdir():
            if file.is_file():
                shutil.copyfile(file, folder / part / file.name)


def edit_draft(folder: Path, stage: Stage) -> Path:
    """Bring the author's file to *stage*, as an editor would; returns it."""
    draft = folder / stage.draft
    shutil.copyfile(stage.source, draft)
    return draft
