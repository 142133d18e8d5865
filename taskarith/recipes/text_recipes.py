"""The recipes that are about texts alone, made for a suite; the catalogue lists them beside others.

Knows what a suite must have for each; the protocols are the recipes' own.
"""

from collections.abc import Sequence

from taskarith.errors import RecipeError, unknown_name
from taskarith.recipes.few_shot.recipe import DRAWS, FewShotRecipe
from taskarith.recipes.few_shot.recipe import STEPS as FEW_STEPS
from taskarith.recipes.instruct.protocol import HELD_OUT, levels
from taskarith.recipes.instruct.recipe import STEPS, InstructRecipe
from taskarith.suites import Suite

__all__ = ["answers_in_words", "few_shot_recipe", "few_shot_tasks", "instruct_recipe"]

BESIDE = 4  # tasks that the instruction vector is added to, unless others are named


def answers_in_words(suite: Suite) -> bool:
    """Whether the suite's models know the written world and answer in its words."""
    return any(
        task.data["kind"] == "written-world" and task.head["kind"] == "label-likelihood"
        for task in suite.tasks.values()
    )


def instruct_recipe(
    suite: Suite,
    *,
    held_out: Sequence[str] = (),
    tasks: Sequence[str] | None = None,
    steps: int = STEPS,
) -> InstructRecipe:
    """Teach all tasks in words but those of the categories `held_out` (none given: the usual two).

    The instruction vector is then added to and taken from the vectors of `tasks` (None: of the
    first targets). Raises RecipeError where the categories leave nothing to learn or to ask.
    """
    _needs_words(suite, "instruct")
    if steps < 1:
        raise RecipeError(f"instruction tuning needs at least 1 step, got {steps}")
    chosen = tuple(dict.fromkeys(held_out or HELD_OUT))
    levels(chosen)  # refuses what leaves nothing
    beside = suite.targets[:BESIDE] if tasks is None else tuple(dict.fromkeys(tasks))
    for name in beside:
        suite.task(name)
        suite.vector(name)
    return InstructRecipe(chosen, beside, steps)


def few_shot_recipe(
    suite: Suite, *, tasks: Sequence[str] = (), draws: int = DRAWS, steps: int = FEW_STEPS
) -> FewShotRecipe:
    """Learn each of `tasks` from sixteen examples a class, `draws` times.

    None given: the first target of each number of labels. Raises RecipeError for less than two
    draws, which have no interval, and UnknownNameError for a task without labels of the world's.
    """
    _needs_words(suite, "few-shot")
    if draws < 2:
        raise RecipeError(f"an interval over draws needs at least 2 of them, got {draws}")
    if steps < 1:
        raise RecipeError(f"learning from few examples needs at least 1 step, got {steps}")
    there = few_shot_tasks(suite)
    for name in tasks:
        if name not in there:
            raise unknown_name("task with label words", name, existing=there)
    by_labels = {len(suite.task(name).classnames): name for name in reversed(there)}
    chosen = tuple(dict.fromkeys(tasks)) or tuple(by_labels[size] for size in sorted(by_labels))
    return FewShotRecipe(chosen, draws, steps)


def few_shot_tasks(suite: Suite) -> tuple[str, ...]:
    """The targets that answer with the likeliest of the written world's labels."""
    return tuple(
        name
        for name in suite.targets
        if suite.task(name).data["kind"] == "written-world"
        and suite.task(name).head["kind"] == "label-likelihood"
        and suite.task(name).data["family"] == name
    )


def _needs_words(suite: Suite, recipe: str) -> None:
    if not answers_in_words(suite):
        raise RecipeError(
            f"{recipe} asks a model in the words of the written world, which the base of "
            f"{suite.name!r} has not learned; choose mini-lm, or another that has"
        )
