"""That the daemon cannot store what programs record for now, or has lost some of it, said where somebody looks for it."""

import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from darwinflow.cli.terminal import harmless
from darwinflow.model.phrases import duration
from darwinflow.rpc.client.blocking import Client

BRING_BACK = "put a copy of that file back while the daemon is stopped; or darwinflow storage repair, which tells it for the last time"


def warn_if_held(client: Client) -> None:
    """On standard error where journals wait, and where runs are gone that were stored, so that results stay as they are."""
    status = client.call("daemon/status")
    for lack in status.get("lacks", ()):  # a daemon that was started before an upgrade says less
        print(f"warning: {harmless(lack)}", file=sys.stderr)
    if status.get("lacks"):
        print(f"try: {BRING_BACK}", file=sys.stderr, flush=True)
    held = status["held"]
    if held:
        message = f"what was recorded has not been stored for {held_for(held)}: {held['message']}"
        print(f"warning: {harmless(message)}", file=sys.stderr, flush=True)


def held_for(held: Mapping[str, Any]) -> str:
    """How long, in words."""
    passed = datetime.now(UTC) - datetime.fromisoformat(held["since"])
    return duration(max(0.0, passed.total_seconds() * 1000))
