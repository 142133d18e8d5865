"""Measuring on Hugging Face's ZeroGPU, which lends a GPU to one call and then takes it back.

The call runs in another process, so everything goes over as plain values, nothing on the GPU
outlives it, and it reads the suite anew. That is worth it only for much at once: the steps of a
whole request, which the page announces with `ahead`. Nothing here needs `torch.compile`.
"""

from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import torch

from taskarith.core import Edit
from taskarith.errors import MissingDependencyError
from taskarith.evaluation.evaluator import Evaluator
from taskarith.evaluation.plan import Part, Step
from taskarith.suites import Suite, load_suite
from taskarith.tasks import SplitName

__all__ = ["BorrowedGpu", "Measure", "borrowed", "measure_slice"]

SECONDS = 60  # the longest call that is asked for
PLANS = 256  # as many as windows have requests
KEPT = 8192  # runs of answers, a few kB each

NOTHING = np.empty(0, dtype=np.int32)

# One run of answers: the edit as JSON, the split, the task, and positions start…stop.
Wanted = tuple[dict[str, Any], SplitName, str, int, int]
Measure = Callable[[str, list[Wanted]], list[np.ndarray]]
Key = tuple[Edit, SplitName, str]


def borrowed(lend: Callable[[Measure], Measure] | None = None) -> Measure:
    """`measure_slice` as a call for which a GPU is lent; to be made before the page is launched.

    `lend` is what decorates it (None: `spaces.GPU`, whose package every such Space has).
    """
    if lend is None:
        try:
            import spaces
        except ImportError as error:
            raise MissingDependencyError(
                f"ZeroGPU needs the package spaces, which did not import ({error}): "
                "pip install spaces"
            ) from error
        lend = spaces.GPU(duration=SECONDS)
    lent: Measure = lend(measure_slice)
    return lent


def measure_slice(folder: str, wanted: list[Wanted]) -> list[np.ndarray]:
    """The answers of the suite in `folder`, a run of rows each that is wanted, where the GPU is."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    evaluator = Evaluator(load_suite(folder), device=device)
    answers = []
    for edit, split, task, start, stop in wanted:
        evaluator.use(Edit.from_json(edit))
        answers.append(evaluator.predict(task, split, start=start, stop=stop))
    return answers


class BorrowedGpu(Evaluator):
    """An evaluator whose answers come from calls of `measure`; all else it does on the CPU."""

    def __init__(self, suite: Suite, *, measure: Measure) -> None:
        super().__init__(suite, device="cpu")
        self.described = "ZeroGPU"
        self.context = self.context.replace("cpu/float32", "zero-gpu", 1)
        self._measure = measure
        self._edit = Edit(suite.name)
        self._plans: deque[dict[Key, tuple[int, int]]] = deque(maxlen=PLANS)
        self._found: OrderedDict[Key, tuple[int, np.ndarray]] = OrderedDict()

    def ahead(self, steps: Iterator[Step]) -> Iterator[Step]:
        """The same steps, drawn at once: the first that has to be measured measures them all."""
        drawn = list(steps)
        plan: dict[Key, tuple[int, int]] = {}
        for step in drawn:
            for part in step.parts:
                key = (step.edit, step.split, part.task)
                start, stop = plan.get(key, (part.start, part.stop))
                plan[key] = (min(start, part.start), max(stop, part.stop))
        self._plans.append(plan)
        return iter(drawn)

    def use(self, edit: Edit) -> Callable[[], float]:
        """Put `edit` in use, on the CPU too: what asks for logits is answered there."""
        took = super().use(edit)
        self._edit = edit
        return took

    def predict_parts(self, parts: Sequence[Part], *, split: SplitName) -> list[np.ndarray]:
        """Rows of each part; from what is known, or in one call for all."""
        if any(self._known(part, split) is None for part in parts):
            self._call({(self._edit, split, p.task): (p.start, p.stop) for p in parts})
        known = [self._known(part, split) for part in parts]
        return [answers for answers in known if answers is not None]

    def prepare(self, tasks: Iterable[str], *, split: SplitName) -> None:
        """Load what measuring these tasks needs here; no GPU is asked for."""
        for task in tasks:
            self.labels(task, split)

    def _known(self, part: Part, split: SplitName) -> np.ndarray | None:
        start, answers = self._found.get((self._edit, split, part.task), (0, NOTHING))
        inside = start <= part.start and part.stop <= start + len(answers)
        return answers[part.start - start : part.stop - start] if inside else None

    def _call(self, wanted: dict[Key, tuple[int, int]]) -> None:
        """Measure what is wanted and, in the same call, the whole plan it belongs to."""
        plan = next((plan for plan in self._plans if wanted.keys() <= plan.keys()), {})
        if plan:
            self._plans.remove(plan)
        runs = {key: _joined(plan.get(key), wanted.get(key)) for key in plan | wanted}
        asked: list[Wanted] = [
            (edit.to_json(), split, task, start, stop)
            for (edit, split, task), (start, stop) in runs.items()
        ]
        for key, answers in zip(runs, self._measure(str(self.suite.folder), asked), strict=True):
            self._found[key] = (runs[key][0], answers)
            self._found.move_to_end(key)
        while len(self._found) > KEPT:
            self._found.popitem(last=False)


def _joined(one: tuple[int, int] | None, other: tuple[int, int] | None) -> tuple[int, int]:
    runs = [run for run in (one, other) if run is not None]
    return min(start for start, _ in runs), max(stop for _, stop in runs)
