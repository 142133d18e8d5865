import pytest

from taskarith.core.suggested import LENGTH_RULES, suggested_coefficients
from taskarith.errors import CoefficientError, UnknownNameError


@pytest.mark.parametrize("rule", sorted(LENGTH_RULES))
def test_equal_lengths_share_equally(rule: str) -> None:
    found = suggested_coefficients(dict.fromkeys("abcd", 0.3), rule=rule)
    assert found == pytest.approx(dict.fromkeys("abcd", 0.25))


def test_what_cannot_be_suggested_says_why() -> None:
    with pytest.raises(CoefficientError, match="suggested for b: the vector is zero"):
        suggested_coefficients({"a": 1.0, "b": 0.0}, rule="nan")
    with pytest.raises(UnknownNameError, match="metagpt"):
        suggested_coefficients({"a": 1.0}, rule="metagbt")
