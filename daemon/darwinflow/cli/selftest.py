"""Try on this machine and its disk what the suite tries: kills, flipped bits, torn files, a full disk, and how long a sync takes."""

import argparse
import json
import logging
import os
import random
import shutil
import tempfile
import time
from typing import Any

from darwinflow.cli.terminal import say
from darwinflow.recorder.paths import home_of

_LEAST_S, _MOST_S = 5, 3600
_MANY = 1_000_000


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--seconds",
        type=_seconds,
        default=20,
        metavar="N",
        help=f"about so long, {_LEAST_S} to {_MOST_S}; 20",
    )
    parser.add_argument(
        "--seed", type=int, metavar="N", help="of the random choices, as an earlier one printed it"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object")


def run(args: argparse.Namespace) -> int:
    """The exit code: 1 where something was lost or wrong."""
    from darwinflow.daemon.self_testing import killed_daemons
    from darwinflow.storage import self_testing

    data = home_of(os.environ).data
    beside = os.path.dirname(data)
    os.makedirs(beside, exist_ok=True)
    folder = tempfile.mkdtemp(prefix="darwinflow-selftest-", dir=beside)
    seed = random.SystemRandom().randrange(1 << 32) if args.seed is None else args.seed
    dice = random.Random(seed)  # noqa: S311 - choices to be repeated, no secrets
    begun = time.monotonic()
    try:
        _live_in(folder)
        syncs = self_testing.measured_syncs(folder, _over(begun, args.seconds * 0.1))
        flips = self_testing.flipped_bits(folder, dice, _over(begun, args.seconds * 0.3), _MANY)
        torn = self_testing.torn_ends(folder, dice, _over(begun, args.seconds * 0.45), _MANY)
        full = self_testing.full_disks(folder, dice, _over(begun, args.seconds * 0.6), _MANY)
        kills = killed_daemons(home_of(os.environ), dice, _over(begun, args.seconds), _MANY)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    bad = flips.bad + torn.bad + full.bad + kills.missing + kills.faults
    figures = {
        "seed": seed,
        "folder": beside,
        "sync": {"count": syncs.made, "p50Ms": round(syncs.p50_ms, 3), "p95Ms": round(syncs.p95_ms, 3)},
        "flippedBits": flips._asdict(),
        "tornFiles": torn._asdict(),
        "fullDisks": full._asdict(),
        "kills": {
            "kills": kills.kills,
            "acknowledged": kills.acknowledged,
            "missing": kills.missing,
            "faults": kills.faults,
            "slowestAnswerS": round(kills.slowest_answer_s, 3),
        },
        "seconds": round(time.monotonic() - begun, 1),
        "ok": not bad,
    }
    print(json.dumps(figures)) if args.json else _show(figures)
    return 1 if bad else 0


def _show(figures: dict[str, Any]) -> None:
    sync, flips, torn, full, kills = (
        figures[name] for name in ("sync", "flippedBits", "tornFiles", "fullDisks", "kills")
    )
    say(f"disk     of {figures['folder']}: a synced write takes {sync['p50Ms']} ms, p95 {sync['p95Ms']} ms")
    say(f"bits     {flips['tried']} flipped in a database: {flips['bad']} served as other data")
    say(f"files    {torn['tried']} cut somewhere: {torn['bad']} with an acknowledged run lost")
    say(
        f"full     {full['tried']} times no file could grow: {full['bad']} without one clear error, or with a run lost"
    )
    say(
        f"kills    {kills['kills']} of a daemon under load, {kills['acknowledged']} runs acknowledged: "
        f"{kills['missing']} lost, {kills['faults']} faults; answers again within {kills['slowestAnswerS']} s"
    )
    say(
        f"{'all is well' if figures['ok'] else 'this must not be'}, seed {figures['seed']}, {figures['seconds']} s"
    )


def _live_in(folder: str) -> None:
    """Nothing of the user's is touched from now on, nor told of what is damaged on purpose: this process, and the daemons it starts, have a home of their own."""
    for name in [name for name in os.environ if name.startswith("DARWINFLOW_STORAGE_")]:
        del os.environ[name]
    logging.disable(logging.CRITICAL)
    os.environ["DARWINFLOW_HOME"] = os.path.join(folder, "home")


def _over(begun: float, seconds: float) -> "Any":
    return lambda: time.monotonic() - begun > seconds


def _seconds(given: str) -> int:
    if given.isascii() and given.isdigit() and _LEAST_S <= int(given) <= _MOST_S:
        return int(given)
    raise argparse.ArgumentTypeError(f"'{given}' is no whole number from {_LEAST_S} to {_MOST_S}")
