import json
import math

import numpy as np
import pytest

from taskarith.core import Terms, cosine_matrix, layer_norms, sign_conflicts
from taskarith.suites import Suite
from taskarith.suites.geometry import DENSITIES, SuiteGeometry, suite_geometry
from tests import tiny

COEFFICIENTS = {"apples": -0.5, "birds": 0.3, "dice": 1.0, "flags": -1.2}


@pytest.fixture
def geometry(tiny_suite: Suite) -> SuiteGeometry:
    return suite_geometry(tiny_suite)


@pytest.fixture
def terms(tiny_suite: Suite) -> Terms:
    return Terms({name: tiny_suite.vector(name) for name in COEFFICIENTS}, COEFFICIENTS)


def chosen(matrix: np.ndarray, geometry: SuiteGeometry) -> np.ndarray:
    order = [geometry.vectors.index(name) for name in sorted(COEFFICIENTS)]
    return matrix[np.ix_(order, order)]


def test_angles_and_conflicts_are_those_of_the_terms(geometry: SuiteGeometry, terms: Terms) -> None:
    cosines = chosen(geometry.cosines(COEFFICIENTS), geometry)
    assert cosines == pytest.approx(cosine_matrix(terms).numpy(), abs=1e-9)
    for density in DENSITIES:
        shares = chosen(geometry.sign_conflicts(COEFFICIENTS, density=density), geometry)
        assert shares == pytest.approx(sign_conflicts(terms, density=density).numpy())


def test_norms_are_those_of_the_terms_and_of_their_sum(
    geometry: SuiteGeometry, tiny_suite: Suite
) -> None:
    order = [geometry.vectors.index(name) for name in sorted(COEFFICIENTS)]
    terms = Terms({name: tiny_suite.vector(name) for name in COEFFICIENTS}, COEFFICIENTS)
    expected = np.stack([norms.numpy() for norms in layer_norms(terms).values()])
    assert geometry.norms(COEFFICIENTS)[:, order] == pytest.approx(expected)
    edit = sum(value * tiny_suite.vector(name) for name, value in COEFFICIENTS.items())
    summed = layer_norms(Terms({"edit": edit}))
    assert geometry.edit_norms(COEFFICIENTS) == pytest.approx(
        [float(norm) for norm in summed.values()], rel=1e-5
    )
    assert geometry.groups == tuple(summed)


def test_a_vector_that_takes_no_part_has_no_angle(geometry: SuiteGeometry) -> None:
    one = geometry.vectors.index("coins")
    assert np.isnan(geometry.cosines(COEFFICIENTS)[one]).all()
    assert np.isnan(geometry.sign_conflicts(COEFFICIENTS)[:, one]).all()
    assert (geometry.norms(COEFFICIENTS)[:, one] == 0).all()


def test_null_directions_are_what_random_means_here(geometry: SuiteGeometry) -> None:
    entries = 24_576  # of the tiny suite's vectors
    assert 0 < geometry.null_cosine < 6 / math.sqrt(entries)
    for low, high in geometry.null_conflicts.values():
        assert 0.4 < low < high < 0.6
    assert geometry.null_count == 4


def test_the_page_gets_plain_numbers(geometry: SuiteGeometry) -> None:
    told = json.loads(json.dumps(geometry.to_json(), allow_nan=False))
    assert told["vectors"] == [*tiny.TARGETS, *tiny.AUXILIARIES]
    count, groups = len(told["vectors"]), len(told["groups"])
    assert np.shape(told["grams"]) == (groups, count, count)
    assert len(told["base"]) == groups
    assert all(length > 0 for length in told["base"])
    assert set(told["conflicts"]) == {"1", "0.2"}
