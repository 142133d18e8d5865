from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from taskarith.errors import AssetError
from taskarith.tasks import SPLITS, Task, load_split
from taskarith.tasks.folders import folder_classes


def fill(folder: Path, *, count: int = 30) -> Path:
    for label, name in enumerate(("wren", "robin")):
        (folder / name).mkdir(parents=True)
        for index in range(count):
            pixels = np.full((5, 7, 3), 100 * label + index, dtype=np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{index}.png")
    return folder


def birds(folder: Path) -> Task:
    data = {"kind": "folder", "path": str(folder), "side": 4}
    return Task("birds", "Birds", "target", ("robin", "wren"), ("a {}",), data)


def test_classes_are_the_folders_in_the_alphabets_order(tmp_path: Path) -> None:
    assert folder_classes(fill(tmp_path)) == ["robin", "wren"]


def test_every_picture_is_in_exactly_one_split(tmp_path: Path) -> None:
    task = birds(fill(tmp_path))
    splits = [load_split(task, split) for split in SPLITS]
    seen = [int(image[0, 0, 0]) for split in splits for image in split.pixels]
    assert sorted(seen) == sorted([*range(30), *range(100, 130)])
    assert all(len(split) >= 5 for split in splits)
    for split in splits:
        for image, label in zip(split.pixels, split.labels, strict=True):
            assert (int(image[0, 0, 0]) >= 100) == (int(label) == 0)


def test_a_new_picture_moves_no_other(tmp_path: Path) -> None:
    task = birds(fill(tmp_path))
    before = {int(image[0, 0, 0]) for image in load_split(task, "validation").pixels}
    Image.new("RGB", (9, 9), (250, 0, 0)).save(tmp_path / "wren" / "aaa.png")
    after = {int(image[0, 0, 0]) for image in load_split(task, "validation").pixels}
    assert before <= after <= before | {250}


def test_a_folder_that_is_split_already_stays_so(tmp_path: Path) -> None:
    fill(tmp_path / "validation", count=3)
    fill(tmp_path / "test", count=4)
    task = birds(tmp_path)
    assert len(load_split(task, "validation")) == 6
    assert len(load_split(task, "test")) == 8
    with pytest.raises(AssetError, match="no pictures"):
        load_split(task, "train")


def test_other_files_are_passed_over(tmp_path: Path) -> None:
    fill(tmp_path)
    (tmp_path / "wren" / "notes.txt").write_text("hello")
    (tmp_path / "wren" / ".DS_Store").write_bytes(b"x")
    assert folder_classes(tmp_path) == ["robin", "wren"]
    assert sum(len(load_split(birds(tmp_path), split)) for split in SPLITS) == 60


def test_what_is_wrong_is_said(tmp_path: Path) -> None:
    with pytest.raises(AssetError, match="there is no folder"):
        folder_classes(tmp_path / "missing")
    (tmp_path / "alone").mkdir()
    Image.new("RGB", (4, 4)).save(tmp_path / "alone" / "1.png")
    with pytest.raises(AssetError, match="at least two folders with pictures"):
        folder_classes(tmp_path)
    folder = fill(tmp_path / "birds")
    (folder / "wren" / "broken.png").write_bytes(b"x")
    with pytest.raises(AssetError, match=r"broken\.png is no picture"):
        [load_split(birds(folder), split) for split in SPLITS]
