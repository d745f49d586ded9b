"""What a keystroke costs the YAML engine, beside reading the whole text anew in the same run."""

import gc
import random
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import yaml

from darwinflow.catalog.catalog import Catalog
from darwinflow.check.opening import Opening
from darwinflow.document.document import Document
from darwinflow.document.lines import Edit
from darwinflow.model.span import Span

from .documents import workflow

SIZES = (50, 1_000, 10_000)
KEYSTROKES = 301
SLICE_S = 0.002


class Cost(NamedTuple):
    """CPU milliseconds, medians."""

    nodes: int
    lines: int
    keystroke: float
    """Edit, reading, data of the changed segment and all problems, inside a value anywhere in the text."""
    keystroke_p95: float
    fresh: float
    """The same of the whole text."""

    @property
    def ratio(self) -> float:
        return self.fresh / self.keystroke


def cpu_ms(start: float) -> float:
    return (time.process_time() - start) * 1000


def read_all(text: str) -> Document:
    document = Document.parse(text)
    document.problems()
    document.data(0)
    return document


def type_a_character(document: Document, line: int) -> Document:
    """One keystroke in the value of a line, with all that an editor wants to know after it."""
    column = len("    description: ") + 3
    after = document.edit(Edit(Span(line, column, line, column), "x"))
    after.problems()
    if after.change is not None:
        for at, _ in enumerate(after.change.added):
            after.item_data(
                after.change.root_index, after.change.section_index, after.change.first_segment + at
            )
    return after


def value_lines(document: Document) -> list[int]:
    return [at for at, line in enumerate(document.lines) if line.startswith("    description: ")]


def cost(nodes: int, *, keystrokes: int = KEYSTROKES, readings: int = 3) -> Cost:
    text = workflow(nodes)
    fresh = []
    for _ in range(readings):
        gc.collect()
        gc.disable()
        start = time.process_time()
        document = read_all(text)
        fresh.append(cpu_ms(start))
        gc.enable()
    gc.collect()
    gc.freeze()
    rng = random.Random(nodes)
    places = value_lines(document)
    typed = []
    for _ in range(keystrokes):
        line = rng.choice(places)
        start = time.process_time()
        document = type_a_character(document, line)
        typed.append(cpu_ms(start))
    gc.unfreeze()
    typed.sort()
    return Cost(
        nodes,
        len(document.lines) - 1,
        statistics.median(typed),
        typed[int(len(typed) * 0.95)],
        statistics.median(fresh),
    )


def shapes(nodes: int) -> dict[str, float]:
    """CPU milliseconds of other edits, each on the same document."""
    document = read_all(workflow(nodes))
    lines = list(document.lines)
    places = value_lines(document)
    middle = places[len(places) // 2]
    head = lines.index("nodes:")
    edits = {
        "Enter": Edit(Span(middle, len(lines[middle]), middle, len(lines[middle])), "\n    "),
        "an open quote": Edit(Span(middle, 17, middle, 17), '"'),
        "a key of a node": Edit(Span(middle, 8, middle, 8), "x"),
        "an item put in": Edit(Span(middle - 2, 0, middle - 2, 0), "  - id: new\n    type: TOOL_CALL\n"),
        "a value of the root": Edit(Span(1, 5, 1, 5), "x"),
        "the key of a list": Edit(Span(head, 3, head, 3), "x"),
        "a comment above all": Edit(Span(0, 3, 0, 3), "x"),
        "a character at column 0": Edit(Span(middle, 0, middle, 0), "x"),
        "the whole text replaced by itself": Edit(Span(0, 0, len(lines), 0), document.lines.text()),
    }
    found = {}
    for name, edit in edits.items():
        times = []
        for _ in range(5):
            start = time.process_time()
            document.edit(edit).problems()
            times.append(cpu_ms(start))
        found[name] = statistics.median(times)
    return found


def worst_shapes() -> dict[str, tuple[float, str]]:
    """CPU milliseconds of edits that no segment can confine, and of what document."""
    nodes = SIZES[-1]
    item = "nodes:\n  - id: n\n    type: TOOL_CALL\n    config:\n      args:\n        list:\n"
    item += "".join(f"          - name: item {at}\n            value: {at}\n" for at in range(2500))
    lines = workflow(nodes).split("\n")
    lines.insert(4, "x-defaults: &d {team: core, level: 3}")
    merging = "\n".join(lines).replace("    description: ", "    metadata: {<<: *d}\n    description: ")
    texts = {
        "a value in an item of 5 000 lines": (item, Edit(Span(2500, 20, 2500, 20), "x")),
        "Enter in an item of 5 000 lines": (item, Edit(Span(2500, 20, 2500, 20), "\n            ")),
        "an anchor with 10 000 users": (merging, Edit(Span(4, 28, 4, 28), "x")),
        "a key among 10 000 of the root": (
            "".join(f"k{at}: {at}\n" for at in range(10_000)),
            Edit(Span(5000, 1, 5000, 1), "x"),
        ),
    }
    found = {}
    for name, (text, edit) in texts.items():
        document = read_all(text)
        gc.collect()
        gc.freeze()
        times = []
        for _ in range(5):
            start = time.process_time()
            document.edit(edit).problems()
            times.append(cpu_ms(start))
        gc.unfreeze()
        found[name] = (statistics.median(times), f"{text.count(chr(10))} lines")
    return found


def many() -> dict[str, float]:
    """CPU milliseconds to read texts that hold 100 000 of something, with problems and data, the collector off."""
    texts = {
        "100 000 keys": "".join(f"k{at}: {at}\n" for at in range(100_000)),
        "100 000 keys in a section": "top:\n" + "".join(f"  k{at}: {at}\n" for at in range(100_000)),
        "the same key 100 000 times": "k: 1\n" * 100_000,
        "100 000 aliases": "a: &a {b: [1, 2]}\nc:\n" + "  - *a\n" * 100_000,
    }
    found = {}
    for name, text in texts.items():
        gc.collect()
        gc.disable()
        start = time.process_time()
        read_all(text)
        found[name] = cpu_ms(start)
        gc.enable()
    return found


def cut_open() -> dict[str, float]:
    """CPU milliseconds until the segments of 50 000 lines are known, by what may be an anchor or an alias there."""
    plain = workflow(4_350)
    marked = "        **Important**: so *they* say\n        You are step"
    using = "    more: {<<: *a}\n    description: "
    texts = {
        "plain": plain,
        "emphasis in every prompt": plain.replace("        You are step", marked),
        "an anchor with a user a node": "x-a: &a {b: 1}\n" + plain.replace("    description: ", using),
    }
    found = {}
    for name, text in texts.items():
        times = []
        for _ in range(3):
            start = time.process_time()
            Document.parse(text)
            times.append(cpu_ms(start))
        found[name] = statistics.median(times)
    return found


def cold_open() -> None:
    """A file of 50 000 lines as an editor opens it: what is seen first, then the rest in slices."""
    text = workflow(4_350)
    catalog = Catalog.bundled()
    Opening(Document.parse(workflow(5)), catalog).finish().findings()
    firsts, wholes, slices = [], [], []
    for _ in range(3):
        gc.collect()
        gc.disable()
        start = time.process_time()
        opening = Opening(Document.parse(text), catalog)
        opening.findings_within(0, 200)
        firsts.append(cpu_ms(start))
        checked = None
        while checked is None:
            begun = time.process_time()
            checked = opening.go_on(SLICE_S)
            slices.append(cpu_ms(begun))
        checked.findings()
        wholes.append(cpu_ms(start))
        last = slices.pop()
        gc.enable()
        del checked, opening
    start = time.process_time()
    for _ in yaml.compose_all(text, yaml.CSafeLoader):
        pass
    baseline = cpu_ms(start)
    slices.sort()
    print(
        f"\ncold open of {text.count(chr(10))} lines, CPU ms: findings of the first 200 lines {min(firsts):.0f}, all {min(wholes):.0f};"
        f" slices of {SLICE_S * 1000:.0f} ms: p99 {slices[int(len(slices) * 0.99)]:.1f}, the last with the graph's rules {last:.0f};"
        f" PyYAML's C compose of the same text {baseline:.0f} ({min(wholes) / baseline:.1f}x)"
    )


def memory() -> None:
    """What a document of 100 000 lines with its findings takes, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", MEMORY], capture_output=True, text=True, check=True, cwd=Path.cwd()
    )
    print(done.stdout.strip())


MEMORY = """
import os, sys
sys.path[:0] = ["tests"]
def rss():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
bare = rss()
from bench.documents import workflow
from darwinflow.catalog.catalog import Catalog
from darwinflow.check.engine import check
from darwinflow.document.document import Document
catalog = Catalog.bundled()
check(Document.parse(workflow(5)), catalog).findings()
text = workflow(8_700)
empty = rss()
document = Document.parse(text)
document.problems()
read = rss() - empty
checked = check(document, catalog)
checked.findings()
print(f"{text.count(chr(10))} lines: {read:.0f} MB once read, {rss() - empty:.0f} MB with all findings (the process before: {empty:.0f} MB, bare Python {bare:.0f} MB)")
"""


def main() -> None:
    print(
        f"{'nodes':>7} {'lines':>8} {'keystroke':>12} {'p95':>10} {'fresh':>12} {'ratio':>9} {'fresh a node':>13}"
    )
    for nodes in SIZES:
        one = cost(nodes)
        print(
            f"{one.nodes:>7} {one.lines:>8} {one.keystroke:>9.3f} ms {one.keystroke_p95:>7.3f} ms"
            f" {one.fresh:>9.1f} ms {one.ratio:>8.0f}x {one.fresh * 1000 / nodes:>10.0f} us"
        )
    columns = [shapes(nodes) for nodes in SIZES]
    print("\nother edits, CPU ms" + "".join(f"{nodes:>10}" for nodes in SIZES))
    for name in columns[0]:
        print(f"{name:<34}" + "".join(f"{column[name]:>10.3f}" for column in columns))
    for name, (cost_ms, size) in worst_shapes().items():
        print(f"{name:<34} {cost_ms:>10.3f} ms, {size}")
    for name, cost_ms in many().items():
        print(f"{name:<34} {cost_ms:>10.0f} ms to read")
    for name, cost_ms in cut_open().items():
        print(f"{name:<34} {cost_ms:>10.0f} ms to cut 50 000 lines")
    cold_open()
    memory()


if __name__ == "__main__":
    main()
