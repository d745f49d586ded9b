"""Executes one of the demo's workflows and records the run: python programs/run_flow.py FLOW REQUEST

DarwinFlow does not execute workflows, programs do. This one does small but real work: it reads the files
that the workflow names, decides by the words it finds, and writes what comes out of it.
"""

import csv
import io
import json
import re
import sys
from pathlib import Path

from darwinflow.recorder import record_run

KINDS = {"fix": "Fix", "internal": "Internal"}


def read(run, node, path):
    with run.step(node, input={"path": str(path)}) as step:
        text = path.read_text(encoding="utf-8")
        step.action("FILE_READ", path=str(path), bytes=len(text))
        step.output = {"lines": text.count("\n")}
    return text


def write(run, node, path, text):
    with run.step(node, input={"path": str(path)}) as step:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        step.action("FILE_WRITE", path=str(path), bytes=len(text))
        step.output = {"bytes": len(text)}


def release_notes(run, version, request):
    changes = read(run, "read_changes", Path("data/changes.txt")).splitlines()
    kinds = dict.fromkeys(changes, "Feature")
    if version > 1:
        with run.step("classify", input={"changes": len(changes)}) as step:
            for change in changes:
                kinds[change] = next((kind for word, kind in KINDS.items() if word in change), "Feature")
            step.action("LLM_CALL", model="rules", tokens=sum(map(len, changes)) // 4)
            step.output = {"decision": "Internal" if "Internal" in kinds.values() else "Feature"}
    if version > 2:
        with run.step("drop_internal") as step:
            changes = [change for change in changes if kinds[change] != "Internal"]
            step.action("TOOL_CALL", tool="text.filter")
            step.output = {"kept": len(changes)}
    notes = "".join(f"- {kinds[change]}: {change}\n" for change in changes)
    write(run, "write_notes", Path("out/notes.md"), notes)


def nightly_import(run, version, request):
    text = read(run, "read_orders", Path("data") / request)
    rows = list(csv.DictReader(io.StringIO(text)))
    if version > 1:
        with run.step("set_bad_rows_aside", input={"rows": len(rows)}) as step:
            good = [row for row in rows if row["amount"].replace(".", "", 1).isdigit()]
            step.action("TOOL_CALL", tool="orders.validate", aside=len(rows) - len(good))
            rows = good
            step.output = {"rows": len(rows)}
    with run.step("add_up", input={"rows": len(rows)}) as step:
        total = sum(float(row["amount"]) for row in rows)
        step.output = {"total": total}
    write(run, "write_total", Path("out/total.json"), json.dumps({"total": total}))


def support_triage(run, version, request):
    with run.step("classify", input={"request": request}) as step:
        decision = "Billing" if "invoice" in request else "Bug"
        step.action("LLM_CALL", model="rules", tokens=len(request) // 4)
        step.output = {"decision": decision}
    if decision == "Billing":
        with run.step("answer") as step:
            step.output = {"text": "Your invoice is on its way."}
    else:
        with run.step("escalate") as step:
            step.action("USER_INPUT", asked="Who should take this?")
            step.output = {"owner": "mira"}


FLOWS = {"release-notes": release_notes, "nightly-import": nightly_import, "support-triage": support_triage}


def main():
    flow, request = Path(sys.argv[1]), sys.argv[2]
    version = int(re.search(r"^version: (\d+)", flow.read_text(encoding="utf-8"), re.MULTILINE)[1])
    with record_run(flow, request=request, tags={"demo": "yes"}) as run:
        print(run.id, flush=True)
        FLOWS[flow.stem](run, version, request)


if __name__ == "__main__":
    main()
