"""What recipes may ask about ways of fine-tuning: to learn a task by one, and what comes of it.

Knows names and numbers; models, heads and files stay behind the callables.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Protocol

from taskarith.recipes.lab import Answer, Logits

__all__ = ["MADE", "NOTHING", "RANDOM", "Learn", "Learned", "Learning", "WayLab"]

NOTHING: Mapping[str, Any] = MappingProxyType({})
MADE = "made"  # what coefficients call the vector that was learned
RANDOM = "random:made"  # a direction at random whose every tensor is as long as that of the vector


@dataclass(frozen=True)
class Learning:
    """One training: of which task, by which way, and how long.

    Attributes:
        faster: times the way's own learning rate.
        settings: of the way, (name, value) pairs; the rest are its own.
        anchor: whether embeddings of other pictures are asked to stay.
        sharpness: ρ of sharpness-aware minimization; 0 is without.
        seed: of the batches, of what the way draws, and of which examples where only some are.
        start: of a way that moves numbers beside the base's own, whose values it begins at.
        few: how many examples of each class are learned from; 0: all.
        weight_decay: of the optimizer.
        origin: coefficients of the edit that training begins from; none: the pretrained model.
        knowledge: a second sentence about each class, for a head that is made of words.
        shuffled: whether training examples have each other's labels: a null.

    >>> Learning("textures", "lora", steps=60).settings
    ()
    """

    task: str
    way: str
    steps: int
    batch: int = 32
    faster: float = 1.0
    settings: tuple[tuple[str, Any], ...] = ()
    anchor: bool = False
    sharpness: float = 0.0
    seed: int = 0
    start: "Learning | None" = None
    few: int = 0
    weight_decay: float = 0.0
    origin: tuple[tuple[str, float], ...] = ()
    knowledge: tuple[str, ...] = ()
    shuffled: bool = False


@dataclass(frozen=True, eq=False)
class Learned:
    """What came of a training.

    Attributes:
        answer: as a lab's, under coefficients that may name `MADE`, `RANDOM` and what was given
            beside, as well as the suite's vectors; {} is the model that training began from, with
            the task's head.
        logits: the same before the answer is taken.
        moved: how many numbers were trained.
        fitted: how many numbers of the head were fitted to examples; 0 where it is of words.
        examples: how many there were to learn from.
        total: how many the base has.
        size: bytes of the vector, in half precision.
        seconds: of one processor core that the training took, when it was made.
    """

    answer: Answer
    logits: Logits
    moved: int
    total: int
    size: int
    seconds: float
    fitted: int = 0
    examples: int = 0


class Learn(Protocol):
    """Learns a task by a way, or finds what was learned before."""

    def __call__(self, learning: Learning, *, beside: Mapping[str, Learning] = NOTHING) -> Learned:
        """What came of it; it is kept, so that a recipe that was stopped goes on.

        `beside` are other trainings of as many numbers, by the names that coefficients may call
        them: each is the direction from where this one began to where that one ended.
        """
        ...


@dataclass(frozen=True)
class WayLab:
    """The callables.

    Attributes:
        refused: why the base cannot learn the task by a way; None where it can.
        began: what a training would begin from, without training: its `answer` knows no `MADE`.
    """

    learn: Learn
    refused: Callable[[Learning], str | None]
    began: Callable[[Learning], Learned]
