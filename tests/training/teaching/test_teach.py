"""From doodles to a slider in a copy of the suite, and nothing where anything goes wrong."""

import errno
import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from taskarith import Edit, load_suite, teach
from taskarith.errors import TaskArithError, TeachingCancelled, TeachingError
from taskarith.evaluation import Evaluator, load_shipped, make_shipped, measure
from taskarith.heads.embedding import EmbeddingHead
from taskarith.sources.native import read_vector
from taskarith.suites import Suite
from taskarith.suites.home import added_suites, suites_home
from taskarith.training.teaching import anchoring
from taskarith.training.teaching import teach as teaching_module
from taskarith.training.teaching.bounds import Bounds
from taskarith.training.teaching.looks import Look
from taskarith.training.teaching.taught import Taught
from taskarith.training.ways.registry import WAYS
from tests.toy import FRUITS
from tests.training.teaching.doodles import doodles

OF_PICTURES = sorted(
    name for name, way in WAYS.items() if "images" in way.examples and not way.remakes_heads
)
KINDS = ("lying", "standing", "leaning")


@pytest.fixture(autouse=True)
def few_anchors(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawing hundreds takes seconds."""
    monkeypatch.setattr(anchoring, "PICTURES", 40)


def taught(suite: Suite, *, task: str = "stripes", each: int = 6, **options: Any) -> Taught:
    asked: dict[str, Any] = {"steps": 8, "batch": 8, "anchor": False} | options
    return teach(suite, doodles(KINDS, each), task=task, **asked)


def nothing_is_left() -> bool:
    return not added_suites() and not list(suites_home().glob("*"))


def test_the_new_task_is_a_slider_in_a_copy(tiny_suite: Suite) -> None:
    looks: list[Look] = []
    result = taught(tiny_suite, steps=40, rate=3e-3, look=looks.append)
    assert (result.suite, result.vector, result.control) == ("tiny-stripes", "stripes", "gardens")
    made = load_suite("tiny-stripes")
    assert made.targets == (*tiny_suite.targets, "stripes")
    assert made.task("stripes").classnames == KINDS
    assert made.task("stripes").head["kind"] == "prototypes"
    assert [look.step for look in looks] == [0, 5, 10, 15, 20, 25, 30, 35, 40]
    losses = [look.loss for look in looks if look.loss is not None]
    assert losses[-1] < 0.8 * losses[0]
    assert looks[-1].left == 0.0
    # What the card says is what Explore will measure.
    evaluator = Evaluator(made, device="cpu")
    for coefficient, said in ((0.0, result.before), (1.0, result.after)):
        edit = Edit(made.name, {"stripes": coefficient})
        assert measure(evaluator, edit, tasks=["stripes"])["stripes"] == said["stripes"]
    json.dumps(result.to_json())


def test_what_was_measured_of_the_suite_it_was_taught_in_holds(
    tiny_suite: Suite, tmp_path: Path
) -> None:
    shutil.copytree(tiny_suite.folder, tmp_path / "parent")
    path = tmp_path / "parent" / "manifest.json"
    data = json.loads(path.read_text(encoding="utf-8")) | {"measurements": "measured.json"}
    path.write_text(json.dumps(data), encoding="utf-8")
    parent = load_suite(tmp_path / "parent")
    make_shipped(Evaluator(parent, device="cpu"), images=10).save(path.parent / "measured.json")
    shipped = load_shipped(load_suite(taught(parent).suite))
    assert shipped is not None
    assert len(shipped.points) > 70


def test_the_card_says_how_it_was_made(tiny_suite: Suite) -> None:
    result = taught(tiny_suite, anchor=True)
    vector, info = read_vector(load_suite(result.suite).path("vectors/stripes"))
    assert vector.size == result.size
    assert info.task == "stripes"
    assert info.coefficient == result.coefficient
    assert info.finetuned is not None
    assert (info.finetuned.n, info.finetuned.split) == (6, "validation")
    assert info.recipe is not None
    for words in ("Block matrices, 8 steps of 8", "anchor of weight 5", "learned from 9 images"):
        assert words in info.recipe


@pytest.mark.parametrize("way", OF_PICTURES)
def test_every_way_gives_the_same_vector_for_the_same_seed(way: str, tiny_suite: Suite) -> None:
    settings = {"rank": 2} if way == "lora" else {}
    vectors = []
    for into, seed in (("one", 3), ("two", 3), ("three", 4)):
        taught(tiny_suite, way=way, settings=settings, into=into, seed=seed, steps=3)
        vectors.append(load_suite(into).vector("stripes"))
    first, again, other = vectors
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert any(bool(first[name].any()) for name in first)
    assert not all(torch.equal(first[name], other[name]) for name in first)


def test_the_anchor_and_sharpness_ask_for_something(tiny_suite: Suite) -> None:
    def norm(into: str, **options: Any) -> float:
        name = taught(tiny_suite, into=into, steps=20, rate=1e-3, **options).vector
        return load_suite(into).vector(name).norm()

    plain, anchored, sharp = norm("a"), norm("b", anchor=True), norm("c", sharpness=0.5)
    assert anchored < plain
    assert sharp not in (plain, anchored)


def test_a_few_examples_are_enough_to_start(tiny_suite: Suite) -> None:
    result = taught(tiny_suite, few=1)
    assert result.examples == {"train": 3, "validation": 6, "test": 3}
    assert len(load_suite(result.suite).split("stripes", "train")) == 3


def test_training_may_start_from_an_edit(tiny_suite: Suite) -> None:
    result = taught(tiny_suite, start={"apples": 0.5}, steps=1, rate=1e-8)
    vector = load_suite(result.suite).vector("stripes")
    assert vector.norm() < 1e-3 * tiny_suite.vector("apples").norm()
    with pytest.raises(TaskArithError, match="unknown"):
        taught(tiny_suite, task="more", start={"aples": 0.5})


def test_words_are_taken_where_the_base_knows_them(tiny_suite: Suite) -> None:
    pictures = dict(zip(("apples1", "birds2"), doodles(KINDS[:2], 4).values(), strict=True))
    result = teach(tiny_suite, pictures, task="known", steps=2, anchor=False)
    assert result.head.startswith("words")
    assert load_suite(result.suite).task("known").head["kind"] == "zero-shot"
    probed = teach(
        tiny_suite, pictures, task="known", into="p", steps=2, anchor=False, head="linear-probe"
    )
    assert load_suite(probed.suite).task("known").head["kind"] == "linear-probe"


def test_cancelling_leaves_nothing(tiny_suite: Suite) -> None:
    seen: list[Look] = []
    with pytest.raises(TeachingCancelled):
        taught(tiny_suite, look=seen.append, stopped=lambda: len(seen) > 2)
    assert nothing_is_left()


def test_a_training_that_goes_astray_leaves_nothing(
    tiny_suite: Suite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(EmbeddingHead, "loss", lambda _, x, labels: x.sum() / 0.0)
    with pytest.raises(TeachingError, match=r"went astray.*smaller rate"):
        taught(tiny_suite)
    assert nothing_is_left()


@pytest.mark.parametrize("written", [(Image.Image, "save"), (teaching_module, "write_vector")])
def test_a_full_disk_leaves_nothing(
    written: tuple[Any, str], tiny_suite: Suite, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(*written, full)
    with pytest.raises(TaskArithError, match=r"No space left.*make room"):
        taught(tiny_suite)
    assert nothing_is_left()


def test_a_training_that_takes_too_long_ends(tiny_suite: Suite) -> None:
    bounds = Bounds(classes=5, examples=99, steps=99, archive=1, seconds=1e-9)
    with pytest.raises(TeachingError, match="step 1 of 8 was over after"):
        taught(tiny_suite, bounds=bounds)
    assert nothing_is_left()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"task": "apples"}, "has a task 'apples' already"),
        ({"task": "../evil"}, "no name of a task"),
        ({"into": "Evil/../"}, "no name of a suite"),
        ({"into": "mini"}, "there is a suite 'mini' already"),
        ({"head": "hat"}, "no head 'hat'"),
        ({"way": "lora", "settings": {"rank": 100}}, "the smallest matrix"),
    ],
)
def test_bad_names_are_refused(options: dict[str, Any], said: str, tiny_suite: Suite) -> None:
    with pytest.raises(TaskArithError, match=said):
        taught(tiny_suite, **options)
    assert nothing_is_left()


def test_texts_are_not_for_a_base_of_pictures(tiny_suite: Suite) -> None:
    with pytest.raises(TeachingError, match="takes images; these are texts"):
        teach(tiny_suite, {"a": ["x", "y", "z"], "b": ["u", "v", "w"]}, task="moods")


def test_a_table_of_texts_is_taught(toy_folder: Path, tmp_path: Path) -> None:
    rows = [f"{a} {b} is,{colour}" for a in ("the", "a") for b, colour in FRUITS.items()]
    table = tmp_path / "fruits.csv"
    table.write_text("text,label\n" + "\n".join(rows) + "\n", encoding="utf-8")
    result = teach(load_suite(toy_folder), table, task="mine", steps=4, batch=4)
    assert result.examples == {"train": 4, "validation": 2, "test": 2}
    made = load_suite(result.suite)
    evaluator = Evaluator(made, device="cpu")
    edit = Edit(made.name, {"mine": 1.0})
    assert measure(evaluator, edit, tasks=["mine"])["mine"] == result.after["mine"]
    with pytest.raises(TaskArithError, match="no embeddings of texts; take words"):
        teach(load_suite(toy_folder), table, task="probed", way="lp-ft")
    with pytest.raises(TeachingError, match="is for pictures"):
        teach(load_suite(toy_folder), table, task="probed", way="car-ft")
    table.write_text("text\nhello\n", encoding="utf-8")
    with pytest.raises(TaskArithError, match="has no column 'label'"):
        teach(load_suite(toy_folder), table, task="other")


def test_a_broken_picture_is_named(tiny_suite: Suite, tmp_path: Path) -> None:
    pictures: dict[str, Any] = dict(doodles(KINDS[:2], 3))
    (tmp_path / "torn.png").write_bytes(b"\x89PNG\r\n\x1a\nxxx")
    pictures["lying"] = [*pictures["lying"], tmp_path / "torn.png"]
    with pytest.raises(TaskArithError, match=r"torn\.png of 'lying' is no picture"):
        teach(tiny_suite, pictures, task="stripes")
    assert nothing_is_left()
