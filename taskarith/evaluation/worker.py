"""The worker: one thread that owns the device and serves many browser sessions in turns.

A session has one request at a time, a stream of steps; its newest replaces the older one between
two steps. Sessions take turns, one computed step each. While nobody wants anything there may be
idle work. Knows nothing of browsers, nor what is in a step.
"""

import atexit
import logging
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

from taskarith.errors import TaskArithError
from taskarith.evaluation.measure import Measurer, Piece, Predictor
from taskarith.evaluation.plan import Step
from taskarith.evaluation.results import ResultCache
from taskarith.evaluation.turns import Turns

__all__ = ["MAX_SESSIONS", "Failure", "Finished", "Message", "OnPiece", "Worker"]

MAX_SESSIONS = 256
QUIET = 2.0  # seconds without a word of anyone until idle work goes on: a slider may be moving
MOST_ERRANDS = 64  # that wait
KNOWN_STEPS_A_TURN = 64  # handing over known pieces is cheap, not free: others wait meanwhile

_log = logging.getLogger(__name__)

Reason = Literal["complete", "superseded", "evicted", "closed"]


@dataclass(frozen=True)
class Finished:
    """The last message of a request that did not fail; `complete` means every step is done."""

    reason: Reason


@dataclass(frozen=True)
class Failure:
    """The last message of a request that failed; the worker goes on with the others.

    Attributes:
        message: what to show to people.
        expected: whether it was one of our own errors, which say what to do.
    """

    message: str
    expected: bool


Message = Piece | Failure | Finished
OnPiece = Callable[[Message], None]
Engine = TypeVar("Engine", bound=Predictor)
Found = TypeVar("Found")


@dataclass(frozen=True, eq=False)
class _Request:
    """A session's stream of steps, and where its pieces go."""

    steps: Iterator[Step]
    on_piece: OnPiece


@dataclass
class _Session:
    seq: int
    request: _Request | None


class Worker(Generic[Engine]):
    """Runs the steps of all sessions on one thread; give it up with `close()`.

    Args:
        evaluator: what measures, or a function that makes it. The function runs on the worker's
            thread while requests already queue up; if it fails, each request gets the failure.
        cache: where results are kept; memory only if None.
        turns: in which order sessions are served.
        idle: makes, of the evaluator, work that nobody waits for; a step of it is done when no
            session of any worker has had a wish for `quiet` seconds.

    Messages come on the worker's thread (`superseded`, `evicted` and `closed` may come on the
    caller's), must not block, and belong to the request whose `on_piece` they reach.
    """

    # When somebody last wanted something, had it stopped or got it, of any worker of this process:
    # they share a machine, so idle work of one would slow the others down.
    _heard = time.monotonic()

    def __init__(
        self,
        evaluator: Engine | Callable[[], Engine],
        *,
        cache: ResultCache | None = None,
        max_sessions: int = MAX_SESSIONS,
        turns: Turns | None = None,
        idle: Callable[[Engine], Iterator[None]] = lambda evaluator: iter(()),
        quiet: float = QUIET,
    ) -> None:
        self._open = evaluator if callable(evaluator) else lambda: evaluator
        self._make_idle = idle
        self._idle: Iterator[None] | None = None
        self._quiet = quiet
        Worker._heard = time.monotonic()
        self.cache = cache if cache is not None else ResultCache(on_disk=False)
        self._max_sessions = max_sessions
        self._sessions: OrderedDict[str, _Session] = OrderedDict()  # least recently used first
        self._turns = turns if turns is not None else Turns()
        self._engine: Engine | None = None
        self._errands: deque[tuple[Callable[[Engine], Any], Future[Any]]] = deque()
        self._was_errand = False
        self._changed = threading.Condition()
        self._closed = False
        self._live = threading.Event()
        self._thread = threading.Thread(target=self._run, name="taskarith-worker", daemon=True)
        self._thread.start()
        # A thread that is inside torch when the interpreter goes away takes it down with a crash.
        atexit.register(self.close)

    @property
    def live(self) -> bool:
        """Whether the evaluator is there and steps are being run."""
        return self._live.is_set()

    @property
    def busy(self) -> bool:
        """Whether a session has a request that is not done."""
        with self._changed:
            return bool(self._turns)

    @property
    def waiting(self) -> int:
        """How many sessions wait for the first step of their request."""
        with self._changed:
            return self._turns.firsts

    def wait_until_live(self, seconds: float | None = None) -> bool:
        """Wait for the evaluator; False if it is not there in time."""
        return self._live.wait(seconds)

    def submit(self, session: str, seq: int, *, steps: Iterable[Step], on_piece: OnPiece) -> bool:
        """Make `steps` the session's request; False if it already had one with this `seq` or more.

        The steps are drawn one by one when their turn comes, so a plan may be a generator. The
        older request of the session ends as `superseded`; a step of it that is being computed is
        finished for the cache but not handed over.
        """
        ended: list[tuple[_Request, Reason]] = []
        with self._changed:
            known = self._sessions.get(session)
            if self._closed or (known is not None and seq <= known.seq):
                return False
            if known is not None and known.request is not None:
                ended.append((known.request, "superseded"))
            Worker._heard = time.monotonic()
            self._sessions[session] = _Session(seq, _Request(iter(steps), on_piece))
            self._sessions.move_to_end(session)
            self._turns.add(session)
            if len(self._sessions) > self._max_sessions:
                ended += self._evict()
            self._changed.notify()
        for request, reason in ended:
            _tell(request, Finished(reason))
        return True

    def ask(self, errand: Callable[[Engine], Found]) -> "Future[Found]":
        """What `errand` finds out from the evaluator, on the worker's thread, between two steps.

        For short questions: nothing is measured meanwhile; where somebody waits for a measurement,
        a step is done between two errands. The future fails where the worker is closed, too many
        ask at once, or its evaluator could not be made.
        """
        asked: Future[Found] = Future()
        with self._changed:
            refusal = "the server is closing; ask it again when it is back" if self._closed else ""
            if len(self._errands) >= MOST_ERRANDS:
                refusal = "too many ask this server at once; wait a moment, then ask again"
            if not refusal:
                Worker._heard = time.monotonic()
                self._errands.append((errand, asked))
                self._changed.notify()
        if refusal:
            asked.set_exception(TaskArithError(refusal))
        return asked

    def cancel(self, session: str) -> None:
        """Drop the session and its request, as when its page moves on or is closed."""
        with self._changed:
            Worker._heard = time.monotonic()
            dropped = self._sessions.pop(session, None)
            self._turns.drop(session)
        if dropped is not None and dropped.request is not None:
            _tell(dropped.request, Finished("superseded"))

    def close(self) -> None:
        """End the thread after the step it is at; waiting requests end as `closed`."""
        atexit.unregister(self.close)
        with self._changed:
            self._closed = True
            waiting = [s.request for s in self._sessions.values() if s.request is not None]
            errands = list(self._errands)
            self._sessions.clear()
            self._turns.clear()
            self._errands.clear()
            self._changed.notify()
        for request in waiting:
            _tell(request, Finished("closed"))
        for _, asked in errands:
            asked.set_exception(TaskArithError("the server is closing; ask it again later"))
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _evict(self) -> list[tuple[_Request, Reason]]:
        """Forget the least recently used session, if possible one without work."""
        newest = next(reversed(self._sessions))
        idle = (name for name, held in self._sessions.items() if held.request is None)
        name = next(idle, next(other for other in self._sessions if other != newest))
        dropped = self._sessions.pop(name)
        self._turns.drop(name)
        return [] if dropped.request is None else [(dropped.request, "evicted")]

    def _run(self) -> None:
        failure: Failure | None = None
        measurer: Measurer | None = None
        try:
            evaluator = self._engine = self._open()
            measurer = Measurer(evaluator, cache=self.cache)
            self._live.set()
            self._idle = self._make_idle(evaluator)
        except Exception as error:
            failure = _failure(error)
        while (turn := self._next_turn()) is not None:
            session, request = turn
            if measurer is None:
                assert failure is not None
                self._finish(session, request, failure)
                continue
            try:
                self._serve(measurer, session, request)
            except Exception as error:
                self._finish(session, request, _failure(error))

    def _next_turn(self) -> tuple[str, _Request] | None:
        """Wait for a session with work, idle meanwhile; None once the worker is closed."""
        while True:
            with self._changed:
                while not self._wanted() and (wait := self._until_idle()) != 0:
                    self._changed.wait(wait)
                if self._closed:
                    return None
                errand = None
                if self._errands and not (self._was_errand and self._turns):
                    errand = self._errands.popleft()
                self._was_errand = errand is not None
                if errand is None and self._turns:
                    session = self._turns.take()
                    request = self._sessions[session].request
                    assert request is not None
                    return session, request
            if errand is not None:
                self._do_errand(*errand)
            else:
                self._do_idle_step()

    def _wanted(self) -> bool:
        return bool(self._turns) or bool(self._errands) or self._closed

    def _do_errand(self, errand: Callable[[Engine], Any], asked: "Future[Any]") -> None:
        if not asked.set_running_or_notify_cancel():  # who asked has gone
            return
        try:
            if self._engine is None:
                raise TaskArithError("the engine could not start, so it answers nothing")
            asked.set_result(errand(self._engine))
        except Exception as error:
            asked.set_exception(error)

    def _until_idle(self) -> float | None:
        """Seconds until a step of idle work may be done; None where there is none."""
        if self._idle is None:
            return None
        return max(0.0, Worker._heard + self._quiet - time.monotonic())

    def _do_idle_step(self) -> None:
        assert self._idle is not None
        try:
            next(self._idle)
        except StopIteration:
            self._idle = None
        except Exception:
            _log.exception("idle work failed and is given up")
            self._idle = None

    def _serve(self, measurer: Measurer, session: str, request: _Request) -> None:
        """One turn: hand over what is known, then compute one step."""
        Worker._heard = time.monotonic()
        for _ in range(KNOWN_STEPS_A_TURN):
            step = next(request.steps, None)
            if step is None:
                self._finish(session, request, Finished("complete"))
                return
            piece = measurer.run(step)
            if not self._is_current(session, request):
                return
            _tell(request, piece)
            if not piece.cached:
                return

    def _is_current(self, session: str, request: _Request) -> bool:
        with self._changed:
            held = self._sessions.get(session)
            return held is not None and held.request is request

    def _finish(self, session: str, request: _Request, message: Message) -> None:
        """End a request, unless a newer one has taken its place."""
        with self._changed:
            held = self._sessions.get(session)
            if held is None or held.request is not request:
                return
            held.request = None
            self._turns.drop(session)
        _tell(request, message)


def _tell(request: _Request, message: Message) -> None:
    """Hand a message over; a receiver that fails is its own problem, never the worker's."""
    try:
        request.on_piece(message)
    except Exception:
        _log.exception("a receiver of measurements failed")


def _failure(error: Exception) -> Failure:
    if isinstance(error, TaskArithError):
        return Failure(str(error), expected=True)
    _log.error("measuring failed", exc_info=error)
    return Failure(
        f"measuring failed unexpectedly: {type(error).__name__}: {error}", expected=False
    )
