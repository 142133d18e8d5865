"""What a task is: its classes and words, its head and metric, and where its examples come from.

Nothing here loads an example or a model.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from taskarith.tasks.metric import ACCURACY, Metric

__all__ = ["ROLES", "SPLITS", "TEXT_DATA", "ZERO_SHOT", "Role", "SplitName", "Task"]

Role = Literal["target", "onlooker", "auxiliary", "control", "second-control", "recipe"]
SplitName = Literal["train", "validation", "test"]

ZERO_SHOT = "zero-shot"
TEXT_DATA = ("written-world", "table", "lm-eval")  # kinds of data that hold texts

ROLES: tuple[Role, ...] = get_args(Role)
SPLITS: tuple[SplitName, ...] = get_args(SplitName)


@dataclass(frozen=True)
class Task:
    """What is asked of a model, on which examples, and how the answers are counted.

    Attributes:
        name: in kebab-case; a task vector has the name of its task.
        title: the name as people read it.
        role: a target is edited, an onlooker is measured and no vector moves it, the control must
            not be harmed, an auxiliary only lends its vector, the second control is seen by no
            choice, a recipe task only recipes use.
        classnames: what a prompt calls each class; a label is an index into them. Empty where the
            examples have no classes.
        templates: zero-shot prompts, each with one `{}` for the class name.
        data: where the examples come from, for `load_split`.
        metric: what its examples are counted by.
        head: the kind of head and its settings; "zero-shot" where the manifest says nothing.

    >>> Task("coin", "A coin", "target", ("heads", "tails"), ("a {}",), {"kind": "world"}).chance
    0.5
    """

    name: str
    title: str
    role: Role
    classnames: tuple[str, ...]
    templates: tuple[str, ...]
    data: Mapping[str, Any] = field(hash=False)
    metric: Metric = ACCURACY
    head: Mapping[str, Any] = field(default_factory=lambda: {"kind": ZERO_SHOT}, hash=False)

    @property
    def examples(self) -> str:
        """What its examples are called."""
        has_texts = self.data.get("kind") in TEXT_DATA or "text" in self.data
        return "texts" if has_texts else "images"

    @property
    def knowledge(self) -> tuple[str, ...]:
        """A second sentence about each class, that prompts end with; mostly none."""
        return tuple(self.head.get("knowledge", ()))

    @property
    def chance(self) -> float | None:
        """The share of right answers that guessing gives, 1 ÷ classes, where there are classes."""
        return 1 / len(self.classnames) if self.classnames else None
