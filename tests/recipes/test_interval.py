import json
import statistics

import numpy as np
import pytest

from taskarith.recipes.interval import change_interval, mean_interval, share_interval


def test_the_interval_is_the_textbook_s() -> None:
    values = [0.1, 0.4, 0.3, 0.0, 0.25]
    found = mean_interval(values, units="quadruples")
    half = 2.7764 * statistics.stdev(values) / 5**0.5
    assert found.value == pytest.approx(statistics.mean(values))
    assert (found.low, found.high) == pytest.approx((found.value - half, found.value + half), 1e-3)
    assert found.over == "5 quadruples"


def test_it_holds_in_95_of_100_draws() -> None:
    rng = np.random.default_rng(0)
    hits = 0
    for _ in range(400):
        found = mean_interval(rng.normal(1.0, 2.0, 8), units="draws")
        hits += found.low <= 1.0 <= found.high
    assert 0.92 < hits / 400 < 0.98


def test_one_value_has_no_interval_and_still_is_json() -> None:
    alone = mean_interval([0.5], units="quadruples").to_json()
    assert json.loads(json.dumps(alone, allow_nan=False)) == {
        "value": 0.5,
        "low": None,
        "high": None,
        "over": "1 quadruples",
        "percent": True,
    }


def test_shares_that_are_all_alike_have_a_width() -> None:
    right = np.ones(100)
    found = share_interval(right, units="images")
    assert (found.value, found.high) == (1.0, 1.0)
    assert 0.94 < found.low < 0.97
    change = change_interval(right, right, units="images")
    assert change.value == 0
    assert -0.05 < change.low < -0.02
    assert change.high == pytest.approx(-change.low)
    assert change.over == "100 images"
