"""What is wrong with stored versions, said where somebody looks at them or builds on them."""

import sys
from collections.abc import Iterable, Mapping
from typing import Any

from darwinflow.cli.terminal import harmless


def warn_of(damages: Iterable[Mapping[str, Any]]) -> None:
    """*damages*: those of the daemon's reply. On standard error, so that results stay as they are."""
    for damage in damages:
        print(f"warning: {harmless(damage['message'])}", file=sys.stderr)
        print(f"try: {harmless(damage['hint'])}", file=sys.stderr)
