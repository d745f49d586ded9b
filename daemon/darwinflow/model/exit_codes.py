"""What the exit code of a program of ours says of an error: the one place that decides."""

from darwinflow.model.errors import DaemonFault, DarwinFlowError, SettingsWrong

EXIT_NO = 1
"""What was asked for cannot be done as things stand."""
EXIT_USAGE = 2
"""Wrong usage or configuration."""
EXIT_FAULT = 3
"""A fault of ours."""

ENDED_WITH = "endedWith"
"""The fact of an error that tells with which exit code a daemon ended that was to serve."""


def exit_code_of(error: DarwinFlowError) -> int:
    """Of a program that *error* ends."""
    if isinstance(error, SettingsWrong) or error.facts.get(ENDED_WITH) == EXIT_USAGE:
        return EXIT_USAGE
    if isinstance(error, DaemonFault) or error.facts.get(ENDED_WITH) == EXIT_FAULT:
        return EXIT_FAULT
    return EXIT_NO
