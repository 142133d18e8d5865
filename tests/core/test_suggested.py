import pytest

from taskarith.core.suggested import suggested_coefficients
from taskarith.errors import CoefficientError


def test_equal_lengths_share_equally() -> None:
    found = suggested_coefficients(dict.fromkeys("abcd", 0.3))
    assert found == pytest.approx(dict.fromkeys("abcd", 0.25))


def test_what_cannot_be_suggested_says_why() -> None:
    with pytest.raises(CoefficientError, match="suggested for b: the vector is zero"):
        suggested_coefficients({"a": 1.0, "b": 0.0})
