"""Pictures of Hub datasets, through the real `datasets` client."""

import io
import json
import shutil
import tarfile
import tracemalloc
from collections import namedtuple
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from PIL import Image

from taskarith.errors import AssetError, SourceError
from taskarith.models.picture_transform import PictureTransform
from taskarith.suites.making.creating import task_entry
from taskarith.tasks import Images, Task, load_split
from taskarith.tasks.dataset_commits import dataset_commit
from taskarith.tasks.picture_cache import pictures_folder
from tests.hub.server import LoopbackHub

NAME = "someone/pictures"
REAL = Path(__file__).resolve().parents[3] / "shared" / "data"
CARD = b"""---
configs:
- config_name: default
  data_files:
  - split: train
    path: data/train-*
  - split: test
    path: data/test-*
---
"""


def png(value: int, *, side: int = 8) -> bytes:
    stream = io.BytesIO()
    noise = np.random.default_rng(value).integers(0, 50, (side, side, 3), dtype=np.uint8)
    noise[0, 0] = (value // 256, value % 256, 7)
    Image.fromarray(noise).save(stream, "PNG")
    return stream.getvalue()


def value_of(image: torch.Tensor) -> int:
    return int(image[0, 0, 0]) * 256 + int(image[0, 0, 1])


def parquet(
    count: int,
    *,
    label: Callable[[int], Any] = lambda i: i % 4,
    image: Callable[[int], Any] = lambda i: {"bytes": png(i), "path": None},
    group: int = 10,
) -> bytes:
    """A parquet file as the Hub's datasets are: row groups of pictures as bytes, and labels."""
    table = pa.table(
        {"image": [image(i) for i in range(count)], "label": [label(i) for i in range(count)]}
    )
    stream = io.BytesIO()
    pq.write_table(table, stream, row_group_size=group, use_dictionary=False)
    return stream.getvalue()


def task(**data: Any) -> Task:
    splits = {
        "validation": {"from": "test", "tenth": True},
        "test": {"from": "test", "tenth": False},
    }
    described = {"kind": "hub", "dataset": NAME, "splits": splits, **data}
    return Task("t", "T", "target", tuple("abcd"), ("a {}",), described)


def load(wanted: Task, side: int, split: str) -> Images:
    return load_split(wanted, split, transform=PictureTransform(side))


def publish(hub: LoopbackHub, test: bytes, *, train: bytes | None = None) -> None:
    files = {"README.md": CARD, "data/test-00000-of-00001.parquet": test}
    files["data/train-00000-of-00001.parquet"] = train or parquet(20)
    hub.add(NAME, files, kind="datasets")


@pytest.fixture(autouse=True)
def _forget() -> None:
    """`datasets` and `fsspec` remember what they saw of a repository."""
    from fsspec.asyn import AsyncFileSystem  # noqa: F401
    from huggingface_hub import HfFileSystem

    HfFileSystem.clear_instance_cache()


def test_validation_and_test_share_no_picture(hub: LoopbackHub) -> None:
    publish(hub, parquet(100))
    parts = [load(task(), 8, split) for split in ("validation", "test")]
    values = [[value_of(image) for image in part.pixels] for part in parts]
    assert sorted(values[0] + values[1]) == list(range(100))
    assert values[0] == list(range(0, 100, 10))
    for part, own in zip(parts, values, strict=True):
        assert part.labels.tolist() == [value % 4 for value in own]


def test_a_slice_comes_from_all_over_and_fetches_a_part(hub: LoopbackHub) -> None:
    big = parquet(
        2_000,
        label=lambda i: i // 500,  # sorted by class, as many are
        image=lambda i: {"bytes": png(i, side=40), "path": None},
        group=25,
    )
    publish(hub, big)
    hub.sent = 0
    loaded = load(task(images=64), 40, "test")
    assert len(loaded) == 64
    assert np.bincount(loaded.labels.numpy(), minlength=4).tolist() == [16, 16, 16, 16]
    assert hub.sent < len(big) / 3
    again = load(task(images=64), 40, "test")
    assert torch.equal(loaded.pixels, again.pixels)


def test_the_second_time_nothing_is_fetched(
    hub: LoopbackHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(hub, parquet(50))
    load(task(), 8, "test")
    hub.requests.clear()
    assert len(load(task(), 8, "test")) == 45
    assert hub.requests == []


def tar(count: int) -> bytes:
    """Pictures and labels as WebDataset keeps them."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        for index in range(count):
            for suffix, data in (("png", png(index)), ("cls", str(index % 4).encode())):
                entry = tarfile.TarInfo(f"s{index:04}.{suffix}")
                entry.size = len(data)
                tar.addfile(entry, io.BytesIO(data))
    return stream.getvalue()


def test_pictures_in_tar_files(hub: LoopbackHub) -> None:
    """WebDataset, as FER2013 is stored on the Hub."""
    hub.add(NAME, {"test/0.tar": tar(30)}, kind="datasets")
    loaded = load(task(image="png", label="cls"), 8, "test")
    assert len(loaded) == 27
    assert [value_of(i) % 4 for i in loaded.pixels] == loaded.labels.tolist()


BAD: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "a label past the classes": ({"label": lambda i: i}, {}, "label 4, but the task has classes"),
    "a negative label": ({"label": lambda i: -1}, {}, "has the label -1"),
    "a label that is no number": ({"label": lambda i: "cat"}, {}, "has the label 'cat'"),
    "a broken picture": (
        {"image": lambda i: {"bytes": b"x" if i == 33 else png(i), "path": None}},
        {},
        "row 3 of row group 3 is no picture",
    ),
    "only a path": (
        {"image": lambda i: {"bytes": None, "path": "/etc/passwd"}},
        {},
        "no picture in its column",
    ),
    "no such column": ({}, {"image": "img"}, "no column 'img'; it has image, label"),
    "no such split": (
        {},
        {"splits": {"test": {"from": "valid"}}},
        "no split 'valid'; it has train, test",
    ),
    "another order of the classes": ({}, {"labels": ["x", "y"]}, ""),
}


@pytest.mark.parametrize(("content", "data", "words"), list(BAD.values())[:-1], ids=list(BAD)[:-1])
def test_bad_pictures_and_labels_are_named(
    hub: LoopbackHub, content: dict[str, Any], data: dict[str, Any], words: str
) -> None:
    publish(hub, parquet(50, **content))
    with pytest.raises(AssetError, match=words):
        load(task(**data), 8, "test")


def test_labels_in_words_are_the_tasks_classes(hub: LoopbackHub) -> None:
    publish(hub, parquet(50, label=lambda i: "abcd"[i % 4]))
    loaded = load(task(), 8, "test")
    assert [value_of(i) % 4 for i in loaded.pixels] == loaded.labels.tolist()


def test_classes_in_another_order_are_refused(hub: LoopbackHub) -> None:
    card = CARD.replace(
        b"configs:",
        b"dataset_info:\n  features:\n  - name: image\n    dtype: image\n  - name: label\n"
        b"    dtype:\n      class_label:\n        names:\n          '0': d\n          '1': c\n"
        b"          '2': b\n          '3': a\nconfigs:",
    )
    files = {
        "README.md": card,
        "data/test-0.parquet": parquet(20),
        "data/train-0.parquet": parquet(9),
    }
    hub.add(NAME, files, kind="datasets")
    assert len(load(task(labels=list("dcba")), 8, "test")) == 18
    with pytest.raises(AssetError, match="another order"):
        load(task(labels=list("abcd")), 8, "test")


CARD_WITH_NAMES = CARD.replace(
    b"configs:",
    b"dataset_info:\n  features:\n  - name: image\n    dtype: image\n  - name: label\n"
    b"    dtype:\n      class_label:\n        names:\n          '0': old\n          '1': green\n"
    b"          '2': blue\n          '3': red\nconfigs:",
)


def with_names(table: bytes) -> bytes:
    """A parquet file whose own note says what its labels are called, as `datasets` writes it."""
    names = {"names": ["old", "green", "blue", "red"], "_type": "ClassLabel"}
    note = {"info": {"features": {"image": {"_type": "Image"}, "label": names}}}
    read = pq.read_table(io.BytesIO(table))
    stream = io.BytesIO()
    pq.write_table(
        read.replace_schema_metadata({"huggingface": json.dumps(note)}),
        stream,
        row_group_size=10,
    )
    return stream.getvalue()


@pytest.mark.parametrize("place", ["card", "parquet"])
def test_the_datasets_own_names_are_held_against_those_of_the_task(
    hub: LoopbackHub, tmp_path: Path, place: str
) -> None:
    table = parquet(60) if place == "card" else with_names(parquet(60))
    card = CARD_WITH_NAMES if place == "card" else CARD
    hub.add(
        NAME,
        {"README.md": card, "data/test-0.parquet": table, "data/train-0.parquet": table},
        kind="datasets",
    )
    reversed_names = replace(task(), classnames=("red", "blue", "green", "old"))
    both = r"4 classes old, green, blue, red, in the order of their labels, but the task has "
    for names, said in (
        (("red", "blue", "green", "old"), "4: red, blue, green, old"),
        (("Blue", "red"), "2: Blue, red"),
        (("ancient", "green", "RED", "blue"), "4: ancient, green, RED, blue"),
    ):
        with pytest.raises(AssetError, match=both + said):
            load(replace(task(), classnames=names), 8, "test")
        with pytest.raises(AssetError, match=both + said):
            task_entry("t", f"hub:{NAME}", folder=tmp_path, classnames=names)
    assert len(load(replace(reversed_names, classnames=("Old", "green", "sea", "red")), 8, "test"))
    assert task_entry("t", f"hub:{NAME}", folder=tmp_path)["classnames"] == [
        "old", "green", "blue", "red",
    ]  # fmt: skip
    pinned = task(labels=["red", "blue", "green", "old"])
    with pytest.raises(AssetError, match="in another order than the task: it has old, green"):
        load(pinned, 8, "test")


def test_a_dataset_that_states_no_names_needs_them(hub: LoopbackHub, tmp_path: Path) -> None:
    publish(hub, parquet(60))
    with pytest.raises(AssetError, match="needs the names of its classes, in label order"):
        task_entry("t", f"hub:{NAME}", folder=tmp_path)


def test_a_large_row_group_is_unpacked_a_few_rows_at_a_time(hub: LoopbackHub) -> None:
    """Memory holds a few pictures of it, not all."""
    padded = {"bytes": png(7) + bytes(200_000), "path": None}  # what comes after a PNG is ignored
    publish(hub, parquet(400, image=lambda i: padded, group=400))
    tracemalloc.start()
    loaded = load(task(), 8, "test")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(loaded) == 360
    assert peak < 30 * 2**20  # all rows of the group are 80 MB


@pytest.mark.parametrize("group", [31, 32, 33, 100])
def test_rows_are_found_whatever_the_size_of_a_row_group(hub: LoopbackHub, group: int) -> None:
    publish(hub, parquet(100, group=group))
    whole = load(task(splits={"test": {"from": "test"}}), 8, "test")
    assert [value_of(image) for image in whole.pixels] == list(range(100))
    part = load(task(images=30), 8, "test")
    values = [value_of(image) for image in part.pixels]
    assert len(set(values)) == 30
    assert part.labels.tolist() == [value % 4 for value in values]


def test_all_splits_come_from_the_commit_of_the_first(hub: LoopbackHub) -> None:
    """A dataset that changes in between is noticed, and no picture comes into two splits."""
    publish(hub, parquet(100))
    first = hub.refs["datasets", NAME]["main"]
    assert dataset_commit(task().data, folder=pictures_folder()) is None
    load(task(), 8, "validation")
    assert dataset_commit(task().data, folder=pictures_folder()) == first
    publish(hub, parquet(100, image=lambda i: {"bytes": png(500 + i), "path": None}))
    now = hub.refs["datasets", NAME]["main"]
    with pytest.warns(UserWarning, match=f"main was {first[:12]} .* is {now[:12]} now"):
        test = load(task(), 8, "test")
    assert [value_of(image) for image in test.pixels] == [i for i in range(100) if i % 10]
    hub.requests.clear()
    assert torch.equal(load(task(), 8, "test").pixels, test.pixels)
    assert hub.requests == []
    assert dataset_commit(task().data, folder=pictures_folder()) == first


def test_a_task_may_pin_the_commit(hub: LoopbackHub) -> None:
    publish(hub, parquet(100))
    first = hub.refs["datasets", NAME]["main"]
    publish(hub, parquet(100, image=lambda i: {"bytes": png(500 + i), "path": None}))
    now = hub.refs["datasets", NAME]["main"]
    for commit, least in ((first, 0), (now, 500)):
        data = task(revision=commit)
        assert dataset_commit(data.data, folder=pictures_folder()) == commit
        loaded = load(data, 8, "validation")
        assert [value_of(image) for image in loaded.pixels] == list(range(least, least + 100, 10))
    assert value_of(load(task(), 8, "test").pixels[0]) == 501
    with pytest.raises(SourceError, match="could not be fetched"):
        load(task(revision="0" * 40), 8, "test")


@pytest.mark.parametrize("note", [b"", b"[]", b'{"commit": "../x"}', b"\xff"])
def test_a_damaged_note_is_written_anew(hub: LoopbackHub, note: bytes) -> None:
    publish(hub, parquet(50))
    load(task(), 8, "validation")
    [file] = pictures_folder().glob("*.commit.json")
    file.write_bytes(note)
    assert len(load(task(), 8, "test")) == 45
    assert json.loads(file.read_text()) == {
        "dataset": NAME,
        "revision": "main",
        "commit": hub.refs["datasets", NAME]["main"],
    }


def test_what_the_hub_refuses_is_said(hub: LoopbackHub) -> None:
    with pytest.raises(SourceError, match="could not be fetched"):
        load(task(), 8, "test")
    publish(hub, parquet(50)[:-300])
    with pytest.raises(SourceError, match="could not be fetched"):
        load(task(), 8, "test")


def test_a_format_of_another_kind_is_refused(hub: LoopbackHub) -> None:
    hub.add(NAME, {"test.csv": b"image,label\na,1\n" * 100}, kind="datasets")
    with pytest.raises(AssetError, match="stored as csv"):
        load(task(), 8, "test")


def test_a_script_is_never_run(hub: LoopbackHub, tmp_path: Path) -> None:
    marker = tmp_path / "it-ran"
    script = f"open({str(marker)!r}, 'w')\nimport datasets\n".encode()
    hub.add(NAME, {"pictures.py": script}, kind="datasets")
    with pytest.raises((SourceError, AssetError)):
        load(task(), 8, "test")
    assert not marker.exists()


@pytest.mark.parametrize("name", [NAME, "parquet"])
def test_a_folder_of_that_name_is_not_read(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hub: LoopbackHub
) -> None:
    """`datasets` prefers what is here, and takes the name of a format for what is here too."""
    local = tmp_path / (NAME if name == NAME else ".")
    local.mkdir(parents=True, exist_ok=True)
    (local / "test.parquet").write_bytes(parquet(50))
    monkeypatch.chdir(tmp_path)
    hub.add(name, {"README.md": CARD, "data/test-0.parquet": parquet(50)}, kind="datasets")
    words = "also a folder or file here" if name == NAME else "no dataset of the Hub"
    with pytest.raises(AssetError, match=words):
        load(task(dataset=name), 8, "test")


def test_a_huge_row_group_is_refused_before_it_is_read(
    hub: LoopbackHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    big = parquet(40, image=lambda i: {"bytes": png(i, side=90), "path": None}, group=40)
    publish(hub, big)
    monkeypatch.setattr("taskarith.tasks.hub_rows.MAX_GROUP", 400_000)
    hub.sent = 0
    with pytest.raises(
        AssetError, match=r"row group 0 of someone/pictures is .*; at most 400\.0 kB"
    ):
        load(task(), 8, "test")
    assert hub.sent < len(big) / 3


@pytest.mark.parametrize("kind", ["parquet", "tar"])
def test_all_of_a_huge_split_is_refused(
    hub: LoopbackHub, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """No number of pictures, or null, means all of them: but never more than may be asked for."""
    columns = {} if kind == "parquet" else {"image": "png", "label": "cls"}
    if kind == "parquet":
        publish(hub, parquet(101))
    else:
        hub.add(NAME, {"test/0.tar": tar(101)}, kind="datasets")
    monkeypatch.setattr("taskarith.tasks.hub_rows.MAX_PICTURES", 89)
    for images in (None, 90):
        with pytest.raises(AssetError, match="more than 89 rows; let images"):
            load(task(images=images, **columns), 8, "test")
    assert len(load(task(images=89, **columns), 8, "test")) == 89
    assert len(load(task(images=None, **columns), 8, "validation")) == 11


def test_a_full_disk_is_seen_before_pictures_are_fetched(
    hub: LoopbackHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    big = parquet(50, image=lambda i: {"bytes": png(i, side=60), "path": None})
    publish(hub, big)
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**12, 10**12, 2**30 + 17_000))
    hub.sent = 0
    # 45 pictures of 8 x 8 x 3 bytes, twice.
    with pytest.raises(SourceError, match=r"test of someone/pictures needs 17\.3 kB .* make room"):
        load(task(), 8, "test")
    assert hub.sent < len(big) / 3
    assert len(load(task(images=44), 8, "test")) == 44


@pytest.mark.parametrize("name", ["mnist", "gtsrb", "eurosat", "fashion_mnist"])
def test_real_pictures(hub: LoopbackHub, name: str) -> None:
    folder = REAL / name
    if not folder.is_dir():
        pytest.skip(f"needs real pictures in {folder}")
    files: dict[str, Any] = {f"data/{path.name}": path for path in folder.glob("*.parquet")}
    hub.add(NAME, {**files, "README.md": CARD}, kind="datasets")
    classes = 43 if name == "gtsrb" else 10
    real = Task(
        "r",
        "R",
        "target",
        tuple(map(str, range(classes))),
        ("{}",),
        dict(task(images=200).data),
    )
    loaded: Images = load(real, 32, "test")
    assert loaded.pixels.shape == (200, 32, 32, 3)
    assert len(set(loaded.labels.tolist())) >= 0.7 * classes
    assert loaded.pixels.float().std() > 20
