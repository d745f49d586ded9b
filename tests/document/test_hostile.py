"""Texts meant to do harm. Each is read in a process of its own, with limits on its time and memory."""

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

CHILD = """
import json, sys, time
from darwinflow.document.document import Document
from darwinflow.document.lines import Edit
from darwinflow.model.span import Span

def size(data, seen):
    if not isinstance(data, (list, dict)):
        return 1
    if id(data) not in seen:
        seen[id(data)] = 1 + sum(size(x, seen) for x in (data.values() if isinstance(data, dict) else data))
    return seen[id(data)]

text = sys.stdin.buffer.read().decode("utf-8", "surrogatepass")
start = time.process_time()
document = Document.parse(text)
problems = document.problems()
data = [root.data for root in document.roots]
after = document.edit(Edit(Span(len(document.lines) // 2, 3, len(document.lines) // 2, 3), "x"))
after.problems()
sys.stdout.write(json.dumps({
    "seconds": time.process_time() - start,
    "problems": [[problem.code, problem.message, *problem.span] for problem in problems[:50]],
    "count": len(problems),
    "size": sum(size(one, {}) for one in data),
}))
"""
SECONDS = 20
MEMORY = 3 * 1024**3

LAUGHS = "a0: &a0 [lol, lol]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12)
)
MERGES = "a0: &a0 {k: 1}\n" + "".join(
    f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}], k{n}: {n}}}\n" for n in range(1, 12)
)
DEEP_BLOCK = "".join("  " * level + f"k{level}:\n" for level in range(1000))
TEXTS = {
    "1 000 open brackets": ("[" * 1000, "document-limit"),
    "100 000 open brackets": ("a: " + "[" * 100_000, "document-limit"),
    "10 000 brackets closed": ("[" * 10_000 + "]" * 10_000, "document-limit"),
    "braces in braces": ("{a: " * 10_000, "document-limit"),
    "1 000 block levels": (DEEP_BLOCK, "document-limit"),
    "dashes in a row": ("- " * 10_000 + "x", "document-limit"),
    "question marks in a row": ("? " * 5_000 + "x", "document-limit"),
    "anchors in a row": ("&a " * 5_000 + "x", "yaml-syntax"),
    "billion laughs": (LAUGHS, "document-limit"),
    "billion laughs in a key": (LAUGHS + "? *a11\n: x\n? [*a10, *a9]\n: y\n", "document-limit"),
    "merge bomb": (MERGES, "document-limit"),
    "an alias inside its anchor": ("a: &a [1, *a]\n", "undefined-alias"),
    "aliases of aliases in a circle": ("a: &a [*b]\nb: &b [*a]\n", "undefined-alias"),
    "100 000 keys": ("".join(f"k{n}: {n}\n" for n in range(100_000)), None),
    "100 000 keys in a section": ("top:\n" + "".join(f"  k{n}: {n}\n" for n in range(100_000)), None),
    "the same key 100 000 times": ("".join("k: 1\n" for _ in range(100_000)), "duplicate-key"),
    "100 000 aliases": ("a: &a {b: [1, 2]}\nc:\n" + "  - *a\n" * 100_000, None),
    "a line of 5 MB": ("a: " + "x" * 5_000_000, None),
    "5 MB of blanks in a line": ("a: b" + " " * 5_000_000 + "c", None),
    "5 MB in quotes": ('a: "' + "x\\n" * 1_600_000 + '"', None),
    "an open quote and 5 MB": ('a: "' + "x" * 5_000_000, "yaml-syntax"),
    "an open quote full of backslashes": ('a: "' + "\\\\" * 1_000_000, "yaml-syntax"),
    "open quotes on every line": ("- 'a\n" * 50_000, "yaml-syntax"),
    "open brackets on every line": ("- [a\n" * 50_000, "yaml-syntax"),
    "colons": (":" * 1_000_000, "any"),
    "blanks and colons": (": " * 200_000, "any"),
    "hashes": ("a: b" + "#" * 1_000_000, None),
    "200 001 lines": ("# x\n" * 200_001, "document-limit"),
    "200 000 lines": ("# x\n" * 200_000, None),
    "more than 8 MiB": ("a: " + "é" * (4 * 1024 * 1024), "document-limit"),
    "100 000 digits": ("a: " + "9" * 100_000, None),
    "a huge exponent": ("a: 1e999999999", None),
    "NUL": ("a: x\0y\n", "yaml-syntax"),
    "lone surrogates": ("a: \ud800\nb\udfff: 1\n", "yaml-syntax"),
    "control characters": ("".join(chr(n) for n in range(32)) * 1000, "any"),
    "half a file of zeros": ("a: 1\n" + "\0" * 100_000, "any"),
    "1 000 documents": ("---\na\n" * 1_000, None),
    "1 001 documents": ("---\na\n" * 1_001, "document-limit"),
    "100 000 documents": ("---\na\n" * 100_000, "document-limit"),
    "directives": ("%YAML 1.2\n" * 50_000, "yaml-syntax"),
    "blank lines in a text": ("a: b\n" + "\n" * 150_000 + "  c\n", None),
    "indentation that only grows": ("".join(" " * n + "- \n" for n in range(2000)), "document-limit"),
    "indentation at random": ("".join(" " * (n * 7919 % 50) + "a: b\n" for n in range(20_000)), "any"),
    "tabs": ("\t" * 100_000 + "a: b\n" + "\ta: b\n" * 1000, "any"),
    "a key of 5 MB": ("x" * 5_000_000 + ": 1", "yaml-syntax"),
    "flow lists on many lines": ("a: [\n" + " x,\n" * 150_000 + " ]\n", None),
    "escapes": ('a: "' + "\\q" * 100_000 + '"', "yaml-syntax"),
    "254 block levels": ("".join("  " * level + f"k{level}:\n" for level in range(254)), "document-limit"),
    "100 000 dashes in a row": ("- " * 100_000 + "x", "document-limit"),
    "100 000 question marks in a row": ("? " * 100_000 + "x", "document-limit"),
    "colons in a row below question marks": ("? a\n" + ": " * 100_000 + "x", "yaml-syntax"),
    "100 000 brackets closed": ("[" * 100_000 + "]" * 100_000, "document-limit"),
    "objects of other languages": ("- !!python/object/apply:os.system [ls]\n- !ruby/object:X {a: b}\n- !!binary x\n", "unknown-tag"),
    "dates and numbers that are none": ("- 2024-13-45\n- 99:99:99\n- 0o9\n- 0xG\n- 1e\n- .\n- +\n- 1_0\n- -.inf.\n", None),
    "32 769 lines": ("- a: b\n" * 32_769, None),
    "tags": ("- !x y\n" * 20_000, "unknown-tag"),
}  # fmt: skip


@pytest.mark.parametrize("name", TEXTS)
def test_no_text_crashes_hangs_or_grows_the_engine(name: str) -> None:
    text, code = TEXTS[name]
    package = Path(__file__).resolve().parents[2] / "daemon"
    done = subprocess.run(
        [sys.executable, "-c", CHILD],
        input=text.encode("utf-8", "surrogatepass"),
        capture_output=True,
        timeout=SECONDS * 3,
        check=False,
        env={**os.environ, "PYTHONPATH": str(package)},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY)),
    )
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    report = json.loads(done.stdout)
    print(
        f"\n{name}: {report['seconds']:.2f} s, {report['count']} problems, {report['size']} nodes written out"
    )
    assert report["seconds"] < SECONDS
    assert report["count"] <= 1001
    assert report["size"] <= 11 * 200_000 + 200_000
    codes = [problem[0] for problem in report["problems"]]
    if code is None:
        assert codes == []
    elif code != "any":
        assert code in codes
    if code == "document-limit":
        assert codes.count("document-limit") == 1
