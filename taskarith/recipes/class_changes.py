"""What an edit turned one task's classes into: answers gained and lost, and new confusions.

Compares two runs of answers to the same examples; knows neither edits nor models.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from taskarith.evaluation import PairedDifference
from taskarith.recipes.lab import Answers

__all__ = ["ClassChange", "Confusion", "changed_classes", "new_confusions"]


@dataclass(frozen=True)
class ClassChange:
    """One class under two edits, over the same `difference.n` examples of it.

    Attributes:
        before, after: how many of them were answered rightly.
    """

    name: str
    before: int
    after: int
    difference: PairedDifference


@dataclass(frozen=True)
class Confusion:
    """Examples of one class that one edit takes for another class, and how often the other does."""

    truth: str
    answer: str
    before: int
    after: int

    @property
    def gained(self) -> int:
        """How many more they have become."""
        return self.after - self.before


def changed_classes(
    before: Answers, after: Answers, classnames: Sequence[str]
) -> list[ClassChange]:
    """Every class that has examples, in the order of the classes.

    >>> labels = np.array([0, 0, 1])
    >>> before, after = (Answers(np.array(p), labels, 3, "test") for p in ([0, 0, 1], [1, 0, 1]))
    >>> found = changed_classes(before, after, ["cat", "dog"])
    >>> [(one.name, one.before, one.after) for one in found]
    [('cat', 2, 1), ('dog', 1, 1)]
    """
    n = min(len(before.labels), len(after.labels))
    changes = []
    for index, name in enumerate(classnames):
        own = np.flatnonzero(after.labels[:n] == index)
        if len(own):
            changes.append(
                ClassChange(
                    name=name,
                    before=int(before.right[own].sum()),
                    after=int(after.right[own].sum()),
                    difference=PairedDifference.of(
                        before=before.rows[own],
                        after=after.rows[own],
                        labels=after.labels[own],
                    ),
                )
            )
    return changes


def new_confusions(
    before: Answers, after: Answers, classnames: Sequence[str], *, most: int = 8
) -> list[Confusion]:
    """The wrong answers that became more frequent, those that grew most first.

    Answers outside `classnames` are none of them.
    """
    if not classnames:
        return []
    n = min(len(before.labels), len(after.labels))
    counts = [
        Counter(zip(one.labels[:n].tolist(), one.rows[:n].tolist(), strict=True))
        for one in (before, after)
    ]
    grown = [
        Confusion(classnames[truth], classnames[answer], counts[0][truth, answer], count)
        for (truth, answer), count in sorted(counts[1].items())
        if 0 <= answer != truth and count > counts[0][truth, answer]
    ]
    return sorted(grown, key=lambda one: -one.gained)[:most]
