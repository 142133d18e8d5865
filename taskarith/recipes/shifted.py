"""A model on a task as it is and under every shift, on the same images.

The shifted versions show the same images, so intervals of their mean are over images, not over
answers. Knows nothing of how models are made.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from taskarith.evaluation import Estimate, PairedDifference
from taskarith.recipes.interval import Interval, change_interval, share_interval
from taskarith.recipes.lab import Answer, Answers
from taskarith.tasks import SplitName
from taskarith.tasks.shifts import shifted_name

__all__ = ["Robustness", "ShiftedAnswers", "ask_shifted"]


@dataclass(frozen=True)
class Robustness:
    """The share as it is, under each shift, and the mean over shifts."""

    reference: Estimate
    shifted: Interval
    by_shift: dict[str, Estimate]


@dataclass(frozen=True, eq=False)
class ShiftedAnswers:
    """Answers to a task's images as they are, and to each shifted version."""

    reference: Answers
    by_shift: Mapping[str, Answers]

    @property
    def share(self) -> np.ndarray:
        """For each image, under what share of the shifts the answer is right, float [n].

        RecipeError where answers are not right or wrong.
        """
        return np.mean([answers.right for answers in self.by_shift.values()], axis=0)

    @property
    def robustness(self) -> Robustness:
        """The accuracies."""
        return Robustness(
            reference=self.reference.estimate,
            shifted=share_interval(self.share, units="images"),
            by_shift={shift: answers.estimate for shift, answers in self.by_shift.items()},
        )

    def against(self, before: "ShiftedAnswers") -> tuple[PairedDifference, Interval]:
        """The differences to another model: as it is, and in the mean over shifts."""
        change = change_interval(before.share, self.share, units="images")
        return self.reference.against(before.reference), change


def ask_shifted(
    answer: Answer,
    coefficients: Mapping[str, float],
    *,
    task: str,
    shifts: Sequence[str],
    split: SplitName,
) -> ShiftedAnswers:
    """Ask an edited model about `task` and all its shifted versions."""
    return ShiftedAnswers(
        reference=answer(coefficients, task, split=split),
        by_shift={
            shift: answer(coefficients, shifted_name(task, shift), split=split) for shift in shifts
        },
    )
