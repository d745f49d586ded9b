"""The first two requests of every connection: who is there, and which workspace it is about."""

from typing import Annotated

from pydantic import Field

from darwinflow.model.errors import ProtocolMismatch
from darwinflow.recorder.paths import MAX_SETTINGS_BYTES
from darwinflow.rpc.methods.method import Method, Place, Table
from darwinflow.rpc.protocol import PROTOCOL, SERVER
from darwinflow.rpc.session import Peer
from darwinflow.rpc.wire.base import Name, Path, Wire


class Hello(Wire):
    protocol: Annotated[int, Field(ge=0, le=1 << 31)]
    client: Name
    client_version: Name
    home: Path | None = None
    """The data directory that the client means."""


class Greeting(Wire):
    protocol: int
    server: str
    version: str
    home: str
    """The data directory that is served here; the client compares it with its own."""


class OpenSession(Wire):
    workspace: Annotated[Path, Field(pattern=r"^/[^\x00]*$")]
    """Absolute folder."""
    settings: Annotated[str, Field(max_length=MAX_SETTINGS_BYTES)] | None = None
    """Text of its `.darwinflow.yaml`."""


class SessionOpened(Wire):
    organization: str
    project: str
    workspace: str


def hello(peer: Peer, params: Hello) -> Greeting:
    """Always the first request. Says who serves which home."""
    host = peer.host
    if params.protocol != PROTOCOL:
        raise ProtocolMismatch(
            f"{params.client} {params.client_version} speaks protocol {params.protocol}, "
            f"this daemon ({host.version}) {PROTOCOL}",
            hint="upgrade darwinflow there, or darwinflow daemon stop"
            if params.protocol < PROTOCOL
            else "darwinflow daemon stop",
        )
    if params.home is not None and params.home != host.home:
        raise ProtocolMismatch(
            f"this daemon serves {host.home}, not {params.home}", hint="check DARWINFLOW_HOME"
        )
    peer.greet()
    return Greeting(protocol=PROTOCOL, server=SERVER, version=host.version, home=host.home)


def open_session(peer: Peer, params: OpenSession) -> SessionOpened:
    """Bind the connection to a workspace; what follows is about it. May be sent again for another one."""
    session = peer.host.open_session(params.workspace, params.settings)
    peer.bind(session)
    return SessionOpened(
        organization=session.organization, project=session.project, workspace=session.workspace
    )


METHODS: Table = {
    "hello": Method(hello, Place.LOOP),
    "session/open": Method(open_session, Place.UP_TO_DATE),
}
