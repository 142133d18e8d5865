"""The recipes that a suite's report has a section for, run one after the other."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tqdm import tqdm

from taskarith.errors import unknown_name
from taskarith.evaluation import Evaluator, ResultCache
from taskarith.recipes.analogy.recipe import FEW
from taskarith.recipes.catalogue import run_recipe, suite_recipes
from taskarith.recipes.result import Result
from taskarith.recipes.tuning import Tuning
from taskarith.suites import Suite

__all__ = ["Extent", "left_out", "recipe_results", "reported_recipes"]

# Protocols that end in a table of test accuracies, the others are for looking around; and what a
# suite's manifest must name for each.
REPORTED = {
    "negation": "a target",
    "addition": "two targets",
    "analogy": "analogies",
    "paint": "tasks to patch",
    "wise-ft": "tasks whose pictures can be shifted",
    "soup": "several models of one task",
    "transfer": "three targets with right answers",
    "sequence": "two targets with right answers",
    "scaling": "a place in a collection of several sizes",
    "instruct": "a language model of the written world",
    "few-shot": "a language model of the written world",
    "ways": "two targets with right answers",
    "efficiency": "two targets with right answers",
    "prompts": "a language model of the written world that reads soft prompts",
    "retrieval": "a text-to-text model of the written world",
}


@dataclass(frozen=True)
class Extent:
    """How much a report takes.

    Attributes:
        n: the first examples of each split; None: all.
        choose_on: as many of validation; None: as `n`.
        per_size: subsets of each size between pairs and all tasks; None: every subset.
        examples: how many few-shot fine-tuning gets; (): it is left out.
        rehearse: test stays closed, and is answered from validation.

    >>> Extent(choose_on=64, examples=()).options()
    ' --choose-on 64 --examples'
    """

    n: int | None = None
    choose_on: int | None = None
    per_size: int | None = None
    examples: tuple[int, ...] = FEW
    rehearse: bool = False

    def options(self) -> str:
        """What the command line says for it."""
        numbers = {"n": self.n, "choose-on": self.choose_on, "per-size": self.per_size}
        words = [f"--{name} {value}" for name, value in numbers.items() if value is not None]
        if self.examples != FEW:
            words.append(" ".join(["--examples", *map(str, self.examples)]))
        words += ["--rehearse"] if self.rehearse else []
        return "".join(f" {word}" for word in words)


WHOLE = Extent()


def reported_recipes(suite: Suite) -> list[str]:
    """The recipes with a section in a full report, of those the suite has what it takes for."""
    there = suite_recipes(suite)
    return [name for name in REPORTED if name in there]


def left_out(suite: Suite) -> dict[str, str]:
    """The other ones, each with what the suite's manifest would have to name for it."""
    there = suite_recipes(suite)
    return {name: needed for name, needed in REPORTED.items() if name not in there}


def recipe_results(
    evaluator: Evaluator,
    names: Sequence[str],
    *,
    cache: ResultCache | None = None,
    tuning: Tuning | None = None,
    extent: Extent = WHOLE,
) -> Iterator[Result]:
    """The result of each of the recipes called `names`, as each is done.

    Every recipe chooses on validation before it opens test. Results are cached, so a report that
    was stopped goes on. Raises UnknownNameError for one that the suite has not what it takes for.
    """
    there = suite_recipes(evaluator.suite, per_size=extent.per_size, examples=extent.examples)
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
                n=extent.n,
                choose_on=extent.choose_on,
                progress=progress,
                tuning=tuning,
                rehearse=extent.rehearse,
            )
