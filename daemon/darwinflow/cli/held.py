"""That the daemon cannot store what programs record for now, said where somebody looks for it."""

import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from darwinflow.cli.terminal import harmless
from darwinflow.model.phrases import duration
from darwinflow.rpc.client.blocking import Client


def warn_if_held(client: Client) -> None:
    """One line on standard error where journals wait, so that results stay as they are."""
    held = client.call("daemon/status")["held"]
    if held:
        message = f"what was recorded has not been stored for {held_for(held)}: {held['message']}"
        print(f"warning: {harmless(message)}", file=sys.stderr, flush=True)


def held_for(held: Mapping[str, Any]) -> str:
    """How long, in words."""
    passed = datetime.now(UTC) - datetime.fromisoformat(held["since"])
    return duration(max(0.0, passed.total_seconds() * 1000))
