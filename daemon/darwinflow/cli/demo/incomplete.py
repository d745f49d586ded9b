"""What the demo says where something that it made did not arrive."""

import os

from darwinflow.model.errors import DarwinFlowError
from darwinflow.recorder.paths import home_of


class DemoIncomplete(DarwinFlowError):
    """Something that the demo made did not arrive."""

    code = 1901


def incomplete(message: str) -> DemoIncomplete:
    """With the log of the daemon that the demo has used, which may have been stopped since."""
    return DemoIncomplete(message, hint=f"look into {home_of(os.environ).log_path}")
