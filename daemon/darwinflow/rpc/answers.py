"""From a request to the body of its one reply: where its method runs, and what becomes of its result or failure."""

import asyncio
import json
import logging
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from typing import Any

from darwinflow.model.errors import DarwinFlowError
from darwinflow.rpc.errors import error_object, error_reply
from darwinflow.rpc.framing import MAX_BODY_BYTES
from darwinflow.rpc.methods.method import Place
from darwinflow.rpc.protocol import INTERNAL_ERROR
from darwinflow.rpc.routes import Request, RequestId
from darwinflow.rpc.session import Peer
from darwinflow.rpc.wire.base import Wire

log = logging.getLogger(__name__)

THREADS = 4
"""As many as a tenant's database has connections that read."""

CATCH_UP_WITHIN_S = 1.0
"""So long a question about runs waits at most for the journals that were written before it."""

Send = Callable[[bytes], None]
"""Called on the loop."""


class Answers:
    """Runs methods and brings their replies back to the event loop. One a server."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._threads = ThreadPoolExecutor(THREADS, "rpc")
        self._done: deque[Callable[[], None]] = deque()
        self._lock = Lock()
        self._is_closed = False

    def answer(self, request: Request, peer: Peer, send: Send) -> None:
        """Call the method; *send* gets the reply's body on the loop, exactly once, at once or later."""
        route = request.route
        if route.place is Place.LOOP:
            send(self._reply(request, lambda: _called(request, peer)))
        elif route.place is Place.THREAD:
            self._answer_in_thread(request, peer, send)
        elif route.place is Place.UP_TO_DATE:
            self._answer_up_to_date(request, peer, send)
        else:
            self._answer_after_commit(request, peer, send)

    def run_in_thread(self, work: Callable[[], bytes], send: Send) -> None:
        """*send* gets on the loop what *work*, which does not raise, has given in a thread.

        On the loop. After `close` nothing is done: whoever asked has hung up.
        """

        def run() -> None:
            body = work()
            self._bring(lambda: send(body))

        if not self._is_closed:
            self._threads.submit(run)

    def close(self) -> None:
        """Finish what is under way. On the loop."""
        self._is_closed = True
        self._threads.shutdown(cancel_futures=False)

    def _answer_in_thread(self, request: Request, peer: Peer, send: Send) -> None:
        self.run_in_thread(lambda: self._reply(request, lambda: _called(request, peer)), send)

    def _answer_up_to_date(self, request: Request, peer: Peer, send: Send) -> None:
        """No thread is held while journals are waited for: others' questions need them."""

        def look() -> None:
            behind = _behind(peer)
            if behind is None:
                body = self._reply(request, lambda: _called(request, peer))
                self._bring(lambda: send(body))
                return
            behind.add_done_callback(
                lambda _: self._bring(lambda: self._answer_in_thread(request, peer, send))
            )
            self._bring(lambda: give_up_later(behind))

        def give_up_later(behind: "Future[None]") -> None:
            self._loop.call_later(CATCH_UP_WITHIN_S, behind.cancel)

        self._threads.submit(look)

    def _answer_after_commit(self, request: Request, peer: Peer, send: Send) -> None:
        try:
            future: Future[Wire] = _called(request, peer)
        except Exception:  # noqa: BLE001 - the border: `_reply` raises it again and turns it into a reply
            send(self._reply(request, lambda: _called(request, peer)))
            return
        # In the writer's thread, one job of a commit after the other: a single wake of the loop serves them all.
        future.add_done_callback(lambda done: self._bring(lambda: send(self._reply(request, done.result))))

    def _bring(self, act: Callable[[], None]) -> None:
        with self._lock:
            self._done.append(act)
            first = len(self._done) == 1
        if first:
            try:
                self._loop.call_soon_threadsafe(self._hand_over)
            except RuntimeError:
                log.warning("an answer came after the event loop had ended")

    def _hand_over(self) -> None:
        with self._lock:
            done, self._done = self._done, deque()
        for act in done:
            act()

    def _reply(self, request: Request, result_of: Callable[[], Wire]) -> bytes:
        try:
            body = _result_reply(request.id, result_of().model_dump_json().encode())
        except DarwinFlowError as error:
            return error_reply(request.id, error_object(error))
        except Exception:
            log.exception("%s failed, request %s", request.route.name, request.id)
            return error_reply(
                request.id, {"code": INTERNAL_ERROR, "message": "the daemon failed; its log says how"}
            )
        if len(body) > MAX_BODY_BYTES:
            message = f"the answer has {len(body) >> 20} MiB, more than the {MAX_BODY_BYTES >> 20} that a message may have"
            return error_reply(request.id, {"code": INTERNAL_ERROR, "message": message})
        return body


def _behind(peer: Peer) -> "Future[None] | None":
    try:
        return peer.host.behind()
    except Exception:
        log.exception("the spool could not be looked at")
        return None


def _called(request: Request, peer: Peer) -> Any:  # the result's model, or a future of it: the table knows
    subject = peer.session if request.route.needs_session else peer
    return request.route.call(subject, request.params)


def _result_reply(request_id: RequestId, result: bytes) -> bytes:
    return b'{"jsonrpc":"2.0","id":%b,"result":%b}' % (json.dumps(request_id).encode("ascii"), result)
