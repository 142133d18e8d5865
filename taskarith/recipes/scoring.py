"""The `Score` of a real suite: recipes measured by the evaluator, through the result cache."""

from collections.abc import Mapping, Sequence

from taskarith.core import Edit
from taskarith.evaluation import Estimate, Evaluator, ResultCache, measure
from taskarith.recipes.score import Score
from taskarith.tasks import SplitName

__all__ = ["suite_score"]


def suite_score(evaluator: Evaluator, *, cache: ResultCache | None = None, seed: int = 0) -> Score:
    """A `Score` over whole splits of the evaluator's suite; `seed` draws the null directions."""

    def score(
        coefficients: Mapping[str, float], tasks: Sequence[str], *, split: SplitName
    ) -> Mapping[str, Estimate]:
        edit = Edit(evaluator.suite.name, coefficients, seed=seed)
        return measure(evaluator, edit, tasks=tasks, split=split, cache=cache)

    return score
