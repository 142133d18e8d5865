from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, features

from taskarith.errors import AssetError
from taskarith.models.picture_transform import PictureTransform
from taskarith.tasks import SPLITS, Images, Task, load_split
from taskarith.tasks.folders import class_folders


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Apart from where tests keep their cache."""
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


def load(task: Task, split: str) -> Images:
    return load_split(task, split, transform=PictureTransform(4))


def fill(folder: Path, *, count: int = 30) -> Path:
    for label, name in enumerate(("wren", "robin")):
        (folder / name).mkdir(parents=True)
        for index in range(count):
            pixels = np.full((5, 7, 3), 100 * label + index, dtype=np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{index}.png")
    return folder


def birds(folder: Path) -> Task:
    data = {"kind": "folder", "path": str(folder)}
    return Task("birds", "Birds", "target", ("robin", "wren"), ("a {}",), data)


def test_classes_are_the_folders_in_the_alphabets_order(home: Path) -> None:
    assert class_folders(fill(home)).classes == ("robin", "wren")


def test_every_picture_is_in_exactly_one_split(home: Path) -> None:
    task = birds(fill(home))
    splits = [load(task, split) for split in SPLITS]
    seen = [int(image[0, 0, 0]) for split in splits for image in split.pixels]
    assert sorted(seen) == sorted([*range(30), *range(100, 130)])
    assert all(len(split) >= 5 for split in splits)
    for split in splits:
        for image, label in zip(split.pixels, split.labels, strict=True):
            assert (int(image[0, 0, 0]) >= 100) == (int(label) == 0)


def test_a_new_picture_moves_no_other(home: Path) -> None:
    task = birds(fill(home))
    before = {int(image[0, 0, 0]) for image in load(task, "validation").pixels}
    Image.new("RGB", (9, 9), (250, 0, 0)).save(home / "wren" / "aaa.png")
    after = {int(image[0, 0, 0]) for image in load(task, "validation").pixels}
    assert before <= after <= before | {250}


def test_a_folder_that_is_split_already_stays_so(home: Path) -> None:
    fill(home / "validation", count=3)
    fill(home / "test", count=4)
    task = birds(home)
    assert len(load(task, "validation")) == 6
    assert len(load(task, "test")) == 8
    with pytest.raises(AssetError, match="has validation/ and test/, but no train/"):
        load(task, "train")


def test_other_files_are_passed_over(home: Path) -> None:
    fill(home)
    (home / "wren" / "notes.txt").write_text("hello")
    (home / "wren" / ".DS_Store").write_bytes(b"x")
    found = class_folders(home)
    assert found.classes == ("robin", "wren")
    assert found.unused == ("wren/notes.txt",)
    assert found.notes()[-1] == "not used: wren/notes.txt"
    assert sum(len(load(birds(home), split)) for split in SPLITS) == 60


def test_what_is_wrong_is_said(home: Path) -> None:
    with pytest.raises(AssetError, match="there is no folder"):
        class_folders(home / "missing")
    (home / "alone").mkdir()
    Image.new("RGB", (4, 4)).save(home / "alone" / "1.png")
    with pytest.raises(AssetError, match="at least two folders with pictures"):
        class_folders(home)
    folder = fill(home / "birds")
    (folder / "wren" / "broken.png").write_bytes(b"x")
    with pytest.raises(AssetError, match=r"broken\.png is no picture"):
        [load(birds(folder), split) for split in SPLITS]


def put(path: Path, *, form: str = "PNG", grey: int = 90) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (9, 9), (grey,) * 3).save(path, form)


@pytest.mark.parametrize(
    ("place", "form"),
    [("{}.avif", "AVIF"), ("{}.jfif", "JPEG"), ("{}", "PNG"), ("batch/{}.png", "PNG")],
)
def test_a_class_is_found_whatever_its_pictures_are_called(
    home: Path, place: str, form: str
) -> None:
    if form == "AVIF" and not features.check("avif"):
        pytest.skip("this build of Pillow reads no AVIF")
    fill(home)
    for index in range(8):
        put(home / "cow" / place.format(index), form=form)
    found = class_folders(home)
    assert found.classes == ("cow", "robin", "wren")
    assert sum(name == "cow" for split in SPLITS for _, name in found.splits[split]) == 8
    task = replace(birds(home), classnames=("cow", "robin", "wren"))
    assert sum(int((load(task, split).labels == 0).sum()) for split in SPLITS) == 8


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("", b"", r"cow is a class without a picture; put some into it, or remove it"),
        (
            "1.heic",
            b"\0\0\0\x18ftypheic",
            r"cow has no picture that can be read here \(1 × .heic\)",
        ),
        ("notes", b"hello", r"cow has no picture that can be read here \(1 × no suffix\)"),
    ],
)
def test_a_class_without_a_readable_picture_is_refused(
    home: Path, name: str, content: bytes, words: str
) -> None:
    fill(home)
    (home / "cow").mkdir()
    if name:
        (home / "cow" / name).write_bytes(content)
    with pytest.raises(AssetError, match=words):
        class_folders(home)


@pytest.mark.parametrize(
    "names", [("train", "val", "test"), ("Train", "Validation", "Test"), ("training", "valid")]
)
def test_splits_go_by_their_usual_names(home: Path, names: tuple[str, ...]) -> None:
    for count, name in enumerate(names, start=2):
        fill(home / name, count=count)
    task = birds(home)
    sizes = [len(load(task, split)) for split in SPLITS[: len(names)]]
    assert sizes == [4, 6, 8][: len(names)]


def test_train_and_test_alone_are_refused_or_split_by_a_seed(home: Path) -> None:
    fill(home / "train", count=30)
    fill(home / "test", count=4)
    with pytest.raises(AssetError, match=r"has train/ and test/, but no validation/.*seed 0"):
        class_folders(home).of("validation")
    drawn = class_folders(home, seed=0)
    assert len(drawn.of("train")) + len(drawn.of("validation")) == 60
    assert 4 <= len(drawn.of("validation")) <= 24
    assert len(drawn.of("test")) == 8
    assert class_folders(home, seed=1).of("validation") != drawn.of("validation")
    task = birds(home)
    seeded = replace(task, data={**task.data, "seed": 0})
    assert len(load(seeded, "validation")) == len(drawn.of("validation"))


@pytest.mark.parametrize("word", ["train", "test", "validation"])
def test_a_folder_that_holds_pictures_itself_is_a_class(home: Path, word: str) -> None:
    fill(home)
    for index in range(9):
        put(home / word / f"{index}.png")
    assert class_folders(home).classes == tuple(sorted(("robin", "wren", word)))


def test_what_may_be_a_split_or_a_class_is_asked_about(home: Path) -> None:
    fill(home)
    put(home / "train" / "express" / "1.png")
    with pytest.raises(AssetError, match=r"train/ with folders in it.*beside robin/, wren/ with"):
        class_folders(home)
    fill(home / "twice" / "val")
    fill(home / "twice" / "validation")
    with pytest.raises(AssetError, match=r"val/ and validation/, which are both validation"):
        class_folders(home / "twice")


def test_what_lies_beside_the_splits_is_named(home: Path) -> None:
    fill(home / "val")
    fill(home / "test")
    put(home / "loose.png")
    (home / "labels").mkdir()
    (home / "val" / "list.csv").write_text("a,b")
    found = class_folders(home)
    assert found.unused == ("loose.png", "val/list.csv", "labels")
    assert found.notes() == [
        "2 classes; pictures: 0 for train, 60 for validation, 60 for test",
        "not used: loose.png, val/list.csv, labels",
    ]


def test_a_class_that_a_split_lacks_is_named(home: Path) -> None:
    fill(home / "val")
    put(home / "test" / "wren" / "1.png")
    assert "test has no picture of robin" in class_folders(home).notes()


def test_class_folders_that_changed_do_not_shift_the_labels(home: Path) -> None:
    task = birds(fill(home))
    made = replace(task, data={**task.data, "folders": ["robin", "wren"]})
    assert len(load(made, "validation"))
    (home / "robin").rename(home / "ant")
    with pytest.raises(AssetError, match="new ant, gone robin"):
        load(made, "validation")
    put(home / "robin" / "1.png")
    with pytest.raises(AssetError, match="3 class folders, but the task has 2 classes"):
        load(task, "validation")


def test_pictures_that_were_replaced_are_seen(home: Path) -> None:
    task = birds(fill(home))
    before = load(task, "validation").pixels.clone()
    for path in home.rglob("*.png"):
        put(path, grey=250)
    after = load(task, "validation").pixels
    assert len(after) == len(before)
    assert int(after.min()) == 250
