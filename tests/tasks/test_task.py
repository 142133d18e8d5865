import pytest
import torch

from taskarith.errors import AssetError
from taskarith.tasks import Images, Task

TASK = Task("t", "T", "target", ("a", "b", "c", "d"), ("a {}",), {"kind": "world", "family": "t"})
IMAGES = torch.zeros(3, 8, 8, 3, dtype=torch.uint8)
LABELS = torch.zeros(3, dtype=torch.int64)


def test_chance_is_one_over_the_classes() -> None:
    assert TASK.chance == 0.25


def test_tasks_are_values() -> None:
    same = Task("t", "T", "target", TASK.classnames, TASK.templates, dict(TASK.data))
    assert same == TASK
    assert len({same, TASK}) == 1


def test_a_split_has_a_length() -> None:
    assert len(Images(IMAGES, LABELS)) == 3


@pytest.mark.parametrize(
    ("images", "labels"),
    [
        (IMAGES.float(), LABELS),
        (IMAGES[0], LABELS),
        (IMAGES[:, :4], LABELS),
        (IMAGES.permute(0, 3, 1, 2), LABELS),
        (IMAGES, LABELS[:2]),
        (IMAGES, LABELS.float()),
        (IMAGES, LABELS[:, None]),
        (IMAGES[:0], LABELS[:0]),
    ],
)
def test_what_is_no_split_is_refused(images: torch.Tensor, labels: torch.Tensor) -> None:
    with pytest.raises(AssetError, match="a split needs"):
        Images(images, labels)
