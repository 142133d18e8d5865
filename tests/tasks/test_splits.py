from dataclasses import replace
from pathlib import Path

import pytest
import torch

from taskarith.errors import AssetError, UnknownNameError
from taskarith.sources import write_tensors
from taskarith.tasks import Task, load_split
from taskarith.worlds.images.catalogue import FAMILIES

IMAGES = torch.arange(2 * 4 * 4 * 3).view(2, 4, 4, 3).to(torch.uint8)
LABELS = torch.tensor([0, 1])


@pytest.fixture
def task(tmp_path: Path) -> Task:
    """A task whose validation pictures lie in a file."""
    path = tmp_path / "pictures.safetensors"
    write_tensors(path, {"validation.images": IMAGES, "validation.labels": LABELS})
    return Task("t", "T", "target", ("a", "b"), ("{}",), {"kind": "tensors", "path": str(path)})


def test_pictures_come_from_a_file(task: Task) -> None:
    split = load_split(task, "validation")
    assert torch.equal(split.pixels, IMAGES)
    assert torch.equal(split.labels, LABELS)


def test_an_unknown_split_is_named(task: Task) -> None:
    with pytest.raises(UnknownNameError, match="'tset'; did you mean 'test'"):
        load_split(task, "tset")


def test_an_unknown_kind_of_data_is_named(task: Task) -> None:
    with pytest.raises(UnknownNameError, match="'web'"):
        load_split(replace(task, data={"kind": "web"}), "train")


def test_a_file_without_the_split_says_what_it_has(task: Task) -> None:
    with pytest.raises(AssetError, match=r"no test\.images and no test\.labels"):
        load_split(task, "test")


def test_a_missing_file_is_named(task: Task) -> None:
    with pytest.raises(AssetError, match="nowhere"):
        load_split(replace(task, data={"kind": "tensors", "path": "nowhere"}), "test")


def test_a_label_without_a_class_is_refused(task: Task, tmp_path: Path) -> None:
    for label in (-1, 2):
        labels = torch.tensor([0, label])
        path = tmp_path / "pictures.safetensors"
        write_tensors(path, {"validation.images": IMAGES, "validation.labels": labels})
        with pytest.raises(AssetError, match="has 2 classes"):
            load_split(task, "validation")


def world_task() -> Task:
    family = FAMILIES["handwritten-digits"]
    data = {"kind": "world", "family": family.name}
    return Task("t", "T", "target", family.classnames, family.templates, data)


def test_the_world_draws_once_and_is_kept(own_cache: Path) -> None:
    first = load_split(world_task(), "validation")
    (kept,) = (own_cache / "pictures").iterdir()
    changed = kept.stat().st_mtime_ns
    again = load_split(world_task(), "validation")
    assert kept.name.startswith("handwritten-digits-validation-")
    assert kept.stat().st_mtime_ns == changed
    assert torch.equal(first.pixels, again.pixels)
    assert torch.equal(first.labels, again.labels)
    assert first.pixels.shape[1:] == (64, 64, 3)
    assert set(first.labels.tolist()) == set(range(10))


def test_the_worlds_splits_are_different_pictures() -> None:
    validation, test = (load_split(world_task(), name) for name in ("validation", "test"))
    assert not torch.equal(validation.pixels[:50], test.pixels[:50])


def test_an_unknown_family_is_named() -> None:
    with pytest.raises(UnknownNameError, match="unicorns"):
        load_split(replace(world_task(), data={"kind": "world", "family": "unicorns"}), "test")


def test_some_classes_of_a_family_are_kept_under_a_name_of_their_own(own_cache: Path) -> None:
    whole = load_split(world_task(), "validation")
    data = {"kind": "world", "family": "handwritten-digits", "classes": [0, 1, 2]}
    part = load_split(replace(world_task(), data=data), "validation")
    assert set(part.labels.tolist()) == {0, 1, 2}
    assert torch.equal(part.pixels, whole.pixels[whole.labels < 3])
    assert len({folder.name for folder in (own_cache / "pictures").iterdir()}) == 2
    # Whoever looks for the whole family by name must not find a part of it.
    assert len(list((own_cache / "pictures").glob("handwritten-digits-validation-*"))) == 1
    other = load_split(replace(world_task(), data=data | {"classes": [3]}), "validation")
    assert set(other.labels.tolist()) == {3}


def test_classes_a_family_does_not_have_are_named() -> None:
    data = {"kind": "world", "family": "handwritten-digits", "classes": [9, 10]}
    with pytest.raises(AssetError, match=r"\[9, 10\] of 'handwritten-digits'.* from 0 to 9"):
        load_split(replace(world_task(), data=data), "validation")
