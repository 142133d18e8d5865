"""Explore's suggestion: MetaGPT's λ of the vectors as they are, in the visitor's language."""

import numpy as np
import pytest

from taskarith.core import Edit
from taskarith.errors import TaskArithError
from taskarith.suites import Suite
from taskarith.ui.explore.page import CALLS
from taskarith.ui.incoming import read_suggestion
from taskarith.ui.serving.suggesting import Suggesting
from tests import tiny


def squared(suite: Suite, name: str) -> float:
    parts = [tensor.numpy().astype(np.float64).ravel() for tensor in suite.vector(name).values()]
    return float(np.square(np.concatenate(parts)).sum())


@pytest.mark.parametrize("moved", [{}, {"apples": 0.3}, {"apples": 0.3, "dice": -1.0}])
def test_the_targets_in_hand_share_one_by_their_squared_lengths(
    moved: dict[str, float], tiny_suite: Suite
) -> None:
    names = list(moved) if len(moved) > 1 else list(tiny.TARGETS)
    answer = Suggesting(tiny_suite).answer(Edit("tiny", moved))
    squares = {name: squared(tiny_suite, name) for name in names}
    wanted = {name: one / sum(squares.values()) for name, one in squares.items()}
    assert answer["coefficients"] == pytest.approx(wanted, abs=5.1e-4)  # rounded
    assert {name: length**2 for name, length in answer["lengths"].items()} == pytest.approx(squares)
    assert f"({len(names)} of them)" in answer["said"]
    assert "Nothing was measured" in answer["said"]


def test_it_is_said_in_the_pages_language_or_in_english(tiny_suite: Suite) -> None:
    suggesting = Suggesting(tiny_suite)
    answers = [suggesting.answer(Edit("tiny"), language=code) for code in ("zh-Hans", "xx", "en")]
    assert "MetaGPT" in answers[0]["said"]
    assert "测量" in answers[0]["said"]
    assert answers[1] == answers[2]


@pytest.mark.parametrize("sent", [None, [], {"coefficients": 1}, {"coefficients": {"pears": 1}}])
def test_nonsense_is_refused(sent: object, tiny_suite: Suite) -> None:
    with pytest.raises(TaskArithError):
        read_suggestion(sent, tiny_suite)
    assert "suggest" in CALLS
