import subprocess
import sys

import numpy as np
import pytest

from taskarith.errors import AssetError, UnknownNameError
from taskarith.worlds.images import FAMILIES, SPLIT_SIZES, pixel_fingerprint, world_split
from taskarith.worlds.images.typographic import NEUTRAL_TAGS, TYPOGRAPHIC


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
    drawn = [name for name in FAMILIES if name != "fresh-textures"]  # the same hand, other seeds
    assert len({pixel_fingerprint(name) for name in drawn}) == len(drawn)
    assert pixel_fingerprint("fresh-textures") == pixel_fingerprint("textures")


def test_fresh_pictures_are_other_pictures_of_the_same_classes() -> None:
    first, labels = world_split("textures", "validation")
    fresh, fresh_labels = world_split("fresh-textures", "validation")
    assert np.array_equal(labels, fresh_labels)
    seen = {picture.tobytes() for picture in first}
    assert not any(picture.tobytes() in seen for picture in fresh)


def test_a_part_of_the_classes_fills_the_split_and_keeps_its_labels() -> None:
    pictures, labels = world_split("textures", "validation", classes=[7, 2, 5])
    assert len(pictures) == len(labels) == 3 * (SPLIT_SIZES["validation"] // 3)
    assert np.bincount(labels, minlength=12).tolist() == [
        0, 0, 166, 0, 0, 166, 0, 166, 0, 0, 0, 0
    ]  # fmt: skip
    assert labels.dtype == np.int64


def test_parts_of_the_handwritten_classes_are_the_real_samples_of_these() -> None:
    pictures, labels = world_split("handwritten-digits", "test")
    low, low_labels = world_split("handwritten-digits", "test", classes=range(5))
    high, _ = world_split("handwritten-digits", "test", classes=range(5, 10))
    assert set(low_labels) == set(range(5))
    assert np.array_equal(low, pictures[labels < 5])
    assert np.array_equal(high, pictures[labels >= 5])
    assert len(low) + len(high) == len(pictures)


@pytest.mark.parametrize("classes", [[], [1, 1], [-1], [12], [True], [0.5], "01", 3])
def test_classes_that_do_not_exist_are_refused(classes: object) -> None:
    with pytest.raises(AssetError, match=r"'textures' must be .* from 0 to 11"):
        world_split("textures", "test", classes=classes)


def test_attacked_and_neutral_splits_show_the_same_objects(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(FAMILIES, "typographic", TYPOGRAPHIC)
    monkeypatch.setitem(FAMILIES, "neutral-tags", NEUTRAL_TAGS)
    monkeypatch.setitem(SPLIT_SIZES, "validation", 20)
    attacked, labels = world_split("typographic", "validation")
    neutral, neutral_labels = world_split("neutral-tags", "validation")
    assert np.array_equal(labels, neutral_labels)
    assert np.array_equal(attacked[:, :, 0], neutral[:, :, 0])  # the left edge, clear of writing
    assert not np.array_equal(attacked, neutral)


def test_the_handwritten_samples_are_scikit_learns() -> None:
    from sklearn.datasets import load_digits

    from taskarith.worlds.images.handwritten import _digits

    data, rows = load_digits(), _digits()
    assert np.array_equal(rows[:, :-1], data.data)
    assert np.array_equal(rows[:, -1], data.target)


def test_drawing_them_does_not_import_scikit_learn() -> None:
    code = (
        "import sys; from taskarith.worlds.images import world_split; "
        "world_split('handwritten-digits', 'validation'); "
        "sys.exit('sklearn' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
