"""How prompts begin and are put together: first values, votes and averages.

Knows the lab's callables; how models are trained and measured stays behind them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from taskarith.recipes.lab import Answers
from taskarith.recipes.way_lab import Learning
from taskarith.training.ways.soft_prompt import LABELS, SOFT_PROMPT
from taskarith.training.ways.soft_prompt import RANDOM as WORDS

__all__ = [
    "ADDED",
    "BEGINNINGS",
    "LABEL_WORDS",
    "LENGTH",
    "LENGTHS",
    "OTHER_PROMPT",
    "RANDOM_WORDS",
    "averaged",
    "prompt",
    "voted",
]

LENGTHS = (1, 5, 20)
LENGTH = 5  # of the prompts that are asked about other tasks
RANDOM_WORDS, LABEL_WORDS, OTHER_PROMPT = "random words", "label words", "another prompt"
BEGINNINGS = (RANDOM_WORDS, LABEL_WORDS, OTHER_PROMPT)
ADDED = (0.5, 0.75, 1.0)


def prompt(
    task: str,
    length: int,
    beginning: str,
    *,
    steps: int,
    seed: int = 0,
    faster: float = 1.0,
    other: Learning | None = None,
) -> Learning:
    """The training of a soft prompt; `other` is whose prompt it begins at, if at one.

    >>> prompt("news-topic", 5, LABEL_WORDS, steps=60).settings
    (('length', 5), ('initial', 'labels'))
    """
    initial = LABELS if beginning == LABEL_WORDS else WORDS
    return Learning(
        task,
        SOFT_PROMPT.name,
        steps,
        faster=faster,
        settings=(("length", length), ("initial", initial)),
        seed=seed,
        start=other if beginning == OTHER_PROMPT else None,
    )


def averaged(names: Sequence[str]) -> dict[str, float]:
    """The edit that is the mean of some vectors.

    >>> averaged(["a", "b"])
    {'a': 0.5, 'b': 0.5}
    """
    return dict.fromkeys(names, 1.0 / len(names))


def voted(answers: Sequence[Answers]) -> Answers:
    """What most of several models say; where they are at odds, what the first of those says.

    >>> rows = [np.array([0, 1]), np.array([1, 1]), np.array([1, 0])]
    >>> told = [Answers(row, np.array([1, 1]), total=2, split="test") for row in rows]
    >>> voted(told).rows.tolist()
    [1, 1]
    """
    rows = np.stack([one.rows for one in answers])
    most = np.array([_most(column) for column in rows.T], dtype=rows.dtype)
    return replace(answers[0], rows=most)


def _most(said: np.ndarray) -> int:
    counts: Mapping[int, int] = {int(one): int((said == one).sum()) for one in said}
    return max(counts, key=lambda one: counts[one])
