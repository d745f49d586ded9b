"""The daemon's two sockets: one for clients, one beside it for pokes. Bound only while the home's lock is held."""

import os
import socket
from contextlib import suppress

from darwinflow.model.errors import HomeUnsafe, StoreUnwritable
from darwinflow.model.obstacles import Obstacle
from darwinflow.recorder.paths import is_private, poke_path

_QUEUED_POKES_BYTES = 1 << 20
_WAITING_CLIENTS = 512


class BoundSockets:
    """Bound, 0600, and where they lie."""

    def __init__(self, path: str, stream: socket.socket, pokes: socket.socket) -> None:
        self.path = path
        self.stream = stream
        """Clients may connect already, and wait until they are served."""
        self.pokes = pokes
        """Non-blocking datagrams, each the name of a journal."""
        self._inodes = {name: _inode(name) for name in (path, poke_path(path))}

    @property
    def are_there(self) -> bool:
        """Whether clients still find them: a runtime directory goes with the user's last login."""
        return all(_inode(name) == inode for name, inode in self._inodes.items())

    def remove(self) -> None:
        """Take away the paths, unless others lie there by now."""
        for name, inode in self._inodes.items():
            if _inode(name) == inode:
                os.unlink(name)


def bind(path: str) -> BoundSockets:
    """Bind *path* and the poke socket's path beside it, replacing what lies there; the caller holds the lock.

    Raises `HomeUnsafe` where others could reach into the folder, `StoreUnwritable`.
    """
    folder = os.path.dirname(path)
    try:
        os.makedirs(os.path.dirname(folder), exist_ok=True)
        with suppress(FileExistsError):
            os.mkdir(folder, 0o700)
        if not is_private(folder):
            raise HomeUnsafe(
                f"{folder} must be a folder of your own that nobody else may enter (mode 0700)",
                hint=f"remove it, or: chmod 700 {folder}",
            )
        stream = _bound(path, socket.SOCK_STREAM)
        try:
            pokes = _bound(poke_path(path), socket.SOCK_DGRAM)
        except BaseException:
            stream.close()
            os.unlink(path)
            raise
    except OSError as error:
        for place in (path, poke_path(path)):
            if os.path.isdir(place):
                obstacle = Obstacle(place, "a folder", "a socket")
                raise StoreUnwritable(str(obstacle), hint=obstacle.advice) from error
        raise StoreUnwritable(
            f"no socket can be made at {path}: {error.strerror or error}",
            hint="set XDG_RUNTIME_DIR to a folder that you can write",
        ) from error
    pokes.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _QUEUED_POKES_BYTES)
    return BoundSockets(path, stream, pokes)


def _bound(path: str, kind: socket.SocketKind) -> socket.socket:
    """A socket that appears at *path* whole: with its final mode, and no client that finds it is refused."""
    bound = socket.socket(socket.AF_UNIX, kind)
    draft = f"{path}.{os.getpid()}"
    umask = os.umask(0o177)
    try:
        bound.settimeout(0)
        with suppress(FileNotFoundError):
            os.unlink(draft)
        bound.bind(draft)
        if kind is socket.SOCK_STREAM:
            bound.listen(_WAITING_CLIENTS)
        os.rename(draft, path)
    except BaseException:
        bound.close()
        with suppress(OSError):
            os.unlink(draft)
        raise
    finally:
        os.umask(umask)
    return bound


def _inode(path: str) -> tuple[int, int] | None:
    try:
        status = os.lstat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino
