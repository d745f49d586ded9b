"""What importing the recorder brings into a program: nothing that its start would feel.

The milliseconds are in `make bench`; here stands what they come from.
"""

import subprocess
import sys

HEAVY = {"asyncio", "contextlib", "dataclasses", "datetime", "inspect", "logging", "pathlib", "socket"}
HEAVY |= {"shutil", "subprocess", "tempfile", "typing", "urllib", "uuid", "zoneinfo"}
"""Parts of the standard library that cost more than a millisecond each, with what they import."""


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
