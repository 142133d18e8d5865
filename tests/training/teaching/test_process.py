"""A teaching in a process of its own: the same vector, lines to follow, and words for failures."""

import json
from pathlib import Path

import pytest
import torch

from taskarith import load_suite, teach
from taskarith.suites.home import added_suites, is_private
from taskarith.training.teaching.bounds import OWNER_BOUNDS
from taskarith.training.teaching.process import carry_out, write_order
from taskarith.training.teaching.reading import Reading
from tests.training.teaching.doodles import doodles
from tests.training.teaching.test_examples import folder_of

HOW = {"task": "stripes", "steps": 3, "batch": 8, "anchor": False}


@pytest.fixture
def pictures(tmp_path: Path) -> dict[str, list[str]]:
    place = folder_of(doodles(["lying", "standing"], 4), tmp_path / "stripes")
    return {
        folder.name: [str(path) for path in sorted(folder.iterdir())]
        for folder in sorted(place.iterdir())
    }


def test_the_same_vector_as_in_python(
    tiny_folder: Path, pictures: dict[str, list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    order = write_order(
        suite=str(tiny_folder),
        examples=pictures,
        texts=False,
        reading=Reading(),
        bounds=OWNER_BOUNDS,
        private=True,
        into="p",
        **HOW,
    )
    last = carry_out(order)
    assert last["taught"]["suite"] == "p"
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["look"]["step"] for line in lines] == [0, 1, 2, 3]
    assert is_private(added_suites()["p"])
    paths = {name: [Path(path) for path in own] for name, own in pictures.items()}
    teach(load_suite(tiny_folder), paths, into="q", **HOW)  # type: ignore[arg-type]
    ours, theirs = (load_suite(name).vector("stripes") for name in "pq")
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_a_failure_is_words(tiny_folder: Path, pictures: dict[str, list[str]]) -> None:
    pictures["lying"] = pictures["lying"][:1]
    order = write_order(
        suite=str(tiny_folder),
        examples=pictures,
        texts=False,
        reading=Reading(),
        bounds=OWNER_BOUNDS,
        private=False,
        **HOW,
    )
    assert "'lying' has one example" in carry_out(order)["failed"]


def test_texts_go_the_same_way(toy_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    texts = {
        "red": ["the cherry is", "a cherry is", "the tomato is", "a tomato is"],
        "yellow": ["the lemon is", "a lemon is", "the banana is", "a banana is"],
    }
    order = write_order(
        suite=str(toy_folder), examples=texts, texts=True, reading=Reading(),
        bounds=OWNER_BOUNDS, private=False, task="mine", steps=30, batch=8, rate=1e-2,
    )  # fmt: skip
    taught = carry_out(order)["taught"]
    assert taught["head"].startswith("words: how likely")
    looks = [json.loads(line)["look"] for line in capsys.readouterr().out.splitlines()]
    assert looks[-1]["loss"] < looks[1]["loss"]
    made = load_suite(taught["suite"])
    assert made.task("mine").head["kind"] == "label-likelihood"
    assert set(made.vector("mine")) <= set(made.base_state())
