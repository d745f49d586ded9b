"""Look after what runs, figures and workflows are kept on."""

import argparse
import json
import os
import sys
from typing import Any

from darwinflow.cli import migration, repair, retention
from darwinflow.cli.columns import aligned
from darwinflow.cli.daemon import stop_daemon
from darwinflow.cli.session import open_session
from darwinflow.cli.terminal import say, terminal_of
from darwinflow.model.phrases import counted
from darwinflow.recorder.paths import home_of

_NOUNS = {"runs": "run", "countedRuns": "counted run", "versions": "version"}
_LONG_S = 24 * 3600.0
_UNITS = ("B", "KB", "MB", "GB", "TB")


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(
        dest="action",
        required=True,
        metavar="status|verify|repair|backup|restore|export|import|migrate|retention|compact",
    )
    status = actions.add_parser(
        "status", help="what each concern is kept on, how much, and how it is; 1 if damaged"
    )
    verify = actions.add_parser(
        "verify",
        help="read all pages, records and runs, and add the figures up again; 1 where something is wrong",
    )
    verify.add_argument("--json", action="store_true", help="one JSON object")
    repair.configure(
        actions.add_parser(
            "repair", help="mend what verify finds, told one by one; 1 where something stays wrong or is lost"
        )
    )
    backup = actions.add_parser("backup", help="copy all of it into a new folder, with a hash of each file")
    backup.add_argument("folder", metavar="DIR", help="a folder that is not there yet")
    backup.add_argument("--json", action="store_true", help="one JSON object")
    restore = actions.add_parser("restore", help="check a backup, and put what it holds back into its place")
    restore.add_argument("folder", metavar="DIR", help="a folder that backup has made")
    restore.add_argument(
        "--replace", action="store_true", help="move what is there now into set-aside/ first"
    )
    restore.add_argument("--dry-run", action="store_true", help="only check the backup")
    restore.add_argument("--json", action="store_true", help="one JSON object")
    export = actions.add_parser("export", help="write all runs into a file, with an index beside it")
    export.add_argument("file", metavar="FILE.jsonl.zst", help="a file that is not there yet")
    export.add_argument("--json", action="store_true", help="one JSON object")
    importing = actions.add_parser(
        "import", help="take in the runs of a file that export made, each once; 1 where ids are taken"
    )
    importing.add_argument("file", metavar="FILE.jsonl.zst", help="with its index beside it")
    importing.add_argument("--dry-run", action="store_true", help="only check the file")
    importing.add_argument("--json", action="store_true", help="one JSON object")
    migration.configure(
        actions.add_parser(
            "migrate",
            help="move runs and figures to another back end, compared record by record; goes on if killed",
        )
    )
    retention.configure(
        actions.add_parser("retention", help="let runs go now that config.yaml does not keep any longer")
    )
    compact = actions.add_parser("compact", help="give the space of what was deleted back to the disk")
    compact.add_argument("--json", action="store_true", help="one JSON object")
    status.add_argument("--json", action="store_true", help="one JSON object")


def run(args: argparse.Namespace) -> int:
    actions = {
        "status": _status,
        "verify": _verify,
        "repair": repair.run,
        "backup": _backup,
        "restore": _restore,
        "export": _export,
        "import": _import,
        "migrate": migration.run,
        "retention": retention.run,
        "compact": _compact,
    }
    return actions[args.action](args)


def _status(args: argparse.Namespace) -> int:
    with open_session(None) as client:
        stores: list[dict[str, Any]] = client.call("storage/status")["stores"]
    if args.json:
        print(json.dumps({"stores": stores}))
    else:
        rows = [
            (
                store["concern"],
                store["type"],
                ", ".join(counted(count, _NOUNS[name]) for name, count in store["counts"].items()),
                "" if store["bytes"] is None else size(store["bytes"]),
                "fault" if store["faults"] else "ok",
                store["place"] or "",
            )
            for store in stores
        ]
        for line in aligned(("CONCERN", "TYPE", "HOLDS", "SIZE", "HEALTH", "PLACE"), rows, terminal_of()):
            print(line)
        for store in stores:
            for fault in store["faults"]:
                say(f"warning: {store['concern']}: {fault}", sys.stderr)
    return 1 if any(store["faults"] for store in stores) else 0


def _verify(args: argparse.Namespace) -> int:
    with open_session(None) as client:
        found = client.call("storage/verify", timeout=_LONG_S)
    if args.json:
        print(json.dumps(found))
    else:
        for fault in found["faults"]:
            say(f"error: {fault}", sys.stderr)
        wrong = counted(len(found["faults"]), "fault") if found["faults"] else "all is well"
        say(f"{counted(found['runs'], 'run')} read and added up again: {wrong}")
    return 1 if found["faults"] else 0


def _backup(args: argparse.Namespace) -> int:
    from darwinflow.daemon import keeping

    home = home_of(os.environ)
    places = keeping.kept_places(home, os.environ)
    if not keeping.is_all_in_databases(places):
        stop_daemon(home)  # one process writes to a folder of files; journals wait meanwhile
    manifest = keeping.back_up(home, places, args.folder)
    on_server = ", ".join(keeping.concerns_on_server(home, os.environ))
    if on_server:
        say(f"warning: not in this backup, as a server keeps them: {on_server}", sys.stderr)
    total = sum(entry.size for entry in manifest.entries)
    if args.json:
        print(json.dumps({"folder": args.folder, "files": len(manifest.entries), "bytes": total}))
    else:
        say(f"backed up {counted(len(manifest.entries), 'file')}, {size(total)}, in {args.folder}")
    return 0


def _restore(args: argparse.Namespace) -> int:
    from darwinflow.daemon import keeping
    from darwinflow.storage.backup import read_backup

    home = home_of(os.environ)
    manifest, aside = read_backup(args.folder), None
    if not args.dry_run:
        stop_daemon(home)
        manifest, aside = keeping.restore(home, args.folder, replace=args.replace)
    if args.json:
        print(json.dumps({"madeAt": manifest.made_at, "restored": not args.dry_run, "setAside": aside}))
        return 0
    done = "is whole" if args.dry_run else "is restored"
    say(f"the backup of {manifest.made_at}, {counted(len(manifest.entries), 'file')}, {done}")
    if aside:
        say(f"what was there before is in {aside}")
    return 0


def _export(args: argparse.Namespace) -> int:
    from darwinflow.daemon import keeping

    home = home_of(os.environ)
    stop_daemon(home)  # journals wait meanwhile
    index = keeping.export_runs(home, os.environ, args.file)
    if args.json:
        print(json.dumps({"file": args.file, "runs": index.runs, "projects": index.projects}))
    else:
        say(
            f"exported {counted(index.runs, 'run')} of {counted(len(index.projects), 'project')} to {args.file}"
        )
    return 0


def _import(args: argparse.Namespace) -> int:
    from darwinflow.daemon import keeping
    from darwinflow.storage.run_file import read_index

    if args.dry_run:
        index = read_index(args.file)
        facts = {"runs": index.runs, "projects": index.projects}
        print(json.dumps(facts)) if args.json else say(f"{args.file} is whole: {counted(index.runs, 'run')}")
        return 0
    home = home_of(os.environ)
    stop_daemon(home)  # journals wait meanwhile
    taken = keeping.import_runs(home, os.environ, args.file)
    if args.json:
        print(json.dumps(taken._asdict()))
    else:
        for run in taken.conflicts:
            say(f"error: another run has the id {run}", sys.stderr)
        say(f"imported {counted(taken.new, 'run')}; {taken.known} were there already")
    return 1 if taken.conflicts else 0


def _compact(args: argparse.Namespace) -> int:
    from darwinflow.daemon import keeping

    home = home_of(os.environ)
    places = keeping.kept_places(home, os.environ)
    stop_daemon(home)  # journals wait meanwhile
    before, after = keeping.compact(home, places)
    if args.json:
        print(json.dumps({"before": before, "after": after}))
    else:
        say(f"databases had {size(before)}, and have {size(after)}")
    return 0


def size(count: int) -> str:
    """*count* bytes, in the unit that leaves at most four digits."""
    value = float(count)
    for unit in _UNITS[:-1]:
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} {_UNITS[-1]}"
