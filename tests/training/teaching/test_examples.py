"""What may be taught, what is refused, and how it is split."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from taskarith.errors import AssetError, TaskArithError, TeachingError
from taskarith.training.teaching.bounds import VISITOR_BOUNDS
from taskarith.training.teaching.examples import gathered, open_picture
from taskarith.training.teaching.splitting import Gathered
from tests.training.teaching.doodles import doodles


def found(source: Any, **options: Any) -> Gathered:
    with gathered(source, **options) as examples:
        return examples


def folder_of(pictures: Mapping[str, Sequence[Image.Image]], place: Path) -> Path:
    for name, items in pictures.items():
        (place / name).mkdir(parents=True)
        for number, picture in enumerate(items):
            picture.save(place / name / f"{number}.png")
    return place


def png(picture: Image.Image, **options: Any) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", **options)
    return buffer.getvalue()


@pytest.mark.parametrize(("each", "sizes"), [(3, (1, 1, 1)), (6, (3, 2, 1)), (20, (10, 6, 4))])
def test_every_class_is_split_alike(each: int, sizes: tuple[int, int, int]) -> None:
    examples = found(doodles(["lying", "standing"], each))
    for split, size in zip(("train", "validation", "test"), sizes, strict=True):
        labels = [label for _, label in examples.splits[split]]  # type: ignore[index]
        assert labels.count(0) == labels.count(1) == size
    every = [id(one) for items in examples.splits.values() for one, _ in items]
    assert len(set(every)) == 2 * each


def test_the_seed_decides_and_nothing_else() -> None:
    pictures = doodles(["lying", "standing"], 8)
    first, again, other = (found(pictures, seed=seed) for seed in (1, 1, 2))
    assert first.splits == again.splits
    assert first.splits != other.splits


def test_fewer_are_among_more() -> None:
    pictures = doodles(["lying", "standing"], 20)
    by_few = [{id(one) for one, _ in found(pictures, few=k).splits["train"]} for k in (1, 4, 8)]
    assert by_few[0] < by_few[1] < by_few[2]
    assert [len(ids) for ids in by_few] == [2, 8, 16]


def test_a_folder_and_its_zip_give_the_same(tmp_path: Path) -> None:
    place = folder_of(doodles(["lying", "standing"], 5), tmp_path / "classes")
    with zipfile.ZipFile(tmp_path / "classes.zip", "w") as archive:
        for path in sorted(place.rglob("*.png")):
            archive.write(path, path.relative_to(tmp_path))
    one, other = found(place), found(tmp_path / "classes.zip")
    assert one.classnames == other.classnames == ("lying", "standing")

    def names(examples: Gathered) -> list[list[str]]:
        return [[f"{p.parent.name}/{p.name}" for p, _ in s] for s in examples.splits.values()]

    assert names(one) == names(other)


def test_a_folder_that_is_split_stays_split(tmp_path: Path) -> None:
    pictures = doodles(["lying", "standing"], 2)
    for split in ("train", "val", "test"):
        folder_of(pictures, tmp_path / split)
    examples = found(tmp_path)
    for split in ("train", "validation", "test"):
        assert examples.count(split) == 4  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ({}, "no class"),
        ({"sun": ["a", "b", "c"]}, "there is 1 class"),
        ({"sun": ["a", "b", "c"], "moon": []}, "'moon' has no example"),
        ({"sun": ["a", "b", "c"], "moon": ["d"]}, "'moon' has one example; each needs at least 3"),
        ({"sun": ["a", "b", "c"], "Sun": ["d", "e", "f"]}, "'sun' and 'Sun'; call them apart"),
        ({"sun": ["a", "b", "c"], " ": ["d", "e", "f"]}, "no name of a class"),
        ({"sun": ["a", "b", "c"], "m\n\x00": ["d", "e", "f"]}, "no name of a class"),
        ({"sun": ["a", "b", "c"], "x" * 61: ["d", "e", "f"]}, "no name of a class"),
        ({"sun": ["a", "b", "c"], "moon": ["d", "e", "a"]}, "'a' is in two classes"),
        ({"sun": ["a", "b", "c"], "moon": ["d", "e", " "]}, "a text of 'moon' is empty"),
        ({"sun": ["a", "b", "c"], "moon": ["d", "e", "x" * 3000]}, "3,000 characters long"),
        (
            {f"class {n}": [f"{n}a", f"{n}b", f"{n}c"] for n in range(1000)},
            "1,000 classes; at most",
        ),
    ],
)
def test_what_cannot_be_taught(source: Any, said: str) -> None:
    with pytest.raises(TeachingError, match=said):
        found(source)


def test_a_table_may_be_split_by_you(tmp_path: Path) -> None:
    path = tmp_path / "moods.csv"
    rows = [f"{mood} {n},{mood},{split}" for mood in ("glad", "sad")
            for n, split in enumerate(["train", "train", "validation", "test"])]  # fmt: skip
    path.write_text("\n".join(["text,label,split", *rows, "glad 0,glad,test", ""]))
    table = found(path)
    assert [table.count(split) for split in ("train", "validation", "test")] == [4, 2, 2]  # type: ignore[arg-type]
    assert table.notes == ("1 text stands there twice: once is kept",)
    path.write_text("\n".join(["text,label,split", *rows, "more,glad,dev", ""]))
    with pytest.raises(TeachingError, match="the split 'dev'"):
        found(path)


def test_a_text_is_never_learned_and_validated_on() -> None:
    table = found({"glad": ["so good", " so good", "what fun", "hooray"], "sad": list("abc")})
    assert sum(map(len, table.splits.values())) == 6
    assert table.notes


def test_visitors_have_bounds() -> None:
    pictures = {f"c{label}": [np.zeros((8, 8, 3), np.uint8)] * 60 for label in range(8)}
    with pytest.raises(TeachingError, match="480 examples; at most 400"):
        found(pictures, bounds=VISITOR_BOUNDS)


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(TeachingError, match="no folder, zip or table"):
        found(tmp_path / "gone")
    with pytest.raises(TaskArithError, match="at least two folders"):
        found(tmp_path)


def test_a_zip_of_one_class_names_no_path_of_this_machine(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("sun/notes.txt", "hello")
    with pytest.raises(TeachingError) as caught:
        found(tmp_path / "a.zip")
    assert "the zip" in str(caught.value)
    assert "/tmp" not in str(caught.value)


def test_transparent_is_white_and_sideways_is_upright() -> None:
    drawn = Image.new("RGBA", (10, 20), (0, 0, 0, 0))
    drawn.putpixel((0, 0), (255, 0, 0, 255))
    picture = open_picture(png(drawn), what="it")
    assert picture.getpixel((5, 5)) == (255, 255, 255)
    assert picture.getpixel((0, 0)) == (255, 0, 0)
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = open_picture(png(Image.new("RGB", (10, 20)), exif=exif), what="it")
    assert turned.size == (20, 10)


def test_of_an_animation_the_first() -> None:
    buffer = io.BytesIO()
    frames = [Image.new("RGB", (12, 12), colour) for colour in ("red", "blue")]
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:])
    assert open_picture(buffer.getvalue(), what="it").getpixel((6, 6))[0] > 200  # type: ignore[index]


@pytest.mark.parametrize(
    ("picture", "said"),
    [
        (b"no picture", "no picture that can be read"),
        (b"", "no picture that can be read"),
        (png(Image.new("RGB", (1, 1))), "it has 1 x 1 pixels"),
        (png(Image.new("1", (20_000, 20_000))), "far more than 60,000,000 pixels.*save it smaller"),
        (np.zeros((4,), np.complex128), "give uint8"),
        (Path("/nowhere/at/all.png"), "could not read it"),
    ],
    ids=["text", "empty", "1x1", "huge", "array", "gone"],
)
def test_what_is_no_picture(picture: Any, said: str) -> None:
    with pytest.raises(AssetError, match=said):
        open_picture(picture, what="it")
