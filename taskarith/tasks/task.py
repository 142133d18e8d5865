"""What a task is: its classes, how they are put into words, and where its pictures come from.

Nothing here loads a picture or a model.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import torch
from torch import Tensor

from taskarith.errors import AssetError
from taskarith.tasks.metric import ACCURACY, Metric

__all__ = ["ROLES", "SPLITS", "Role", "Split", "SplitName", "Task"]

Role = Literal["target", "auxiliary", "control", "second-control", "recipe"]
SplitName = Literal["train", "validation", "test"]

ROLES: tuple[Role, ...] = get_args(Role)
SPLITS: tuple[SplitName, ...] = get_args(SplitName)


@dataclass(frozen=True)
class Task:
    """A classification task.

    Attributes:
        name: in kebab-case; a task vector has the name of its task.
        title: the name as people read it.
        role: a target is edited, the control must not be harmed, an auxiliary only lends its
            vector, the second control is seen by no choice, a recipe task only recipes use.
        classnames: what a prompt calls each class; a label is an index into them.
        templates: zero-shot prompts, each with one `{}` for the class name.
        data: where the pictures come from, for `load_split`.
        metric: what its examples are counted by.

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

    @property
    def chance(self) -> float:
        """The accuracy of guessing, 1 ÷ classes."""
        return 1 / len(self.classnames)


@dataclass(frozen=True, eq=False)
class Split:
    """Pictures uint8 [n, side, side, 3] and their labels int64 [n]; AssetError if they are not."""

    images: Tensor
    labels: Tensor

    def __post_init__(self) -> None:
        images, labels = self.images, self.labels
        square = images.ndim == 4 and images.shape[1] == images.shape[2] and images.shape[3] == 3
        if not square or images.dtype != torch.uint8:
            raise AssetError(
                "a split needs images uint8 [n, side, side, 3], "
                f"found {images.dtype} {list(images.shape)}"
            )
        if labels.dtype != torch.int64 or labels.shape != (len(images),) or not len(images):
            raise AssetError(
                f"a split needs one int64 label for each of its {len(images)} images "
                f"and at least one image, found {labels.dtype} {list(labels.shape)}"
            )

    def __len__(self) -> int:
        return len(self.labels)
