"""Look after what runs, figures and workflows are kept on."""

import argparse
import json
import os
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from darwinflow.cli import migration, repair, retention, storage_status
from darwinflow.cli.alone import alone, refuse_full
from darwinflow.cli.session import open_session
from darwinflow.cli.terminal import say
from darwinflow.cli.units import size
from darwinflow.model.phrases import counted
from darwinflow.recorder.paths import home_of

if TYPE_CHECKING:
    from darwinflow.daemon.backing_up import Made
    from darwinflow.daemon.keeping import Restored
    from darwinflow.daemon.settings_part import Settled
    from darwinflow.storage.moving import Taken

_LONG_S = 24 * 3600.0


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
    backup = actions.add_parser(
        "backup",
        help="copy all of it into a new folder, with a hash of each file; 1 where a server could not be read",
    )
    backup.add_argument(
        "folder",
        nargs="?",
        metavar="DIR",
        help="not there yet; where absent, beside those made each day, which do not take its place",
    )
    backup.add_argument("--json", action="store_true", help="one JSON object")
    restore = actions.add_parser("restore", help="check a backup, and put what it holds back into its place")
    restore.add_argument("folder", metavar="DIR", help="a folder that backup has made")
    restore.add_argument(
        "--replace", action="store_true", help="move what is there now into set-aside/ first"
    )
    restore.add_argument(
        "--with-settings",
        action="store_true",
        help="where there is no config.yaml: let the backup name servers, and folders outside of the data directory",
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
        "status": storage_status.run,
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
        if found["faults"]:
            say("try: darwinflow storage repair, which says what it mends", sys.stderr)
    return 1 if found["faults"] else 0


def _backup(args: argparse.Namespace) -> int:
    from darwinflow.daemon import backing_up, keeping
    from darwinflow.daemon.stores import backup_of, ballast_of
    from darwinflow.rpc.session import Room

    home = home_of(os.environ)
    kept = keeping.kept_places(home, os.environ)

    def work() -> "Made":
        if args.folder is not None:
            return backing_up.made_of(args.folder, keeping.back_up(home, kept, args.folder))
        plan, room = backup_of(home, os.environ), Room(ballast_of(home, os.environ), 0, is_given_up=False)
        return backing_up.back_up_by_hand(home, plan, kept, datetime.now(UTC), room)

    # One process writes to a folder of files.
    made = work() if kept.may_be_in_use else alone(home, work)
    unread = keeping.unread(made.lacks)
    for what in made.lacks:
        say(f"{'error' if what in unread else 'warning'}: not in this backup: {what}", sys.stderr)
    if args.json:
        facts = {"folder": made.folder, "files": made.files, "bytes": made.size, "lacks": made.lacks}
        print(json.dumps(facts))
    else:
        say(f"backed up {counted(made.files, 'file')}, {size(made.size)}, in {made.folder}")
    if unread:
        say("try: another backup, when that can be read; this one stays, with all the rest", sys.stderr)
    return 1 if unread else 0


def _restore(args: argparse.Namespace) -> int:
    from darwinflow.daemon import keeping
    from darwinflow.daemon.workflow_part import Returned

    home = home_of(os.environ)
    trusted = args.with_settings
    manifest, settled = keeping.checked_backup(home, os.environ, args.folder, trusted=trusted)
    done, taken, returned = keeping.Restored(manifest, None, 0, ""), None, Returned(0, ())
    if not args.dry_run:
        done = alone(
            home,
            lambda: keeping.restore(home, os.environ, args.folder, replace=args.replace, trusted=trusted),
            manifest.bytes_below_home,
        )
        returned = alone(home, lambda: keeping.restore_workflows(home, os.environ, args.folder))
        taken = alone(home, lambda: keeping.restore_runs(home, os.environ, args.folder))
    code = 1 if done.came_back or (taken is not None and taken.conflicts) else 0
    if args.json:
        facts = {"madeAt": manifest.made_at, "restored": not args.dry_run, "setAside": done.aside}
        facts |= {"settings": settled.text, "settingsLeftOut": settled.left_out}
        facts |= {"stayDeleted": done.stay_deleted, "cameBack": done.came_back or done.unread}
        runs = None if taken is None else taken._asdict()
        print(json.dumps({**facts, "runs": runs, "workflows": returned._asdict(), "lacks": manifest.lacks}))
        return code
    how = "is whole" if args.dry_run else "is restored"
    say(f"the backup of {manifest.made_at}, {counted(len(manifest.entries), 'file')}, {how}")
    if done.aside:
        say(f"what was there before is in {done.aside}")
    _tell_of_settings(settled, is_done=not args.dry_run)
    _tell_of_deleted(done)
    if returned.versions:
        say(f"published {counted(returned.versions, 'version')} of workflows again, where there were none")
    for what in returned.kept:
        say(f"warning: not restored: {what}", sys.stderr)
    for what in manifest.lacks:
        say(f"warning: not in that backup: {what}", sys.stderr)
    if taken is not None:
        _told_of(taken)
    return code


def _tell_of_settings(settled: "Settled", *, is_done: bool) -> None:
    if settled.text:
        say(f"config.yaml {'says' if is_done else 'would say'} again, as there was none:")
        for line in settled.text.splitlines():
            say(f"  {line}")
    for line in settled.left_out:
        say(
            f"warning: not taken into config.yaml, as it names a server or a folder outside: {line} "
            "(--with-settings takes it)",
            sys.stderr,
        )


def _tell_of_deleted(done: "Restored") -> None:
    if done.stay_deleted:
        were = "was" if done.stay_deleted == 1 else "were"
        say(f"{counted(done.stay_deleted, 'run')} {were} deleted for good since, and stay so")
    if done.came_back:
        say(f"error: runs that were deleted for good are there again: {done.came_back}", sys.stderr)
    if done.unread:
        say(
            "warning: runs that had been deleted for good since the backup may be there again: which these are cannot be read: "
            f"{done.unread}",
            sys.stderr,
        )


def _export(args: argparse.Namespace) -> int:
    from darwinflow.daemon import keeping

    home = home_of(os.environ)
    keeping.refuse_in_memory(home, os.environ)
    index = alone(home, lambda: keeping.export_runs(home, os.environ, args.file))
    if args.json:
        print(json.dumps({"file": args.file, "runs": index.runs, "projects": index.projects}))
    else:
        say(
            f"exported {counted(index.runs, 'run')} of {counted(len(index.projects), 'project')} to {args.file}"
        )
    return 0


def _import(args: argparse.Namespace) -> int:
    from darwinflow.daemon import keeping

    if args.dry_run:
        index = keeping.checked_runs(args.file)
        facts = {"runs": index.runs, "projects": index.projects}
        print(json.dumps(facts)) if args.json else say(f"{args.file} is whole: {counted(index.runs, 'run')}")
        return 0
    home = home_of(os.environ)
    keeping.refuse_in_memory(home, os.environ)
    taken = alone(home, lambda: keeping.import_runs(home, os.environ, args.file))
    if not args.json:
        return _told_of(taken)
    print(json.dumps(taken._asdict()))
    return 1 if taken.conflicts else 0


def _told_of(taken: "Taken") -> int:
    """The exit code."""
    for run in taken.conflicts:
        say(f"error: another run has the id {run}", sys.stderr)
    stay = f", {taken.erased} were deleted for good and stay so" if taken.erased else ""
    say(f"imported {counted(taken.new, 'run')}; {taken.known} were there already{stay}")
    return 1 if taken.conflicts else 0


def _compact(args: argparse.Namespace) -> int:
    from darwinflow.daemon import keeping

    home = home_of(os.environ)
    refuse_full(home)
    places = keeping.kept_places(home, os.environ).places
    before, after = alone(home, lambda: keeping.compact(home, places))
    if args.json:
        print(json.dumps({"before": before, "after": after}))
    else:
        say(f"databases had {size(before)}, and have {size(after)}")
    return 0
