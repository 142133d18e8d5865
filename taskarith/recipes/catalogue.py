"""The recipes by name, made for a suite from what its manifest offers; and how one is run.

Knows which tasks and vectors of a suite a recipe is about; the protocols are the recipes' own.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from taskarith.core import Edit
from taskarith.errors import RecipeError, unknown_name
from taskarith.evaluation import Evaluator, ResultCache
from taskarith.recipes.addition.recipe import AdditionRecipe
from taskarith.recipes.analogy.recipe import FEW, AnalogyRecipe
from taskarith.recipes.lab import Lab, Meter, Progress
from taskarith.recipes.methods.entrants import entrants
from taskarith.recipes.methods.protocol import SEEDS
from taskarith.recipes.methods.recipe import MethodsRecipe
from taskarith.recipes.negation.protocol import CONTROL_FLOOR
from taskarith.recipes.negation.recipe import NegationRecipe
from taskarith.recipes.paint.protocol import WAYS
from taskarith.recipes.paint.recipe import PaintRecipe
from taskarith.recipes.plane.recipe import ENDS, STEPS, PlaneRecipe
from taskarith.recipes.result import Result
from taskarith.recipes.scaling.recipe import LEAST as LEAST_SIZES
from taskarith.recipes.search.recipe import BUDGET, SearchRecipe
from taskarith.recipes.search.recipe import SEEDS as SEARCH_SEEDS
from taskarith.recipes.search.space import SUM, Space
from taskarith.recipes.soup.recipe import SoupRecipe
from taskarith.recipes.study_recipes import (
    efficiency_recipe,
    scaling_recipe,
    sequence_recipe,
    transfer_recipe,
    ways_recipe,
)
from taskarith.recipes.suite_lab import suite_lab
from taskarith.recipes.suite_tasks import (
    chosen_tasks,
    learnable_tasks,
    names_nothing,
    vector_names,
)
from taskarith.recipes.sweep.recipe import ENDS as SWEEP_ENDS
from taskarith.recipes.sweep.recipe import POINTS, SweepRecipe
from taskarith.recipes.text_recipes import (
    answers_in_words,
    few_shot_recipe,
    instruct_recipe,
    prompts_recipe,
    reads_passages,
    reads_prompts,
    retrieval_recipe,
)
from taskarith.recipes.transfer.recipe import LEAST
from taskarith.recipes.tuning import Tuning
from taskarith.recipes.watching import Watch, watched
from taskarith.recipes.wise_ft.recipe import WiseFtRecipe
from taskarith.suites import Suite, load_suite
from taskarith.suites.collection import collections_of
from taskarith.suites.recipe_book import parse_quadruple
from taskarith.tasks import Task
from taskarith.tasks.shifts import SHIFTS
from taskarith.tasks.splits import DATA_KINDS

__all__ = [
    "RECIPES",
    "Recipe",
    "addition_recipe",
    "analogy_recipe",
    "instruct_recipe",
    "methods_recipe",
    "negation_recipe",
    "paint_recipe",
    "plane_recipe",
    "run_recipe",
    "search_recipe",
    "soup_recipe",
    "suite_recipes",
    "sweep_recipe",
    "wise_ft_recipe",
]


class Recipe(Protocol):
    """A protocol with everything it is about, ready to run."""

    def evaluations(self) -> int:
        """The most evaluations it takes; one is one edit on one task's split."""
        ...

    def run(self, lab: Lab) -> Result:
        """Choose on validation, measure on test, and give everything back at the end."""
        ...


def run_recipe(
    recipe: Recipe,
    evaluator: Evaluator,
    *,
    cache: ResultCache | None = None,
    n: int | None = None,
    choose_on: int | None = None,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
    watch: Watch | None = None,
    tuning: Tuning | None = None,
    rehearse: bool = False,
) -> Result:
    """Run a recipe on the evaluator's suite.

    `n` measures the first examples of each split only, `choose_on` as many of validation (None:
    as `n`); `rehearse` leaves test closed and answers
    from validation instead; `tuning` says how models are fine-tuned on the way. `progress` gets the
    evaluations done, the most there can be, and what was last done; `watch` gets every accuracy
    when it is measured. Raises RecipeCancelled soon after `cancelled` says so; a result is always
    a whole one, and what was measured stays in `cache` for the next run.
    """
    meter = Meter(needed=recipe.evaluations(), progress=progress, cancelled=cancelled)
    lab = suite_lab(
        evaluator,
        cache=cache,
        meter=meter,
        n=n,
        choose_on=choose_on,
        tuning=tuning,
        rehearse=rehearse,
    )
    return recipe.run(lab if watch is None else watched(lab, watch))


def negation_recipe(
    suite: Suite, *, tasks: Sequence[str] = (), floor: float = CONTROL_FLOOR
) -> NegationRecipe:
    """Forget each of `tasks` (none given: the targets)."""
    if not 0 < floor <= 1:
        raise RecipeError(f"the floor is the control's share to keep, 0 < floor ≤ 1, got {floor}")
    chosen = chosen_tasks(suite, tasks, default=suite.targets, what="the targets")
    return NegationRecipe(
        tasks=chosen,
        classnames={name: suite.task(name).classnames for name in chosen},
        control=suite.control,
        unseen_controls=_unseen(suite),
        ascent={task: vector for task, vector in suite.recipes.ascent.items() if task in chosen},
        opposite={task: name for task, name in suite.recipes.opposite.items() if task in chosen},
        floor=floor,
        onlookers=(*suite.targets, *suite.onlookers),
        drawn=tuple(name for name in chosen if suite.task(name).head["kind"] == "samples"),
    )


def addition_recipe(
    suite: Suite, *, tasks: Sequence[str] = (), per_size: int | None = None
) -> AdditionRecipe:
    """Add the vectors of `tasks` (none given: the targets)."""
    chosen = chosen_tasks(suite, tasks, default=suite.targets, what="the targets", least=2)
    return AdditionRecipe(
        tasks=chosen,
        control=suite.control,
        unseen_controls=_unseen(suite),
        # The joint model is one of all targets: beside other tasks it would be no reference.
        joint=suite.recipes.joint if set(chosen) == set(suite.targets) else None,
        per_size=per_size,
    )


def analogy_recipe(
    suite: Suite, *, quadruples: Sequence[str] = (), examples: Sequence[int] = FEW
) -> AnalogyRecipe:
    """Quadruples A:B::C:D of the suite's vectors (none given: those of its recipe book).

    The vectors must have the same parameters.
    """
    if any(count < 1 for count in examples):
        raise RecipeError(f"few-shot fine-tuning needs at least 1 image, got {list(examples)}")
    chosen = tuple(parse_quadruple(text) for text in dict.fromkeys(quadruples))
    chosen = chosen or suite.recipes.analogies
    if not chosen:
        raise names_nothing(suite, "analogies")
    names = [name for quadruple in chosen for name in quadruple.tasks]
    for name in names:
        suite.task(name)
        if name not in vector_names(suite):
            raise unknown_name("task with a vector", name, existing=vector_names(suite))
    for quadruple in chosen:
        a, b, c = (suite.vector(name) for name in (quadruple.a, quadruple.b, quadruple.c))
        c + (b - a)  # refuses vectors of different parameters
    return AnalogyRecipe(
        quadruples=chosen,
        pictures={name: _pictures(suite.task(name)) for name in names},
        examples=tuple(examples),
    )


def paint_recipe(
    suite: Suite, *, tasks: Sequence[str] = (), ways: Sequence[str] = WAYS
) -> PaintRecipe:
    """Patch each of `tasks` (none given: those of the suite's recipe book), then all together."""
    for way in ways:
        if way not in WAYS:
            raise unknown_name("way of patching several tasks", way, existing=WAYS)
    book = suite.recipes
    chosen = chosen_tasks(suite, tasks, default=book.patching, what="patching tasks")
    return PaintRecipe(
        tasks=chosen,
        supported=(suite.control,),
        unseen_controls=_unseen(suite),
        neutral={
            task: book.patching_neutral[task] for task in chosen if task in book.patching_neutral
        },
        onlookers=tuple(n for n in (*suite.targets, *suite.onlookers) if n not in chosen),
        ways=tuple(ways),
    )


def wise_ft_recipe(
    suite: Suite, *, tasks: Sequence[str] = (), shifts: Sequence[str] = tuple(SHIFTS)
) -> WiseFtRecipe:
    """Interpolate towards a model of each of `tasks` (none given: those of the recipe book)."""
    book = suite.recipes
    chosen = chosen_tasks(suite, tasks, default=tuple(book.shifted), what="shifted tasks")
    joint = (book.joint,) if book.joint is not None else ()
    soup = {book.soup.task: book.soup.ingredients} if book.soup is not None else {}
    return WiseFtRecipe(
        vectors={task: book.shifted.get(task, task) for task in chosen},
        shifts=_shifts(shifts),
        control=suite.control,
        standard={task: (*suite.vectors, *joint, *soup.get(task, ())) for task in chosen},
    )


def soup_recipe(
    suite: Suite,
    *,
    task: str | None = None,
    ingredients: Sequence[str] = (),
    shifts: Sequence[str] = tuple(SHIFTS),
) -> SoupRecipe:
    """Soups of `ingredients`, vectors of models of `task` (none given: the suite's own soup)."""
    book = suite.recipes.soup
    if task is None and book is None:
        raise names_nothing(suite, "soup")
    if task is None and book is not None:
        task = book.task
    assert task is not None
    suite.task(task)
    if not ingredients and book is not None and book.task == task:
        ingredients = book.ingredients
    for name in ingredients:
        if name not in (*suite.vectors, *suite.recipe_vectors):
            raise unknown_name("vector", name, existing=(*suite.vectors, *suite.recipe_vectors))
    return SoupRecipe(
        task=task, ingredients=tuple(ingredients), shifts=_shifts(shifts), control=suite.control
    )


def methods_recipe(
    suite: Suite,
    *,
    tasks: Sequence[str] = (),
    methods: Sequence[str] = (),
    seeds: int = SEEDS,
) -> MethodsRecipe:
    """Merge the vectors of `tasks` (none given: the targets) by each of `methods`.

    A method is named as in `Edit`, with settings as in "ties:density=0.3"; none given: the usual
    ones, "all": every one.
    """
    if seeds < 1:
        raise RecipeError(f"a method that draws at random needs at least 1 seed, got {seeds}")
    return MethodsRecipe(
        tasks=chosen_tasks(suite, tasks, default=suite.targets, what="the targets", least=2),
        control=suite.control,
        unseen_controls=_unseen(suite),
        entrants=entrants(methods),
        seeds=seeds,
    )


def plane_recipe(
    suite: Suite,
    *,
    x: str | None = None,
    y: str | None = None,
    others: Mapping[str, float] | None = None,
    targets: Sequence[str] = (),
    forget: bool = False,
    steps: int = STEPS[1],
    x_ends: tuple[float, float] = ENDS,
    y_ends: tuple[float, float] = ENDS,
) -> PlaneRecipe:
    """The plane of two vectors (none given: the first and the last target), beside what is held.

    `targets` are judged against the control (none given: the tasks of `x` and `y`).
    """
    own = (x or suite.targets[0], y or suite.targets[-1])
    suite.check_edit(Edit(suite.name, dict.fromkeys([*own, *(others or {})], 1.0)))
    judged = tuple(dict.fromkeys(targets or (name.rpartition(":")[2] for name in own)))
    for task in judged:
        suite.task(task)
    return PlaneRecipe(
        *own,
        targets=judged,
        control=suite.control,
        others=dict(others or {}),
        forget=forget,
        steps=steps,
        x_ends=x_ends,
        y_ends=y_ends,
    )


def sweep_recipe(
    suite: Suite,
    *,
    vectors: Sequence[str] = (),
    first: float = SWEEP_ENDS[0],
    last: float = SWEEP_ENDS[1],
    points: int = POINTS,
) -> SweepRecipe:
    """Sweep λ of each of `vectors` (none given: the first target) from `first` to `last`."""
    chosen = tuple(dict.fromkeys(vectors or suite.targets[:1]))
    suite.check_edit(Edit(suite.name, dict.fromkeys(chosen, 1.0)))
    about = {vector: suite.subject(vector) for vector in chosen}
    shown = (*suite.targets, *suite.onlookers, *about.values(), suite.control)
    return SweepRecipe(
        about, tuple(dict.fromkeys(shown)), suite.control, ends=(first, last), points=points
    )


def search_recipe(
    suite: Suite,
    *,
    tasks: Sequence[str] = (),
    method: str = SUM,
    most: float = 1.5,
    budget: int = BUDGET,
    floor: float = CONTROL_FLOOR,
    seeds: int = SEARCH_SEEDS,
) -> SearchRecipe:
    """Search λ of the vectors of `tasks` (none given: the targets), and the settings of `method`.

    `most` is the largest λ, `budget` how many edits each seeker may measure.
    """
    chosen = chosen_tasks(suite, tasks, default=suite.targets, what="the targets", least=2)
    return SearchRecipe(
        space=Space(chosen, method=method, most=most),
        control=suite.control,
        unseen_controls=_unseen(suite),
        budget=budget,
        floor=floor,
        seeds=seeds,
    )


# By the name on the command line and on the page.
RECIPES: dict[str, Callable[..., Recipe]] = {
    "negation": negation_recipe,
    "addition": addition_recipe,
    "analogy": analogy_recipe,
    "paint": paint_recipe,
    "wise-ft": wise_ft_recipe,
    "soup": soup_recipe,
    "methods": methods_recipe,
    "plane": plane_recipe,
    "sweep": sweep_recipe,
    "search": search_recipe,
    "transfer": transfer_recipe,
    "sequence": sequence_recipe,
    "scaling": scaling_recipe,
    "instruct": instruct_recipe,
    "few-shot": few_shot_recipe,
    "ways": ways_recipe,
    "efficiency": efficiency_recipe,
    "prompts": prompts_recipe,
    "retrieval": retrieval_recipe,
}


def suite_recipes(
    suite: Suite, *, per_size: int | None = None, examples: Sequence[int] = FEW
) -> dict[str, Recipe]:
    """Every recipe that the suite has what it takes for, by name.

    `per_size` is addition's, `examples` are analogy's.
    """
    book = suite.recipes
    there = {
        "negation": True,
        "addition": len(suite.targets) > 1,
        "analogy": book.analogies,
        "paint": book.patching,
        "wise-ft": book.shifted,
        "soup": book.soup,
        "methods": len(suite.targets) > 1,
        "plane": len(suite.targets) > 1,
        "sweep": True,
        "search": len(suite.targets) > 1,
        "transfer": len(learnable_tasks(suite, suite.targets)) >= LEAST,
        "sequence": len(learnable_tasks(suite, suite.targets)) > 1,
        "scaling": _has_sizes(suite),
        "instruct": answers_in_words(suite),
        "few-shot": answers_in_words(suite),
        "ways": len(learnable_tasks(suite, suite.targets)) > 1,
        "efficiency": len(learnable_tasks(suite, suite.targets)) > 1,
        "prompts": reads_prompts(suite),
        "retrieval": reads_passages(suite),
    }
    asked: dict[str, dict[str, Any]] = {
        "addition": {"per_size": per_size},
        "analogy": {"examples": examples},
    }
    return {
        name: make(suite, **asked.get(name, {})) for name, make in RECIPES.items() if there[name]
    }


def _has_sizes(suite: Suite) -> bool:
    """Whether it is in a collection on this machine that a law can be fitted to."""
    return any(
        sum(not member.apart for member in collection.members) >= LEAST_SIZES
        and all(load_suite(name).is_here() for name in collection.suites)
        for collection in collections_of(suite.name)
    )


def _pictures(task: Task) -> str:
    """Where a task's pictures come from; sub-populations of one family share theirs."""
    return str(task.data[DATA_KINDS[task.data["kind"]]])


def _unseen(suite: Suite) -> tuple[str, ...]:
    return (suite.second_control,) if suite.second_control else ()


def _shifts(asked: Sequence[str]) -> tuple[str, ...]:
    for shift in asked:
        if shift not in SHIFTS:
            raise unknown_name("shift", shift, existing=SHIFTS)
    return tuple(asked)
