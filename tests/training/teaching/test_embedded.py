"""Tasks of the embedded worlds as examples to teach: the world's own splits, in part."""

import numpy as np
import pytest

from taskarith.errors import TaskArithError
from taskarith.training.teaching.bounds import OWNER_BOUNDS, VISITOR_BOUNDS
from taskarith.training.teaching.embedded import of_world, worlds
from taskarith.worlds.images import world_split


def test_pictures_are_the_first_of_the_worlds_own() -> None:
    found = of_world("counting", takes=["images"], most=60, bounds=OWNER_BOUNDS)
    classes = len(found.classnames)
    pictures, labels = world_split("counting", "validation", size=18)
    assert [label for _, label in found.splits["validation"]] == labels.tolist()
    assert len(labels) == max(1, 18 // classes) * classes
    for (own, _), theirs in zip(found.splits["validation"], pictures, strict=True):
        assert np.array_equal(own, theirs)
    _, digits = world_split("handwritten-digits", "validation", size=25)
    assert np.bincount(digits).tolist() == [2] * 10  # real ones, as many of each


def test_every_text_task_keeps_its_classes_apart() -> None:
    for world in worlds(["texts"]):
        found = of_world(world.name, takes=["texts"], most=40, bounds=OWNER_BOUNDS)
        assert len(found.classnames) == world.classes
        texts = [text for items in found.splits.values() for text, _ in items]
        assert len(texts) == len(set(texts))


@pytest.mark.parametrize(
    ("name", "takes", "said"),
    [
        ("leters", "images", "did you mean 'letters'"),
        ("letters", "texts", "unknown task of the embedded worlds 'letters'"),
        ("letters", "images", "letters has 26 classes; at most 10"),
    ],
)
def test_what_is_not_there_is_said(name: str, takes: str, said: str) -> None:
    with pytest.raises(TaskArithError, match=said):
        of_world(name, takes=[takes], most=400, bounds=VISITOR_BOUNDS)  # type: ignore[list-item]
