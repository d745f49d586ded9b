"""What an index of logs in files is told beside what replay takes in: in a transaction that has begun, and behind damage."""

from darwinflow.model.errors import StoreDamaged
from darwinflow.storage.files.log_replay import Replay, Run
from darwinflow.storage.files.log_session import LogSession

RUN_STORED = "run.stored"
"""The kind of a row of the outbox, as `events.run_events` calls it."""


def catch_up(session: LogSession, segment: str) -> None:
    """Take in what a failed commit has left in *segment*. Raises `StoreDamaged` where some of it is gone."""
    size = session.segments.size(segment) or 0
    covered = session.index.covered_of(segment)
    known = covered.size if covered else 0
    if size > known:
        Replay(session, [segment]).inside()
    elif size < known:
        raise StoreDamaged(
            f"{session.segments.path}/{segment} is shorter than what was stored in it",
            hint="put a copy of it in its place and start the daemon again",
        )


def announce_again(session: LogSession, runs: list[Run]) -> None:
    """Where damage may have swallowed that runs are to be counted and announced: let it be done, perhaps again."""
    session.begun_at = None
    if not runs:
        return
    session.index.begin()
    try:
        session.begun()
        for project, run_id in runs:
            session.outbox.put(project, run_id, RUN_STORED)
        session.prepare()
        session.index.commit()
        session.committed()
    except BaseException:
        session.lost()
        session.index.roll_back()
        raise
