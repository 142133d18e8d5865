"""The recipes that study how tasks get along, made for a suite; the catalogue lists them.

Knows what a suite must have for each; the protocols are the recipes' own.
"""

from collections.abc import Sequence

from taskarith.errors import RecipeError
from taskarith.recipes.sequence import recipe as sequence
from taskarith.recipes.sequence.recipe import SequenceRecipe
from taskarith.recipes.suite_tasks import chosen_tasks, learnable_tasks
from taskarith.recipes.transfer.recipe import EXAMPLES, PAIRS, TransferRecipe, drawn_pairs
from taskarith.suites import Suite

__all__ = ["sequence_recipe", "transfer_recipe"]


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


def _learnable(suite: Suite, asked: Sequence[str], *, default: Sequence[str]) -> tuple[str, ...]:
    chosen = chosen_tasks(suite, asked, default=default, what="targets with right answers")
    refused = set(chosen) - set(learnable_tasks(suite, chosen))
    if refused:
        raise RecipeError(f"{', '.join(sorted(refused))}: no right answers to learn; leave it out")
    return chosen
