import pytest
import torch
from torch.nn.functional import normalize

from taskarith.errors import AssetError
from taskarith.heads.prototypes import prototypes


def test_a_class_is_the_direction_of_its_mean() -> None:
    torch.manual_seed(0)
    embeddings, labels = normalize(torch.randn(30, 5), dim=-1), torch.arange(30) % 3
    head = prototypes(embeddings, labels, classes=3, scale=7.0)
    for label in range(3):
        mean = embeddings[labels == label].mean(0)
        assert torch.allclose(head.weights[label], 7 * mean / mean.norm(), atol=1e-5)
    assert head.bias is None


def test_a_class_without_an_example_is_refused() -> None:
    with pytest.raises(AssetError, match="no training example of class 1"):
        prototypes(torch.eye(2), torch.tensor([0, 2]), classes=3)
