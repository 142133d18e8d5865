import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from taskarith.errors import RecipeError, UnknownNameError
from taskarith.evaluation import Evaluator, ResultCache
from taskarith.figures import recipe_figures
from taskarith.recipes.catalogue import run_recipe
from taskarith.recipes.lab import Answers, Lab
from taskarith.recipes.model_size import ModelSize
from taskarith.recipes.result import as_text
from taskarith.recipes.scaling.kinds import ADDED, CONTROL, KEPT, LAWS, NEGATED, RANDOM_ADDED, ZERO
from taskarith.recipes.scaling.measured import Base
from taskarith.recipes.scaling.protocol import fit_power_law
from taskarith.recipes.scaling.recipe import ScalingRecipe
from taskarith.recipes.scaling.result import ScalingResult
from taskarith.recipes.stored import read_result, write_result
from taskarith.recipes.study_recipes import scaling_recipe
from taskarith.suites import Suite, load_suite
from taskarith.tasks import SplitName
from tests.recipes.fakes import FakeLab, N
from tests.sizes import add_sizes, collection_file

SIZES = {"small": 1, "middle": 2, "large": 4, "huge": 8}
EXPONENT = -0.2


class Ladder:
    """Models whose zero-shot error is 0.6·Cᵇ, of which all vectors together recover 80 %."""

    def __init__(self, off: float = 1.0) -> None:
        self.labs: dict[str, FakeLab] = {}
        self.off = off  # what the largest model's error is times the law's

    @contextmanager
    def others(self, name: str) -> Iterator[Lab]:
        size = SIZES[name]
        error = 0.6 * size**EXPONENT * (self.off if name == "huge" else 1)

        def accuracy(coefficients: Mapping[str, float], task: str) -> float:
            known = {n: v for n, v in coefficients.items() if ":" not in n}
            if task == "control":
                return 0.9 - 0.01 * sum(value**2 for value in known.values())
            gained = 0.8 * min(1.0, known.get(task, 0.0)) * error
            return 1 - error + gained

        self.labs[name] = FakeLab(accuracy)
        yield replace(self.labs[name].lab, size=lambda: ModelSize(size * 10**6, size))

    def run(self, *, bases: tuple[Base, ...] | None = None) -> ScalingResult:
        lab = replace(FakeLab(lambda _, __: 0.5).lab, others=self.others)
        return recipe(bases).run(lab)


def recipe(bases: tuple[Base, ...] | None = None) -> ScalingRecipe:
    series = tuple(Base(name, 1_000) for name in SIZES)
    return ScalingRecipe("sizes", bases or series, ("a", "b"), "control", opened="huge")


@pytest.fixture(scope="module")
def ladder() -> Ladder:
    return Ladder()


@pytest.fixture(scope="module")
def result(ladder: Ladder) -> ScalingResult:
    return ladder.run()


def test_a_power_law_is_found_again() -> None:
    compute = np.array([1e9, 3e10, 7e11])
    log_a, b = fit_power_law(compute, 0.7 * compute**-0.11)
    assert math.isclose(np.exp(log_a), 0.7, rel_tol=1e-9)
    assert math.isclose(b, -0.11, rel_tol=1e-9)


def test_the_law_is_fitted_without_the_largest_and_holds_for_it(result: ScalingResult) -> None:
    assert [law.way for law in result.laws] == list(LAWS)
    law = result.laws[0]
    assert law.fitted == ("small", "middle", "large")
    assert law.largest == "huge"
    assert law.exponent.low < EXPONENT < law.exponent.high
    assert abs(law.exponent.value - EXPONENT) < 0.01
    assert all(law.holds for law in result.laws)


def test_a_largest_model_off_the_law_is_told() -> None:
    off = Ladder(off=1.3).run()
    law = off.laws[0]
    assert not law.holds
    assert abs(law.off.value - 1.3) < 0.02
    assert "it does not hold for huge" in as_text(off)


def test_each_model_chooses_on_validation_before_test_is_opened(
    ladder: Ladder, result: ScalingResult
) -> None:
    for name in SIZES:
        splits = ladder.labs[name].splits()
        first = splits.index("test")
        assert set(splits[first:]) == {"test"}
        assert set(splits[:first]) == {"validation"}
        asked = [(task, str(edit)) for _, task, split, edit in ladder.labs[name].asked[first:]]
        assert len(asked) <= 8 * 2 + 2
    assert result.rungs[0].coefficients[ADDED] == {"a": 1.0, "b": 1.0}


def test_gain_and_what_negation_leaves_stand_beside_their_nulls(result: ScalingResult) -> None:
    for rung in result.rungs:
        assert rung.gain is not None
        assert rung.null_gain is not None
        assert rung.left is not None
        assert abs(rung.gain.value - 1) < 0.01
        assert rung.null_gain.value == 0
        assert rung.errors[RANDOM_ADDED] == rung.errors[ZERO]
        assert rung.left.value < 1
        assert rung.errors[NEGATED].value > rung.errors[ZERO].value
        assert rung.errors[KEPT].value > rung.errors[CONTROL].value
    assert result.gain_by_doubling is not None
    assert result.gain_by_doubling.low <= 0 <= result.gain_by_doubling.high
    assert result.chosen()[0] == ("added", {"a": 1.0, "b": 1.0})


def test_a_model_apart_is_measured_and_not_fitted() -> None:
    series = tuple(Base(name, 1_000) for name in ("small", "middle", "large"))
    found = Ladder().run(bases=(*series, Base("huge", 1, apart="seen little")))
    assert found.rungs[0].suite == "huge"  # of least compute
    assert found.laws[0].largest == "large"
    assert found.laws[0].fitted == ("small", "middle")
    assert "Not fitted: huge, seen little." in found.protocol()


def test_two_models_make_no_law() -> None:
    with pytest.raises(RecipeError, match="checked on a larger one; of 'sizes' s, m are"):
        recipe((Base("s", 1), Base("m", 1), Base("x", 1, apart="other data")))


def test_models_that_answered_other_examples_are_not_compared() -> None:
    class Odd(Ladder):
        @contextmanager
        def others(self, name: str) -> Iterator[Lab]:
            with super().others(name) as lab:
                own = lab.answer

                def answer(
                    edit: Mapping[str, float], task: str, *, split: SplitName, least: int = 0
                ) -> Answers:
                    told = own(edit, task, split=split, least=least)
                    odd = name == "large" and task == "b"
                    return replace(told, labels=told.labels + 1) if odd else told

                yield replace(lab, answer=answer)

    with pytest.raises(RecipeError, match="large and small answered other examples of 'b'"):
        Odd().run()


def test_its_figures_have_log_axes_and_every_model(result: ScalingResult) -> None:
    errors, ratios = recipe_figures(result)
    assert errors.layout.xaxis.type == errors.layout.yaxis.type == "log"
    assert ratios.layout.xaxis.type == "log"
    marked = [trace for trace in errors.data if trace.mode == "markers"]
    assert all(list(trace.customdata) == list(SIZES) for trace in marked)
    assert len(marked[0].y) == len(SIZES)
    assert recipe_figures(result, theme="dark")


def test_it_is_stored_and_read_again(
    result: ScalingResult, tiny_suite: Suite, tmp_path: Path
) -> None:
    write_result(result, tmp_path / "scaling.json", suite=tiny_suite)
    assert read_result(tmp_path / "scaling.json", suite=tiny_suite) == result
    assert f"{N * 2:,} images" in result.laws[0].exponent.over


@pytest.fixture
def of_tiny(tmp_path: Path, tiny_folder: Path, monkeypatch: pytest.MonkeyPatch) -> ScalingRecipe:
    monkeypatch.setenv("TASKARITH_SUITES", str(tmp_path / "home"))
    add_sizes(tiny_folder, tmp_path / "home")
    file = str(collection_file(tmp_path))
    return scaling_recipe(load_suite("tiny-b"), tasks=["apples"], collection=file)


def test_real_suites_are_measured_and_a_run_goes_on(of_tiny: ScalingRecipe, tmp_path: Path) -> None:
    cache = ResultCache(tmp_path / "cache")
    evaluator = Evaluator(load_suite("tiny-b"), device="cpu")
    done: list[str] = []

    def stopped() -> bool:
        return len(done) > 60

    def progress(_: int, __: int, what: str) -> None:
        done.append(what)

    with pytest.raises(Exception, match="run it again and it goes on"):
        run_recipe(of_tiny, evaluator, cache=cache, n=8, progress=progress, cancelled=stopped)
    found = run_recipe(of_tiny, evaluator, cache=cache, n=8)
    assert isinstance(found, ScalingResult)
    assert [rung.suite for rung in found.rungs] == ["tiny-a", "tiny-b", "tiny-c"]
    assert found.rungs[0].errors == found.rungs[2].errors  # the same weights
    assert found.rungs[1].fingerprint == load_suite("tiny-b").recipe_fingerprint
    assert found.rungs[2].compute == 4 * found.rungs[0].compute
    write_result(found, tmp_path / "scaling.json", suite=load_suite("tiny-b"))
    assert read_result(tmp_path / "scaling.json", suite=load_suite("tiny-b")) == found


def test_what_cannot_be_compared_is_refused(of_tiny: ScalingRecipe, tmp_path: Path) -> None:
    suite = load_suite("tiny-b")
    with pytest.raises(RecipeError, match="'tiny-b' is in no collection"):
        scaling_recipe(suite)
    with pytest.raises(UnknownNameError, match="coins"):
        scaling_recipe(suite, tasks=["coins"], collection=str(collection_file(tmp_path)))
    with pytest.raises(RecipeError, match=r"clip-vit-base-patch32.*not on this machine yet"):
        scaling_recipe(suite, collection="clip-vit")
