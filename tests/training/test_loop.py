from pathlib import Path

import numpy as np
import pytest
import torch

from taskarith.training.loop import Recipe, fit, shifted

RECIPE = Recipe(steps=1_200, batch=1, rate=0.01, warmup=100, weight_decay=0.0, seed=3)


def _noisy_parabola(parameter: torch.nn.Parameter, *, stop_at: float = float("inf")):
    calls = 0

    def loss(rng: np.random.Generator) -> torch.Tensor:
        nonlocal calls
        calls += 1
        if calls > stop_at:
            raise KeyboardInterrupt
        return (parameter - 1 - 0.1 * float(rng.normal())).square().sum()

    return loss


def test_rate_warms_up_and_decays_to_zero() -> None:
    rates = [RECIPE.rate_at(step) for step in range(RECIPE.steps)]
    assert rates[0] == pytest.approx(RECIPE.rate / 100)
    assert max(rates) == pytest.approx(RECIPE.rate)
    assert rates[-1] < 1e-3 * RECIPE.rate
    assert rates[100:] == sorted(rates[100:], reverse=True)


def test_an_interrupted_run_ends_where_an_uninterrupted_one_does(tmp_path: Path) -> None:
    whole = torch.nn.Parameter(torch.zeros(2, 2))
    fit([whole], _noisy_parabola(whole), recipe=RECIPE, folder=tmp_path / "a", name="run")

    broken = torch.nn.Parameter(torch.zeros(2, 2))
    interrupted = _noisy_parabola(broken, stop_at=700)
    with pytest.raises(KeyboardInterrupt):
        fit([broken], interrupted, recipe=RECIPE, folder=tmp_path / "b", name="run")
    resumed = torch.nn.Parameter(torch.zeros(2, 2))
    fit([resumed], _noisy_parabola(resumed), recipe=RECIPE, folder=tmp_path / "b", name="run")

    assert torch.equal(resumed, whole)
    torch.testing.assert_close(whole.detach(), torch.ones(2, 2), rtol=0, atol=0.1)
    assert not list(tmp_path.glob("*/*.pt"))


def test_shifted_moves_pictures_without_inventing_pixels() -> None:
    pictures = torch.zeros(16, 3, 8, 8)
    pictures[:, :, 4, 4] = 1.0
    moved = shifted(pictures, np.random.default_rng(0), reach=2, groups=4)
    assert moved.shape == pictures.shape
    assert ((moved != 0).sum((1, 2, 3)) == 3).all()
