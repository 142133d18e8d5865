"""Recipes on a real, tiny suite: what they report is what the evaluator measures."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from taskarith.core import Edit
from taskarith.errors import (
    AssetError,
    RecipeCancelled,
    RecipeError,
    TaskArithError,
    UnknownNameError,
    WeightsError,
)
from taskarith.evaluation import Evaluator, ResultCache, measure
from taskarith.figures import recipe_figures
from taskarith.recipes.catalogue import (
    RECIPES,
    addition_recipe,
    analogy_recipe,
    methods_recipe,
    negation_recipe,
    paint_recipe,
    plane_recipe,
    run_recipe,
    search_recipe,
    soup_recipe,
    suite_recipes,
    sweep_recipe,
    wise_ft_recipe,
)
from taskarith.recipes.lab import Meter
from taskarith.recipes.negation.result import NegationResult
from taskarith.recipes.paint.result import PaintResult
from taskarith.recipes.report_recipes import Extent, recipe_results
from taskarith.recipes.result import Table
from taskarith.recipes.soup.result import SoupResult
from taskarith.recipes.stored import read_result, write_result
from taskarith.recipes.study_recipes import (
    efficiency_recipe,
    sequence_recipe,
    transfer_recipe,
    ways_recipe,
)
from taskarith.recipes.suite_lab import suite_lab
from taskarith.recipes.tuning import trainable_model
from taskarith.recipes.wise_ft.result import WiseFtResult
from taskarith.sources.tensors import read_tensors, write_tensors
from taskarith.suites import RecipeBook, Suite, load_suite
from taskarith.tasks import Images, SplitName
from tests import tiny
from tests.recipes.test_tuning import TUNING

Accuracy = Callable[[dict[str, float], str], float]
# The others ask language models in words, or several suites: the tiny suite has neither.
IN_WORDS = ("instruct", "few-shot", "prompts", "retrieval")
OF_PICTURES = [name for name in RECIPES if name not in (*IN_WORDS, "scaling")]


@pytest.fixture
def evaluator(tiny_suite: Suite) -> Evaluator:
    return Evaluator(tiny_suite, device="cpu")


@pytest.fixture
def on_test(evaluator: Evaluator) -> Accuracy:
    def accuracy(coefficients: dict[str, float], task: str) -> float:
        edit = Edit("tiny", coefficients)
        return measure(evaluator, edit, tasks=[task], split="test")[task].value

    return accuracy


def test_negation_measures_the_edits_it_names(evaluator: Evaluator, on_test: Accuracy) -> None:
    recipe = negation_recipe(evaluator.suite, tasks=["apples", "birds"])
    result = run_recipe(recipe, evaluator)
    assert isinstance(result, NegationResult)
    assert result.unseen_controls == ("houses",)
    apples, _ = result.tasks
    assert apples.models["gradient ascent"].target.value == on_test(
        {"ascent-apples": 1.0}, "apples"
    )
    for forgotten in result.tasks:
        for measured in forgotten.models.values():
            edit = {measured.vector: measured.coefficient}
            assert measured.target.value == on_test(edit, forgotten.task)
            for control, estimate in measured.controls.items():
                assert estimate.value == on_test(edit, control)
        assert forgotten.probe_before.n == tiny.SIZES["test"]
        assert forgotten.probe_before.value > 0.5  # far above the chance of 0.25


def test_a_mixture_by_layer_is_no_worse_than_equal_weights_on_what_it_was_fitted_to(
    evaluator: Evaluator,
) -> None:
    lab = suite_lab(evaluator)

    def loss(coefficients: dict[str, float]) -> float:
        logits = torch.from_numpy(lab.logits(coefficients, "apples", split="validation"))
        labels = torch.from_numpy(evaluator.labels("apples", "validation").astype(np.int64))
        return float(torch.nn.functional.cross_entropy(logits, labels))

    equal = loss(dict.fromkeys(tiny.INGREDIENTS, 1 / 3))
    for by_layer, groups in ((False, 1), (True, 2)):
        with lab.mix(tiny.INGREDIENTS, "apples", by_layer=by_layer) as mixture:
            assert len(mixture.weights) == groups
            assert loss(dict(mixture.coefficients)) < equal
            for weights in mixture.weights.values():
                assert sum(weights.values()) == pytest.approx(1, abs=1e-5)
    assert loss(dict.fromkeys(tiny.INGREDIENTS, 1 / 3)) == equal


def test_a_held_vector_can_be_named_while_it_lasts(evaluator: Evaluator) -> None:
    lab = suite_lab(evaluator, tuning=TUNING)
    with lab.tune({}, ["birds"], split="validation", examples=8) as outer:
        with lab.tune({}, ["birds"], split="validation", examples=8) as inner:
            assert inner == outer
        once = lab.score({outer: 1.0}, ["birds"], split="test")
    with pytest.raises(UnknownNameError, match=outer):
        lab.score({outer: 0.5}, ["birds"], split="test")
    with lab.tune({}, ["birds"], split="validation", examples=8) as again:
        assert lab.score({again: 1.0}, ["birds"], split="test") == once


def test_soups_and_wise_ft_measure_the_shifted_tasks(
    evaluator: Evaluator, on_test: Accuracy
) -> None:
    soup = run_recipe(soup_recipe(evaluator.suite), evaluator)
    assert isinstance(soup, SoupResult)
    for name, robustness in soup.ingredients.items():
        assert robustness.reference.value == on_test({name: 1.0}, "apples")
        for shift, estimate in robustness.by_shift.items():
            assert estimate.value == on_test({name: 1.0}, f"apples@{shift}")
    wise = run_recipe(wise_ft_recipe(evaluator.suite, shifts=["blur"]), evaluator)
    assert isinstance(wise, WiseFtResult)
    (one,) = wise.tasks
    assert one.test[0.5].by_shift["blur"].value == on_test({"soup-apples-00": 0.5}, "apples@blur")
    assert {"joint", *tiny.INGREDIENTS} < set(one.standard)
    assert "ascent-apples" not in one.standard


def test_paint_patches_tasks_that_only_recipes_know(
    evaluator: Evaluator, on_test: Accuracy
) -> None:
    result = run_recipe(paint_recipe(evaluator.suite), evaluator, tuning=TUNING)
    assert isinstance(result, PaintResult)
    ways = [patch.patched.way for patch in result.patches]
    assert {way: ways.count(way) for way in ways} == {
        "one": 4, "alone": 4, "parallel": 2, "joint": 2, "sequential": 2,
    }  # fmt: skip
    for patch in result.patches:
        if patch.patched.way in ("one", "parallel"):
            for task, estimate in patch.accuracies.items():
                assert estimate.value == on_test(patch.patched.edit, task)
    assert set(result.pretrained) == {*tiny.RECIPE_TASKS, "gardens", "houses", *tiny.TARGETS}


MADE: dict[str, Callable[[Suite], object]] = {
    "negation": lambda suite: negation_recipe(suite, tasks=["coins"]),
    "addition": lambda suite: addition_recipe(suite, tasks=["coins", "dice"]),
    "analogy": lambda suite: analogy_recipe(suite, examples=[4]),
    "paint": lambda suite: paint_recipe(suite, tasks=["jars"]),
    "wise-ft": lambda suite: wise_ft_recipe(suite, shifts=["noise"]),
    "soup": lambda suite: soup_recipe(suite, shifts=["noise"]),
    "methods": lambda suite: methods_recipe(suite, methods=["sum", "dare", "slerp"], seeds=2),
    "plane": lambda suite: plane_recipe(suite, steps=4),
    "sweep": lambda suite: sweep_recipe(suite, points=3),
    "search": lambda suite: search_recipe(suite, tasks=["coins", "dice"], budget=6, seeds=1),
    "transfer": lambda s: transfer_recipe(s, tasks=tiny.TARGETS[:3], pairs=1, examples=8),
    "sequence": lambda s: sequence_recipe(s, tasks=tiny.TARGETS[:2], orders=1, steps=2, examples=8),
    "ways": lambda s: ways_recipe(s, ways=["lora", "lp-ft"], seeds=1, steps=1),
    "efficiency": lambda s: efficiency_recipe(
        s, ways=["probe", "lora"], shots=[2], seeds=1, steps=1
    ),
}


@pytest.mark.parametrize("name", OF_PICTURES)
def test_progress_goes_up_to_at_most_and_the_result_can_be_stored(
    name: str, evaluator: Evaluator, tmp_path: Path
) -> None:
    recipe = MADE[name](evaluator.suite)
    seen: list[tuple[int, int, str]] = []
    result = run_recipe(
        recipe,
        evaluator,
        n=16,
        tuning=TUNING,
        progress=lambda done, needed, what: seen.append((done, needed, what)),
    )
    assert [done for done, _, _ in seen] == list(range(1, len(seen) + 1))
    assert {needed for _, needed, _ in seen} == {recipe.evaluations()}
    assert len(seen) <= recipe.evaluations()
    assert all(what for _, _, what in seen)
    assert result.name == name
    write_result(result, tmp_path / "stored.json", suite=evaluator.suite)
    again = read_result(tmp_path / "stored.json", suite=evaluator.suite)
    assert again.to_json() == result.to_json()
    assert recipe_figures(again) == recipe_figures(result)


@pytest.mark.parametrize("name", OF_PICTURES)
def test_a_cancelled_recipe_has_no_result_and_goes_on_later(
    name: str, evaluator: Evaluator
) -> None:
    cache, done = ResultCache(on_disk=False), []
    with pytest.raises(RecipeCancelled, match="stopped after 5 of at most"):
        run_recipe(
            MADE[name](evaluator.suite),
            evaluator,
            cache=cache,
            n=16,
            tuning=TUNING,
            progress=lambda count, needed, what: done.append(count),
            cancelled=lambda: len(done) >= 5,
        )
    after = run_recipe(MADE[name](evaluator.suite), evaluator, cache=cache, n=16, tuning=TUNING)
    fresh = run_recipe(
        MADE[name](evaluator.suite), Evaluator(evaluator.suite, device="cpu"), n=16, tuning=TUNING
    )
    assert untimed(after.to_json()) == untimed(fresh.to_json())


def untimed(value: object) -> object:
    """Without what is never twice the same."""
    if isinstance(value, dict):
        return {key: untimed(item) for key, item in value.items() if key != "seconds"}
    return [untimed(item) for item in value] if isinstance(value, list) else value


def test_a_suite_s_report_gets_a_section_for_every_recipe_it_has(evaluator: Evaluator) -> None:
    assert list(suite_recipes(evaluator.suite)) == OF_PICTURES
    in_words = set(RECIPES) - {*OF_PICTURES, "scaling"}
    assert {*suite_recipes(load_suite("mini-t5"))} >= in_words
    assert list(suite_recipes(without(evaluator.suite))) == [
        "negation", "addition", "methods", "plane", "sweep", "search", "transfer", "sequence",
        "ways", "efficiency",
    ]  # fmt: skip
    bare = Evaluator(without(evaluator.suite), device="cpu")
    results = list(recipe_results(bare, ["negation", "addition"], tuning=TUNING, extent=Extent(16)))
    assert [result.name for result in results] == ["negation", "addition"]


def test_a_quick_look_is_provisional(evaluator: Evaluator) -> None:
    result = run_recipe(negation_recipe(evaluator.suite, tasks=["coins"]), evaluator, n=16)
    assert isinstance(result, NegationResult)
    assert result.tasks[0].models["negated"].target.provisional
    assert result.tasks[0].probe_after.n == 16


@pytest.mark.parametrize("name", OF_PICTURES)
def test_a_rehearsal_never_opens_test(
    name: str, evaluator: Evaluator, monkeypatch: pytest.MonkeyPatch
) -> None:
    load = evaluator.suite.split

    def guarded(task: str, split: SplitName) -> Images:
        assert split != "test"
        return load(task, split)

    monkeypatch.setattr(evaluator.suite, "split", guarded)
    recipe = MADE[name](evaluator.suite)
    result = run_recipe(recipe, evaluator, n=16, tuning=TUNING, rehearse=True)
    splits = {
        v for row in result.rows() for k, v in Table("", [row]).flat()[0].items() if "split" in k
    }
    assert splits <= {"validation", None}
    told = "\n".join([result.protocol(), *result.findings(), *(t.title for t in result.tables())])
    assert "on test" not in told
    assert "(test)" not in told
    assert not any(key == "test" for table in result.tables() for row in table.rows for key in row)
    assert "all images" not in told


def test_a_probe_is_judged_on_images_that_it_was_not_fitted_to(evaluator: Evaluator) -> None:
    lab = suite_lab(evaluator, rehearse=True)
    probed = lab.probe({}, "gardens")
    assert (probed.n, probed.split) == (tiny.SIZES["validation"] // 2, "validation")
    assert probed.value > 0.5  # of ten classes


def test_a_base_that_cannot_be_trained_says_so(tiny_suite: Suite) -> None:
    class Other(Suite):
        def model(self) -> object:  # what another library's adapter would be
            return object()

    other = Other(tiny_suite.folder, tiny_suite.manifest)
    with pytest.raises(RecipeError, match="'tiny' cannot be trained here"):
        trainable_model(other)


def test_a_meter_without_anybody_watching_counts_and_never_stops() -> None:
    meter = Meter(needed=1)
    for _ in range(3):
        meter.check()
        meter.count("one more")
    assert meter.done == 3


def without(suite: Suite, **changes: object) -> Suite:
    """The suite with another recipe book."""
    return Suite(suite.folder, replace(suite.manifest, recipes=RecipeBook(**changes)))


BAD: dict[str, tuple[Callable[[Suite], object], type[TaskArithError], str]] = {
    "unknown task": (
        lambda suite: negation_recipe(suite, tasks=["aples"]),
        UnknownNameError,
        "unknown task 'aples'; did you mean 'apples'",
    ),
    "a task without a vector": (
        lambda suite: addition_recipe(suite, tasks=["apples", "gardens"]),
        UnknownNameError,
        "unknown task with a vector 'gardens'",
    ),
    "one task to add": (
        lambda suite: addition_recipe(suite, tasks=["apples", "apples"]),
        RecipeError,
        "at least 2 tasks, got apples",
    ),
    "floor": (lambda suite: negation_recipe(suite, floor=1.5), RecipeError, "0 < floor"),
    "too few ingredients": (
        lambda suite: soup_recipe(suite, ingredients=["soup-apples-00"]),
        RecipeError,
        "at least 2 different ingredients, found 1",
    ),
    "ingredients of another task": (
        lambda suite: soup_recipe(suite, task="birds"),
        RecipeError,
        "a soup of 'birds' needs at least 2",
    ),
    "unknown ingredient": (
        lambda suite: soup_recipe(suite, ingredients=["soup-apples-00", "soup-apples-09"]),
        UnknownNameError,
        "unknown vector 'soup-apples-09'",
    ),
    "unknown shift": (
        lambda suite: wise_ft_recipe(suite, shifts=["blurr"]),
        UnknownNameError,
        "unknown shift 'blurr'; did you mean 'blur'",
    ),
    "unknown way": (
        lambda suite: paint_recipe(suite, ways=["paralel"]),
        UnknownNameError,
        "did you mean 'parallel'",
    ),
    "no image to fine-tune on": (
        lambda suite: analogy_recipe(suite, examples=[0]),
        RecipeError,
        "at least 1 image",
    ),
    "no analogies": (lambda suite: analogy_recipe(without(suite)), RecipeError, "no analogies"),
    "no soup": (lambda suite: soup_recipe(without(suite)), RecipeError, "no soup"),
    "no patching tasks": (lambda s: paint_recipe(without(s)), RecipeError, "no patching tasks"),
    "no shifted tasks": (lambda s: wise_ft_recipe(without(s)), RecipeError, "no shifted tasks"),
}


@pytest.mark.parametrize(("make", "error", "words"), BAD.values(), ids=list(BAD))
def test_bad_input_is_refused_before_anything_is_measured(
    make: Callable[[Suite], object],
    error: type[TaskArithError],
    words: str,
    tiny_suite: Suite,
) -> None:
    with pytest.raises(error, match=words):
        make(tiny_suite)


@pytest.fixture
def copied(tiny_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_folder, tmp_path / "tiny"))


def test_a_suite_without_a_book_takes_analogies_by_name(tiny_suite: Suite) -> None:
    a, b, c, d = tiny.TARGETS[:4]
    bare = without(tiny_suite)
    recipe = analogy_recipe(bare, quadruples=[f"{a}:{b}::{c}:{d}"], examples=[])
    result = run_recipe(recipe, Evaluator(bare, device="cpu"), n=8, rehearse=True)
    (row,) = result.rows()
    assert row["A : B :: C : D"] == f"{a} : {b} :: {c} : {d}"
    assert "over 1 " in result.findings()[0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{0}:{1}:{2}:{3}", "write A:B::C:D"),
        ("{0}:{1}::{2}", "write A:B::C:D"),
        ("{0}:{1}::{2}:{0}", "none of the others"),
        ("{0}:{1}::{2}:nowhere", "nowhere"),
    ],
)
def test_no_analogy_is_no_analogy(text: str, words: str, tiny_suite: Suite) -> None:
    with pytest.raises(TaskArithError, match=words):
        analogy_recipe(tiny_suite, quadruples=[text.format(*tiny.TARGETS)])


def test_an_analogy_of_vectors_with_different_parameters_is_refused(copied: Path) -> None:
    file = copied / "vectors" / "birds.safetensors"
    tensors = read_tensors(file)
    gone = sorted(tensors)[0]
    write_tensors(file, {name: t for name, t in tensors.items() if name != gone})
    with pytest.raises(WeightsError, match=gone):
        analogy_recipe(load_suite(copied))


def test_an_empty_validation_split_is_refused(copied: Path) -> None:
    file = copied / "pictures" / "coins.safetensors"
    tensors = read_tensors(file)
    empty = {n: t[:0] if n.startswith("validation") else t for n, t in tensors.items()}
    write_tensors(file, empty)
    suite = load_suite(copied)
    with pytest.raises(AssetError, match="at least one image"):
        run_recipe(negation_recipe(suite, tasks=["coins"]), Evaluator(suite, device="cpu"))
