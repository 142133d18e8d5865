"""One suite's engine in a notebook's kernel, shared by every widget that shows the suite.

A cell that is run again makes a new widget and closes none: what costs memory, the model, its
vectors and the threads that measure, is there once a suite, and gone with the last widget. The
calls are those that the site's server answers, checks and all. Knows no widget.
"""

import asyncio
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any

from taskarith.errors import TaskArithError, UnknownNameError
from taskarith.suites import Suite
from taskarith.ui.explore.page import server_functions
from taskarith.ui.serving.explorer import Explorer
from taskarith.ui.serving.explorers import Explorers
from taskarith.ui.serving.launch import opener
from taskarith.ui.serving.limits import Limiter

__all__ = ["Desk", "borrow"]

MOST = 6  # suites at a time, as on a server
MOST_CALLS = 64  # that wait for their answers; a page makes three or four at a time

Json = dict[str, Any]
Answer = Callable[[Json], None]

_desks: dict[tuple[str, str | None], "Desk"] = {}
_lock = threading.Lock()


class Desk:
    """Answers the calls of pages about one suite, on a thread of its own.

    Args:
        source: name or folder of the suite.
        device: where it is measured; the fastest there is if None.
    """

    def __init__(self, source: str, *, device: str | None = None) -> None:
        explorer = opener(device)(source)
        first: Future[Explorer] = Future()
        first.set_result(explorer)
        self.suite: Suite = explorer.suite
        self.users = 0
        self._key = (source, device)
        self._explorers = Explorers(source, first, open_suite=_no_other)
        handlers = server_functions(
            self._explorers, limiter=Limiter(public=False), on_open=lambda: None
        )
        self._calls = {handler.__name__: handler for handler in handlers}
        self._pending: set[Future[None]] = set()
        self._counting = threading.Lock()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="taskarith-desk", daemon=True)
        self._thread.start()

    def call(self, message: object, answer: Answer) -> None:
        """Answer one message, `{id, call, message}`, when there is something to say.

        Whatever is sent may come here as it is. `answer` gets `{id, answer}`, on the desk's thread.
        """
        if not isinstance(message, Mapping) or not isinstance(name := message.get("id"), str):
            return  # nobody waits for an answer
        name = name[:64]
        handler = self._calls.get(str(message.get("call"))[:32])
        if handler is None:
            answer({"id": name, "answer": {"error": "a widget makes no such call"}})
            return
        with self._counting:
            full = len(self._pending) >= MOST_CALLS
        if full or self._loop.is_closed():
            why = "too many calls wait in this notebook; wait a moment, then try again"
            answer({"id": name, "answer": {"error": why}})
            return

        async def answered() -> None:
            asked = message.get("message")
            answer({"id": name, "answer": await handler(asked if isinstance(asked, dict) else {})})

        future = asyncio.run_coroutine_threadsafe(answered(), self._loop)
        with self._counting:
            self._pending.add(future)
        future.add_done_callback(self._done)

    def give_back(self) -> None:
        """One user less; the last one ends the engine and its threads."""
        with _lock:
            self.users -= 1
            if self.users > 0:
                return
            _desks.pop(self._key, None)
        with self._counting:
            pending = list(self._pending)
        for future in pending:
            future.cancel()
        self._explorers.close()
        self._loop.call_soon_threadsafe(self._loop.stop)
        if threading.current_thread() is not self._thread:  # which may sweep up a lost widget
            self._thread.join()

    def _done(self, future: "Future[None]") -> None:
        with self._counting:
            self._pending.discard(future)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
        finally:
            waiting = asyncio.all_tasks(self._loop)
            for task in waiting:
                task.cancel()
            self._loop.run_until_complete(asyncio.gather(*waiting, return_exceptions=True))
            self._loop.run_until_complete(self._loop.shutdown_default_executor())
            self._loop.close()


def borrow(source: str, *, device: str | None = None) -> Desk:
    """The desk of a suite, opened if nobody uses it yet; `give_back` it.

    Raises:
        TaskArithError: there is no such suite, it is damaged, or six others are in use.
    """
    with _lock:
        found = _desks.get((source, device))
        if found is None:
            if len(_desks) >= MOST:
                raise TaskArithError(
                    f"{len(_desks)} suites are open in this notebook, each with a model in memory: "
                    "close() the widgets of one first"
                )
            found = _desks[source, device] = Desk(source, device=device)
        found.users += 1
        return found


def _no_other(name: str) -> Explorer:
    raise UnknownNameError(f"this widget shows one suite; taskarith.widget({name!r}) shows that")
