"""Jobs: work that takes minutes, for many visitors on one machine, beside Explore.

One thread of lowest priority does what waits in a line, one after the other, with an engine that it
borrows. Explore goes first: at every check a job waits while somebody there does. Knows nothing of
browsers, nor what a job computes.
"""

import atexit
import logging
import threading
import time

from taskarith.errors import RecipeCancelled, TaskArithError
from taskarith.ui.serving.lease import Lease, Place
from taskarith.ui.serving.limits import address
from taskarith.ui.serving.line import Job, JobStatus, Line, Work
from taskarith.ui.serving.priority import lower_priority

__all__ = ["LOOK_EVERY", "Desk", "JobStatus", "Jobs", "Place", "Work"]

MAX_WAITING = 8
MAX_KEPT = 64  # finished jobs whose results are still there to be looked at
NICENESS = 19
# Explore may never be idle: after so many seconds of giving way a job works for so many.
GIVE_WAY, TURN = 4.0, 1.0
UNWATCHED = 60.0  # seconds without a look after which a job gives its place to one that waits
IDLE = 300.0  # seconds without a job after which the evaluator's memory is given back
TICK = 0.05
LOOK_EVERY = 0.4  # seconds between two looks of a page at a job

_log = logging.getLogger(__name__)


class Desk:
    """What a job works with.

    Attributes:
        evaluator: the jobs' own, of the job's place; no other thread uses it. None without one.
    """

    def __init__(self, jobs: "Jobs", job: Job, evaluator: object) -> None:
        self.evaluator = evaluator
        self._jobs = jobs
        self._job = job
        self._turn_ends = 0.0

    def progress(self, done: int, needed: int, what: str) -> None:
        """Say how far the job is."""
        self._jobs._line.change(self._job, done=done, needed=needed, what=what)

    def show(self, partial: object) -> None:
        """Show what was found so far; not to be changed afterwards."""
        self._jobs._line.change(self._job, partial=partial)

    def stopped(self) -> bool:
        """Whether to stop now; first waits while Explore has work, though not for ever."""
        started, place = time.monotonic(), self._job.place
        while started >= self._turn_ends and place is not None and place.busy:
            if self._job.stop.wait(TICK):
                break
            if time.monotonic() - started > self._jobs.give_way:
                self._turn_ends = time.monotonic() + TURN
        return self._job.stop.is_set() or self._jobs._gave_up(self._job)


class Jobs:
    """The line and the thread that works it off, which starts with the first job; see `close()`.

    Args:
        max_waiting: how many jobs may wait.
        shared: whether visitors share it: then one address gets half of the places.
        unwatched: seconds without a `look` after which a job is stopped if another one waits.
        idle: seconds after which an unused evaluator is dropped.
        give_way: seconds at most that a check waits for Explore.
    """

    def __init__(
        self,
        *,
        max_waiting: int = MAX_WAITING,
        shared: bool = False,
        unwatched: float = UNWATCHED,
        idle: float = IDLE,
        give_way: float = GIVE_WAY,
    ) -> None:
        self.give_way = give_way
        self._unwatched = unwatched
        self._idle = idle
        each = max(1, max_waiting // 2) if shared else None
        self._line = Line(max_waiting=max_waiting, each=each, max_kept=MAX_KEPT)
        self._lease = Lease()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def submit(self, session: str, work: Work, *, place: Place | None = None) -> None:
        """Let `work` wait for its turn as the session's job, with an engine of `place`.

        Raises:
            TaskArithError: the session has a job that is not over, or too many wait.
        """
        self._line.join(Job(session, address(), place, work))
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, name="taskarith-jobs", daemon=True
                )
                self._thread.start()
                # A thread inside torch when the interpreter goes away takes it down with a crash.
                atexit.register(self.close)

    def status(self, session: str) -> JobStatus | None:
        """How the session's job stands; None if there is none (any more)."""
        return self._line.status(session)

    def cancel(self, session: str) -> None:
        """Stop the session's job, soon if it is running."""
        self._line.cancel(session)

    def close(self) -> None:
        """End the thread after the step it is at."""
        atexit.unregister(self.close)
        self._line.close()
        if self._thread is not None and threading.current_thread() is not self._thread:
            self._thread.join()

    def _run(self) -> None:
        lower_priority(NICENESS)
        while not self._line.closed:
            job = self._line.take(self._idle)
            if job is None:
                self._lease.give_back()
            else:
                self._do(job)

    def _do(self, job: Job) -> None:
        work, job.work = job.work, None
        assert work is not None
        try:
            result = work(Desk(self, job, self._lease.of(job.place)))
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
        self._line.change(job, partial=None, **over)

    def _gave_up(self, job: Job) -> bool:
        """Whether nobody looks at the job and somebody waits behind it."""
        return self._line.unwatched(job, seconds=self._unwatched)
