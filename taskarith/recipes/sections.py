"""The recipes that a suite's report has a section for, run one after the other."""

from collections.abc import Iterator, Sequence

from tqdm import tqdm

from taskarith.errors import unknown_name
from taskarith.evaluation import Evaluator, ResultCache
from taskarith.recipes.catalogue import run_recipe, suite_recipes
from taskarith.recipes.result import Result
from taskarith.recipes.tuning import TUNING, Tuning
from taskarith.suites import Suite

__all__ = ["recipe_results", "reported_recipes"]

# Protocols that end in a table of test accuracies; the others are for looking around.
REPORTED = ("negation", "addition", "analogy", "paint", "wise-ft", "soup")


def reported_recipes(suite: Suite) -> list[str]:
    """The recipes with a section in a full report, of those the suite has what it takes for."""
    there = suite_recipes(suite)
    return [name for name in REPORTED if name in there]


def recipe_results(
    evaluator: Evaluator,
    names: Sequence[str],
    *,
    cache: ResultCache | None = None,
    tuning: Tuning = TUNING,
    n: int | None = None,
    rehearse: bool = False,
) -> Iterator[Result]:
    """The result of each of the recipes called `names`, as each is done.

    Every recipe chooses on validation before it opens test. Results are cached, so a report that
    was stopped goes on. `n` and `rehearse` are those of `run_recipe`. Raises UnknownNameError for
    one that the suite has not what it takes for.
    """
    there = suite_recipes(evaluator.suite)
    for name in names:
        if name not in there:
            raise unknown_name("recipe of this suite", name, existing=there)
    for name in names:
        recipe = there[name]
        with tqdm(total=recipe.evaluations(), desc=name) as bar:

            def progress(done: int, needed: int, what: str, bar: "tqdm[None]" = bar) -> None:
                bar.update(done - bar.n)

            yield run_recipe(
                recipe,
                evaluator,
                cache=cache,
                n=n,
                progress=progress,
                tuning=tuning,
                rehearse=rehearse,
            )
