import pytest
import torch
from torch import Tensor
from torch.nn.functional import normalize

from taskarith.errors import AssetError
from taskarith.heads.from_examples import head_of_examples, spread_rows
from taskarith.tasks import Images


class Colours:
    """Embeds a picture as its mean colour."""

    logit_scale = 10.0

    def encode_images(self, pixels: Tensor) -> Tensor:
        return normalize(pixels.float().mean((1, 2)), dim=-1)


def pictures(count: int) -> Images:
    labels = torch.arange(count) % 3
    pixels = torch.full((count, 4, 4, 3), 20, dtype=torch.uint8)
    for index, label in enumerate(labels.tolist()):
        pixels[index, ..., label] = 200 - index % 40
    return Images(pixels, labels)


@pytest.mark.parametrize("kind", ["prototypes", "linear-probe"])
def test_classes_need_no_words(kind: str) -> None:
    head = head_of_examples(kind, Colours(), pictures(150), classes=3)
    unseen = pictures(12)
    logits = head.logits(Colours().encode_images(unseen.pixels))
    assert logits.argmax(1).tolist() == unseen.labels.tolist()
    assert (head.bias is None) == (kind == "prototypes")


def test_every_class_lends_as_many_examples() -> None:
    labels = torch.tensor([0] * 100 + [1] * 10)
    rows = spread_rows(labels, classes=2, most=40)
    assert labels[rows].bincount().tolist() == [20, 10]
    assert rows[:3].tolist() == [0, 5, 10]


def test_a_class_without_examples_is_refused() -> None:
    with pytest.raises(AssetError, match="no training example of class 3"):
        head_of_examples("prototypes", Colours(), pictures(9), classes=4)
