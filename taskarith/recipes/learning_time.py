"""How long a recipe that fine-tunes will learn, said before it starts. Knows counts and a pace."""

from typing import Any

from taskarith.training.teaching.cost import LOOKING

__all__ = ["learned_examples", "learning_seconds"]


def learned_examples(recipe: Any) -> int:
    """How many examples all steps of all trainings of a recipe go through, at most.

    0 for a recipe that trains nothing, or does not say.

    >>> learned_examples(object())
    0
    """
    told = getattr(recipe, "learned", None)
    return 0 if told is None else int(told())


def learning_seconds(examples: int, *, pace: float) -> float:
    """About how long so many take where `pace` examples a second are measured.

    >>> learning_seconds(640, pace=640.0)
    3.3333333333333335
    """
    return examples / (LOOKING * pace)
