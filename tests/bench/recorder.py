"""What recording costs the program, beside bare Python and a bare `os.write` of the same bytes."""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROUNDS = 15
RUNS = 300
STEPS = 10


def main() -> None:
    """Medians of CPU time; measured and baseline take turns, so that both meet the same machine."""
    bare, loaded = import_ms()
    row(
        "import",
        f"{loaded:.1f} ms",
        f"{bare:.1f} ms (bare Python)",
        loaded / bare,
        f"{loaded - bare:+.1f} ms, of 20 allowed",
    )
    kept = dict(os.environ)
    with tempfile.TemporaryDirectory(prefix="darwinflow-bench-") as folder:
        flow = Path(folder, "assistant.yaml")
        flow.write_text("id: assistant\nversion: 3\nnodes: []\nedges: []\n" + "# " + "x" * 4000 + "\n")
        os.environ["DARWINFLOW_HOME"] = str(Path(folder, "home"))
        try:
            for name, recorded, lines in measured(flow):
                written = baseline(folder, lines)
                ours, theirs = taking_turns(recorded, written)
                size = f"os.write of {len(lines)} lines, {sum(map(len, lines))} bytes"
                a_call = "" if "run of" in name else "1,000 us allowed"
                row(name, f"{ours:.1f} us", f"{theirs:.1f} us ({size})", ours / theirs, a_call)
        finally:
            os.environ.clear()
            os.environ.update(kept)


def row(name: str, measured_as: str, baseline_as: str, ratio: float, note: str) -> None:
    print(f"{name:<30} {measured_as:>10}  against {baseline_as:<52} ratio {ratio:5.1f}  {note}".rstrip())


def import_ms() -> tuple[float, float]:
    """CPU time of an interpreter that does nothing, and of one that imports the recorder."""
    sources = ("pass", "from darwinflow.recorder import record_run")
    taken: dict[str, list[float]] = {source: [] for source in sources}
    for _ in range(ROUNDS):
        for source in sources:
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            subprocess.run([sys.executable, "-c", source], check=True)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            taken[source].append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    bare, loaded = (statistics.median(taken[source]) * 1000 for source in sources)
    return bare, loaded


def measured(flow: Path) -> list[tuple[str, Callable[[], None], list[bytes]]]:
    """What is measured, each with the lines that it writes."""
    from darwinflow.recorder import record_run

    page = "word " * 3200
    records = [{"id": number, "name": f"n{number}", "score": number * 1.5} for number in range(370)]

    def whole_run() -> None:
        with record_run(flow, request="add a retry", tags={"ticket": "42"}) as run:
            for number in range(STEPS):
                with run.step("classify", input={"text": "x" * 200, "round": number}) as step:
                    step.action("LLM_CALL", model="small", tokens=812)
                    step.output = {"decision": "Core"}

    open_run = record_run(flow)
    open_run.__enter__()

    def one_step() -> None:
        with open_run.step("classify", input={"text": "x" * 200}) as step:
            step.output = {"decision": "Core"}

    open_step = open_run.step("classify")
    open_step.__enter__()

    def one_action() -> None:
        open_step.action("LLM_CALL", model="small", tokens=812)

    def one_page() -> None:
        open_step.action("LLM_CALL", text=page)

    def many_records() -> None:
        open_step.action("LLM_CALL", rows=records)

    named = [
        ("action", one_action),
        ("action with 16 KiB of text", one_page),
        ("action with 16 KiB of records", many_records),
        ("step", one_step),
        (f"run of {STEPS} steps", whole_run),
    ]
    return [(name, act, lines_of(act)) for name, act in named]


def lines_of(act: Callable[[], None]) -> list[bytes]:
    spool = Path(os.environ["DARWINFLOW_HOME"], "spool")
    act()
    before = {path: path.stat().st_size for path in spool.iterdir()}
    act()
    return [
        line
        for path in spool.iterdir()
        for line in path.read_bytes()[before.get(path, 0) :].splitlines(keepends=True)
    ]


def baseline(folder: str, lines: list[bytes]) -> Callable[[], None]:
    file = os.open(Path(folder, "baseline"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def write() -> None:
        for line in lines:
            os.write(file, line)

    return write


def taking_turns(recorded: Callable[[], None], written: Callable[[], None]) -> tuple[float, float]:
    """Median microseconds of CPU time of a call of each."""
    taken: tuple[list[float], list[float]] = ([], [])
    for _ in range(RUNS):
        for act, times in zip((recorded, written), taken, strict=True):
            started = time.thread_time()
            act()
            times.append(time.thread_time() - started)
    return statistics.median(taken[0]) * 1e6, statistics.median(taken[1]) * 1e6


if __name__ == "__main__":
    main()
