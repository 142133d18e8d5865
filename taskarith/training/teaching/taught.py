"""What came of a teaching: its numbers, as they are told and as they are sent."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from taskarith.evaluation.estimate import Estimate

__all__ = ["Taught"]


@dataclass(frozen=True)
class Taught:
    """What came of it.

    Attributes:
        suite, vector: the copy of the suite, and its new slider; the task has the same name.
        before, after: estimates on validation by task, the new one and the control: of the
            pretrained model with the task's head, and with the vector at λ = 1.
        coefficient: the λ that is suggested, and `why`.
        moved: how many numbers were trained.
        size: how many numbers the vector has.
        examples: how many there are of each split.
        notes: what whoever taught it should know.
    """

    suite: str
    vector: str
    control: str
    before: Mapping[str, Estimate]
    after: Mapping[str, Estimate]
    coefficient: float
    why: str
    how: str
    head: str
    moved: int
    size: int
    examples: Mapping[str, int]
    seconds: float
    notes: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Everything as plain JSON values."""
        plain = {key: value for key, value in vars(self).items() if key not in ("before", "after")}
        estimates = {
            key: {task: one.to_json() for task, one in getattr(self, key).items()}
            for key in ("before", "after")
        }
        return {**plain, **estimates, "examples": dict(self.examples), "notes": list(self.notes)}
