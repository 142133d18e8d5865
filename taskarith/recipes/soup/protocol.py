"""How a soup is made of its ingredients: their mean, or greedily on validation."""

from collections.abc import Sequence

from taskarith.evaluation import Estimate
from taskarith.recipes.score import Score

__all__ = ["average", "greedy_soup", "ranked"]


def average(vectors: Sequence[str]) -> dict[str, float]:
    """The edit that is the mean of the models θ₀ + τ_k.

    >>> average(["a", "b"])
    {'a': 0.5, 'b': 0.5}
    """
    return dict.fromkeys(vectors, 1 / len(vectors))


def ranked(score: Score, *, ingredients: Sequence[str], task: str) -> dict[str, Estimate]:
    """The ingredients with their validation estimates, the best first; ties keep their order."""
    accuracies = {
        name: score({name: 1.0}, [task], split="validation")[task] for name in ingredients
    }
    order = sorted(accuracies, key=lambda name: -accuracies[name].skill)
    return {name: accuracies[name] for name in order}


def greedy_soup(score: Score, *, order: Sequence[str], task: str) -> tuple[str, ...]:
    """Take each ingredient in `order` that does not make the average worse on validation.

    The paper's recipe 1: start with the best one; keep the next if the average with it is at least
    as good as that without it.
    """
    taken: tuple[str, ...] = ()
    best = -1.0
    for name in order:
        trial = (*taken, name)
        skill = score(average(trial), [task], split="validation")[task].skill
        if skill >= best:
            taken, best = trial, skill
    return taken
