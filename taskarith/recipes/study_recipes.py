"""The recipes that study tasks together and sizes together, made for a suite.

Knows what a suite must have for each; the protocols are the recipes' own.
"""

import math
from collections.abc import Sequence

from taskarith.errors import RecipeError, listed, unknown_name
from taskarith.recipes.efficiency import recipe as efficiency
from taskarith.recipes.efficiency.protocol import ALL, SHOTS, TAKEN
from taskarith.recipes.efficiency.recipe import EfficiencyRecipe
from taskarith.recipes.efficiency.twenty import usual_measure
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
from taskarith.suites.knowledge import KNOWLEDGE, class_knowledge
from taskarith.suites.sharing import opened_members
from taskarith.tasks.shifts import SHIFTS
from taskarith.tasks.task import ZERO_SHOT

__all__ = [
    "efficiency_recipe",
    "known_ways",
    "scaling_recipe",
    "sequence_recipe",
    "transfer_recipe",
    "ways_recipe",
]


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
    task = _one_task(suite, task)
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


def efficiency_recipe(
    suite: Suite,
    *,
    task: str | None = None,
    others: Sequence[str] = (),
    ways: Sequence[str] = (),
    shots: Sequence[int] = (*SHOTS, ALL),
    seeds: int = efficiency.SEEDS,
    steps: int = efficiency.STEPS,
    measure: str | None = None,
) -> EfficiencyRecipe:
    """Learn `task` from each number of `shots` a class (0: from all), by few and many weights.

    No task given: as for `ways_recipe`. It also starts from the sum of the vectors of `others`
    (none given: every other target of other examples). `measure` is one of
    `efficiency.measures.MEASURES` (None: what the task is usually counted by).
    """
    task = _one_task(suite, task)
    own = suite.task(task)
    if own.metric.kind != "share" or len(own.classnames) < 2:
        raise RecipeError(f"{task!r} has no classes to count right answers of; choose another task")
    apart = [
        name
        for name in learnable_tasks(suite, suite.targets)
        if name != task and dict(suite.task(name).data) != dict(own.data)
    ]
    if task in others or not (others or apart):
        raise RecipeError(f"{task!r} starts from other tasks' vectors; name some with --others")
    told = class_knowledge(suite, task) if own.head["kind"] == ZERO_SHOT else ()
    untold = f"{suite.name} has no {KNOWLEDGE} that tells about {task}"
    if own.head["kind"] != ZERO_SHOT:
        untold = f"the head of {task} is not made of words by a text tower"
    return EfficiencyRecipe(
        task=task,
        others=_learnable(suite, others, default=apart),
        ways=tuple(dict.fromkeys(ways)) or TAKEN,
        shots=tuple(sorted(dict.fromkeys(shots), key=lambda one: one or math.inf)),
        seeds=seeds,
        steps=steps,
        measure=measure or usual_measure(task),
        knowledge=told,
        untold="" if told else untold,
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


def _one_task(suite: Suite, asked: str | None) -> str:
    """The task asked for; else one whose pictures are shifted, or of most classes."""
    learnable = learnable_tasks(suite, suite.targets)
    shifted = [name for name in suite.recipes.shifted if name in learnable]
    widest = max(learnable, key=lambda name: len(suite.task(name).classnames), default=None)
    own = [asked] if asked is not None else shifted[:1] or ([widest] if widest else [])
    (task,) = (
        _learnable(suite, own, default=())
        if own
        else chosen_tasks(suite, (), default=(), what="targets with right answers")
    )
    return task


def _learnable(suite: Suite, asked: Sequence[str], *, default: Sequence[str]) -> tuple[str, ...]:
    chosen = chosen_tasks(suite, asked, default=default, what="targets with right answers")
    refused = set(chosen) - set(learnable_tasks(suite, chosen))
    if refused:
        raise RecipeError(f"{', '.join(sorted(refused))}: no right answers to learn; leave it out")
    return chosen
