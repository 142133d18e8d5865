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
from taskarith.evaluation import Failure, PairedDifference, Piece
from taskarith.evaluation.worker import Message
from taskarith.tasks import SplitName

__all__ = ["Pieces"]

# Between two answers about one commit: steps are done faster than the page redraws its curves, and
# each answer costs the machine that measures.
GATHERED = 0.1

Answers = dict[str, np.ndarray]  # by task: predicted labels over a first part of its order


class Pieces:
    """What has been measured for one commit so far, as JSON values, in the order it came.

    Args:
        seq: the number of the commit.
        edit: the edit in hand.
        split: where it is measured.
        compared: by name, the edits it is compared with image by image.
        labels: the true labels of a task, in the order in which it is measured.
    """

    def __init__(
        self,
        seq: int,
        *,
        edit: Edit,
        split: SplitName,
        compared: Mapping[str, Edit],
        labels: Callable[[str], np.ndarray],
    ) -> None:
        self.seq = seq
        self.split = split
        self._edit = edit
        self._compared = dict(compared)
        self._labels = labels
        self._points: list[list[Any]] = []
        self._seconds = {"recompose": 0.0, "evaluate": 0.0}
        self._own: Answers = {}
        self._others: dict[str, Answers] = {name: {} for name in compared}
        self._error: str | None = None
        self._ended = False
        self._lock = threading.Lock()
        self._loop = asyncio.get_running_loop()
        self._news = asyncio.Event()
        self._asked = self._answered = self._loop.time()
        self.abandoned = False
        self.followed = False  # whether this window has ever asked for more: a page does

    def wanted(self, *, within: float) -> bool:
        """Whether somebody has asked in the last `within` seconds; once not, it stays so."""
        self.abandoned = self.abandoned or self._loop.time() - self._asked > within
        return not self.abandoned

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
        # Where the server is closing nobody waits any more, and the loop may be gone.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._news.set)

    async def since(self, cursor: int, *, patience: float) -> dict[str, Any]:
        """Everything after the first `cursor` points; waits up to `patience` seconds for news.

        The first answer comes at once, later ones every GATHERED seconds with what there is by
        then. With nothing new in time the answer holds no points, and the browser asks again.
        """
        self._asked = self._loop.time()
        self.followed = self.followed or cursor > 0
        self._news.clear()
        if not self._has_news(cursor):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), patience)
        if cursor and self.unfinished:
            await asyncio.sleep(self._answered + GATHERED - self._loop.time())
        self._answered = self._loop.time()
        with self._lock:
            answer = {
                "seq": self.seq,
                "cursor": len(self._points),
                "done": self._ended,
                "points": self._points[cursor:],
                "seconds": dict(self._seconds),
                "paired": {name: self._paired(name) for name in self._compared},
            }
            return answer if self._error is None else answer | {"error": self._error}

    def _has_news(self, cursor: int) -> bool:
        with self._lock:
            return self._ended or len(self._points) > cursor

    def _add(self, piece: Piece) -> None:
        estimates = {task: reading.estimate for task, reading in piece.readings.items()}
        counts = {task: [e.correct, e.n, e.total] for task, e in estimates.items()}
        self._points.append([dict(piece.edit.coefficients), counts])
        answers = {task: reading.predictions for task, reading in piece.readings.items()}
        if piece.edit == self._edit:
            self._own.update(answers)
        for name, edit in self._compared.items():
            if piece.edit == edit:
                self._others[name].update(answers)
        if piece.recompose_seconds > 0:
            self._seconds["recompose"] = piece.recompose_seconds
        if not piece.cached:
            self._seconds["evaluate"] = piece.evaluate_seconds

    def _paired(self, name: str) -> dict[str, Any]:
        """By task, how the edit in hand differs from the edit `name` on the same images."""
        before = self._others[name]
        return {
            task: PairedDifference.of(
                before=before[task], after=after, labels=self._labels(task)
            ).to_json()
            for task, after in self._own.items()
            if task in before
        }
