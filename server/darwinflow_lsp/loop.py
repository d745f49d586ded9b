"""The session on asyncio: reads the editor, imports pygls in a thread, keeps the link to the daemon."""

import asyncio
import gc
import os
import select
import threading
from contextlib import suppress

from darwinflow.recorder.paths import home_of
from darwinflow_lsp.conversation import Conversation
from darwinflow_lsp.editor import Editor
from darwinflow_lsp.frames import Frames
from darwinflow_lsp.history_link import HistoryLink
from darwinflow_lsp.output import Output
from darwinflow_lsp.quiet import QuietTimes
from darwinflow_lsp.threads import Threads

STDIN = 0
READ_BYTES = 1 << 16
QUIET_S = 0.3
COLLECT_S = 2.0


def run(conversation: Conversation, frames: Frames, output: Output, editor: Editor) -> int:
    """Returns the exit code."""
    return asyncio.run(_serve(conversation, frames, output, editor))


async def _serve(conversation: Conversation, frames: Frames, output: Output, editor: Editor) -> int:
    loop = asyncio.get_running_loop()
    output.join_loop(loop)
    link = HistoryLink(editor, home_of(os.environ)) if conversation.client.trusted else None
    threads = Threads(loop)
    editor.join(link, threads, loop.call_soon)
    conversation.long_answers.join(loop.call_soon_threadsafe)
    session = _Session(conversation, frames, output, editor)
    session.read()
    session.work()
    try:
        await session.over.wait()
    finally:
        threads.end()
        editor.documents.end()
        loop.remove_reader(STDIN)
        if link is not None:
            await link.close()
        output.leave_loop()
    return 1 if conversation.exit_code is None else conversation.exit_code


class _Session:
    def __init__(self, conversation: Conversation, frames: Frames, output: Output, editor: Editor) -> None:
        self.over = asyncio.Event()
        self._conversation = conversation
        self._frames = frames
        self._output = output
        self._editor = editor
        self._loop = asyncio.get_running_loop()
        self._more = select.poll()
        self._backing_wanted = False
        self._no_edits = QuietTimes(QUIET_S, editor.on_quiet)
        self._no_messages = QuietTimes(COLLECT_S, self._collect)
        self._edits = 0

    def read(self) -> None:
        """epoll refuses plain files: there a thread reads."""
        try:
            self._loop.add_reader(STDIN, self._on_readable)
            self._more.register(STDIN, select.POLLIN)
        except (OSError, NotImplementedError):
            threading.Thread(target=self._read_in_thread, daemon=True).start()

    def _read_in_thread(self) -> None:
        while chunk := os.read(STDIN, READ_BYTES):
            self._loop.call_soon_threadsafe(self._on_chunk, chunk)
        self._loop.call_soon_threadsafe(self._on_chunk, b"")

    def _on_readable(self) -> None:
        self._on_chunk(os.read(STDIN, READ_BYTES))

    def _on_chunk(self, chunk: bytes) -> None:
        if not chunk or self._output.broken:
            self.over.set()
            return
        self._conversation.receive(self._frames.feed(chunk))
        self.work()

    def work(self) -> None:
        """Deal with everything in line; between two messages see whether more has come: a cancel, the next edit."""
        conversation = self._conversation
        while conversation.exit_code is None and conversation.step():
            if conversation.has_line and self._more.poll(0):
                conversation.receive(self._frames.feed(os.read(STDIN, READ_BYTES)))
        if conversation.exit_code is not None:
            self.over.set()
            return
        self._no_messages.touch()
        if self._edits != self._editor.edits:
            self._edits = self._editor.edits
            self._no_edits.touch()
        if not self._backing_wanted and (conversation.wants_backing or self._editor.has_published):
            self._backing_wanted = True
            threading.Thread(target=self._import_backing, daemon=True).start()

    def _collect(self) -> None:
        """A document that is being opened is all alive, and looking at it takes long."""
        if self._editor.documents.has_openings:
            self._no_messages.touch()
        elif self._editor.documents.may_thaw():
            gc.unfreeze()
            gc.collect()
            gc.freeze()
        else:
            gc.collect()

    def _import_backing(self) -> None:
        from darwinflow_lsp.backing import open_backing

        backing = open_backing(self._conversation, self._editor)

        def attach() -> None:
            gc.freeze()
            self._conversation.attach(backing)

        with suppress(RuntimeError):  # the session ended meanwhile and the loop is closed
            self._loop.call_soon_threadsafe(attach)
