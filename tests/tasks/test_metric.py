import math

import pytest

from taskarith.tasks.metric import METRICS


def test_more_skill_is_always_better() -> None:
    assert METRICS["accuracy"].skill(0.9) > METRICS["accuracy"].skill(0.8)
    assert METRICS["perplexity"].skill(3.0) > METRICS["perplexity"].skill(4.0)
    assert METRICS["perplexity"].skill(math.inf) == 0


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [("accuracy", 0.9714, "97.1 %"), ("perplexity", 12.345, "12.3"), ("perplexity", 1e4, "10,000")],
)
def test_values_are_shown_in_their_unit(name: str, value: float, words: str) -> None:
    assert METRICS[name].shown(value) == words
