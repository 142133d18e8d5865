"""The pieces of one commit: put in on the worker's thread, waited for on the event loop.

Knows how measurements are written for the browser; not how they are asked for.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from taskarith.core import Edit
from taskarith.evaluation import Estimate, Failure, PairedDifference, Piece
from taskarith.evaluation.worker import Message
from taskarith.tasks import SplitName
from taskarith.tasks.metric import Metric
from taskarith.ui.merge_methods import sent_merge

__all__ = ["Pieces", "as_sent"]

# Seconds between two answers about one commit. Each costs the machine that measures, and what an
# answer adds is the less the more is known: so it is a share of what the commit has taken so far.
GATHERED = 0.2
GATHERED_SHARE = 0.1
LONGEST_GATHERED = 1.0

Rows = dict[str, np.ndarray]  # by task, over a first part of its order


def as_sent(estimate: Estimate) -> dict[str, float | int]:
    """An estimate as it travels to the browser, which knows the task's metric."""
    return {
        "value": estimate.value,
        "low": estimate.low,
        "high": estimate.high,
        "n": estimate.n,
        "total": estimate.total,
    }


class Pieces:
    """What has been measured for one commit so far, as JSON values, in the order it came.

    Args:
        seq: the number of the commit.
        edit: the edit in hand.
        split: where it is measured.
        compared: by name, the edits it is compared with example by example.
        labels: the true labels of a task, in the order in which it is measured.
        metric: what a task's examples are counted by.
    """

    def __init__(
        self,
        seq: int,
        *,
        edit: Edit,
        split: SplitName,
        compared: Mapping[str, Edit],
        labels: Callable[[str], np.ndarray],
        metric: Callable[[str], Metric],
    ) -> None:
        self.seq = seq
        self.split = split
        self._edit = edit
        self._compared = dict(compared)
        self._labels = labels
        self._metric = metric
        self._points: list[list[Any]] = []
        self._here: dict[str, dict[str, float | int]] = {}  # of the edit in hand
        self._seconds = {"recompose": 0.0, "evaluate": 0.0}
        self._own: Rows = {}
        self._others: dict[str, Rows] = {name: {} for name in compared}
        self._error: str | None = None
        self._ended = False
        self._pairs: dict[tuple[str, str], dict[str, Any]] = {}  # by name and task, the last one
        self._lock = threading.Lock()
        self._loop = asyncio.get_running_loop()
        self._news = asyncio.Event()
        self._complete = asyncio.Event()  # a stage, or everything: worth showing at once
        self._began = self._asked = self._answered = self._loop.time()
        self.abandoned = False
        self.followed = False  # whether this window has ever asked for more: a page does

    def wanted(self, *, within: float) -> bool:
        """Whether somebody has asked in the last `within` seconds; once not, it stays so."""
        self.abandoned = self.abandoned or self._loop.time() - self._asked > within
        return not self.abandoned

    def here(self) -> list[Any] | None:
        """What is known of the edit in hand by now, as one point; None where nothing is."""
        with self._lock:
            if not self._here:
                return None
            merge = sent_merge(self._edit)
            of = [dict(self._edit.coefficients), dict(self._here)]
            return of if merge is None else [*of, merge]

    @property
    def unfinished(self) -> bool:
        """Whether more is to come."""
        with self._lock:
            return not self._ended

    def put(self, message: Message) -> None:
        """Take one message of the worker's; called on its thread, never blocks."""
        with self._lock:
            if isinstance(message, Piece):
                self._add(message)
            else:
                self._ended = True
                if isinstance(message, Failure):
                    self._error = message.message
        complete = not isinstance(message, Piece) or message.ends_stage
        # Where the server is closing nobody waits any more, and the loop may be gone.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._tell, complete)

    def _tell(self, complete: bool) -> None:
        self._news.set()
        if complete:
            self._complete.set()

    async def since(self, cursor: int, *, patience: float) -> dict[str, Any]:
        """Everything after the first `cursor` points; waits up to `patience` seconds for news.

        The first answer comes at once, and so does what completes a stage; the rest gathers for a
        while. With nothing new in time the answer holds no points, and the browser asks again.
        """
        self._asked = self._loop.time()
        self.followed = self.followed or cursor > 0
        self._news.clear()
        if not self._has_news(cursor):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), patience)
        if cursor and self.unfinished:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._complete.wait(), self._until_gathered())
        self._complete.clear()
        self._answered = self._loop.time()
        with self._lock:
            own = dict(self._own)
            others = {name: dict(answers) for name, answers in self._others.items()}
            answer = {
                "seq": self.seq,
                "cursor": len(self._points),
                "done": self._ended,
                "points": self._points[cursor:],
                "seconds": dict(self._seconds),
            }
            if self._error is not None:
                answer["error"] = self._error
        return answer | {"paired": {n: self._paired(n, own, others[n]) for n in others}}

    def _until_gathered(self) -> float:
        now = self._loop.time()
        gathered = max(GATHERED, GATHERED_SHARE * (now - self._began))
        return max(0.0, self._answered + min(LONGEST_GATHERED, gathered) - now)

    def _has_news(self, cursor: int) -> bool:
        with self._lock:
            return self._ended or len(self._points) > cursor

    def _add(self, piece: Piece) -> None:
        estimates = {task: reading.estimate for task, reading in piece.readings.items()}
        sent = {task: as_sent(estimate) for task, estimate in estimates.items()}
        merge = sent_merge(piece.edit)
        of = [dict(piece.edit.coefficients), sent]
        self._points.append(of if merge is None else [*of, merge])
        answers = {task: reading.rows for task, reading in piece.readings.items()}
        if piece.edit == self._edit:
            self._own.update(answers)
            self._here.update(sent)
        for name, edit in self._compared.items():
            if piece.edit == edit:
                self._others[name].update(answers)
        if piece.recompose_seconds > 0:
            self._seconds["recompose"] = piece.recompose_seconds
        if not piece.cached:
            self._seconds["evaluate"] = piece.evaluate_seconds

    def _paired(self, name: str, own: Rows, others: Rows) -> dict[str, Any]:
        """By task, how the edit in hand differs from the edit `name` on the same examples.

        Rows over a first part of an order stay as they are, so a difference over as many
        examples as before is as before. On the event loop only.
        """
        both = {task: min(len(own[task]), len(others[task])) for task in own if task in others}
        for task, n in both.items():
            if self._pairs.get((name, task), {}).get("n") != n:
                self._pairs[name, task] = PairedDifference.of(
                    before=others[task],
                    after=own[task],
                    labels=self._labels(task),
                    metric=self._metric(task),
                ).to_json()
        return {task: self._pairs[name, task] for task in both}
