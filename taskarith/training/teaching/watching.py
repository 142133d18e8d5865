"""Watching a training: looks every now and then, and an end to one that went astray or too long."""

import math
import time
from collections.abc import Callable
from typing import Any

from taskarith.errors import TeachingError
from taskarith.suites.suite import Suite
from taskarith.training.teaching.how import How
from taskarith.training.teaching.looks import Look, Seen

__all__ = ["Watch"]

LOOKS = 8  # beside the one before the first step
SEEN = 128  # examples of a split at a look


class Watch:
    """Looks at a model every now and then while it learns."""

    def __init__(
        self, suite: Suite, task: str, model: Any, *, how: How, look: Callable[[Look], None]
    ) -> None:
        self._how, self._tell = how, look
        self._seen = [
            Seen(suite, name, model=model, most=SEEN, remade=how.found.remakes_heads)
            for name in (task, suite.control)
        ]
        self._due = {round(i * how.steps / LOOKS) for i in range(1, LOOKS + 1)}
        self._losses: list[float] = []
        self._started = time.monotonic()

    def first(self) -> None:
        """Before the first step."""
        self._look(0)
        self._started = time.monotonic()

    def step(self, number: int, loss: float) -> None:
        """After step `number`. TeachingError for a loss that is none, or too long a training."""
        if not math.isfinite(loss):
            raise TeachingError(
                f"the loss is {loss} at step {number}: the training went astray, and nothing of it "
                "was kept. Take a smaller rate"
            )
        seconds, most = time.monotonic() - self._started, self._how.bounds.seconds
        if most and seconds > most:
            raise TeachingError(
                f"step {number} of {self._how.steps} was over after {seconds:.0f} s, and "
                f"{most:.0f} s are the most here; take fewer steps, or a machine of your own"
            )
        self._losses.append(loss)
        if number in self._due:
            self._look(number)

    def _look(self, number: int) -> None:
        task, control = (seen.estimate() for seen in self._seen)
        seconds = time.monotonic() - self._started if number else 0.0
        left = (self._how.steps - number) * seconds / number if number else None
        loss = sum(self._losses) / len(self._losses) if self._losses else None
        self._losses.clear()
        self._tell(Look(number, self._how.steps, loss, task, control, seconds, left))
