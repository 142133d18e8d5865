"""What is wrong with a setting, a vector or an answer about data is said, and how to mend it."""

import math

import pytest
import torch

from taskarith.core import METHODS, Edit, Gram, TaskVector, Terms, merge
from taskarith.errors import (
    CoefficientError,
    SettingError,
    TaskArithError,
    UnknownNameError,
    WeightsError,
)
from tests.core.merges.examples import MadeUpStatistics, random_vector

VECTORS = {name: random_vector(seed) for seed, name in enumerate("abc")}
WITH_DENSITY = [n for n, m in METHODS.items() if any(s.name == "density" for s in m.settings)]


def test_the_methods_that_trim_have_a_density() -> None:
    assert {"ties", "ties-per-tensor", "dare", "breadcrumbs"} <= set(WITH_DENSITY)


@pytest.mark.parametrize("density", [0, -0.1, 1.01, 1e9, math.nan, math.inf, "x", "", None, True])
@pytest.mark.parametrize("name", WITH_DENSITY)
def test_a_density_is_above_0_and_at_most_1(name: str, density: float) -> None:
    with pytest.raises(SettingError, match="density"):
        merge(Terms(VECTORS), method=name, settings={"density": density})
    with pytest.raises(SettingError, match="density"):
        Edit("s", {"a": 1.0}, method=name, settings={"density": density})


@pytest.mark.parametrize("name", METHODS)
def test_every_setting_keeps_to_its_bounds(name: str) -> None:
    for setting in METHODS[name].settings:
        bounds = setting.bounds
        beyond = [bounds.least - 1, bounds.most + 1] + ([bounds.least] * bounds.above_least)
        for value in beyond:
            with pytest.raises(SettingError, match=rf"{setting.name} = .* out of range; give a"):
                Edit("s", method=name, settings={setting.name: value})
        assert setting.checked(str(setting.default)) == setting.default


def test_whole_numbers_are_whole() -> None:
    edit = Edit("s", method="consensus", settings={"agreement": "3"})
    assert edit.settings["agreement"] == 3
    assert type(edit.settings["agreement"]) is int
    with pytest.raises(SettingError, match=r"agreement must be a whole number, got '1\.5'"):
        Edit("s", method="consensus", settings={"agreement": 1.5})


def test_unknown_names_are_named() -> None:
    with pytest.raises(UnknownNameError, match=r"method 'tie'; did you mean 'ties'"):
        merge(Terms(VECTORS), method="tie")
    with pytest.raises(UnknownNameError, match=r"setting of ties 'desnity'.*'density'"):
        merge(Terms(VECTORS), method="ties", settings={"desnity": 0.2})
    with pytest.raises(UnknownNameError, match=r"vector 'd'.*a, b, c"):
        Terms(VECTORS, {"d": 1.0})
    with pytest.raises(UnknownNameError, match=r"layer group 'visual.conv'.*'visual.conv1'"):
        Terms(VECTORS, {"a": 1.0}, layers={"a": {"visual.conv": 0.5}})


def test_coefficients_stay_in_range_in_every_layer() -> None:
    with pytest.raises(CoefficientError, match=r"λ\(a\) = 4"):
        Terms(VECTORS, {"a": 4.0})
    with pytest.raises(CoefficientError, match=r"λ\(a in visual.conv1\) = 4"):
        Terms(VECTORS, {"a": 2.0}, layers={"a": {"visual.conv1": 2.0}})


def test_vectors_of_two_bases_are_refused() -> None:
    other = TaskVector({"visual.proj": torch.zeros(3)})
    with pytest.raises(WeightsError, match=r"visual.proj is \[3\] in 'b'"):
        Terms({"a": VECTORS["a"], "b": other})


def test_slerp_says_how_many_vectors_it_takes() -> None:
    with pytest.raises(SettingError, match=r"between two vectors, got 3 \(a, b, c\)"):
        merge(Terms(VECTORS), method="slerp")


@pytest.mark.parametrize("name", [name for name, m in METHODS.items() if m.needs_data])
def test_data_must_be_there(name: str) -> None:
    with pytest.raises(TaskArithError, match=f"{name} looks at images"):
        merge(Terms(VECTORS), method=name)


@pytest.mark.parametrize(
    ("name", "question"), [("fisher", "fisher"), ("regmean", "grams"), ("adamerging", "entropy")]
)
def test_answers_about_data_must_fit(name: str, question: str) -> None:
    class Wrong(MadeUpStatistics):
        pass

    wrong = {"visual.transformer.resblocks.0.mlp.c_fc.weight": torch.ones(5, 5)}
    grams = {name: Gram(tensor) for name, tensor in wrong.items()}
    answer = {"entropy": (0.0, wrong), "fisher": wrong, "grams": grams}[question]
    setattr(Wrong, question, lambda *_, **__: answer)
    with pytest.raises(WeightsError, match=r"fit the vectors|Gram matrix of visual"):
        merge(Terms(VECTORS), method=name, statistics=Wrong())
