"""The conversation with one editor: who answers which message, and that every request gets exactly one answer.

A message goes to the table of hot methods, on plain values; what is not in it goes to the protocol object of
pygls, and waits where that is not there yet. Knows nothing of documents, and not where bytes go to.
"""

from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, Protocol

from darwinflow_lsp import messages
from darwinflow_lsp.faults import report_fault, report_note
from darwinflow_lsp.frames import Faulty, framed
from darwinflow_lsp.handshake import Client, client_of, initialize_result
from darwinflow_lsp.long_answers import LongAnswers, Work
from darwinflow_lsp.messages import Id, Params, Rejected
from darwinflow_lsp.put_off import PutOff

MAX_WAITING = 1000
"""Messages that may wait for pygls; more are refused."""


class HotTable(Protocol):
    """The methods that are answered here and now."""

    def request(self, method: str) -> Callable[[Params], object] | None: ...

    def notification(self, method: str) -> Callable[[Params], None] | None: ...

    def awaited_by(self, params: object) -> str | None:
        """What has to be there before a request with *params* can be answered; None: it can be now."""
        ...

    def settle(self) -> None:
        """Do what was put off while more messages stood in line."""
        ...


class Backing(Protocol):
    """What answers everything else."""

    def accept(self, message: dict[str, Any]) -> None: ...

    def cancel(self, id_: Id) -> None: ...


class Conversation:
    """State: started, initialized, shut down, over."""

    def __init__(
        self, write: Callable[[bytes], None], make_table: Callable[["Conversation"], HotTable]
    ) -> None:
        self.client = Client()
        self.exit_code: int | None = None
        """Set when the conversation is over."""
        self.wants_backing = False
        """Something waits for pygls."""
        self.long_answers = LongAnswers(self.answer, self.refuse)
        self._write = write
        self._make_table = make_table
        self._table: HotTable | None = None
        self._backing: Backing | None = None
        self.is_initialized = False
        self._shut_down = False
        self._line: deque[dict[str, Any]] = deque()
        """Read and not yet dealt with."""
        self._waiting: list[dict[str, Any]] = []
        """For pygls."""
        self._put_off = PutOff()
        self._open: set[Id] = set()
        """Requests of the client without an answer so far."""
        self._asked = 0
        self._unanswered: set[str] = set()
        """Our own requests, which are not those of pygls."""

    @property
    def has_line(self) -> bool:
        return bool(self._line)

    def receive(self, bodies: Iterable[bytes | Faulty]) -> None:
        """Put what has arrived in line. A request that is cancelled while it stands there is never begun."""
        for body in bodies:
            if isinstance(body, Faulty):
                self._send(messages.error_reply(None, messages.PARSE_ERROR, body.message))
                continue
            try:
                message = messages.decoded(body)
            except Rejected as exc:
                is_taken = exc.id in self._open or any(exc.id == each.get("id") for each in self._line)
                self._send(messages.error_reply(None if is_taken else exc.id, exc.code, str(exc)))
                continue
            if message.get("method") == "$/cancelRequest" and self._cancel_in_line(message):
                continue
            self._line.append(message)

    def step(self) -> bool:
        """Deal with the first in line; whether there was one."""
        if not self._line:
            if self._table is not None:
                self._table.settle()
            return False
        self._take(self._line.popleft())
        return True

    def attach(self, backing: Backing) -> None:
        """pygls is there: it gets what waits."""
        self._backing = backing
        waiting, self._waiting = self._waiting, []
        for message in waiting:
            self._guarded(message)

    def answer(self, id_: Id, result: object) -> None:
        """The first answer to a request is its only one."""
        if id_ in self._open:
            self._open.discard(id_)
            self._send(messages.reply(id_, result))

    def refuse(self, id_: Id, code: int, message: str) -> None:
        if id_ in self._open:
            self._open.discard(id_)
            self._send(messages.error_reply(id_, code, message))

    def resume(self, awaited: str) -> None:
        """Begin the requests that wait for *awaited*."""
        for message in self._put_off.take(awaited):
            self._try(message)

    def withdraw(self, awaited: str) -> None:
        """Refuse the requests that wait for *awaited* or are worked on: they are about a text that is no more."""
        for message in self._put_off.take(awaited):
            self.refuse(message["id"], messages.CONTENT_MODIFIED, "the document has changed meanwhile")
        self.long_answers.withdraw(awaited)

    def notify(self, method: str, params: object) -> None:
        self._send(messages.notification(method, params))

    def ask(self, method: str, params: object = None) -> None:
        """Send the client a request whose answer does not matter."""
        self._asked += 1
        id_ = f"darwinflow-{self._asked}"
        self._unanswered.add(id_)
        self._send(messages.request(id_, method, params))

    def send_encoded(self, body: bytes) -> None:
        self._send(body)

    def _send(self, body: bytes) -> None:
        self._write(framed(body))

    def _cancel_in_line(self, cancel: dict[str, Any]) -> bool:
        params = cancel.get("params")
        wanted = params.get("id") if isinstance(params, dict) else None
        for place, message in enumerate(self._line):
            if messages.is_id(wanted) and message.get("id") == wanted and "method" in message:
                del self._line[place]
                self._send(messages.error_reply(message["id"], messages.CANCELLED, "cancelled"))
                return True
        return False

    def _take(self, message: dict[str, Any]) -> None:
        method = message.get("method")
        if "method" not in message and ("result" in message or "error" in message):
            self._take_answer(message)
            return
        if "id" in message:
            self._take_request(message)
        elif isinstance(method, str) and message.get("jsonrpc") == "2.0":
            self._take_notification(message, method)

    def _take_answer(self, message: dict[str, Any]) -> None:
        """Only pygls cares what the client says."""
        id_ = message.get("id")
        if not messages.is_id(id_):
            return
        if id_ in self._unanswered:
            self._unanswered.discard(id_)
        elif self._backing is not None:
            self._guarded(message)

    def _take_request(self, message: dict[str, Any]) -> None:
        id_ = message["id"]
        if not messages.is_id(id_):
            self._send(messages.error_reply(None, messages.INVALID_REQUEST, "an id is a number or a text"))
            return
        if id_ in self._open:
            self._send(
                messages.error_reply(
                    None, messages.INVALID_REQUEST, f"request {messages.shown(str(id_))} is still open"
                )
            )
            return
        self._open.add(id_)
        self._try(message)

    def _try(self, message: dict[str, Any]) -> None:
        id_, method = message["id"], message.get("method")
        try:
            if not isinstance(method, str) or message.get("jsonrpc") != "2.0":
                raise Rejected(messages.INVALID_REQUEST, "a request names its method and JSON-RPC 2.0")  # noqa: TRY301 - one place answers
            self._begin(message, id_, method)
        except Rejected as exc:
            self.refuse(id_, exc.code, str(exc))
        except (Exception, SystemExit):  # noqa: BLE001 - the border: one request fails, the editor goes on
            report_fault(str(method))
            self.refuse(id_, messages.INTERNAL_ERROR, messages.FAULT)

    def _begin(self, message: dict[str, Any], id_: Id, method: str) -> None:
        if self._shut_down:
            raise Rejected(messages.INVALID_REQUEST, "the server is shut down")
        if method == "initialize":
            self._initialize(id_, message)
            return
        if not self.is_initialized:
            raise Rejected(messages.NOT_INITIALIZED, "the first request is 'initialize'")
        if method == "shutdown":
            self._shut_down = True
            self.long_answers.end()
            for waiting in list(self._open - {id_}):
                self.refuse(waiting, messages.CANCELLED, "the server shuts down")
            self._put_off.clear()
            self.answer(id_, None)
            return
        awaited = self.open_table().awaited_by(message.get("params"))
        if awaited is not None:
            self._put_off.add(awaited, message)
        elif (call := self.open_table().request(method)) is not None:
            result = call(messages.params_of(message))
            if isinstance(result, Work):
                self.long_answers.begin(id_, result)
            else:
                self.answer(id_, result)
        else:
            self._pass_on(message)

    def _take_notification(self, message: dict[str, Any], method: str) -> None:
        if method == "exit":
            self.exit_code = 0 if self._shut_down else 1
            return
        if not self.is_initialized or self._shut_down:
            return
        try:
            if method == "$/cancelRequest":
                self._cancel(messages.params_of(message).get("id"))
            elif (call := self.open_table().notification(method)) is not None:
                call(messages.params_of(message))
            else:
                self._pass_on(message)
        except Rejected as exc:
            # LSP has no answer to a notification; the log is where it can be seen.
            report_note(f"{method}: {exc}")
        except (Exception, SystemExit):  # noqa: BLE001 - the border
            report_fault(method)

    def _initialize(self, id_: Id, message: dict[str, Any]) -> None:
        if self.is_initialized:
            raise Rejected(messages.INVALID_REQUEST, "the server is initialized already")
        self.client = client_of(messages.params_of(message))
        self.is_initialized = True
        self._open.discard(id_)
        self._send(
            b'{"jsonrpc":"2.0","id":%b,"result":%b}' % (messages.encoded(id_), initialize_result(self.client))
        )

    def open_table(self) -> HotTable:
        """The hot methods; what they need is imported when the first is called."""
        if self._table is None:
            self._table = self._make_table(self)
        return self._table

    def _guarded(self, message: dict[str, Any]) -> None:
        """Have pygls take *message*, whatever comes of it."""
        assert self._backing is not None
        try:
            self._backing.accept(message)
        except (Exception, SystemExit):  # noqa: BLE001 - the border
            report_fault(str(message.get("method", "an answer")))
            if "id" in message:
                self.refuse(message["id"], messages.INTERNAL_ERROR, messages.FAULT)

    def _pass_on(self, message: dict[str, Any]) -> None:
        if self._backing is not None:
            self._guarded(message)
            return
        if len(self._waiting) >= MAX_WAITING:
            raise Rejected(messages.INTERNAL_ERROR, "too many requests wait")
        self._waiting.append(message)
        if message.get("method") != "initialized":
            self.wants_backing = True

    def _cancel(self, wanted: object) -> None:
        if not messages.is_id(wanted) or wanted not in self._open:
            return
        if self.long_answers.cancel(wanted):
            return
        if self._put_off.drop(wanted) or self._backing is None:
            self._waiting = [message for message in self._waiting if message.get("id") != wanted]
            self.refuse(wanted, messages.CANCELLED, "cancelled")
        else:
            self._backing.cancel(wanted)
