"""Which λ of a vector that was just taught to begin with. Knows estimates alone."""

from collections.abc import Mapping
from dataclasses import dataclass

from taskarith.evaluation.estimate import Estimate

__all__ = ["COEFFICIENTS", "Measured", "suggested"]

COEFFICIENTS = (0.25, 0.5, 0.75, 1.0)
FLOOR = 0.95  # of the pretrained control: what a suggested λ must leave


@dataclass(frozen=True)
class Measured:
    """A model on validation: the new task, the control, and the new task's loss.

    Attributes:
        kept: of the control's pretrained skill, the lower end of the paired 95 % interval.
    """

    task: Estimate
    control: Estimate
    loss: float
    kept: float = 1.0

    @property
    def estimates(self) -> tuple[Estimate, Estimate]:
        """Both, the new task first."""
        return self.task, self.control


def suggested(found: Mapping[float, Measured]) -> tuple[float, str]:
    """The λ to begin with, and why. Few examples are soon all right: then the loss decides."""
    allowed = [value for value, one in found.items() if one.kept >= FLOOR]
    tried = ", ".join(f"{value:g}" for value in found)
    if not allowed:
        return min(found), (
            f"the smallest of {tried}; none surely leaves {FLOOR:.0%} of the control, by the lower "
            "end of the 95 % interval"
        )
    best = max(allowed, key=lambda value: (found[value].task.skill, -found[value].loss))
    return best, (
        f"of {tried}, that with the highest accuracy, then the lowest loss, on validation, where "
        f"{FLOOR:.0%} of the control is surely left (the lower end of the 95 % interval)"
    )
