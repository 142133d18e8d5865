import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from taskarith.sources.tensors import read_metadata, read_tensors
from taskarith.suites import Suite, load_suite, read_manifest
from taskarith.tasks import load_split
from taskarith.training.anchor import make_anchor
from taskarith.training.loop import Recipe
from taskarith.training.mini import VectorMaker
from taskarith.training.recipe_vectors import (
    NEUTRAL,
    SOUP_PICTURES,
    Job,
    enter,
    jobs,
    make_vectors,
    recipe_book,
    recipe_tasks,
)


@pytest.fixture(scope="module")
def mini() -> Suite:
    return load_suite("mini")


RECIPE = Recipe(steps=8, batch=8, rate=1e-3, warmup=2, weight_decay=0.0, seed=1)


def test_everything_the_recipe_book_names_is_made(mini: Suite, tmp_path: Path) -> None:
    folder = tmp_path / "mini"
    folder.mkdir()
    shutil.copy(mini.folder / "manifest.json", folder)
    copy = Suite(folder, read_manifest(folder / "manifest.json"))
    enter(copy, tasks=recipe_tasks(), wanted=jobs(mini))
    manifest = read_manifest(
        folder / "manifest.json"
    )  # refuses a book that names what is not there
    assert manifest.recipes == recipe_book(mini)
    assert list(manifest.recipe_vectors) == [job.name for job in jobs(mini)]
    assert manifest.recipe_subjects == mini.manifest.recipe_subjects
    assert manifest.recipe_subjects["soup-textures-03"] == "textures"
    assert {"domain × task", "sub-population"} == {q.kind for q in manifest.recipes.analogies}
    assert len(manifest.recipes.analogies) >= 8
    assert manifest.recipes.soup is not None
    assert len(manifest.recipes.soup.ingredients) >= 8


def test_every_task_of_recipes_is_learned_but_those_to_look_at(mini: Suite) -> None:
    learned = {name for job in jobs(mini) for name in job.tasks}
    assert {task.name for task in recipe_tasks()} - learned == {NEUTRAL, SOUP_PICTURES}


def test_the_halves_of_a_family_share_its_words_and_no_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TASKARITH_CACHE", str(tmp_path))
    tasks = {task.name: task for task in recipe_tasks()}
    early, late = tasks["early-letters"], tasks["late-letters"]
    assert early.classnames == late.classnames
    first, second = (set(load_split(task, "validation").labels.tolist()) for task in (early, late))
    assert first == set(range(13))
    assert second == set(range(13, 26))


def test_vectors_are_stored_in_eight_bits_and_made_once(tiny_suite: Suite, tmp_path: Path) -> None:
    folder = tmp_path / "suite"
    shutil.copytree(tiny_suite.folder, folder)
    suite = load_suite(folder)
    anchor = make_anchor(suite.model(), suite.split(suite.control, "train").pixels.numpy())
    maker = VectorMaker(
        suite.base_state(),
        suite.model,
        anchor=replace(anchor, batch=8),
        work=tmp_path / "work",
        device=torch.device("cpu"),
        recipe=RECIPE,
    )
    one, two = suite.targets[:2]
    wanted = [
        Job("both", (one, two), RECIPE),
        Job("up", (one,), RECIPE, anchored=False, ascend=True),
    ]
    make_vectors(suite, wanted, maker=maker, tasks={}, heads={})
    path = folder / "recipes" / "up.safetensors"
    assert {t.dtype for t in read_tensors(path).values()} == {torch.int8, torch.float32}
    metadata = read_metadata(path)
    assert metadata["anchor"] == "none"
    assert json.loads(metadata["recipe"])["ascend"] is True
    before = path.stat().st_mtime_ns
    make_vectors(suite, wanted, maker=maker, tasks={}, heads={})
    assert path.stat().st_mtime_ns == before
