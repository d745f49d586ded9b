"""What importing the recorder brings into a program: nothing that its start would feel.

The milliseconds are in `make bench`; here stands what they come from.
"""

import ast
import subprocess
import sys
from pathlib import Path

import darwinflow.recorder

HEAVY = {"asyncio", "contextlib", "dataclasses", "datetime", "inspect", "logging", "pathlib", "socket"}
HEAVY |= {"math", "threading", "warnings"}
HEAVY |= {"shutil", "subprocess", "tempfile", "typing", "urllib", "uuid", "zoneinfo"}
"""Parts of the standard library that cost half a millisecond or more each, with what they import."""

KNOWN = sys.stdlib_module_names | {"_sha2"}
"""`_sha2` is of the standard library from 3.12 on, and tried first."""


def modules_after(source: str) -> set[str]:
    """The modules that *source* loads into a bare interpreter."""
    program = f"import sys; before = set(sys.modules); {source}; print(*sorted(set(sys.modules) - before))"
    command = [sys.executable, "-c", program]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return set(said.split())


def test_the_recorder_loads_no_heavy_part_of_the_standard_library() -> None:
    loaded = modules_after("from darwinflow.recorder import record_run")
    assert "darwinflow.recorder.run" in loaded
    assert loaded & HEAVY == set()


def test_the_recorder_loads_nothing_else_of_ours_and_of_others() -> None:
    loaded = modules_after("from darwinflow.recorder import record_run")
    foreign = {name for name in loaded if name.split(".")[0] not in sys.stdlib_module_names}
    assert {name for name in foreign if not name.startswith("darwinflow.recorder")} == {"darwinflow"}


def test_the_places_alone_load_next_to_nothing() -> None:
    assert modules_after("import darwinflow.recorder.paths") & (HEAVY | {"json", "re"}) == set()


def test_no_line_of_the_recorder_imports_more_than_the_standard_library() -> None:
    """Also none inside a function, which runs when something is wrong and is then not there."""
    (folder,) = darwinflow.recorder.__path__
    files = sorted(Path(folder).rglob("*.py"))
    named: dict[str, set[str]] = {}
    for file in files:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                named.setdefault(file.name, set()).update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert node.module is not None, f"{file.name} imports from a folder"
                named.setdefault(file.name, set()).add(node.module)
    assert len(named) > len(files) / 2
    foreign = {
        (file, name)
        for file, names in named.items()
        for name in names
        if name.split(".")[0] not in KNOWN and not f"{name}.".startswith("darwinflow.recorder.")
    }
    assert foreign == set()


def test_what_lists_runs_loads_little_beside_itself() -> None:
    source = "import darwinflow.cli.frame, darwinflow.cli.run_listing, darwinflow.cli.session"
    unwanted = {"asyncio", "dataclasses", "darwinflow.document", "darwinflow.recorder.events", "inspect"}
    unwanted |= {"pathlib", "pydantic", "selectors", "shlex", "socket", "struct", "subprocess", "tempfile"}
    assert modules_after(source) & unwanted == set()
