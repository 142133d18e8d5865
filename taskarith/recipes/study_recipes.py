"""The recipes that study tasks together and sizes together, made for a suite.

Knows what a suite must have for each; the protocols are the recipes' own.
"""

from collections.abc import Sequence

from taskarith.errors import RecipeError, listed, unknown_name
from taskarith.recipes.scaling.measured import Base
from taskarith.recipes.scaling.recipe import ScalingRecipe
from taskarith.recipes.sequence import recipe as sequence
from taskarith.recipes.sequence.recipe import SequenceRecipe
from taskarith.recipes.suite_tasks import chosen_tasks, learnable_tasks
from taskarith.recipes.transfer.recipe import EXAMPLES, PAIRS, TransferRecipe, drawn_pairs
from taskarith.recipes.ways import recipe as compared
from taskarith.recipes.ways.protocol import OF_PICTURES, OF_TEXTS
from taskarith.recipes.ways.recipe import WaysRecipe
from taskarith.suites import Suite
from taskarith.suites.collection import Collection, collections_of, load_collection
from taskarith.suites.sharing import opened_members
from taskarith.tasks.shifts import SHIFTS

__all__ = ["known_ways", "scaling_recipe", "sequence_recipe", "transfer_recipe", "ways_recipe"]


def transfer_recipe(
    suite: Suite, *, tasks: Sequence[str] = (), pairs: int = PAIRS, examples: int = EXAMPLES
) -> TransferRecipe:
    """What vectors of `tasks` (none given: the targets) do to each other, and what predicts it.

    `pairs` are drawn for joint training (0: none), on `examples` of each task.
    """
    if pairs < 0:
        raise RecipeError(f"pairs for joint training are counted from 0, got {pairs}")
    chosen = _learnable(suite, tasks, default=learnable_tasks(suite, suite.targets))
    return TransferRecipe(
        tasks=chosen,
        pairs=drawn_pairs(chosen, count=pairs),
        mixture=pairs > 0,
        examples=examples,
    )


def sequence_recipe(
    suite: Suite,
    *,
    tasks: Sequence[str] = (),
    orders: int = sequence.ORDERS,
    steps: int = sequence.STEPS,
    examples: int = sequence.EXAMPLES,
) -> SequenceRecipe:
    """Learn `tasks` one after the other (none given: three targets, spread over the suite's)."""
    learnable = learnable_tasks(suite, suite.targets)
    spread = learnable[:: max(1, len(learnable) // 3)][:3]
    chosen = _learnable(suite, tasks, default=spread)
    return SequenceRecipe(chosen, orders=orders, steps=steps, examples=examples)


def ways_recipe(
    suite: Suite,
    *,
    task: str | None = None,
    other: str | None = None,
    ways: Sequence[str] = (),
    seeds: int = compared.SEEDS,
    steps: int = compared.STEPS,
) -> WaysRecipe:
    """Learn `task` by each of `ways` (none given: all that suit the base's kind).

    No task given: one whose pictures the suite's book has shifted, else the first of those with
    most classes. Each vector is added to that of `other` (None: the next target).
    """
    learnable = learnable_tasks(suite, suite.targets)
    shifted = [name for name in suite.recipes.shifted if name in learnable]
    widest = max(learnable, key=lambda name: len(suite.task(name).classnames), default=None)
    own = [task] if task is not None else shifted[:1] or ([widest] if widest else [])
    (task,) = (
        _learnable(suite, own, default=())
        if own
        else chosen_tasks(suite, (), default=(), what="targets with right answers")
    )
    after = learnable[learnable.index(task) + 1 :] if task in learnable else ()
    beside = [name for name in (*after, *learnable) if name != task]
    if other == task or (other is None and not beside):
        raise RecipeError(f"{task!r} is added to another task's vector; name another with --other")
    (other,) = _learnable(suite, [other or beside[0]], default=())
    known = known_ways(suite)
    return WaysRecipe(
        task=task,
        other=other,
        control=suite.control,
        ways=tuple(dict.fromkeys(ways)) or known,
        known=known,
        shifts=tuple(SHIFTS) if "images" in suite.weights.family.examples else (),
        seeds=seeds,
        steps=steps,
    )


def known_ways(suite: Suite) -> tuple[str, ...]:
    """The ways, as `recipe ways` calls them, for what the suite's base takes."""
    return OF_PICTURES if "images" in suite.weights.family.examples else OF_TEXTS


def scaling_recipe(
    suite: Suite, *, tasks: Sequence[str] = (), collection: str | None = None
) -> ScalingRecipe:
    """The same edits on every member of `collection` (None: the first that the suite is in).

    `tasks` are some of those that the members share (none given: all).
    """
    chosen = _collection_of(suite, collection)
    unknown = [task for task in tasks if task not in chosen.tasks]
    if unknown:
        raise unknown_name("task of the collection", unknown[0], existing=chosen.tasks)
    suites = opened_members(chosen)
    away = [name for name, member in suites.items() if not member.is_here()]
    if away:
        raise RecipeError(
            f"{listed(away)} of the collection {chosen.name!r} take weights that are not on this "
            f"machine yet; fetch them first: taskarith suites pull {away[0]}"
        )
    asked = tuple(dict.fromkeys(tasks)) or chosen.tasks
    first = suites[chosen.suites[0]]
    means = [t for t in (*asked, chosen.controls[0]) if first.task(t).metric.kind != "share"]
    if means:
        raise RecipeError(f"{listed(means)}: no right and wrong answers; leave it out")
    return ScalingRecipe(
        collection=chosen.name,
        bases=tuple(
            Base(one.suite, one.seen, one.apart, suites[one.suite].recipe_fingerprint)
            for one in chosen.members
        ),
        tasks=asked,
        control=chosen.controls[0],
        opened=suite.name,
    )


def _collection_of(suite: Suite, asked: str | None) -> Collection:
    if asked is not None:
        return load_collection(asked)
    found = collections_of(suite.name)
    if not found:
        raise RecipeError(
            f"{suite.name!r} is in no collection of suites that share tasks, so there are no sizes "
            "to compare; choose a suite that is, or name a collection"
        )
    return found[0]


def _learnable(suite: Suite, asked: Sequence[str], *, default: Sequence[str]) -> tuple[str, ...]:
    chosen = chosen_tasks(suite, asked, default=default, what="targets with right answers")
    refused = set(chosen) - set(learnable_tasks(suite, chosen))
    if refused:
        raise RecipeError(f"{', '.join(sorted(refused))}: no right answers to learn; leave it out")
    return chosen
