"""Ways on made-up accuracies: what is chosen where, and what is said of it."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from taskarith.errors import RecipeError, UnknownNameError
from taskarith.figures import recipe_figures
from taskarith.recipes.learning_rates import RATES
from taskarith.recipes.result import as_markdown
from taskarith.recipes.study_recipes import ways_recipe
from taskarith.recipes.way_lab import MADE, Learning
from taskarith.recipes.ways.protocol import OF_PICTURES, OF_TEXTS
from taskarith.recipes.ways.recipe import WaysRecipe
from taskarith.recipes.ways.result import WaysResult
from taskarith.suites import Suite
from tests.recipes.fakes import FakeLab, FakeWays, looked_at_test_last

WAYS = ("full", "full+anchor", "lora", "lit", "soft-prompt")
SHIFTS = ("blur", "noise")
RECIPE = WaysRecipe("a", "b", "c", WAYS, OF_PICTURES + OF_TEXTS, SHIFTS, seeds=2, steps=5)
GAIN = {"full": 0.4, "full+anchor": 0.3, "lora": 0.39, "lit": -0.1}
BEST = {"full": 0.3, "lora": 3.0}


def accuracy(coefficients: Mapping[str, float], task: str) -> float:
    """Half at first; on the task as much more as the way gives, less of it off its best rate.

    Under shifts full fine-tuning gives nothing, and of the control it takes a tenth.
    """
    level = 0.5
    for name, value in coefficients.items():
        kind, _, told = name.partition(" ")
        if kind == MADE:
            way, rate, seed = told.split()
            gain = GAIN[way] + 0.01 * int(seed)
            gain -= 0.1 * (float(rate) != BEST.get(way, 1.0))
            own, _, shift = task.partition("@")
            if own == "a":
                level += value * gain * (0.0 if shift and way == "full" else 1.0)
            elif own == "c":
                level -= abs(value) * (0.1 if way == "full" else 0.0)
        elif name == task:
            level += 0.3 * value
    return level


def called(learning: Learning) -> str:
    way = learning.way + ("+anchor" if learning.anchor else "")
    return f"{MADE} {way} {learning.faster:g} {learning.seed}"


@pytest.fixture(scope="module")
def school() -> FakeWays:
    return FakeWays(FakeLab(accuracy), called, refused={"soft-prompt": "no prompt is read"})


@pytest.fixture(scope="module")
def result(school: FakeWays) -> WaysResult:
    return RECIPE.run(school.lab)


def test_each_way_takes_its_best_rate_before_test_is_opened(
    school: FakeWays, result: WaysResult
) -> None:
    assert looked_at_test_last(school.fake)
    assert [one.way for one in result.entrants] == [*WAYS[:-1]]
    assert {one.way: one.rated.faster for one in result.entrants} == {
        "full": 0.3, "full+anchor": 1.0, "lora": 3.0, "lit": 1.0,
    }  # fmt: skip
    assert result.refused == {"soft-prompt": "no prompt is read"}
    assert {(one.seed, one.faster) for one in school.learned if one.way == "lora"} == {
        *((0, rate) for rate in RATES), (1, 3.0),
    }  # fmt: skip
    taken = len(school.learned) + len({str(one) for one in school.fake.asked})
    assert taken <= RECIPE.evaluations()


def test_uses_are_chosen_and_measured(result: WaysResult) -> None:
    full, anchored, lit = (result.find(way) for way in ("full", "full+anchor", "lit"))
    assert full is not None
    assert anchored is not None
    assert lit is not None
    assert result.accuracy(full).value == pytest.approx(0.905)
    assert result.retained(full).value == pytest.approx(0.8)
    assert result.halfway(full).value == pytest.approx(0.5, abs=0.01)
    # A tenth of the control is too much at any λ on the grid but 0; of the anchored it is none.
    assert {trial.negation for trial in full.trials} == {0.0}
    assert {trial.negation for trial in anchored.trials} == {-1.0}
    assert {trial.alpha for trial in lit.trials} == {0.25}  # it harms: as little of it as there is
    assert {trial.addition for trial in full.trials} == {1.0}
    assert result.kept_in_sum(full).value == pytest.approx(1.0)
    assert all(trial.random["a"].value == 0.5 for trial in full.trials)


def test_what_was_expected_is_said_either_way(result: WaysResult) -> None:
    told = result.findings()
    assert told[0].startswith("not above the pretrained model (50.0 [46.9, 53.1]) in the mean")
    assert told[0].endswith("lit (40.5)")
    assert "LoRA against full: -1.0 points [-1.0, -1.0] over 2 seeds, within two points" in told[1]
    # At the anchored model's 80.5 % full fine-tuning has gained nothing under shifts.
    robust = next(line for line in told if line.startswith("full+anchor against full"))
    assert "+30.5 points" in robust
    assert "at λ = 0 every answer is the pretrained model's" in " ".join(told)
    table = as_markdown(result)
    assert "| soft-prompt | no prompt is read |" in table
    assert "× 3, an end" in table


def test_figures_show_accuracy_against_what_moved(result: WaysResult) -> None:
    first, second = recipe_figures(result)
    assert first.layout.xaxis.type == "log"
    assert [(trace.name, trace.x[0]) for trace in first.data] == [(w, 100) for w in WAYS[:-1]]
    assert [trace.name for trace in second.data] == [
        "control retained", "kept in the sum", "negated to", "under shifts",
    ]  # fmt: skip


def test_one_seed_has_no_interval_and_says_so(school: FakeWays) -> None:
    alone = replace(RECIPE, ways=("full", "lora"), seeds=1)
    result = alone.run(school.lab)
    assert "1 seed, so no interval" in " ".join(result.findings())
    assert len(recipe_figures(result)) == 2


def test_a_suite_s_own_task_is_learned_and_its_neighbour_s_vector_added(tiny_suite: Suite) -> None:
    recipe = ways_recipe(tiny_suite)
    assert (recipe.task, recipe.other, recipe.control) == ("apples", "birds", "gardens")
    assert recipe.ways == OF_PICTURES
    assert ways_recipe(tiny_suite, task="dice").other == "apples"


@pytest.mark.parametrize(
    ("asked", "error", "words"),
    [
        ({"ways": ["lara"]}, UnknownNameError, "did you mean 'lora'"),
        ({"ways": ["ia3"]}, UnknownNameError, "unknown way for this suite 'ia3'"),
        ({"ways": ["lora+anchors"]}, UnknownNameError, "unknown way for this suite"),
        ({"seeds": 0}, RecipeError, "at least 1 way, 1 seed and 1 step"),
        ({"other": "apples", "task": "apples"}, RecipeError, "name another with --other"),
        ({"task": "gardens"}, UnknownNameError, "unknown task with a vector 'gardens'"),
    ],
)
def test_bad_input_is_refused(
    asked: dict[str, object], error: type[Exception], words: str, tiny_suite: Suite
) -> None:
    with pytest.raises(error, match=words):
        ways_recipe(tiny_suite, **asked)  # type: ignore[arg-type]
