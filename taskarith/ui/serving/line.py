"""The line in which jobs wait: whose turn it is, how each stands, and what is remembered of it.

Bounded for all, and for each address, so that visitors whom one made up do not keep others out.
Knows nothing of threads that work, nor of engines.
"""

import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from taskarith.errors import TaskArithError
from taskarith.ui.serving.lease import Place
from taskarith.ui.serving.sessions import Sessions

if TYPE_CHECKING:
    from taskarith.ui.serving.jobs import Desk

__all__ = ["Job", "JobStatus", "Line", "Work"]

State = Literal["waiting", "running", "done", "failed", "cancelled"]
Work = Callable[["Desk"], object]


@dataclass(frozen=True)
class JobStatus:
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
class Job:
    """Work that somebody asked for.

    Attributes:
        session: whose it is; each has one at a time.
        address: where that somebody is.
        place: where its engine comes from; None where it needs none.
        work: None once it is over: what it holds, such as a login, is let go of.
    """

    session: str
    address: str
    place: Place | None
    work: Work | None
    look: JobStatus = field(default_factory=lambda: JobStatus("waiting"))
    stop: threading.Event = field(default_factory=threading.Event)
    watched: float = field(default_factory=time.monotonic)


class Line:
    """Jobs in the order they came; may be used from every thread.

    Args:
        max_waiting: how many jobs may wait.
        each: how many of one address may; None for as many.
        max_kept: jobs that are remembered, most of them finished: their results can be looked at.
    """

    def __init__(self, *, max_waiting: int, each: int | None, max_kept: int) -> None:
        self._max_waiting = max_waiting
        self._each = each
        # More than can be on their way: what makes room is over.
        most = max(max_kept, max_waiting + 2)
        self._jobs = Sessions[Job](most=most, spare=lambda job: not job.look.over)
        self._waiting: deque[Job] = deque()
        self._current: Job | None = None
        self._changed = threading.Condition()
        self.closed = False

    def join(self, job: Job) -> None:
        """Let `job` wait for its turn.

        Raises:
            TaskArithError: its session has a job that is not over, or too many wait.
        """
        with self._changed:
            known = self._jobs.get(job.session)
            if known is not None and not known.look.over:
                raise TaskArithError(
                    "something of yours is still running here: wait for it, or cancel it first"
                )
            if self.closed or len(self._waiting) >= self._max_waiting:
                raise TaskArithError(
                    f"{len(self._waiting)} jobs wait on this machine already: try again in a few "
                    "minutes, or run it on your own machine"
                )
            own = Counter(other.address for other in self._waiting)[job.address]
            if self._each is not None and own >= self._each:
                raise TaskArithError(
                    f"{own} jobs of your network wait on this machine already, and the other "
                    "places are for others: try again in a few minutes"
                )
            self._jobs.put(job.session, job, address=job.address)
            self._waiting.append(job)
            self._count()
            self._changed.notify_all()

    def take(self, patience: float) -> Job | None:
        """Wait for the next job and begin it; None after `patience` seconds, or once closed."""
        with self._changed:
            self._current = None
            if not self.closed and not self._waiting:
                self._changed.wait(patience)
            if self.closed or not self._waiting:
                return None
            self._current = self._waiting.popleft()
            self._current.look = JobStatus("running", what="getting ready")
            self._count()
            return self._current

    def status(self, session: str) -> JobStatus | None:
        """How the session's job stands; None if there is none (any more)."""
        with self._changed:
            job = self._jobs.get(session)
            if job is None:
                return None
            job.watched = time.monotonic()
            return job.look

    def change(self, job: Job, **fields: object) -> None:
        """Note how far `job` is."""
        with self._changed:
            job.look = replace(job.look, **fields)  # type: ignore[arg-type]

    def unwatched(self, job: Job, *, seconds: float) -> bool:
        """Whether nobody has looked at `job` for so long, while somebody waits behind it."""
        with self._changed:
            return bool(self._waiting) and time.monotonic() - job.watched > seconds

    def cancel(self, session: str) -> None:
        """Stop the session's job, soon if it is running."""
        with self._changed:
            job = self._jobs.get(session)
            if job is None or job.look.over:
                return
            job.stop.set()
            if job in self._waiting:
                self._waiting.remove(job)
                job.work = None
                job.look = JobStatus("cancelled", message="It was cancelled before it began.")
                self._count()

    def close(self) -> None:
        """Stop every job; nothing joins any more."""
        with self._changed:
            self.closed = True
            for job in self._jobs.all().values():
                job.stop.set()
            for job in self._waiting:
                job.work = None
            self._waiting.clear()
            self._changed.notify_all()

    def _count(self) -> None:
        running = self._current is not None and not self._current.look.over
        for ahead, job in enumerate(self._waiting, start=int(running)):
            job.look = replace(job.look, ahead=ahead)
