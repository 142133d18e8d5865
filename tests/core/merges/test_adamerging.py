from collections.abc import Mapping

import numpy as np
import pytest
import torch

from taskarith.core import TaskVector, layer_group
from taskarith.core.merges import adamerging, learned_coefficients
from taskarith.errors import SettingError
from tests.core.merges.examples import SHAPES, MadeUpStatistics, fused_terms, random_vector
from tests.core.merges.test_merges import VECTORS as EXAMPLES

VECTORS = {name: random_vector(seed) for seed, name in enumerate("abc")}
COEFFICIENTS = {"a": 1.0, "b": -0.5, "c": 2.0}
GROUPS = list(dict.fromkeys(layer_group(name) for name in SHAPES))


def textbook(vectors: Mapping[str, TaskVector], steps: int, rate: float) -> np.ndarray:
    """Adam (β 0.9, 0.999) in numpy on c, for the made-up entropy ½ ‖Σ c σ − target‖²."""
    target = MadeUpStatistics().target
    sigma = [
        [
            {
                name: COEFFICIENTS[key] * vector.get(name, torch.zeros(shape)).double().numpy()
                for name, shape in SHAPES.items()
                if layer_group(name) == group
            }
            for group in GROUPS
        ]
        for key, vector in vectors.items()
    ]
    count = len(vectors)
    c = np.full((count, len(GROUPS)), 0.3)
    m, s = np.zeros_like(c), np.zeros_like(c)
    for step in range(1, steps + 1):
        gradient = np.zeros_like(c)
        for g in range(len(GROUPS)):
            for name in sigma[0][g]:
                merged = sum(c[t, g] * sigma[t][g][name] for t in range(count))
                error = merged - target[name].double().numpy()
                for t in range(count):
                    gradient[t, g] += np.sum(error * sigma[t][g][name])
        m, s = 0.9 * m + 0.1 * gradient, 0.999 * s + 0.001 * gradient**2
        c = c - rate * (m / (1 - 0.9**step)) / (np.sqrt(s / (1 - 0.999**step)) + 1e-8)
        c = np.clip(c, -3, 3)
    return c


@pytest.mark.parametrize("example", EXAMPLES)
@pytest.mark.parametrize(("steps", "rate"), [(0, 0.1), (1, 0.1), (20, 0.05), (8, 1.0)])
def test_it_is_adam_on_the_projected_gradient(steps: int, rate: float, example: str) -> None:
    vectors = EXAMPLES[example]
    terms = fused_terms(vectors, {name: COEFFICIENTS[name] for name in vectors})
    learned = learned_coefficients(terms, statistics=MadeUpStatistics(), steps=steps, rate=rate)
    found = np.array([[learned[name][group] for group in GROUPS] for name in vectors])
    assert found == pytest.approx(textbook(vectors, steps, rate), abs=1e-4)


def test_the_merged_vector_has_those_coefficients() -> None:
    terms, data = fused_terms(VECTORS, COEFFICIENTS), MadeUpStatistics()
    found = adamerging(terms, statistics=data, steps=5, rate=0.1, scale=0.5)
    learned = learned_coefficients(terms, statistics=data, steps=5, rate=0.1)
    by_layer = fused_terms(VECTORS, COEFFICIENTS, layers=learned)
    for block, stack in by_layer.stacks():
        tensor = found[block.parameter].flatten()[block.start : block.stop].view(block.shape)
        assert tensor.numpy() == pytest.approx(0.5 * stack.sum(0).numpy(), abs=1e-5)


def test_it_asks_about_new_images_of_the_tasks_that_are_wanted() -> None:
    data = MadeUpStatistics()
    adamerging(fused_terms(VECTORS, COEFFICIENTS), statistics=data, steps=3, images=7)
    assert data.asked == [(("a", "c"), step, 7) for step in range(3)]


def test_coefficients_may_become_negative() -> None:
    data = MadeUpStatistics()
    data.target = {name: -tensor for name, tensor in VECTORS["a"].items()}
    learned = learned_coefficients(
        fused_terms({"a": VECTORS["a"]}), statistics=data, steps=300, rate=0.05
    )
    del learned["a"]["nothing"]  # a parameter without entries says nothing
    assert list(learned["a"].values()) == pytest.approx([-1.0] * (len(GROUPS) - 1), abs=0.01)


def test_there_must_be_something_to_learn_from() -> None:
    with pytest.raises(SettingError, match="λ > 0"):
        adamerging(fused_terms(VECTORS, {"a": -1.0}), statistics=MadeUpStatistics())
