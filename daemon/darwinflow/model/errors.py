"""What can go wrong that a caller can act on.

Groups say what a caller would do, leaves what happened; only leaves are raised. Codes are stable,
positive and append-only: they cross the socket.
"""

from typing import ClassVar


class DarwinFlowError(Exception):
    """Something a caller can act on. Anything else that escapes is a fault of ours."""

    code: ClassVar[int] = 1000
    hint: ClassVar[str | None] = None
    """What to do about it, in a few words that may follow `try:`."""

    def __init__(self, message: str, *, hint: str | None = None, **facts: str | int) -> None:
        super().__init__(message)
        self.facts = facts
        """What a program may branch on; never secrets, never contents."""
        self.advice = hint if hint is not None else self.hint

    @property
    def with_advice(self) -> str:
        """One line, for a log."""
        return f"{self}; try: {self.advice}" if self.advice else str(self)


class NotFound(DarwinFlowError):
    """What was named does not exist."""

    code = 1100


class RunNotFound(NotFound):
    code = 1101


class WorkflowNotFound(NotFound):
    code = 1102


class OrganizationNotFound(NotFound):
    code = 1103


class Conflict(DarwinFlowError):
    """The caller acted on a state that is no longer true."""

    code = 1200


class RunConflict(Conflict):
    """A run of this id is stored with other content."""

    code = 1201


class RunFinished(Conflict):
    """A finished log never changes."""

    code = 1202


class VersionPublished(Conflict):
    """This version is published with other content."""

    code = 1203


class VersionNotAbove(Conflict):
    """A published version of this id is as high or higher."""

    code = 1204


class ParentUnknown(Conflict):
    """The parent that is named is not published."""

    code = 1205


class RunErased(Conflict):
    """A run of this id was deleted for good, and is never taken in again."""

    code = 1206


class Refused(DarwinFlowError):
    """The request itself cannot be carried out as it stands."""

    code = 1300


class WorkflowFaulty(Refused):
    """The workflow's text has findings of severity error."""

    code = 1301


class NameRefused(Refused):
    """An id or name is not of the form the store takes."""

    code = 1302


class RunAmbiguous(Refused):
    """Several runs have an id that begins or ends so."""

    code = 1303


class SettingsWrong(Refused):
    """The user's configuration says what cannot be."""

    code = 1304


class StoreError(DarwinFlowError):
    """The store is at fault, not the request."""

    code = 1400


class SchemaTooNew(StoreError):
    code = 1401
    hint = "upgrade darwinflow: a newer version has written this file"


class StoreDamaged(StoreError):
    code = 1402


class StoreFull(StoreError):
    code = 1403
    hint = "free some space on that disk; nothing that was acknowledged is lost"


class StoreUnwritable(StoreError):
    code = 1404


class OutcomeUnknown(StoreError):
    """The commit failed in a way that leaves open whether it took effect; the same request may be sent again."""

    code = 1405


class StoreAway(StoreError):
    """The server that keeps the store cannot be reached for now; nothing of the request has taken effect."""

    code = 1406
    hint = "look whether the database server runs and can be reached from here; journals wait until it can"


class DaemonError(DarwinFlowError):
    """The daemon cannot be reached or does not fit."""

    code = 1500


class DaemonAway(DaemonError):
    code = 1501
    hint = "start it: darwinflow daemon start"


class DaemonRunning(DaemonError):
    """Another daemon already serves this home."""

    code = 1502


class ProtocolMismatch(DaemonError):
    code = 1503
    hint = "use client and daemon of the same darwinflow version: darwinflow daemon stop, then start"


class DaemonFault(DaemonError):
    """The daemon has failed in a way that is its own fault."""

    code = 1504
    hint = "look into the daemon's log: darwinflow daemon status names it"


class RequestMalformed(DaemonError):
    """The daemon cannot read what it was sent."""

    code = 1505
    hint = "use client and daemon of the same darwinflow version"


class MethodUnknown(DaemonError):
    code = 1506
    hint = "use client and daemon of the same darwinflow version"


class DaemonBusy(DaemonError):
    code = 1507
    hint = "try again in a moment"


class SessionMissing(DaemonError):
    """The connection is bound to no workspace yet."""

    code = 1508


class HomeUnsafe(DaemonError):
    """A folder of the home can be entered or replaced by others."""

    code = 1509


class DaemonHung(DaemonError):
    """A daemon lives and holds the home, and does not answer."""

    code = 1510
