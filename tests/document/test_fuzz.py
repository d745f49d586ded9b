"""Whole documents that nobody wrote: files of the corpora, and our own, with damage done to them.

In a child process with limits on time and memory, so that a crash, a hang or a flood is seen whatever its kind.
"""

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

from .yaml_test_suite import CORPORA

DOCUMENTS = int(os.environ.get("DARWINFLOW_FUZZ_DOCUMENTS", "1000"))
SEED = int(os.environ.get("DARWINFLOW_SEED", "20261127"))
A_CHILD = 5_000
SECONDS = 1.0
MEMORY = 2 * 1024**3

CHILD = """
import json, random, sys, time
from pathlib import Path
sys.path[:0] = json.loads(sys.argv[1])
from bench.documents import workflow
from document.damage import damaged
from darwinflow.catalog.catalog import Catalog
from darwinflow.check.engine import check
from darwinflow.check.shown import MAX_FINDINGS
from darwinflow.document.document import Document

seed, first, count = map(int, sys.argv[2:5])
texts = [workflow(nodes, seed=nodes) for nodes in (1, 3, 12)]
for folder in sys.argv[5:]:
    for path in sorted(Path(folder).rglob("*.y*ml")):
        text = path.read_bytes().decode("utf-8", "replace")
        if len(text) <= 40_000:
            texts.append(text)
catalog = Catalog.bundled()
slow, worst, findings = [], 0.0, 0
for number in range(first, first + count):
    rng = random.Random(seed * 1_000_003 + number)
    text = damaged(rng.choice(texts), rng)
    start = time.process_time()
    try:
        document = Document.parse(text)
        found = check(document, catalog, is_named=True).findings()
        for root_index, _ in enumerate(document.roots):
            document.data(root_index)
        lines = len(document.lines)
        assert len(found) <= MAX_FINDINGS + 1
        assert all(0 <= one.span.line <= one.span.end_line < lines for one in found)
    except BaseException as exc:
        print(json.dumps({"document": number, "fault": repr(exc)[:300], "text": text[:2000]}))
        raise
    took = time.process_time() - start
    worst = max(worst, took)
    findings += len(found)
    if took > 1.0:
        slow.append([number, took, len(text)])
print(json.dumps({"slow": slow, "worst": worst, "findings": findings, "texts": len(texts)}))
"""


def corpora() -> list[str]:
    return [str(path) for path in sorted(CORPORA.iterdir()) if path.is_dir()] if CORPORA.is_dir() else []


def test_no_damaged_document_crashes_hangs_or_floods() -> None:
    tests = Path(__file__).resolve().parents[1]
    paths = json.dumps([str(tests), str(tests.parent / "daemon"), str(tests.parent / "schemas")])
    worst, findings, slow = 0.0, 0, []
    texts = 0
    for first in range(0, DOCUMENTS, A_CHILD):
        count = min(A_CHILD, DOCUMENTS - first)
        done = subprocess.run(
            [sys.executable, "-c", CHILD, paths, str(SEED), str(first), str(count), *corpora()],
            capture_output=True,
            text=True,
            timeout=60 + count * 2,
            check=False,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY)),
        )
        assert done.returncode == 0, (done.stdout[-3000:], done.stderr[-3000:])
        report = json.loads(done.stdout)
        worst = max(worst, report["worst"])
        findings += report["findings"]
        slow += report["slow"]
        texts = report["texts"]
    print(
        f"\nDARWINFLOW_SEED={SEED}, {DOCUMENTS} damaged documents from {texts} texts: 0 crashes, "
        f"{len(slow)} over {SECONDS:.0f} s, worst {worst:.2f} s, {findings} findings"
    )
    assert texts > (500 if corpora() else 2)
    assert slow == []
