import torch
from torch.nn import functional

from taskarith.training.pretrain import contrastive_loss


def _unit(n: int, d: int) -> torch.Tensor:
    return functional.normalize(torch.randn(n, d, generator=torch.Generator().manual_seed(n)), dim=1)


def test_with_distinct_meanings_it_is_clips_loss() -> None:
    images, texts, scale = _unit(6, 4), _unit(7, 4)[:6], torch.tensor(5.0)
    logits, truth = scale * images @ texts.T, torch.arange(6)
    expected = functional.cross_entropy(logits, truth) + functional.cross_entropy(logits.T, truth)
    actual = contrastive_loss(images, texts, scale, torch.arange(6))
    torch.testing.assert_close(actual, expected / 2)


def test_pairs_of_one_meaning_attract_each_other() -> None:
    embeddings = torch.eye(2)[[0, 0, 1]]
    scale = torch.tensor(50.0)
    same = contrastive_loss(embeddings, embeddings, scale, torch.tensor([0, 0, 1]))
    different = contrastive_loss(embeddings, embeddings, scale, torch.tensor([0, 1, 2]))
    assert same < different
