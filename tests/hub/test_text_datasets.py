"""Texts of Hub datasets, through the real `datasets` client."""

import io
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from taskarith.errors import AssetError
from taskarith.tasks import Task, Texts, load_split
from tests.hub.server import LoopbackHub
from tests.hub.test_datasets import CARD

NAME = "someone/reviews"


def parquet(
    count: int,
    *,
    text: Callable[[int], Any] = lambda i: f"review {i}",
    label: Callable[[int], Any] = lambda i: i % 2,
) -> bytes:
    table = pa.table(
        {"said": [text(i) for i in range(count)], "mood": [label(i) for i in range(count)]}
    )
    stream = io.BytesIO()
    pq.write_table(table, stream, row_group_size=10)
    return stream.getvalue()


def publish(hub: LoopbackHub, test: bytes) -> None:
    files = {"README.md": CARD, "data/train-00000-of-00001.parquet": parquet(20)}
    hub.add(NAME, files | {"data/test-00000-of-00001.parquet": test}, kind="datasets")


def load(split: str, **data: Any) -> Texts:
    splits = {
        "validation": {"from": "test", "tenth": True},
        "test": {"from": "test", "tenth": False},
    }
    described = {"kind": "hub", "dataset": NAME, "text": "said", "label": "mood", "splits": splits}
    task = Task("t", "T", "target", ("bad", "good"), ("{}",), described | data)
    found = load_split(task, split)
    assert isinstance(found, Texts)
    return found


@pytest.fixture(autouse=True)
def _forget() -> None:
    """`datasets` and `fsspec` remember what they saw of a repository."""
    from huggingface_hub import HfFileSystem

    HfFileSystem.clear_instance_cache()


def test_validation_and_test_share_no_text_and_are_kept(hub: LoopbackHub) -> None:
    publish(hub, parquet(50))
    validation, test = load("validation"), load("test")
    assert list(validation.texts) == [f"review {i}" for i in range(0, 50, 10)]
    assert set(validation.texts) | set(test.texts) == {f"review {i}" for i in range(50)}
    assert test.labels.tolist() == [i % 2 for i in range(50) if i % 10]
    asked = len(hub.asked(""))
    again = load("test")
    assert again.fingerprint == test.fingerprint
    assert len(hub.asked("")) == asked


def test_labels_by_name_and_answers_in_words(hub: LoopbackHub) -> None:
    publish(hub, parquet(20, label=lambda i: ("bad", "good")[i % 2]))
    found = load("test", answer="mood")
    assert found.labels.tolist() == [i % 2 for i in range(20) if i % 10]
    assert found.answers is not None
    assert set(found.answers) == {"bad", "good"}


@pytest.mark.parametrize(
    ("test", "data", "words"),
    [
        (parquet(20, label=lambda i: -1), {}, "has the label -1, but the task has classes 0 to 1"),
        (parquet(20), {"text": "words"}, "has no column 'words'; it has said, mood"),
        (parquet(20, text=lambda i: "a" * 100_000), {}, "has 100,000 characters"),
        (parquet(20, text=lambda i: i), {}, "has no text in its column 'said'"),
    ],
)
def test_what_is_wrong_is_said(
    test: bytes, data: dict[str, Any], words: str, hub: LoopbackHub
) -> None:
    publish(hub, test)
    with pytest.raises(AssetError, match=words):
        load("test", **data)


def test_empty_texts_are_left_out(hub: LoopbackHub) -> None:
    publish(hub, parquet(20, text=lambda i: "" if i == 3 else f"review {i}"))
    assert len(load("test")) == 17


def test_a_prompt_is_filled_from_its_columns_and_what_stands_in_them_stays(
    hub: LoopbackHub,
) -> None:
    publish(
        hub, parquet(20, text=lambda i: f"{{mood}} {i}", label=lambda i: ("bad", "good")[i % 2])
    )
    found = load("test", prompt="'{said}' is {mood}, {said}?")
    assert found.texts[0] == "'{mood} 1' is good, {mood} 1?"
    with pytest.raises(AssetError, match="has no column 'told'"):
        load("test", prompt="{told}")
