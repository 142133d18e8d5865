import numpy as np
import pytest
import torch

from taskarith.suites import Suite
from taskarith.training.anchor import Anchor, make_anchor
from taskarith.training.finetune import Lesson, finetune, trained_names
from taskarith.training.loop import Recipe

RECIPE = Recipe(steps=60, batch=16, rate=3e-3, warmup=5, weight_decay=0.0, seed=1)


def test_the_penalty_is_the_weighted_mean_square_of_what_moved() -> None:
    anchor = Anchor(torch.zeros(3, 2, 2, 3, dtype=torch.uint8), torch.eye(3), weight=2.0, batch=2)
    rows = torch.tensor([0, 2])
    assert anchor.penalty(torch.eye(3)[rows], rows) == 0
    moved = torch.stack([torch.tensor([0.0, 1.0, 0.0]), torch.eye(3)[2]])
    assert float(anchor.penalty(moved, rows)) == pytest.approx(2.0 * (2 + 0) / 2)


def test_drawn_rows_differ_and_follow_the_generator() -> None:
    anchor = Anchor(torch.zeros(9, 2, 2, 3, dtype=torch.uint8), torch.eye(9), batch=5)
    rows = anchor.draw(np.random.default_rng(4))
    assert len(set(rows.tolist())) == 5
    assert torch.equal(rows, anchor.draw(np.random.default_rng(4)))


def test_an_anchored_model_moves_less_on_the_kept_pictures(tiny_suite: Suite, tmp_path) -> None:
    name = tiny_suite.targets[0]
    split, head = tiny_suite.split(name, "train"), tiny_suite.class_weights(name)
    kept = tiny_suite.split(tiny_suite.control, "train").pixels
    before = tiny_suite.model().encode_images(kept)

    def drift(*, weight: float) -> float:
        model = tiny_suite.model()
        anchor = make_anchor(model, kept.numpy())
        assert torch.allclose(anchor.embeddings, before, atol=1e-5)
        finetune(
            model,
            [Lesson(split.pixels, split.labels, head)],
            names=trained_names(model, attention_only=False),
            recipe=RECIPE,
            anchor=Anchor(anchor.pictures, anchor.embeddings, weight=weight, batch=16),
            folder=tmp_path,
            name=f"weight-{weight:g}",
        )
        return float((model.encode_images(kept) - before).square().sum(1).mean())

    assert drift(weight=50.0) < 0.5 * drift(weight=0.0)
