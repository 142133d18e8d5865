"""An edit's estimates beside the pretrained and the fine-tuned models', on the same examples."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from taskarith.cli.answer import columns, percent
from taskarith.core import Edit
from taskarith.evaluation import Estimate, Evaluator, Measurer, ResultCache
from taskarith.recipes.score import normalized_accuracy
from taskarith.suites import Suite
from taskarith.tasks import SplitName
from taskarith.tasks.metric import METRICS

__all__ = ["Comparison", "Comparisons"]

NONE = "–"


@dataclass(frozen=True)
class Comparison:
    """What `evaluate` answers; each mapping is by task.

    Attributes:
        finetuned: θ₀ + τ_t on its own task t; tasks without a vector are not in it.
        recompose_seconds, evaluate_seconds: for the edit alone; 0 where all was known already.
    """

    edit: Edit
    split: SplitName
    device: str
    edited: Mapping[str, Estimate]
    pretrained: Mapping[str, Estimate]
    finetuned: Mapping[str, Estimate]
    recompose_seconds: float
    evaluate_seconds: float

    def to_json(self) -> dict[str, object]:
        """What `--json` prints."""
        return {
            "edit": self.edit.to_json(),
            "split": self.split,
            "device": self.device,
            "estimates": {task: self._row(task) for task in self.edited},
            "seconds": {"recompose": self.recompose_seconds, "evaluate": self.evaluate_seconds},
        }

    def text(self) -> str:
        """The same for people."""
        rows = [["task", "value", "95 % interval", "n", "normalized", "pretrained", "finetuned"]]
        for task, estimate in self.edited.items():
            row = self._row(task)
            shown, normalized = METRICS[estimate.metric].shown, row["normalized"]
            others = [self.pretrained.get(task), self.finetuned.get(task)]
            rows.append(
                [
                    task,
                    shown(estimate.value),
                    f"{shown(estimate.low)} … {shown(estimate.high)}",
                    str(estimate.n),
                    NONE if normalized is None else percent(normalized),
                    *(NONE if other is None else shown(other.value) for other in others),
                ]
            )
        return (
            f"{self.edit.formula()}\n{self.split} · {self.device} · "
            f"recomposed in {1000 * self.recompose_seconds:.0f} ms · "
            f"evaluated in {1000 * self.evaluate_seconds:.0f} ms\n\n{columns(rows)}"
        )

    def _row(self, task: str) -> dict[str, Any]:
        estimate, finetuned = self.edited[task], self.finetuned.get(task)
        reference = finetuned.skill if finetuned is not None else None
        return {
            "value": estimate.value,
            "low": estimate.low,
            "high": estimate.high,
            "n": estimate.n,
            "total": estimate.total,
            "metric": estimate.metric,
            # A ratio needs something to divide by, which few examples may not give.
            "normalized": normalized_accuracy(estimate.skill, reference) if reference else None,
            "pretrained": self.pretrained[task].value,
            "finetuned": finetuned.value if finetuned is not None else None,
        }


class Comparisons:
    """A suite with its model on a device, ready to measure edits on one split."""

    def __init__(
        self, suite: Suite, *, device: str | None, split: SplitName, n: int | None
    ) -> None:
        evaluator = Evaluator(suite, device=device)
        self.suite = suite
        self.split = split
        self.n = n
        self.device = str(evaluator.device)
        self.measurer = Measurer(evaluator, cache=ResultCache())

    def compare(self, edit: Edit, *, tasks: Iterable[str]) -> Comparison:
        """Measure `edit`, the pretrained model, and each task's fine-tuned model on its task."""
        tasks = list(tasks)
        piece = self.measurer.measure(edit, tasks=tasks, split=self.split, n=self.n)
        return Comparison(
            edit=edit,
            split=self.split,
            device=self.device,
            edited={task: reading.estimate for task, reading in piece.readings.items()},
            pretrained=self.reference({}, tasks=tasks),
            finetuned={
                task: self.reference({task: 1.0}, tasks=[task])[task]
                for task in tasks
                if task in self.suite.vectors
            },
            recompose_seconds=piece.recompose_seconds,
            evaluate_seconds=piece.evaluate_seconds,
        )

    def reference(
        self, coefficients: Mapping[str, float], *, tasks: Iterable[str]
    ) -> dict[str, Estimate]:
        """The estimates of a fixed edit to compare with, which is no look at the test split."""
        piece = self.measurer.measure(
            Edit(self.suite.name, coefficients),
            tasks=list(tasks),
            split=self.split,
            n=self.n,
            kind="reference",
        )
        return {task: reading.estimate for task, reading in piece.readings.items()}
