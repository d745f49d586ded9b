"""`darwinflow check` as a process: one file, a thousand files, and the same from the cache.

Beside it stands a plain validation by the `jsonschema` package of the same data against the same schemas, which
reads no YAML, knows no place and sees no reference from one part of a workflow to another.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import jsonschema
import yaml

from darwinflow.catalog.catalog import Catalog
from darwinflow.document.document import Document

from .documents import workflow

FILES = 1_000
NODES = 50
ONE_ROUNDS = 15
MANY_ROUNDS = 3
SAMPLE = 100
"""Files that the baseline reads; it takes as long for each of the others."""
_ENVIRON = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""A user's Python keeps what it has compiled."""


class Cost(NamedTuple):
    wall_s: float
    cpu_s: float


def run(folder: Path, home: Path, *arguments: str, cores: set[int] | None = None) -> Cost:
    """One command as a process of its own, on *cores* or all; its children's processor time is included."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    said = subprocess.run(
        [sys.executable, "-m", "darwinflow.cli.main", *arguments],
        cwd=folder,
        env={**_ENVIRON, "DARWINFLOW_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=(lambda: os.sched_setaffinity(0, cores)) if cores else None,
    )
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert said.returncode == 0, said.stdout + said.stderr
    return Cost(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def best(costs: Iterator[Cost]) -> Cost:
    """The one that others disturbed least."""
    return min(costs, key=lambda cost: cost.cpu_s)


def texts(count: int) -> list[str]:
    return [
        workflow(NODES, seed=number).replace(f"generated-{NODES}", f"generated-{number}")
        for number in range(count)
    ]


def document_schema() -> dict[str, Any]:
    """The bundled graph type as one schema. Classes such as `\\p{L}` are left out: Python's `re` has none."""
    graph_type = Catalog.bundled().graph_type("workflow")
    nodes = [
        {
            "if": {"properties": {"type": {"const": name}}, "required": ["type"]},
            "then": node.schema,
        }
        for name, node in graph_type.node_types.items()
    ]
    types = {"properties": {"type": {"enum": list(graph_type.node_types)}}, "required": ["type"]}
    document: Any = _plain(graph_type.document)
    document["properties"]["nodes"] = {"type": "array", "items": _plain({"allOf": [types, *nodes]})}
    (edge,) = graph_type.edge_types.values()
    document["properties"]["edges"] = {"type": "array", "items": _plain(edge.schema)}
    return dict(document)


def _plain(schema: Any) -> Any:
    if isinstance(schema, dict) or hasattr(schema, "items"):
        return {
            key: _plain(value)
            for key, value in schema.items()
            if not (key == "pattern" and "\\p" in value)
            and not (key == "patternProperties" and "\\p" in str(value))
        }
    return [_plain(item) for item in schema] if isinstance(schema, (list, tuple)) else schema


def baseline(sample: list[str]) -> tuple[Cost, Cost]:
    """What it takes for all files, by *sample*, to validate their data, and to read them with PyYAML's C loader."""
    validator = jsonschema.Draft202012Validator(document_schema())
    data = [Document.parse(text).data(0) for text in sample]
    assert all(validator.is_valid(one) for one in data)
    validated = _timed(lambda: [list(validator.iter_errors(one)) for one in data], len(sample))
    read = _timed(lambda: [yaml.load(text, Loader=yaml.CSafeLoader) for text in sample], len(sample))
    return validated, read


def _timed(work: Callable[[], object], count: int) -> Cost:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    scale = FILES / count
    return Cost((time.perf_counter() - wall) * scale, (time.process_time() - cpu) * scale)


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder, home = Path(name) / "workspace", Path(name) / "home"
        (folder / "flows").mkdir(parents=True)
        (folder / ".darwinflow.yaml").write_text("project: bench\n")
        files = texts(FILES)
        for number, text in enumerate(files):
            (folder / f"flows/{number:04}.yaml").write_text(text)
        alone = Path(name) / "alone"
        alone.mkdir()
        (alone / ".darwinflow.yaml").write_text("project: bench\n")
        (alone / "flow.yaml").write_text(files[0])
        bare = best(_bare() for _ in range(ONE_ROUNDS))
        print(f"one file of {NODES} nodes, ms CPU of a cold process (bare Python {bare.cpu_s * 1000:.0f}):")
        _one("alone in its workspace", alone, home, "flow.yaml")
        _one(f"among {FILES} others, whose ids are asked for", folder, home, "flows/0000.yaml")
        _many(folder, home, files)


def _one(label: str, folder: Path, home: Path, path: str) -> None:
    run(folder, home, "check", path)
    cold = best(run(folder, home, "check", "--no-cache", path) for _ in range(ONE_ROUNDS))
    edited = best(_edited(folder, home, path, number) for number in range(ONE_ROUNDS))
    warm = best(run(folder, home, "check", path) for _ in range(ONE_ROUNDS))
    print(
        f"  {label:<48} {cold.cpu_s * 1000:>4.0f}, edited since the last check {edited.cpu_s * 1000:>4.0f},"
        f" from the cache {warm.cpu_s * 1000:>4.0f}"
    )


def _edited(folder: Path, home: Path, path: str, number: int) -> Cost:
    """A check of a file that has just been edited, among files that have not."""
    text = (folder / path).read_text()
    (folder / path).write_text(f"{text.rstrip()}  # {number}\n")
    cost = run(folder, home, "check", path)
    (folder / path).write_text(text)
    return cost


def _bare() -> Cost:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", "pass"], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Cost(
        time.perf_counter() - start, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    )


def _many(folder: Path, home: Path, files: list[str]) -> None:
    lines = sum(text.count("\n") for text in files)
    megabytes = sum(map(len, files)) / 1e6
    print(f"{FILES} files of {NODES} nodes, {lines} lines, {megabytes:.1f} MB, {os.cpu_count()} cores:")
    single = run(folder, home, "check", "--no-cache", cores={min(os.sched_getaffinity(0))})
    cold = min(run(folder, home, "check", "--no-cache") for _ in range(MANY_ROUNDS))
    run(folder, home, "check")
    warm = min(run(folder, home, "check") for _ in range(MANY_ROUNDS))
    validated, read = baseline(files[:SAMPLE])
    both = Cost(validated.wall_s + read.wall_s, validated.cpu_s + read.cpu_s)
    rows = (
        ("check, one process", single),
        ("check, all cores", cold),
        ("check, from the cache", warm),
        ("jsonschema alone, on data that is there", validated),
        ("PyYAML's C loader and jsonschema", both),
    )
    print(f"  {'':<40} {'wall':>9} {'CPU':>9} {'CPU a file':>11}")
    for label, cost in rows:
        print(
            f"  {label:<40} {cost.wall_s:>7.2f} s {cost.cpu_s:>7.2f} s {cost.cpu_s / FILES * 1000:>8.2f} ms"
        )
    print(
        f"  check on all cores to jsonschema alone {cold.wall_s / validated.wall_s:.2f} (on one, in CPU"
        f" {single.cpu_s / validated.cpu_s:.2f}), to PyYAML and jsonschema {cold.wall_s / both.wall_s:.2f};"
        f" cold to warm {cold.wall_s / warm.wall_s:.0f}x, one process to all cores {single.wall_s / cold.wall_s:.2f}x"
    )


if __name__ == "__main__":
    main()
