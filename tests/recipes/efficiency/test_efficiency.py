"""Efficiency on made-up accuracies: what is chosen where, what is compared, what is said of it."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from taskarith.errors import AssetError, RecipeError, UnknownNameError
from taskarith.figures import recipe_figures
from taskarith.recipes.efficiency.measures import (
    MEASURES,
    mean_average_precision,
    mean_per_class,
    roc_auc,
)
from taskarith.recipes.efficiency.recipe import EfficiencyRecipe
from taskarith.recipes.efficiency.result import EfficiencyResult
from taskarith.recipes.learning_time import learned_examples, learning_seconds
from taskarith.recipes.result import as_markdown
from taskarith.recipes.stored import shipped_result
from taskarith.recipes.study_recipes import efficiency_recipe
from taskarith.recipes.way_lab import MADE, Learning
from taskarith.suites import Suite, load_suite
from taskarith.suites.knowledge import class_knowledge
from tests.recipes.fakes import FakeLab, FakeWays, looked_at_test_last

RECIPE = EfficiencyRecipe(
    "a", ("b", "d"), ("probe", "ia3", "lora", "full"), (5, 20, 0), seeds=2, steps=4,
    knowledge=("is near", "is far"),
)  # fmt: skip


def accuracy(coefficients: Mapping[str, float], task: str) -> float:
    """Half at first; what is learned gives more from more shots, and from an edit at λ = 0.2.

    Three times the rate is best for LoRA and decay is bad; random vectors cost a tenth.
    """
    level = 0.5
    for name in coefficients:
        kind, *told = name.split()
        if kind not in (MADE, "began"):
            continue
        way, rate, decay, shots, seed, origin = told[-6:]
        if origin == "shuffled":
            return 0.5  # nothing is learned
        if kind == "began" and way == "full":
            return 0.4  # with knowledge
        level += {"5": 0.1, "20": 0.2, "0": 0.3}[shots] + 0.01 * int(seed)
        level += {"none": 0.0, "0.1": 0.02, "0.2": 0.05, "0.4": 0.0}.get(origin, -0.1)
        if kind == MADE:
            level += 0.05 - 0.1 * (float(rate) != {"lora": 3.0}.get(way, 1.0))
            level -= 0.1 * float(decay)
    return level


def called(learning: Learning) -> str:
    origin = "none"
    if learning.origin:
        name, value = learning.origin[0]
        origin = "random" if name.startswith("random") else f"{value:g}"
    if learning.shuffled:
        origin = "shuffled"
    return (
        f"{MADE} {learning.way} {learning.faster:g} {learning.weight_decay:g} {learning.few} "
        f"{learning.seed} {origin}"
    )


@pytest.fixture(scope="module")
def school() -> FakeWays:
    return FakeWays(FakeLab(accuracy), called, refused={"ia3": "(IA)³ is for texts"})


@pytest.fixture(scope="module")
def result(school: FakeWays) -> EfficiencyResult:
    return RECIPE.run(school.lab)


def test_edit_rates_and_decay_are_chosen_before_test_is_opened(
    school: FakeWays, result: EfficiencyResult
) -> None:
    assert looked_at_test_last(school.fake)
    assert result.refused == {"ia3": "(IA)³ is for texts"}
    assert result.coefficient == 0.2
    assert list(result.origins) == ["0.1", "0.2", "0.4"]
    assert {one.way for one in school.learned} == {"lora", "full"}  # a probe takes no step
    tuned = {(p.way, p.start, p.shots): p.tuned for p in result.points if p.tuned is not None}
    assert {key[1] for key in tuned} == {"pretrained", "edit"}
    assert {t.rated.faster for (way, *_), t in tuned.items() if way == "lora"} == {3.0}
    assert {t.rated.faster for (way, *_), t in tuned.items() if way == "full"} == {1.0}
    assert {t.weight_decay for t in tuned.values()} == {0.0}
    null = [one for one in school.learned if any("random" in name for name, _ in one.origin)]
    assert {(one.way, one.faster) for one in null} == {("lora", 3.0), ("full", 1.0)}
    assert len(set(school.learned)) <= len(school.learned) <= RECIPE.trainings() + 40
    assert len(set(school.learned)) <= RECIPE.trainings()


def test_starts_are_compared_seed_by_seed(result: EfficiencyResult) -> None:
    assert result.shots == (5, 20, 0)
    for shots in result.shots:
        change = result.change("full", "edit", shots)
        assert change is not None
        assert change.value == pytest.approx(0.05)
        assert result.mean_change("random", shots).value == pytest.approx(-0.1)
    probe, full = (result.find(way, "pretrained", 5) for way in ("probe", "full"))
    assert probe is not None
    assert full is not None
    assert (probe.moved, probe.examples, full.moved) == (10, 10, 100)
    assert full.mean.value == pytest.approx(0.655)
    told = " ".join(result.findings())
    assert "an edit of related vectors, in the mean of 3 ways: 5 shots: +5.0 points" in told
    assert "the edit over random vectors, 5 shots: +15.0 points" in told
    assert "10 examples from the edit are worth about 20 from the pretrained model" in told
    assert "a second sentence about each class, zero-shot: pretrained: -10.0 points" in told
    text = as_markdown(result)
    assert "| linear probe | 1 % |" in text
    assert "| (IA)³ | (IA)³ is for texts |" in text
    assert "| hateful-memes | ROC AUC | – |" in text


def test_shuffled_labels_are_learned_as_right_ones_are(
    school: FakeWays, result: EfficiencyResult
) -> None:
    null = [one for one in school.learned if one.shuffled]
    assert {replace(one, shuffled=False) for one in null} <= set(school.learned)
    assert {one.origin for one in null} == {()}
    assert result.mean_change("shuffled", 5).value == pytest.approx(0.5 - 0.605 - 0.1 / 3)
    found = " ".join(result.findings())
    assert "right labels over shuffled ones, in the mean of 3 ways: 5 shots: +13.8 points" in found
    assert "with each other's labels" in result.protocol()
    assert "The null: shuffled labels" in as_markdown(result)


def test_what_was_measured_without_that_null_reads_as_before() -> None:
    found = shipped_result(load_suite("mini"), "efficiency")
    assert isinstance(found, EfficiencyResult)
    assert all(one.start != "shuffled" for one in found.points) or "shuffled" in as_markdown(found)
    assert len(recipe_figures(found)) == 2
    assert found.findings()


def test_figures_show_labels_and_weights(result: EfficiencyResult) -> None:
    labels, weights = recipe_figures(result)
    assert labels.layout.xaxis.type == weights.layout.xaxis.type == "log"
    assert len(labels.data) == 4 * 3
    assert list(labels.data[0].x) == [10, 40, 200]
    assert [trace.name for trace in weights.data] == ["5 a class", "20 a class", "all examples"]
    assert list(weights.data[0].x) == [0.01, 0.1, 0.1]


def test_another_measure_is_what_is_compared(school: FakeWays) -> None:
    recipe = replace(RECIPE, ways=("probe",), shots=(5,), measure="roc-auc", knowledge=(),
                     untold="there are none")  # fmt: skip
    result = recipe.run(school.lab)
    run = result.points[0].runs[0]
    assert run.value == pytest.approx(run.per_class)  # of two classes, answered without degrees
    assert "ROC AUC" in result.protocol()
    assert "nothing here trains" in result.protocol()
    assert "no prompts with knowledge: there are none" in result.findings()


def test_measures_agree_with_their_definitions() -> None:
    rng = np.random.default_rng(0)
    logits, labels = rng.normal(size=(40, 3)), rng.integers(0, 3, 40)
    shares = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    above, precisions = [], []
    for one in range(3):
        pairs = [(p, n) for p in shares[labels == one, one] for n in shares[labels != one, one]]
        above.append(np.mean([p > n for p, n in pairs]))
        order = np.argsort(-logits[:, one])
        hits = [int((labels[order[:k]] == one).sum()) for k in range(1, 41)]
        points = [
            max(h / k for k, h in enumerate(hits, 1) if 10 * h >= tenth * hits[-1])
            for tenth in range(11)
        ]
        precisions.append(np.mean(points))
    assert roc_auc(logits, labels) == pytest.approx(np.mean(above))
    assert mean_average_precision(logits, labels) == pytest.approx(np.mean(precisions))
    assert mean_per_class(labels, labels) == 1.0
    with pytest.raises(RecipeError, match="two classes at least"):
        MEASURES["roc-auc"][0](logits, np.zeros(40, int))


def test_a_suite_s_own_task_starts_from_all_the_others(tiny_suite: Suite) -> None:
    recipe = efficiency_recipe(tiny_suite, shots=[0, 5])
    assert recipe.task == "apples"
    assert "apples" not in recipe.others
    assert recipe.shots == (5, 0)
    assert recipe.untold == "tiny has no knowledge.json that tells about apples"
    mini = efficiency_recipe(load_suite("mini"))
    assert (mini.task, len(mini.knowledge), mini.untold) == ("textures", 12, "")
    words = efficiency_recipe(load_suite("mini-t5")).untold
    assert words.endswith("is not made of words by a text tower")


def test_knowledge_is_in_words_that_the_text_tower_knows() -> None:
    suite = load_suite("mini")
    told = class_knowledge(suite, "textures")
    tokenizer = suite.model().tokenizer
    assert tokenizer.unknown(told) == []
    longest = max(len(tokenizer.words(t)) for t in suite.task("textures").templates)
    assert max(len(tokenizer.words(one)) for one in told) + longest <= tokenizer.context_length - 2
    assert class_knowledge(suite, "signs") == ()


@pytest.mark.parametrize("text", ["{", '{"tasks": {"apples": {}}}', "[]"])
def test_damaged_knowledge_is_refused(
    text: str, tiny_suite: Suite, monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    from pathlib import Path

    file = Path(str(tmp_path)) / "knowledge.json"
    file.write_text(text)
    monkeypatch.setattr(tiny_suite, "path", lambda relative: file)
    with pytest.raises(AssetError, match="add those that lack, or remove the task"):
        class_knowledge(tiny_suite, "apples")


@pytest.mark.parametrize(
    ("asked", "error", "words"),
    [
        ({"ways": ["lara"]}, UnknownNameError, "did you mean 'lora'"),
        ({"measure": "auc"}, UnknownNameError, "unknown measure 'auc'"),
        ({"seeds": 0}, RecipeError, "at least 1 way, 1 number of shots, 1 seed and 1 step"),
        ({"shots": [-1]}, RecipeError, "counted from 1, or 0 for all"),
        ({"task": "apples", "others": ["apples"]}, RecipeError, "name some with --others"),
        ({"others": ["gardens"]}, UnknownNameError, "unknown task with a vector 'gardens'"),
    ],
)
def test_bad_input_is_refused(
    asked: dict[str, object], error: type[Exception], words: str, tiny_suite: Suite
) -> None:
    with pytest.raises(error, match=words):
        efficiency_recipe(tiny_suite, **asked)  # type: ignore[arg-type]


def test_how_much_is_learned_is_said_before_it_starts() -> None:
    # Three λ, and for two ways and three numbers of shots two searches of four, the second seeds
    # of both, and two of the null.
    trained = replace(RECIPE, ways=("probe", "lora", "full"))
    assert trained.trainings() == 3 + 2 * 3 * (2 * (4 + 1) + 2 * 2)
    assert learned_examples(trained) == trained.trainings() * 4 * 32
    assert learned_examples(replace(RECIPE, ways=("probe",))) == 0
    assert learning_seconds(1000, pace=1000.0) > 1.0  # learning takes longer than looking
