"""Stands between a store and its server, and cuts connections at the message that a test names."""

import contextlib
import os
import socket
import threading
from pathlib import Path

PORT = ".s.PGSQL.5432"


class Proxy:
    """A socket in *folder*, to be named as the host of a DSN; what comes there goes to the server in *target*."""

    def __init__(self, folder: Path, target: Path) -> None:
        self.folder = folder
        self._target = target
        self._cut_at: bytes | None = None
        self._forwards_it = False
        self.cuts = 0
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(folder / PORT))
        self._listening.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    def cut_at(self, message: bytes, *, forwards_it: bool) -> None:
        """Cut the connection that sends *message* next: behind it, so that its answer is lost, or before it."""
        self._forwards_it = forwards_it
        self._cut_at = message

    def close(self) -> None:
        self._listening.close()
        os.unlink(self.folder / PORT)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            try:
                server.connect(str(self._target / PORT))
            except OSError:
                client.close()
                continue
            threading.Thread(target=self._up, args=(client, server), daemon=True).start()
            threading.Thread(target=_pump, args=(server, client), daemon=True).start()

    def _up(self, client: socket.socket, server: socket.socket) -> None:
        while data := _received(client):
            wanted = self._cut_at
            if wanted is not None and wanted in data:
                self._cut_at = None
                self.cuts += 1
                # The answer must not come through: this side is closed before the server has the message.
                client.shutdown(socket.SHUT_RDWR)
                if self._forwards_it:
                    server.sendall(data)
                    server.shutdown(socket.SHUT_WR)
                    while _received(server):  # until it has done what it was told, and has seen the end
                        pass
                break
            server.sendall(data)
        with contextlib.suppress(OSError):
            server.shutdown(
                socket.SHUT_RDWR
            )  # to close it alone would not wake the other thread that reads it
        server.close()


def _pump(source: socket.socket, target: socket.socket) -> None:
    while data := _received(source):
        try:
            target.sendall(data)
        except OSError:
            break
    target.close()


def _received(source: socket.socket) -> bytes:
    try:
        return source.recv(65_536)
    except OSError:
        return b""
