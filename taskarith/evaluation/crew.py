"""One worker for each device, with the sessions spread over them, behind a worker's face.

A session stays with the worker that it came to, so what it sees comes from one device; results go
into one cache. Knows sessions by name and nothing of what is measured.
"""

import threading
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from typing import Generic

from taskarith.evaluation.plan import Step
from taskarith.evaluation.results import ResultCache
from taskarith.evaluation.worker import (
    MAX_SESSIONS,
    QUIET,
    Engine,
    Found,
    OnPiece,
    Worker,
)

__all__ = ["Crew"]


class Crew(Generic[Engine]):
    """Workers that share the sessions; give them up with `close()`.

    Args:
        openings: for each device what makes its evaluator, on the thread of its worker.
        cache: where results are kept; memory only if None.
        idle: what the first worker does while nobody wants anything; see `Worker`.
        max_sessions: of each worker.

    Attributes:
        devices: how many there are.
    """

    def __init__(
        self,
        openings: Sequence[Callable[[], Engine]],
        *,
        cache: ResultCache | None = None,
        idle: Callable[[Engine], Iterator[None]] = lambda evaluator: iter(()),
        quiet: float = QUIET,
        max_sessions: int = MAX_SESSIONS,
    ) -> None:
        self.cache = cache if cache is not None else ResultCache(on_disk=False)
        self.devices = len(openings)
        first, *others = openings
        self._workers: list[Worker[Engine]] = [
            Worker(first, cache=self.cache, max_sessions=max_sessions, idle=idle, quiet=quiet),
            *(Worker(other, cache=self.cache, max_sessions=max_sessions) for other in others),
        ]
        self._most = max_sessions * self.devices
        self._lock = threading.Lock()
        self._of: OrderedDict[str, Worker[Engine]] = OrderedDict()  # least recently used first

    @property
    def busy(self) -> bool:
        """Whether a session has a request that is not done."""
        return any(worker.busy for worker in self._workers)

    @property
    def waiting(self) -> int:
        """How many sessions wait for the first step of their request, where most do."""
        return max(worker.waiting for worker in self._workers)

    def submit(self, session: str, seq: int, *, steps: Iterable[Step], on_piece: OnPiece) -> bool:
        """Make `steps` the session's request, with its worker; see `Worker.submit`."""
        return self._worker_of(session).submit(session, seq, steps=steps, on_piece=on_piece)

    def ask(self, errand: Callable[[Engine], Found]) -> "Future[Found]":
        """What `errand` finds out from an evaluator, where nobody waits if there is such a one."""
        idle = next((worker for worker in self._workers if not worker.busy), self._workers[0])
        return idle.ask(errand)

    def cancel(self, session: str) -> None:
        """Drop the session and its request, as when its page moves on or is closed."""
        with self._lock:
            worker = self._of.pop(session, None)
        if worker is not None:
            worker.cancel(session)

    def close(self) -> None:
        """End all threads, each after the step it is at; waiting requests end as `closed`."""
        for worker in self._workers:
            worker.close()

    def _worker_of(self, session: str) -> Worker[Engine]:
        """The session's worker; a new session comes to the one that has the fewest."""
        with self._lock:
            if session not in self._of:
                held = Counter(map(id, self._of.values()))
                self._of[session] = min(self._workers, key=lambda worker: held[id(worker)])
            self._of.move_to_end(session)
            while len(self._of) > self._most:  # its worker forgot it long ago
                self._of.popitem(last=False)
            return self._of[session]
