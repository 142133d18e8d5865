"""Which examples are learned from: a few of each class, or all under labels that say nothing.

Knows labels and seeds.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np
import torch

from taskarith.errors import AssetError
from taskarith.tasks.examples import Images, Texts

__all__ = ["few_of_each", "few_wanted", "seed_wanted", "shuffled_labels"]

FEW_SEED = 17
SHUFFLING_SEED = 19
Anything = TypeVar("Anything")


def few_of_each(examples: Images | Texts, *, shots: int, seed: int) -> Images | Texts:
    """`shots` examples of each class, drawn by `seed`; a class that has fewer gives all.

    The first of one seed are among the more of the same seed.

    >>> many = Texts(list("abcd"), torch.tensor([0, 0, 1, 1]))
    >>> few_of_each(many, shots=1, seed=0).labels.tolist()
    [0, 1]
    """
    rng = np.random.default_rng([seed, FEW_SEED])
    labels = examples.labels.numpy()
    rows = np.sort(
        np.concatenate(
            [rng.permutation(np.flatnonzero(labels == one))[:shots] for one in np.unique(labels)]
        )
    )
    taken = torch.from_numpy(rows)
    if isinstance(examples, Images):
        return Images(examples.pixels[taken], examples.labels[taken])

    def own(part: Sequence[Anything]) -> list[Anything]:
        return [part[int(row)] for row in rows]

    return Texts(
        own(examples.texts),
        examples.labels[taken],
        None if examples.answers is None else own(examples.answers),
        second=None if examples.second is None else own(examples.second),
        requests=None if examples.requests is None else own(examples.requests),
    )


def shuffled_labels(examples: Images | Texts, *, seed: int) -> Images | Texts:
    """The same examples under each other's labels: a null for what is learned of them.

    As many of each class as before; the order is drawn by `seed`. Raises AssetError for texts
    that have answers or requests of their own, which labels do not tell.

    >>> shuffled_labels(Texts(list("abcd"), torch.tensor([0, 0, 1, 1])), seed=0).labels.tolist()
    [0, 1, 0, 1]
    """
    rng = np.random.default_rng([seed, SHUFFLING_SEED])
    labels = examples.labels[torch.from_numpy(rng.permutation(len(examples.labels)))]
    if isinstance(examples, Texts) and (examples.answers is not None or examples.requests):
        raise AssetError("labels are shuffled where an example has a label, and no answer beside")
    return replace(examples, labels=labels)


def few_wanted(value: object) -> tuple[int, int] | None:
    """How many of each class, and the seed, from a task's data["few"]; None where it has none.

    >>> few_wanted({"shots": 5, "seed": 0})
    (5, 0)
    """
    if value is None:
        return None
    fields = value if isinstance(value, dict) else {}
    found = [fields.get("shots"), fields.get("seed", 0)]
    for number, least in zip(found, (1, 0), strict=True):
        if isinstance(number, bool) or not isinstance(number, int) or number < least:
            raise AssetError(
                f"few of a task's data is {value!r:.80}; it takes shots, a whole number from 1 on, "
                "and a seed"
            )
    return int(found[0]), int(found[1])


def seed_wanted(value: object) -> int | None:
    """The seed that labels are shuffled by, from a task's data["shuffled"]; None where it has none.

    >>> seed_wanted(3)
    3
    """
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise AssetError(f"shuffled of a task's data is {value!r:.80}; it takes a seed from 0 on")
    return value
