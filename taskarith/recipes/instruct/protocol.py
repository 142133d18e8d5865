"""Which tasks instruction tuning sees, which it does not, and what a trial is.

Three levels of generalization: tasks of categories that were never seen, tasks that were never seen
of categories that were, and new examples of tasks that were. Knows names and shares of a mixture;
how a model is asked and taught stays behind the lab.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from taskarith.errors import RecipeError, unknown_name
from taskarith.recipes.instruct.wording import (
    BARE,
    DEMONSTRATIONS,
    INSTRUCTIONS,
    NAMES_ONLY,
    ONE_PHRASING,
    SHUFFLED,
    Item,
    lessons,
)
from taskarith.recipes.text_lab import Share
from taskarith.worlds.texts import CATEGORIES, TEXT_FAMILIES

__all__ = [
    "CAP", "CAPPED", "HELD_OUT", "LEVELS", "UNSEEN_CATEGORY", "UNSEEN_EXAMPLE", "UNTUNED", "Trial",
    "levels", "mixture", "of_sizes", "taught", "trials",
]  # fmt: skip

HELD_OUT = ("inference", "tone")
UNSEEN_CATEGORY, UNSEEN_TASK, UNSEEN_EXAMPLE = "unseen category", "unseen task", "unseen example"
LEVELS = (UNSEEN_CATEGORY, UNSEEN_TASK, UNSEEN_EXAMPLE)
UNTUNED, CAPPED = "untuned", "instructions, capped"
CAP = 150  # examples of a task that count towards its share of the mixture


@dataclass(frozen=True)
class Trial:
    """One model to make and to ask.

    Attributes:
        kind: how it is taught: a way of asking, "untuned", or "instructions, capped".
        categories: it is taught the tasks of the first so many seen categories.
        shown: whether demonstrations stand in front of the questions that it is asked.
    """

    kind: str
    categories: int
    shown: bool = False

    @property
    def way(self) -> str:
        """How its lessons are put."""
        return INSTRUCTIONS if self.kind == CAPPED else self.kind


def levels(held_out: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The tasks of each level.

    Of every seen category with two tasks that have labels, the last of them is not seen either.

    Raises RecipeError where nothing is held out, or nothing or nothing to ask is left to learn.

    >>> {level: len(tasks) for level, tasks in levels(["inference", "tone"]).items()}
    {'unseen category': 6, 'unseen task': 7, 'unseen example': 14}
    """
    for name in held_out:
        if name not in CATEGORIES:
            raise unknown_name("category of tasks", name, existing=CATEGORIES)
    if not held_out:
        raise RecipeError(
            "no category is held out, so there is nothing that was never seen; hold out at least "
            f"one of {', '.join(CATEGORIES)}"
        )
    seen = [name for name in CATEGORIES if name not in held_out]
    labelled: dict[str, list[str]] = {
        name: [one for one in _tasks(name) if TEXT_FAMILIES[one].labels] for name in CATEGORIES
    }
    if not any(labelled[name] for name in seen):
        raise RecipeError(
            f"with {', '.join(held_out)} held out nothing is left to learn that could be asked; "
            "hold out fewer categories"
        )
    if not any(labelled[name] for name in held_out):
        raise RecipeError(
            f"the tasks of {', '.join(held_out)} have no labels to choose from, so nothing unseen "
            "could be asked; hold out another category too"
        )
    unseen = [labelled[name][-1] for name in seen if len(labelled[name]) > 1]
    return {
        UNSEEN_CATEGORY: tuple(task for name in held_out for task in labelled[name]),
        UNSEEN_TASK: tuple(unseen),
        UNSEEN_EXAMPLE: tuple(
            task for name in seen for task in labelled[name] if task not in unseen
        ),
    }


def taught(held_out: Sequence[str], categories: int) -> tuple[str, ...]:
    """The tasks of the first so many seen categories, with those that have no labels."""
    seen = [name for name in CATEGORIES if name not in held_out][:categories]
    unseen = levels(held_out)[UNSEEN_TASK]
    return tuple(task for name in seen for task in _tasks(name) if task not in unseen)


def mixture(items: Mapping[str, Sequence[Item]], trial: Trial, *, seed: int) -> tuple[Share, ...]:
    """The lessons of every task, in proportion to how many there are, or at most `CAP`."""
    most = CAP if trial.kind == CAPPED else max(map(len, items.values()))
    return tuple(
        Share(float(min(len(own), most)), lessons(own, trial.way, seed=seed))
        for own in items.values()
    )


def trials(held_out: Sequence[str]) -> tuple[Trial, ...]:
    """Every model, the untuned one first and without a rival of its own budget."""
    every = len(CATEGORIES) - len(set(held_out))
    fewer = sorted({1, (1 + every) // 2} - {every})
    return (
        Trial(UNTUNED, 0),
        Trial(UNTUNED, 0, shown=True),
        Trial(SHUFFLED, every),
        Trial(BARE, every),
        Trial(NAMES_ONLY, every),
        Trial(ONE_PHRASING, every),
        Trial(INSTRUCTIONS, every),
        Trial(CAPPED, every),
        Trial(DEMONSTRATIONS, every, shown=True),
        *(Trial(INSTRUCTIONS, count) for count in fewer),
    )


def of_sizes(held_out: Sequence[str]) -> tuple[Trial, ...]:
    """The models that bases of several sizes are compared by: untuned, shuffled and taught."""
    most = max(trial.categories for trial in trials(held_out))
    return (Trial(UNTUNED, 0), Trial(SHUFFLED, most), Trial(INSTRUCTIONS, most))


def _tasks(category: str) -> tuple[str, ...]:
    return tuple(name for name, one in TEXT_FAMILIES.items() if one.category == category)
