import numpy as np
import pytest

from taskarith.errors import UnknownNameError
from taskarith.tasks.world import FAMILIES, pixel_fingerprint, world_split


def _rows(pictures: np.ndarray) -> set[bytes]:
    return {picture.tobytes() for picture in pictures}


@pytest.mark.parametrize("name", ["textures", "handwritten-digits"])
def test_validation_and_test_are_balanced_and_share_no_picture(name: str) -> None:
    validation, validation_labels = world_split(name, "validation")
    test, test_labels = world_split(name, "test")
    assert validation.dtype == np.uint8
    assert len(validation) == len(validation_labels)
    for labels in (validation_labels, test_labels):
        counts = np.bincount(labels, minlength=len(FAMILIES[name].classnames))
        assert counts.min() > 0.8 * counts.max()
    assert not _rows(validation) & _rows(test)


def test_a_split_is_always_the_same() -> None:
    first, labels = world_split("textures", "validation")
    again, labels_again = world_split("textures", "validation")
    assert np.array_equal(first, again)
    assert np.array_equal(labels, labels_again)


def test_unknown_names_list_what_there_is() -> None:
    with pytest.raises(UnknownNameError, match="textures"):
        world_split("texture", "test")
    with pytest.raises(UnknownNameError, match="validation"):
        world_split("textures", "dev")


def test_pixel_fingerprints_tell_families_apart() -> None:
    assert len({pixel_fingerprint(name) for name in FAMILIES}) == len(FAMILIES)
