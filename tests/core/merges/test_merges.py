"""Every method equals its textbook version, on one set of awkward examples for all."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from taskarith.core import METHODS, Gram, TaskVector, Terms, merge
from tests.core.merges import textbook
from tests.core.merges.examples import (
    LAYERS,
    PAIRWISE,
    SHAPES,
    MadeUpStatistics,
    double,
    fused_terms,
    random_vector,
    sigmas,
    split,
    zero_vector,
)
from tests.core.merges.textbook import Sigma

STATISTICS = MadeUpStatistics()


def textbook_fisher(terms: Sequence[Sigma], *, names: Sequence[str], **given: Any) -> Sigma:
    diagonals = [double(STATISTICS.fisher(name, images=1)) for name in names]
    given.pop("images")
    return textbook.fisher(terms, diagonals=diagonals, **given)


def textbook_regmean(terms: Sequence[Sigma], *, names: Sequence[str], **given: Any) -> Sigma:
    grams = []
    for name in names:
        found = {n: g.matrix.double().numpy() for n, g in STATISTICS.grams(name, images=1).items()}
        fused = {n: g for n, g in found.items() if "in_proj" in n}
        grams.append(found | {f"{n}/{i}": g for n, g in fused.items() for i in range(3)})
    given.pop("images")
    return textbook.regmean(terms, grams=grams, **given)


TEXTBOOK: dict[str, Callable[..., Sigma]] = {
    "sum": textbook.summed,
    "average": textbook.average,
    "slerp": textbook.slerp,
    "nuslerp": textbook.nuslerp,
    "karcher": textbook.karcher,
    "expo": textbook.expo,
    "lines": textbook.lines,
    "sce": textbook.sce,
    "ram": textbook.ram,
    "iso-cts": textbook.iso_cts,
    "knots": textbook.knots,
    "core-space": textbook.core_space,
    "model-stock": textbook.model_stock,
    "ties": textbook.ties,
    "ties-sum": partial(textbook.ties, mean=False),
    "ties-per-tensor": textbook.ties_per_tensor,
    "ties-per-tensor-sum": partial(textbook.ties_per_tensor, mean=False),
    "breadcrumbs": textbook.breadcrumbs,
    "consensus": textbook.consensus,
    "magmax": textbook.magmax,
    "metagpt": textbook.metagpt,
    "tsv-m": textbook.tsv_m,
    "iso-c": textbook.iso_c,
    "fisher": textbook_fisher,
    "regmean": textbook_regmean,
}
# Chance and steps of Adam have tests of their own: test_dare, test_della, test_adamerging.
ELSEWHERE = {"dare", "della", "adamerging"}

same, half = random_vector(7), torch.float16
VECTORS: dict[str, dict[str, TaskVector]] = {
    "three": {name: random_vector(seed) for seed, name in enumerate("abc")},
    "two": {name: random_vector(seed) for seed, name in enumerate("ab")},
    "one": {"a": random_vector(1)},
    "identical": {"a": same, "b": same},
    "parallel": {"a": same, "b": 0.75 * same},
    "opposite": {"a": same, "b": -same},
    "nearly parallel": {"a": same, "b": 0.75 * same + 0.05 * random_vector(8)},
    "nearly opposite": {"a": same, "b": 0.05 * random_vector(8) - same},
    "far apart": {"a": same, "b": 0.3 * random_vector(8) - same},
    "nearly orthogonal": {"a": same, "b": 2.0 * random_vector(8)},
    "with a zero vector": {"a": random_vector(1), "b": zero_vector()},
    "zero vectors": {"a": zero_vector(), "b": zero_vector()},
    "float16": {name: random_vector(seed, dtype=half) for seed, name in enumerate("ab")},
    "bfloat16 and float64": {
        "a": random_vector(1, dtype=torch.bfloat16),
        "b": random_vector(2, dtype=torch.float64),
    },
    "one covers less": {
        "a": random_vector(1),
        "b": TaskVector({n: t for n, t in random_vector(2).items() if "resblocks" in n}),
    },
}
COEFFICIENTS = {"a": 0.5, "b": -1.0, "c": 0.25}  # exact in every type, so that masks are too
DENSITIES = (1e-9, 0.2, 0.5, 1.0)

# How far float32 may be from float64, as a share of the largest number, of
# the terms or the result: inverses and singular
# vectors magnify rounding by what the matrices' condition is.
TOLERANCE = dict.fromkeys(TEXTBOOK, 1e-5) | {
    "tsv-m": 1e-3,
    "iso-c": 1e-3,
    "iso-cts": 1e-3,
    "regmean": 1e-4,
}


def assert_is_textbook(
    name: str,
    vectors: Mapping[str, TaskVector],
    coefficients: Mapping[str, float],
    *,
    layers: Mapping[str, Mapping[str, float]] | None = None,
    **given: float,
) -> None:
    terms = fused_terms(vectors, coefficients, layers=layers)
    found = merge(terms, method=name, settings=given, statistics=STATISTICS)
    assert all(tensor.dtype == torch.float32 for tensor in found.values())
    if METHODS[name].needs_data:
        expected = partial(TEXTBOOK[name], names=terms.names)
    else:
        expected = TEXTBOOK[name]
    scaled = sigmas(vectors, coefficients, layers)
    wanted = expected(scaled, **METHODS[name].checked(given))
    got = double(found)
    assert set(got) <= set(wanted)  # what no term covers is not in the merged vector
    numbers = [tensor for sigma in (wanted, *scaled) for tensor in sigma.values()]
    largest = max(np.abs(tensor).max(initial=0.0) for tensor in numbers)
    for tensor, value in wanted.items():
        difference = np.abs(got.get(tensor, 0.0) - value).max(initial=0.0)
        assert difference <= TOLERANCE[name] * largest + 1e-12, tensor


def test_every_method_has_a_textbook_version() -> None:
    assert TEXTBOOK.keys() | ELSEWHERE == METHODS.keys()


@pytest.mark.parametrize("example", VECTORS)
@pytest.mark.parametrize("name", TEXTBOOK)
def test_a_method_is_its_textbook_version(name: str, example: str) -> None:
    vectors = VECTORS[example]
    if name in PAIRWISE and len(vectors) > 2:
        pytest.skip("SLERP takes two vectors")
    keys = {setting.name for setting in METHODS[name].settings}
    for density in DENSITIES if "density" in keys else (None,):
        given = {} if density is None else {"density": density}
        assert_is_textbook(name, vectors, dict.fromkeys(vectors, 1.0), **given)
        signed = {vector: COEFFICIENTS[vector] for vector in vectors}
        assert_is_textbook(name, vectors, signed, **given)
        assert_is_textbook(name, vectors, signed, layers=LAYERS, **given)


EDGES = {
    "scale": (-3.0, 0.0, 0.5),
    "position": (0.0, 0.25, 1.0),
    "outliers": (0.0, 0.1, 0.5),
    "threshold": (0.0, 1.0, 10.0),
    "extrapolation": (-1.0, 0.0, 2.0),
    "slope": (0.0, 1.0, 3.0),
    "changed": (0.0, 0.5, 1.0),
    "common": (0.0, 0.3, 1.0),
    "agreement": (1, 3, 100),
    "floor": (1e-6, 0.1, 1.0),
    "off_diagonal": (0.0, 0.5, 1.0),
}


@pytest.mark.parametrize("name", TEXTBOOK)
def test_every_setting_does_what_the_textbook_says(name: str) -> None:
    vectors = VECTORS["two" if name in PAIRWISE else "three"]
    for setting in METHODS[name].settings:
        for value in EDGES.get(setting.name, ()):
            signed = {vector: COEFFICIENTS[vector] for vector in vectors}
            assert_is_textbook(name, vectors, signed, **{setting.name: value})


def test_no_setting_is_untested() -> None:
    names = {setting.name for name in TEXTBOOK for setting in METHODS[name].settings}
    assert names == EDGES.keys() | {"density", "images"}


@pytest.mark.parametrize("name", TEXTBOOK)
@given(
    seed=st.integers(0, 2**32),
    coefficients=st.dictionaries(
        st.sampled_from("abcd"), st.sampled_from([-2.0, -0.5, 0.25, 1.0, 1.5]), min_size=1
    ),
)
@settings(max_examples=10)
def test_any_vectors_and_coefficients(name: str, seed: int, coefficients: dict[str, float]) -> None:
    if name in PAIRWISE:
        coefficients = dict(list(coefficients.items())[:2])
    vectors = {vector: random_vector(seed + ord(vector)) for vector in "abcd"}
    assert_is_textbook(name, vectors, coefficients)


def merged(name: str, coefficients: Mapping[str, float], **given: Any) -> TaskVector:
    terms = fused_terms(VECTORS["two"], coefficients)
    return merge(terms, method=name, statistics=STATISTICS, **given)


@pytest.mark.parametrize("name", sorted(METHODS.keys() - {"adamerging"}))
def test_one_factor_for_all_coefficients_is_a_factor_of_the_result(name: str) -> None:
    one = merged(name, {"a": 1.0, "b": 0.5})
    for factor in (-1.0, 0.25):
        other = merged(name, {"a": factor, "b": 0.5 * factor})
        for parameter, tensor in other.items():
            assert tensor.numpy() == pytest.approx(factor * one[parameter].numpy(), abs=2e-4)


@pytest.mark.parametrize("name", METHODS)
def test_a_coefficient_of_zero_leaves_the_vector_out(name: str) -> None:
    lone = merge(
        fused_terms({"a": VECTORS["two"]["a"]}, {"a": 0.5}), method=name, statistics=STATISTICS
    )
    beside = merged(name, {"a": 0.5, "b": 0.0})
    assert all(torch.equal(lone[parameter], beside[parameter]) for parameter in lone)


@pytest.mark.parametrize("name", METHODS)
def test_nothing_to_merge_is_no_edit(name: str) -> None:
    assert len(merged(name, {})) == 0
    assert len(merged(name, {"a": 0.0})) == 0


@pytest.mark.parametrize("name", sorted(METHODS.keys() - {"regmean", "adamerging", "fisher"}))
def test_query_key_and_value_are_seen_apart(name: str) -> None:
    """Three tensors, as other libraries keep them, or one, as open_clip does: the same edit."""
    apart = {
        vector: TaskVector({n: torch.from_numpy(a) for n, a in double(tau).items()})
        for vector, tau in VECTORS["two"].items()
    }
    coefficients = {"a": 0.5, "b": -1.0}
    three = merge(fused_terms(apart, coefficients), method=name)
    one = double(merged(name, coefficients))
    for parameter, tensor in three.items():
        assert tensor.numpy() == pytest.approx(one[parameter], abs=1e-6)


class Answered(MadeUpStatistics):
    """Gram matrices that are given."""

    def __init__(self, grams: Mapping[str, Gram]) -> None:
        self.given = grams

    def grams(self, vector: str, *, images: int) -> dict[str, Gram]:
        scale = float(ord(vector))
        return {n: Gram(scale * g.matrix, turned=g.turned) for n, g in self.given.items()}


@pytest.mark.parametrize("shape", [(7, 5), (6, 6)])
def test_regmean_of_a_weight_kept_as_in_by_out_is_that_of_its_transpose(
    shape: tuple[int, int],
) -> None:
    weights = {name: torch.randn(shape) for name in "ab"}
    inputs = torch.randn(30, shape[1])
    gram = inputs.T @ inputs
    found = [
        merge(
            Terms({n: TaskVector({"w": w.T if turned else w}) for n, w in weights.items()}),
            method="regmean",
            statistics=Answered({"w": Gram(gram, turned=turned)}),
        )["w"]
        for turned in (False, True)
    ]
    assert torch.equal(found[0], found[1].T)
    assert found[0].numpy() == pytest.approx(
        ((97 * weights["a"] + 98 * weights["b"]) / 195).numpy(), abs=1e-4
    )


def test_regmean_is_the_same_for_query_key_and_value_together_and_apart() -> None:
    whole = {name: torch.randn(12, 4) for name in "ab"}
    inputs = torch.randn(9, 4)
    gram = Gram(inputs.T @ inputs)
    together = merge(
        Terms({n: TaskVector({"qkv": w}) for n, w in whole.items()}),
        method="regmean",
        statistics=Answered({"qkv": gram}),
    )
    apart = merge(
        Terms({n: TaskVector(dict(zip("qkv", w.chunk(3), strict=True))) for n, w in whole.items()}),
        method="regmean",
        statistics=Answered(dict.fromkeys("qkv", gram)),
    )
    parts = torch.cat([apart[name] for name in "qkv"])
    assert parts.numpy() == pytest.approx(together["qkv"].numpy(), abs=1e-5)


@pytest.mark.parametrize("name", METHODS)
def test_the_vectors_stay_as_they_are(name: str) -> None:
    before = {n: {p: t.clone() for p, t in v.items()} for n, v in VECTORS["two"].items()}
    merged(name, {"a": 0.5, "b": -1.0})
    for vector, tensors in before.items():
        for parameter, tensor in tensors.items():
            assert torch.equal(VECTORS["two"][vector][parameter], tensor)


def test_identical_vectors_under_the_methods_that_average() -> None:
    vectors = VECTORS["identical"]
    for name in (
        "average", "slerp", "nuslerp", "karcher", "ram", "model-stock", "fisher", "regmean",
    ):  # fmt: skip
        found = merge(fused_terms(vectors), method=name, statistics=STATISTICS)
        for parameter, tensor in found.items():
            assert tensor.numpy() == pytest.approx(same[parameter].numpy(), abs=1e-4), name


def test_split_is_what_the_shapes_say() -> None:
    apart = split({name: np.zeros(shape) for name, shape in SHAPES.items()})
    assert sum(tensor.size for tensor in apart.values()) == fused_terms({"a": zero_vector()}).size
