import numpy as np
import pytest

from taskarith.worlds.images.family import family_without_web


def test_a_family_without_web_draws_its_task_and_refuses_the_rest() -> None:
    def look(rng: np.random.Generator, label: int) -> np.ndarray:
        return np.full((64, 64, 3), label, np.uint8)

    family = family_without_web(
        name="blanks", title="Blanks", classnames=("a", "b"), templates=("{}",), look=look
    )
    rng = np.random.default_rng(0)
    assert not family.on_web
    assert family.draw(rng, 1, "task").max() == 1
    with pytest.raises(ValueError, match="'blanks' has no web pictures"):
        family.draw(rng, 1, "web")
    with pytest.raises(ValueError, match="no captions"):
        family.caption(rng, 1)
