"""A suite derived from another: one vector more, everything else as it was."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from taskarith import Edit, load_suite
from taskarith.errors import AssetError, UnknownNameError
from taskarith.evaluation import Evaluator, load_shipped, make_shipped, measure, visible_tasks
from taskarith.recipes.catalogue import negation_recipe
from taskarith.sources import write_tensors
from taskarith.suites import Suite
from taskarith.suites.making.creating import task_entry
from taskarith.suites.making.deriving import derive_suite, same_task, take_folder


@pytest.fixture
def finetuned(tiny_suite: Suite, tmp_path: Path) -> str:
    """A whole model, fine-tuned from the tiny base, as a file."""
    vector = tiny_suite.vector("birds")
    path = tmp_path / "finetuned" / "model.safetensors"
    write_tensors(path, vector.apply_to(tiny_suite.base_state()))
    return f"file:{path.parent}"


def derived(suite: Suite, folder: Path, source: str, *, name: str = "tiny-plus") -> Suite:
    task = same_task(suite, "birds", name="birds-2")
    derive_suite(suite, folder, name=name, added=[(task, source)])
    return load_suite(folder)


def test_one_slider_more_and_the_same_answers(
    tiny_suite: Suite, finetuned: str, tmp_path: Path
) -> None:
    suite = derived(tiny_suite, tmp_path / "new", finetuned)
    assert suite.targets == (*tiny_suite.targets, "birds-2")
    assert suite.fingerprint != tiny_suite.fingerprint
    old, new = Evaluator(tiny_suite, device="cpu"), Evaluator(suite, device="cpu")
    for coefficient in (0.0, 1.0, -0.5):
        theirs = measure(old, Edit("tiny", {"birds": coefficient}), tasks=["birds", "gardens"])
        edit = Edit("tiny-plus", {"birds-2": coefficient})
        ours = measure(new, edit, tasks=["birds-2", "birds", "gardens"])
        assert ours["birds-2"] == ours["birds"] == theirs["birds"]
        assert ours["gardens"] == theirs["gardens"]


def test_the_parent_stays_as_it_is(tiny_suite: Suite, finetuned: str, tmp_path: Path) -> None:
    before = {p: p.read_bytes() for p in tiny_suite.folder.rglob("*") if p.is_file()}
    derived(tiny_suite, tmp_path / "new", finetuned)
    assert {p: p.read_bytes() for p in tiny_suite.folder.rglob("*") if p.is_file()} == before


def test_what_was_fitted_to_the_parents_vectors_stays_behind(
    tiny_suite: Suite, finetuned: str, tmp_path: Path
) -> None:
    suite = derived(tiny_suite, tmp_path / "new", finetuned)
    assert suite.recipe_vectors == ()
    assert (suite.manifest.surrogate, suite.manifest.measurements) == (None, None)  # nor had tiny
    assert suite.manifest.presets == tiny_suite.manifest.presets
    files = {p.relative_to(suite.folder).parts[0] for p in suite.folder.rglob("*") if p.is_file()}
    assert files <= {"manifest.json", "base.safetensors", "heads.safetensors", "config.json",
                     "vocabulary.json", "vectors", "pictures"}  # fmt: skip


def measured(suite: Suite, folder: Path) -> Suite:
    """A copy of the suite that ships measurements."""
    shutil.copytree(suite.folder, folder)
    path = folder / "manifest.json"
    data = json.loads(path.read_text(encoding="utf-8")) | {"measurements": "measured.json"}
    path.write_text(json.dumps(data), encoding="utf-8")
    copy = load_suite(folder)
    make_shipped(Evaluator(copy, device="cpu"), images=20).save(folder / "measured.json")
    return copy


def test_what_was_measured_of_the_parent_holds_for_what_both_have(
    tiny_suite: Suite, finetuned: str, tmp_path: Path
) -> None:
    parent = measured(tiny_suite, tmp_path / "parent")
    theirs = load_shipped(parent)
    assert theirs is not None
    suite = derived(parent, tmp_path / "new", finetuned)
    ours = load_shipped(suite)
    assert ours is not None
    assert ours.suite == suite.fingerprint != parent.fingerprint
    for edit, estimates in theirs.points.items():
        assert ours.estimates(replace(edit, suite=suite.name)) == estimates
    other = same_task(parent, "houses", name="houses-2")
    derive_suite(parent, tmp_path / "other", name="other", added=[], control=other)
    kept = load_shipped(load_suite(tmp_path / "other"))
    assert kept is not None
    tasks = {task for estimates in kept.points.values() for task in estimates}
    assert tasks == {*parent.targets, *parent.auxiliaries}
    assert set(kept.examples) == tasks
    assert load_shipped(parent) is not None  # its own file was not written into


def test_measurements_of_other_weights_stay_behind(
    tiny_suite: Suite, finetuned: str, tmp_path: Path
) -> None:
    parent = measured(tiny_suite, tmp_path / "parent")
    path = parent.folder / "measured.json"
    path.write_text(path.read_text().replace(parent.fingerprint, "0" * 16))
    assert derived(parent, tmp_path / "new", finetuned).manifest.measurements is None
    path.write_text("{")
    assert derived(parent, tmp_path / "next", finetuned).manifest.measurements is None


def test_a_task_without_a_vector_is_measured(tiny_suite: Suite, tmp_path: Path) -> None:
    onlooker = same_task(tiny_suite, "houses", name="houses-2")
    derive_suite(tiny_suite, tmp_path / "new", name="more", added=[], onlookers=[onlooker])
    suite = load_suite(tmp_path / "new")
    assert suite.onlookers == ("houses-2",)
    assert (suite.targets, suite.vectors) == (tiny_suite.targets, tiny_suite.vectors)
    assert suite.manifest.about == "The suite tiny with houses-2 measured beside."
    edit = Edit("more", {"birds": 1.0})
    visible = visible_tasks(suite, edit)
    assert visible == [*suite.targets, "houses-2", suite.control]
    found = measure(Evaluator(suite, device="cpu"), edit, tasks=visible)
    before = measure(
        Evaluator(tiny_suite, device="cpu"), Edit("tiny", {"birds": 1.0}), tasks=["houses"]
    )
    assert found["houses-2"] == before["houses"]
    assert negation_recipe(suite).onlookers == (*suite.targets, "houses-2")


def test_another_control(tiny_suite: Suite, tmp_path: Path) -> None:
    """In the place of the parent's; everything else is as it was, and its head is made of words."""
    control = same_task(tiny_suite, "houses", name="houses-2")
    derive_suite(tiny_suite, tmp_path / "new", name="other", added=[], control=control)
    suite = load_suite(tmp_path / "new")
    assert suite.control == "houses-2"
    assert tiny_suite.control not in suite.tasks
    assert suite.targets == tiny_suite.targets
    assert suite.title == f"{tiny_suite.title}, and the control houses-2"
    assert suite.manifest.about == "The suite tiny with the control houses-2."
    assert torch.equal(suite.class_weights("houses-2"), tiny_suite.class_weights("houses"))
    edit = Edit("other", {"birds": 1.0})
    found = measure(Evaluator(suite, device="cpu"), edit, tasks=["birds", "houses-2"])
    before = Evaluator(tiny_suite, device="cpu")
    theirs = measure(before, Edit("tiny", {"birds": 1.0}), tasks=["birds", "houses"])
    assert found == {"birds": theirs["birds"], "houses-2": theirs["houses"]}


def test_a_derived_suite_can_be_derived_from(
    tiny_suite: Suite, finetuned: str, tmp_path: Path
) -> None:
    first = derived(tiny_suite, tmp_path / "one", finetuned)
    task = same_task(first, "birds-2", name="birds-3")
    derive_suite(first, tmp_path / "two", name="tiny-more", added=[(task, finetuned)])
    second = load_suite(tmp_path / "two")
    assert second.targets == (*tiny_suite.targets, "birds-2", "birds-3")
    torch.testing.assert_close(second.vector("birds-3"), second.vector("birds-2"))


def test_pictures_of_a_folder_and_a_head_made_of_their_words(
    tiny_suite: Suite, finetuned: str, tmp_path: Path
) -> None:
    from PIL import Image

    for label, colour in (("apples1", (250, 0, 0)), ("apples2", (0, 0, 250))):
        for index in range(12):
            path = tmp_path / "mine" / label / f"{index}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (20, 20), colour).save(path)
    new = tmp_path / "new"
    take_folder(tmp_path / "mine", new / "pictures" / "mine")
    task = task_entry("mine", "pictures/mine", folder=new, templates=["a {}"])
    derive_suite(tiny_suite, new, name="tiny-mine", added=[(task, finetuned)])
    suite = load_suite(new)
    head = suite.class_weights("mine")
    assert head.shape == (2, tiny_suite.class_weights("apples").shape[1])
    assert not torch.equal(head[0], head[1])
    assert len(suite.split("mine", "validation").labels) > 0
    # And what comes from it takes the pictures along.
    derive_suite(
        suite,
        tmp_path / "next",
        name="tiny-next",
        added=[(same_task(suite, "mine", name="mine-2"), finetuned)],
    )
    assert len(load_suite(tmp_path / "next").split("mine-2", "validation").labels) > 0


def test_every_problem_is_named_and_nothing_is_written(
    tiny_suite: Suite, finetuned: str, tmp_path: Path
) -> None:
    with pytest.raises(UnknownNameError, match="unknown task 'bird'; did you mean 'birds'"):
        same_task(tiny_suite, "bird", name="x")
    task = same_task(tiny_suite, "birds", name="birds")
    with pytest.raises(AssetError, match=r"birds must be there only once") as error:
        derive_suite(tiny_suite, tmp_path / "new", name="Bad Name", added=[(task, finetuned)])
    assert "'Bad Name' must be lower-case" in str(error.value)
    assert not (tmp_path / "new").exists()


def test_a_lost_manifest_says_so(tiny_suite: Suite, tmp_path: Path) -> None:
    folder = tmp_path / "suite"
    folder.mkdir()
    text = (tiny_suite.folder / "manifest.json").read_text(encoding="utf-8")
    (folder / "manifest.json").write_text(text, encoding="utf-8")
    suite = load_suite(folder)
    (folder / "manifest.json").write_text(json.dumps(text)[:-9], encoding="utf-8")
    with pytest.raises(AssetError, match="restore the file"):
        same_task(suite, "birds", name="x")
