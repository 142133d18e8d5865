from collections.abc import Mapping
from statistics import fmean, stdev

import pytest

from taskarith.core import METHODS
from taskarith.errors import RecipeCancelled, SettingError, UnknownNameError
from taskarith.evaluation import Evaluator, measure
from taskarith.recipes.catalogue import methods_recipe, run_recipe
from taskarith.recipes.methods.entrants import USUAL, entrant, entrants
from taskarith.recipes.methods.protocol import COARSE, Choice, Misfit, choose_scale, fine_grid
from taskarith.recipes.methods.recipe import MethodsRecipe
from taskarith.recipes.methods.result import MethodsResult
from taskarith.recipes.sample import Sample
from taskarith.recipes.suite_lab import suite_lab
from taskarith.suites import Suite
from tests import tiny
from tests.recipes.fakes import FakeLab, looked_at_test_last

TASKS = ("a", "b", "c")
BEST = {"sum": 0.4, "average": 1.2, "ties": 0.95, "dare": 0.35, "adamerging": 1.0}
RECIPE = MethodsRecipe(
    tasks=TASKS,
    control="objects",
    unseen_controls=("places",),
    entrants=entrants(["sum", "average", "ties:density=0.3", "dare", "slerp", "adamerging"]),
)


def accuracy(coefficients: Mapping[str, float], task: str) -> float:
    """A merged model is best at its method's own scale; a seed of DARE costs a little."""
    if task in ("objects", "places"):
        return 0.9 - 0.05 * sum(coefficients.values())
    if not coefficients:
        return 0.5
    if task in coefficients:
        return 0.95
    (name,) = coefficients
    method, seed, *_ = name.removeprefix("merged(").split(", ")
    return 0.9 - 0.25 * abs(coefficients[name] - BEST[method]) - 0.01 * int(seed)


def test_every_method_gets_the_scale_of_brute_force() -> None:
    fake = FakeLab(accuracy)
    result = RECIPE.run(fake.lab)
    assert looked_at_test_last(fake)
    grid = [round(0.05 * step, 2) for step in range(61)]
    for choice in result.choices:
        name = f"merged({choice.entrant.name}, 0, a+b+c, 1.0)"
        mean = {scale: fmean(accuracy({name: scale}, task) for task in TASKS) for scale in grid}
        assert choice.scale == max(grid, key=lambda scale, m=mean: m[scale])
    assert {one.entrant.name: one.scale for one in result.choices} == BEST


def test_it_says_by_how_much_the_chosen_scales_flatter() -> None:
    result = RECIPE.run(FakeLab(accuracy, sample=Sample(surely=True)).lab)
    assert [one.flattery for one in result.choices] == pytest.approx([0] * 5, abs=0.02)
    assert "the choice flatters" in result.findings()[-1]
    assert "by the lower end" in result.protocol()


def test_scales_are_found_wherever_the_summit_is() -> None:
    for step in range(61):
        summit = round(0.05 * step, 2)
        assert choose_scale(lambda scale, at=summit: -abs(scale - at)) == summit
    assert {fine_grid(coarse)[0] for coarse in COARSE} == {0.0, *COARSE[:-1]}


def test_a_method_that_does_not_fit_says_why() -> None:
    result = RECIPE.run(FakeLab(accuracy).lab)
    (misfit,) = result.misfits
    assert (misfit.entrant.name, misfit.reason) == ("slerp", "slerp goes between two vectors")
    left_out = result.tables()[-1]
    assert (left_out.title, left_out.rows[0]["why not"]) == ("Left out", misfit.reason)


def test_a_method_that_draws_shows_its_spread_over_seeds() -> None:
    result = RECIPE.run(FakeLab(accuracy).lab)
    by_name = {choice.entrant.name: choice for choice in result.choices}
    drawn = [outcome.normalized for outcome in by_name["dare"].outcomes]
    assert len(drawn) == 3
    assert by_name["dare"].spread == pytest.approx(stdev(drawn))
    assert by_name["dare"].normalized == drawn[0]
    assert by_name["sum"].spread is None


def test_the_table_sets_them_beside_doing_nothing() -> None:
    result = RECIPE.run(FakeLab(accuracy).lab)
    rows = result.rows()
    assert [row["method"] for row in rows] == [
        "nothing", "Task arithmetic", "Weight average", "TIES, density 0.3", "DARE",
        "AdaMerging, layer-wise",
    ]  # fmt: skip
    assert [row["looks at"] for row in rows][-1] == "unlabelled validation images"
    assert rows[0]["gain recovered"] == 0
    assert result.normalized_of_nothing() == pytest.approx(0.5 / 0.95)
    summed = result.choices[0]
    assert summed.outcomes[0].gain == pytest.approx((0.9 - 0.5) / (0.95 - 0.5))
    assert summed.at_one == pytest.approx(0.75 / 0.95)
    assert {"objects", "places"} < set(rows[1])


def test_it_never_takes_more_evaluations_than_it_says() -> None:
    fake = FakeLab(accuracy)
    RECIPE.run(fake.lab)
    assert len({str(question) for question in fake.asked}) <= RECIPE.evaluations()


def test_on_a_real_suite_it_measures_the_edits_it_names(tiny_suite: Suite) -> None:
    evaluator = Evaluator(tiny_suite, device="cpu")
    words = ["sum", "average", "ties", "tsv-m", "regmean:images=8"]
    recipe = methods_recipe(tiny_suite, tasks=tiny.TARGETS[:3], methods=words)
    result = run_recipe(recipe, evaluator)
    assert isinstance(result, MethodsResult)
    assert [choice.entrant.name for choice in result.choices] == [w.split(":")[0] for w in words]
    for choice in result.choices:
        edit = choice.entrant.edit("tiny", recipe.tasks, scale=choice.scale)
        (outcome,) = choice.outcomes
        own = measure(evaluator, edit, tasks=list(outcome.accuracies), split="test")
        # θ₀ + s·merge(τ) and merge(s·τ) round differently, which may turn an answer on the edge.
        for task, estimate in outcome.accuracies.items():
            assert abs(estimate.value - own[task].value) <= 1.5 / estimate.n
        assert choice.seconds > 0
        assert outcome.normalized == pytest.approx(
            fmean(
                outcome.accuracies[task].value / result.references.finetuned[task].value
                for task in recipe.tasks
            )
        )


def test_choices_come_one_by_one_from_validation_alone(tiny_suite: Suite) -> None:
    lab = suite_lab(Evaluator(tiny_suite, device="cpu"), n=16)
    recipe = methods_recipe(tiny_suite, methods=["slerp", "average"])
    found = recipe.choose(lab, recipe.references(lab))
    first, second = next(found), next(found)
    assert isinstance(first, Misfit)
    assert "between two vectors, got 4" in first.reason
    assert isinstance(second, Choice)
    assert {one.split for one in second.outcomes[0].accuracies.values()} == {"validation"}


@pytest.mark.parametrize("words", ["adamerging:steps=10000", "fisher", "regmean"])
def test_a_merge_that_looks_at_images_can_be_stopped_on_its_way(
    words: str, tiny_suite: Suite
) -> None:
    heard: list[str] = []
    looks = iter(range(12))  # ten come before the merge asks its first
    with pytest.raises(RecipeCancelled):
        run_recipe(
            methods_recipe(tiny_suite, methods=[words]),
            Evaluator(tiny_suite, device="cpu"),
            n=8,
            progress=lambda done, needed, what: heard.append(what),
            cancelled=lambda: next(looks, None) is None,
        )
    assert not [what for what in heard if what.startswith("merged")]


@pytest.mark.parametrize(
    ("words", "error", "says"),
    [
        ("tyes", UnknownNameError, "unknown method 'tyes'; did you mean 'ties'"),
        ("ties:density=0", SettingError, "density = 0 is out of range"),
        ("ties:density=1.5", SettingError, "density = 1.5 is out of range"),
        ("ties:densety=0.5", UnknownNameError, "did you mean 'density'"),
        ("ties:density", SettingError, "written as name=value, got 'density'"),
        ("ties:scale=2", SettingError, "scale is what the comparison chooses"),
    ],
)
def test_nonsense_is_refused(words: str, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        entrant(words)


def test_the_usual_methods_fit_any_number_of_vectors_and_look_at_nothing() -> None:
    assert [one.name for one in entrants()] == list(USUAL)
    for one in entrants():
        assert not one.method.needs_data
        assert one.method.most_terms is None


def test_all_is_every_method_and_goes_with_others() -> None:
    assert [one.name for one in entrants(["all"])] == list(METHODS)
    assert len(entrants(["all", "ties:density=0.3"])) == len(METHODS) + 1


def test_the_same_entrant_runs_once() -> None:
    assert len(entrants(["ties", "ties:density=0.2", "ties:density=0.3"])) == 2
