"""Examples of a task of your own by class and by split.

Knows counts and seeds; neither files, nor what the examples are.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from taskarith.errors import TeachingError
from taskarith.tasks.examples import ExampleKind
from taskarith.tasks.task import SPLITS, SplitName

__all__ = ["SHARES", "Gathered", "few_of", "said_class", "split_by_class"]

LEAST = 3  # of a class: one to learn from, one to choose λ by, and one for test
LONGEST_NAME = 60
# Of a class: the share that is learned from, that λ is chosen on, and that of test.
SHARES: Mapping[SplitName, float] = {"train": 0.5, "validation": 0.3, "test": 0.2}


@dataclass(frozen=True)
class Gathered:
    """Examples by split, each with the index of its class.

    Attributes:
        notes: what whoever gave them should know, in words.
        origin: where they come from, where that is known, for the card.
    """

    kind: ExampleKind
    classnames: tuple[str, ...]
    splits: Mapping[SplitName, Sequence[tuple[Any, int]]]
    notes: tuple[str, ...] = ()
    origin: str = ""

    def count(self, split: SplitName) -> int:
        """How many examples a split holds."""
        return len(self.splits.get(split, ()))


def said_class(name: object) -> str:
    """A class's name as it stands in a prompt; TeachingError for what is none.

    >>> said_class("barn_owl")
    'barn owl'
    """
    said = " ".join(str(name).replace("_", " ").split())
    if not said or len(said) > LONGEST_NAME or not said.isprintable() or not re.search(r"\w", said):
        raise TeachingError(
            f"{str(name)[:80]!r} is no name of a class: a few words, at most {LONGEST_NAME} "
            "characters"
        )
    return said


def split_by_class(
    pooled: Sequence[tuple[Any, int]],
    names: Sequence[str],
    *,
    kind: ExampleKind,
    seed: int,
    notes: tuple[str, ...] = (),
    origin: str = "",
) -> Gathered:
    """Each class by itself and by `seed`, so that a split has some of all.

    Raises TeachingError for a class of fewer than three examples.
    """
    splits: dict[SplitName, list[tuple[Any, int]]] = {split: [] for split in SPLITS}
    by_class: list[list[tuple[Any, int]]] = [[] for _ in names]
    for one in pooled:
        by_class[one[1]].append(one)
    for label, (name, own) in enumerate(zip(names, by_class, strict=True)):
        if len(own) < LEAST:
            there = "no example" if not own else "one example" if len(own) == 1 else "two examples"
            raise TeachingError(
                f"the class {name!r} has {there}; each needs at least {LEAST}: one to learn from, "
                "one to choose λ by, one for test"
            )
        order = np.random.default_rng([seed, label]).permutation(len(own))
        for_validation = max(1, round(SHARES["validation"] * len(own)))
        for_test = max(1, int(SHARES["test"] * len(own)))
        for place, row in enumerate(order):
            split: SplitName = "train"
            if place < for_validation + for_test:
                split = "validation" if place < for_validation else "test"
            splits[split].append(own[row])
    return Gathered(kind, tuple(names), splits, notes, origin)


def few_of(found: Gathered, few: int, seed: int) -> list[tuple[Any, int]]:
    """`few` training examples of each class by `seed`; those of k are among those of k + 1."""
    kept = []
    for label in range(len(found.classnames)):
        own = [one for one in found.splits["train"] if one[1] == label]
        order = np.random.default_rng([seed, label, 1]).permutation(len(own))
        kept += [own[row] for row in sorted(order[:few])]
    return kept
