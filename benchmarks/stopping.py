"""How soon a newer commit stops an older one: from its arrival to its own first step's start.

A slice of an older edit is being measured when the newer one arrives, at a random moment. The real
worker and the real model, without a page: what waits is the step that is being computed.
"""

import random
import threading
import time
from collections.abc import Callable, Sequence

import numpy as np

from taskarith.core import Edit
from taskarith.evaluation import Evaluator, Worker, commit_steps, visible_tasks
from taskarith.evaluation.plan import Part
from taskarith.evaluation.results import ResultKey
from taskarith.suites import Suite
from taskarith.tasks import SplitName
from taskarith.tasks.metric import Metric

__all__ = ["seconds_to_stop"]

LONGEST_LEAD = 0.5  # seconds of the older commit before the newer one
PATIENCE = 60.0


class _Noting:
    """An evaluator that notes when an edit is put in use."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self.begun: dict[Edit, float] = {}
        self.news = threading.Condition()

    def use(self, edit: Edit) -> Callable[[], float]:
        with self.news:
            self.begun.setdefault(edit, time.perf_counter())
            self.news.notify_all()
        return self._evaluator.use(edit)

    def predict_parts(self, parts: Sequence[Part], *, split: SplitName) -> list[np.ndarray]:
        return self._evaluator.predict_parts(parts, split=split)

    def labels(self, task: str, split: SplitName) -> np.ndarray:
        return self._evaluator.labels(task, split)

    def metric(self, task: str) -> Metric:
        return self._evaluator.metric(task)

    def key(self, edit: Edit, *, task: str, split: SplitName) -> ResultKey:
        return self._evaluator.key(edit, task=task, split=split)

    def wait_for(self, edit: Edit) -> float:
        """When `edit` was first put in use."""
        with self.news:
            if not self.news.wait_for(lambda: edit in self.begun, PATIENCE):
                raise SystemExit(f"{edit} was not measured within {PATIENCE:.0f} s")
            return self.begun[edit]


def seconds_to_stop(suite: Suite, *, trials: int) -> list[float]:
    """Seconds that newer commits waited for older ones, one of each trial."""
    evaluator = Evaluator(suite, device="cpu")
    focus, tasks = suite.targets[0], visible_tasks(suite, Edit(suite.name))
    evaluator.prepare(tasks, split="validation")
    predictor = _Noting(evaluator)
    worker = Worker(predictor)
    rng = random.Random(0)

    def commit(seq: int) -> Edit:
        edit = Edit(suite.name, {focus: 0.1, suite.targets[1]: round(0.001 * seq, 3)})
        steps = commit_steps(
            edit,
            focus=focus,
            tasks=tasks,
            total=lambda task: evaluator.total(task, "validation"),
            step_images=evaluator.step_images,
        )
        worker.submit("visitor", seq, steps=steps, on_piece=lambda message: None)
        return edit

    waited = []
    for trial in range(trials):
        older = commit(2 * trial + 1)
        # The slice has begun when its first node is in use: the point's own look is behind it.
        predictor.wait_for(older.with_coefficient(focus, 0.0))
        time.sleep(rng.uniform(0, LONGEST_LEAD))
        arrived = time.perf_counter()
        waited.append(predictor.wait_for(commit(2 * trial + 2)) - arrived)
    worker.close()
    return waited
