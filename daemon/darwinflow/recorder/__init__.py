"""What programs import to record their runs; standard library only, and nothing else of ours.

`record_run` is loaded on first use, so that the parts which only need `paths` or `events` start fast.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from darwinflow.recorder.report import RecordingWarning
    from darwinflow.recorder.run import Run, record_run
    from darwinflow.recorder.step import Step

__all__ = ["RecordingWarning", "Run", "Step", "record_run"]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from darwinflow.recorder import report, run, step

    globals().update(
        RecordingWarning=report.RecordingWarning, Run=run.Run, Step=step.Step, record_run=run.record_run
    )
    return globals()[name]
