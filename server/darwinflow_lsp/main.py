"""`darwinflow-lsp`: a language server on standard input and output.

Begins without an event loop, so that the first answer and the first diagnostics wait for no import they do not
need. asyncio follows, then pygls, each when something wants it.
"""

import gc
import os
import select
import signal
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

STDIN = 0
READ_BYTES = 1 << 16
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130
HELP = """\
usage: darwinflow-lsp [--stdio]

A language server for workflow files. Editors start it and talk to it over standard input and output.

options:
  -h, --help  show this help message and exit
  --version   show the version and exit
  --stdio     what it does anyhow; many editors say so
"""
PASSED_BY_EDITORS = ("--stdio", "--clientProcessId")
"""Arguments that LSP lets editors pass, and that change nothing here."""
SWITCH_S = 0.001
"""How long a thread may hold the interpreter while messages wait; the default is five times that."""


def main(argv: Sequence[str] | None = None) -> int:
    """Returns the exit code: 0 after `shutdown` and `exit`, else 1; 2 for arguments it does not take."""
    signal.signal(signal.SIGINT, _end_at_once)
    code = _answered_arguments(sys.argv[1:] if argv is None else argv)
    if code is not None:
        return code
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
    if not _served_until_loop(conversation, frames, editors):
        return conversation.exit_code if conversation.exit_code is not None else 1

    from darwinflow_lsp.loop import run

    if not editors:
        conversation.open_table()
    code = run(conversation, frames, output, editors[0])
    sys.stderr.flush()
    # All is said. To take the interpreter down takes seconds where documents are long and threads are at work.
    os._exit(code)


def _end_at_once(_signal: int, _frame: object) -> None:
    """Nothing is kept here that would have to be put in order, and threads may be importing."""
    os._exit(EXIT_INTERRUPTED)


def _answered_arguments(arguments: Sequence[str]) -> int | None:
    """The exit code where *arguments* are answered with a text; None where there is a session to hold."""
    for argument in arguments:
        if argument in ("-h", "--help"):
            sys.stdout.write(HELP)
            return 0
        if argument == "--version":
            sys.stdout.write(f"darwinflow-lsp {VERSION}\n")
            return 0
        if argument.split("=")[0] not in PASSED_BY_EDITORS:
            sys.stderr.write(f"error: there is no argument '{argument}'\ntry: darwinflow-lsp --help\n")
            return EXIT_USAGE
    return None


def _served_until_loop(conversation: Conversation, frames: Frames, editors: "list[Editor]") -> bool:
    """Serve without an event loop until one is wanted and imported; False where the session ends before."""
    ready = select.poll()
    ready.register(STDIN, select.POLLIN)
    imported: int | None = None
    while True:
        openings = editors[0].openings if editors else None
        descriptors = [descriptor for descriptor, _ in ready.poll(0 if openings else None)]
        if openings and not descriptors:
            openings.go_on()
            continue
        if imported in descriptors:
            os.close(imported)
            return True
        chunk = os.read(STDIN, READ_BYTES)
        conversation.receive(frames.feed(chunk))
        while conversation.exit_code is None and conversation.step():
            pass
        if not chunk or conversation.exit_code is not None:
            return False
        if conversation.is_initialized and not editors:
            # The client is busy with the answer; what its first document needs is imported meanwhile.
            conversation.open_table()
        if imported is None and (conversation.wants_backing or (editors and editors[0].wants_loop)):
            imported = _import_loop()
            ready.register(imported, select.POLLIN)


def _import_loop() -> int:
    """Import the event loop in a thread; the descriptor that is returned can be read from when it is there."""
    import threading

    reading, writing = os.pipe()
    sys.setswitchinterval(SWITCH_S)

    def work() -> None:
        try:
            import darwinflow_lsp.loop  # noqa: F401 - for the one that needs it next
        finally:
            os.write(writing, b".")
            os.close(writing)

    threading.Thread(target=work, daemon=True).start()
    return reading


def _own_stdout() -> int:
    """Standard output for us alone: what a library prints goes to standard error."""
    own = os.dup(1)
    os.dup2(2, 1)
    return own


if __name__ == "__main__":
    sys.exit(main())
