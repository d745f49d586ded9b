"""`darwinflow-lsp`: a language server on standard input and output.

Begins without an event loop, so that the first answer and the first diagnostics wait for no import they do not
need. asyncio follows, then pygls, each when something wants it.
"""

import gc
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from darwinflow_lsp.conversation import Conversation
from darwinflow_lsp.frames import Frames
from darwinflow_lsp.handshake import VERSION
from darwinflow_lsp.output import Output

if TYPE_CHECKING:
    from darwinflow_lsp.editor import Editor
    from darwinflow_lsp.hot import HotMethods

READ_BYTES = 1 << 16


def main(argv: Sequence[str] | None = None) -> int:
    """Returns the exit code: 0 after `shutdown` and `exit`, else 1."""
    arguments = sys.argv[1:] if argv is None else argv
    if "--version" in arguments:
        os.write(1, f"darwinflow-lsp {VERSION}\n".encode())
        return 0
    # A load makes many objects and no garbage; the collector runs when the editor is quiet.
    gc.disable()
    editors: list[Editor] = []

    def open_table(conversation: Conversation) -> "HotMethods":
        from darwinflow_lsp.editor import Editor
        from darwinflow_lsp.hot import HotMethods

        editors.append(Editor(conversation))
        return HotMethods(editors[0])

    output = Output(_own_stdout())
    conversation = Conversation(output.write, open_table)
    frames = Frames()
    while not conversation.wants_backing and not (editors and editors[0].has_published):
        chunk = os.read(0, READ_BYTES)
        conversation.receive(frames.feed(chunk))
        while conversation.exit_code is None and conversation.step():
            pass
        if conversation.is_initialized and not editors:
            # The client is busy with the answer; what its first document needs is imported meanwhile.
            conversation.open_table()
        if not chunk or conversation.exit_code is not None:
            return conversation.exit_code if conversation.exit_code is not None else 1

    from darwinflow_lsp.loop import run

    if not editors:
        conversation.open_table()
    return run(conversation, frames, output, editors[0])


def _own_stdout() -> int:
    """Standard output for us alone: what a library prints goes to standard error."""
    own = os.dup(1)
    os.dup2(2, 1)
    return own


if __name__ == "__main__":
    sys.exit(main())
