import torch
from torch.nn import functional

from taskarith.training.pretrain import contrastive_loss


def _unit(n: int, d: int) -> torch.Tensor:
    return functional.normalize(
        torch.randn(n, d, generator=torch.Generator().manual_seed(n)), dim=1
    )


def test_with_distinct_meanings_it_is_clips_loss() -> None:
    images, texts, scale = _unit(6, 4), _unit(7, 4)[:6], torch.tensor(5.0)
    logits, truth = scale * images @ texts.T, torch.arange(6)
    expected = functional.cross_entropy(logits, truth) + functional.cross_entropy(logits.T, truth)
    actual = contrastive_loss(images, texts, scale, torch.arange(6))
    torch.testing.assert_close(actual, expected / 2)


def test_pairs_of_one_meaning_attract_each_other() -> None:
    scale, meanings = torch.tensor(5.0), torch.tensor([0, 0, 1])
    together, apart = torch.eye(3)[[0, 0, 1]], torch.eye(3)
    loss_together = contrastive_loss(together, together, scale, meanings)
    loss_apart = contrastive_loss(apart, apart, scale, meanings)
    assert loss_together < loss_apart
