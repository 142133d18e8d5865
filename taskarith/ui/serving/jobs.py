"""Jobs: work that takes minutes, for many visitors on one machine, beside Explore.

One thread of lowest priority runs one job at a time with an evaluator of its own; the others wait
in a short queue. Explore goes first: at every check a job waits while somebody there does. Knows
nothing of browsers, nor what a job computes.
"""

import atexit
import logging
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

from taskarith.errors import RecipeCancelled, TaskArithError
from taskarith.ui.serving.priority import lower_priority

__all__ = ["Desk", "Jobs", "Look", "Place", "Work"]

MAX_WAITING = 8
MAX_KEPT = 64  # finished jobs whose results are still there to be looked at
NICENESS = 19
# Explore may never be idle: after so many seconds of giving way a job works for so many.
GIVE_WAY, TURN = 4.0, 1.0
UNWATCHED = 60.0  # seconds without a look after which a job gives its place to one that waits
IDLE = 300.0  # seconds without a job after which the evaluator's memory is given back
TICK = 0.05

State = Literal["waiting", "running", "done", "failed", "cancelled"]

_log = logging.getLogger(__name__)


class Place(Protocol):
    """Where a job's evaluator comes from: an `Explorer`."""

    @property
    def busy(self) -> bool:
        """Whether somebody there waits for a measurement."""
        ...

    def make_evaluator(self) -> object:
        """A new evaluator; called on the jobs' thread."""
        ...


Work = Callable[["Desk"], object]


@dataclass(frozen=True)
class Look:
    """How a job stands.

    Attributes:
        ahead: how many jobs come before it.
        done, needed, what: evaluations done, the most there can be, and what was last done.
        partial: what it has found so far, as the job shows it.
        result: what it gave back; there only when it is done.
        message: why it failed or was stopped, in words.
    """

    state: State
    ahead: int = 0
    done: int = 0
    needed: int = 0
    what: str = ""
    partial: object = None
    result: object = None
    message: str = ""

    @property
    def over(self) -> bool:
        """Whether nothing more will come."""
        return self.state in ("done", "failed", "cancelled")


@dataclass(eq=False)
class _Job:
    session: str
    place: Place
    work: Work | None  # None once it is over: what it holds, such as a login, is let go of
    look: Look = field(default_factory=lambda: Look("waiting"))
    stop: threading.Event = field(default_factory=threading.Event)
    watched: float = field(default_factory=time.monotonic)


class Desk:
    """What a job works with.

    Attributes:
        evaluator: the jobs' own, of the job's place; no other thread uses it.
    """

    def __init__(self, jobs: "Jobs", job: _Job, evaluator: object) -> None:
        self.evaluator = evaluator
        self._jobs = jobs
        self._job = job
        self._turn_ends = 0.0

    def progress(self, done: int, needed: int, what: str) -> None:
        """Say how far the job is."""
        self._jobs._change(self._job, done=done, needed=needed, what=what)

    def show(self, partial: object) -> None:
        """Show what was found so far; not to be changed afterwards."""
        self._jobs._change(self._job, partial=partial)

    def stopped(self) -> bool:
        """Whether to stop now; first waits while Explore has work, though not for ever."""
        started = time.monotonic()
        while started >= self._turn_ends and self._job.place.busy:
            if self._job.stop.wait(TICK):
                break
            if time.monotonic() - started > self._jobs.give_way:
                self._turn_ends = time.monotonic() + TURN
        return self._job.stop.is_set() or self._jobs._gave_up(self._job)


class Jobs:
    """The queue and its thread, which starts with the first job; `close()` ends it.

    Args:
        max_waiting: how many jobs may wait.
        unwatched: seconds without a `look` after which a job is stopped if another one waits.
        idle: seconds after which an unused evaluator is dropped.
        give_way: seconds at most that a check waits for Explore.
    """

    def __init__(
        self,
        *,
        max_waiting: int = MAX_WAITING,
        unwatched: float = UNWATCHED,
        idle: float = IDLE,
        give_way: float = GIVE_WAY,
    ) -> None:
        self.give_way = give_way
        self._max_waiting = max_waiting
        self._unwatched = unwatched
        self._idle = idle
        self._jobs: OrderedDict[str, _Job] = OrderedDict()  # by session, the oldest first
        self._queue: deque[_Job] = deque()
        self._current: _Job | None = None
        self._opened: tuple[Place, object] | None = None
        self._changed = threading.Condition()
        self._closed = False
        self._thread: threading.Thread | None = None

    def submit(self, session: str, work: Work, *, place: Place) -> None:
        """Queue `work` as the session's job.

        Raises:
            TaskArithError: the session has a job that is not over, or too many wait.
        """
        with self._changed:
            known = self._jobs.get(session)
            if known is not None and not known.look.over:
                raise TaskArithError(
                    "something of yours is still running here: wait for it, or cancel it first"
                )
            if self._closed or len(self._queue) >= self._max_waiting:
                raise TaskArithError(
                    f"{len(self._queue)} jobs wait on this machine already: try again in a few "
                    "minutes, or run it on your own machine"
                )
            job = _Job(session, place, work)
            self._jobs[session] = job
            self._jobs.move_to_end(session)
            self._queue.append(job)
            self._count()
            self._forget_old()
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, name="taskarith-jobs", daemon=True
                )
                self._thread.start()
                # A thread inside torch when the interpreter goes away takes it down with a crash.
                atexit.register(self.close)
            self._changed.notify_all()

    def look(self, session: str) -> Look | None:
        """How the session's job stands; None if there is none (any more)."""
        with self._changed:
            job = self._jobs.get(session)
            if job is None:
                return None
            job.watched = time.monotonic()
            return job.look

    def cancel(self, session: str) -> None:
        """Stop the session's job, soon if it is running."""
        with self._changed:
            job = self._jobs.get(session)
            if job is None or job.look.over:
                return
            job.stop.set()
            if job in self._queue:
                self._queue.remove(job)
                job.work = None
                job.look = Look("cancelled", message="It was cancelled before it began.")
                self._count()

    def close(self) -> None:
        """End the thread after the step it is at."""
        atexit.unregister(self.close)
        with self._changed:
            self._closed = True
            for job in self._jobs.values():
                job.stop.set()
            for job in self._queue:
                job.work = None
            self._queue.clear()
            self._changed.notify_all()
        if self._thread is not None and threading.current_thread() is not self._thread:
            self._thread.join()

    def _run(self) -> None:
        lower_priority(NICENESS)
        while (job := self._next()) is not None:
            self._do(job)

    def _do(self, job: _Job) -> None:
        work, job.work = job.work, None
        assert work is not None
        try:
            evaluator = self._evaluator(job.place)
            result = work(Desk(self, job, evaluator))
            over: dict[str, object] = {"state": "done", "result": result}
        except TaskArithError as error:
            stopped = job.stop.is_set() or isinstance(error, RecipeCancelled)
            over = {"state": "cancelled" if stopped else "failed", "message": str(error)}
        except Exception as error:
            _log.exception("a job failed")
            message = (
                f"Something went wrong on the server ({type(error).__name__}); its log says "
                "more. What was measured is kept."
            )
            over = {"state": "failed", "message": message}
        del work  # before anybody is told that it is over
        self._change(job, partial=None, **over)

    def _next(self) -> _Job | None:
        """Wait for a job; None once all is closed. Idle for long, gives memory back."""
        with self._changed:
            self._current = None
            while not self._closed and not self._queue:
                if not self._changed.wait(self._idle):
                    self._opened = None
            if self._closed:
                return None
            self._current = self._queue.popleft()
            self._current.look = Look("running", what="getting ready")
            self._count()
            return self._current

    def _evaluator(self, place: Place) -> object:
        if self._opened is None or self._opened[0] is not place:
            self._opened = None  # its memory goes before the next one's comes
            self._opened = place, place.make_evaluator()
        return self._opened[1]

    def _change(self, job: _Job, **fields: object) -> None:
        with self._changed:
            job.look = replace(job.look, **fields)  # type: ignore[arg-type]

    def _gave_up(self, job: _Job) -> bool:
        """Whether nobody looks at the job and somebody waits behind it."""
        with self._changed:
            return bool(self._queue) and time.monotonic() - job.watched > self._unwatched

    def _count(self) -> None:
        running = self._current is not None and not self._current.look.over
        for ahead, job in enumerate(self._queue, start=int(running)):
            job.look = replace(job.look, ahead=ahead)

    def _forget_old(self) -> None:
        over = [session for session, job in self._jobs.items() if job.look.over]
        for session in over[: max(0, len(self._jobs) - MAX_KEPT)]:
            del self._jobs[session]
