"""What a recipe asks of the outside world: accuracies of an edit, by task.

Recipes know protocols; how an edit is recomposed and measured stays behind `Score`.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

from taskarith.evaluation import Estimate
from taskarith.tasks import SplitName

__all__ = ["Score", "gain_recovered", "normalized_accuracy"]


class Score(Protocol):
    """Measures one edit, given by its coefficients, on whole splits."""

    def __call__(
        self, coefficients: Mapping[str, float], tasks: Sequence[str], *, split: SplitName
    ) -> Mapping[str, Estimate]:
        """The accuracy of each of `tasks`; coefficients left out are 0."""
        ...


def normalized_accuracy(edited: float, finetuned: float) -> float:
    """Edited ÷ fine-tuned accuracy, both in 0…1.

    >>> normalized_accuracy(0.72, 0.9)
    0.8
    """
    return edited / finetuned


def gain_recovered(edited: float, pretrained: float, finetuned: float) -> float:
    """(edited − pretrained) ÷ (fine-tuned − pretrained): 0 for doing nothing, 1 for fine-tuning.

    >>> gain_recovered(0.75, 0.5, 1.0)
    0.5
    """
    return (edited - pretrained) / (finetuned - pretrained)
