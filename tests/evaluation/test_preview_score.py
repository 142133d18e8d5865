import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskarith.evaluation.preview_score import PreviewScore


def score_of(errors: list[float]) -> PreviewScore:
    score = PreviewScore(suite="tiny", of="abc")
    for error in errors:
        score.add(error)
    return score


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=200))
def test_it_tells_the_mean_and_the_percentile(errors: list[float]) -> None:
    score, sizes = score_of(errors), np.abs(errors)
    assert score.count == len(errors)
    assert score.mean == pytest.approx(sizes.mean(), abs=0.051)
    expected = np.percentile(sizes, 95, method="inverted_cdf")
    assert score.p95 == pytest.approx(expected, abs=0.051)


def test_without_comparisons_it_is_zero() -> None:
    assert score_of([]).to_json() == {"count": 0, "mean": 0.0, "p95": 0.0}


def test_it_comes_back_from_disk_and_stays_small(tmp_path: Path) -> None:
    path = tmp_path / "scores" / "tiny.json"
    score = score_of(np.random.default_rng(0).uniform(-200, 200, 20_000).tolist())
    score.save(path)
    again = PreviewScore.load(path)
    assert again is not None
    assert (again.suite, again.of, again.to_json()) == ("tiny", "abc", score.to_json())
    assert path.stat().st_size < 20_000
    assert [file.name for file in path.parent.iterdir()] == ["tiny.json"]


@pytest.mark.parametrize(
    "change",
    [{"format": 2}, {"tenths": {"1001": 1}}, {"tenths": {"1": -1}}, {"tenths": {"x": 1}},
     {"tenths": [1]}],
)  # fmt: skip
def test_a_damaged_file_is_as_none(change: dict[str, object], tmp_path: Path) -> None:
    path = tmp_path / "tiny.json"
    score_of([1.0]).save(path)
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    assert PreviewScore.load(path) is None
    path.write_text("{")
    assert PreviewScore.load(path) is None
    assert PreviewScore.load(tmp_path / "nothing.json") is None


def test_a_disk_that_fails_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    score_of([1.0]).save(tmp_path / "file" / "tiny.json")
