"""Which tasks and vectors of a suite a recipe is about: those asked for, or the suite's own.

Knows a suite's manifest; no protocol.
"""

from collections.abc import Sequence

from taskarith.errors import RecipeError, unknown_name
from taskarith.suites import Suite

__all__ = ["chosen_tasks", "learnable_tasks", "names_nothing", "vector_names"]


def chosen_tasks(
    suite: Suite, asked: Sequence[str], *, default: Sequence[str], what: str, least: int = 1
) -> tuple[str, ...]:
    """The tasks asked for, or the default; each with a vector, each once."""
    if not asked and not default:
        raise names_nothing(suite, what)
    chosen = tuple(dict.fromkeys(asked or default))
    for name in chosen:
        suite.task(name)
        if name not in vector_names(suite):
            raise unknown_name("task with a vector", name, existing=vector_names(suite))
    if len(chosen) < least:
        raise RecipeError(f"this recipe needs at least {least} tasks, got {', '.join(chosen)}")
    return chosen


def learnable_tasks(suite: Suite, tasks: Sequence[str]) -> tuple[str, ...]:
    """Those whose examples have a right answer, so that there is a loss to lower."""
    return tuple(name for name in tasks if suite.task(name).head["kind"] != "samples")


def vector_names(suite: Suite) -> tuple[str, ...]:
    """Every vector of the suite that a recipe may name."""
    return (*suite.vectors, *suite.recipe_vectors)


def names_nothing(suite: Suite, what: str) -> RecipeError:
    """What to say where a manifest has nothing for a recipe to be about."""
    return RecipeError(
        f'the suite {suite.name!r} lists no {what} in its manifest\'s "recipes"; name the tasks, '
        "or choose a suite that has them"
    )
