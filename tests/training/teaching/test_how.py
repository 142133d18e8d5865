import math
from typing import Any

import pytest

from taskarith.errors import CoefficientError, SettingError, UnknownNameError
from taskarith.training.teaching.bounds import VISITOR_BOUNDS
from taskarith.training.teaching.how import How


def test_it_says_what_it_is() -> None:
    how = How(way="lora", settings={"rank": 4}, steps=20, sharpness=0.05, few=2)
    assert how.in_words() == (
        "LoRA (rank 4), 20 steps of 32, rate 0.002, seed 0, sharpness-aware, ρ = 0.05, "
        "2 examples a class"
    )


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"way": "lorra"}, UnknownNameError),
        ({"settings": {"rank": 3}}, SettingError),
        ({"steps": 0}, SettingError),
        ({"steps": True}, SettingError),
        ({"steps": 1.5}, SettingError),
        ({"steps": 151, "bounds": VISITOR_BOUNDS}, SettingError),
        ({"batch": 100_000}, SettingError),
        ({"rate": -1.0}, SettingError),
        ({"rate": math.nan}, SettingError),
        ({"sharpness": math.inf}, SettingError),
        ({"few": 0}, SettingError),
        ({"seed": -1}, SettingError),
        ({"start": {"apples": 99}}, CoefficientError),
    ],
)
def test_what_cannot_be_is_refused(given: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        How(**given)
