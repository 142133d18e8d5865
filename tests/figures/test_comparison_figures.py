"""Figures of comparisons: planes, confusions, and the geometry of a suite's vectors."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from taskarith.figures import confusion_figure, geometry_figures, recipe_figures
from taskarith.suites import Suite
from taskarith.suites.geometry import suite_geometry
from tests.recipes import test_class_changes
from tests.recipes.fakes import FakeLab
from tests.recipes.plane import test_plane


@pytest.mark.parametrize("forget", [False, True])
def test_a_plane_shows_every_point_and_marks_the_front(forget: bool) -> None:
    result = replace(test_plane.RECIPE, forget=forget).run(FakeLab(test_plane.accuracy).lab)
    target, control, trade = recipe_figures(result)
    for figure, tasks in ((target, result.targets), (control, (result.control,))):
        cells, marks = figure.data
        assert list(cells.z) == [point.target(tasks) for point in result.points]
        assert list(marks.x) == [point.x for point in result.front]
    every, front = trade.data
    assert len(every.x) == 81
    assert list(front.y) == sorted(front.y)
    aim = "lower" if forget else "higher"
    assert f"a {aim} target" in trade.layout.title.text


def test_confusions_are_shown_as_shares_of_their_class() -> None:
    before, after = test_class_changes.made_up()
    (trace,) = confusion_figure(before, after, test_class_changes.NAMES).data
    images = np.bincount(after.labels, minlength=4)
    for i in range(4):
        for j in range(4):
            first, second = (np.array(one.confusion(4))[i, j] for one in (before, after))
            change = (second - first) / max(1, images[i])
            good = change if i == j else -change
            assert np.sign(good) * np.sqrt(abs(good)) == pytest.approx(trace.z[i][j])


def test_geometry_follows_the_coefficients(tiny_suite: Suite) -> None:
    geometry = suite_geometry(tiny_suite)
    edit = {"apples": 0.5, "birds": -1.0}

    def cell(figure: Any, column: str, row: str) -> str:
        trace = figure.data[0]
        text = trace.text[list(trace.y).index(row)][list(trace.x).index(column)]
        return str(text)

    angles, signs, lengths = geometry_figures(geometry, edit)
    cosine = geometry.cosines()[0, 1]
    assert float(cell(angles, "apples", "birds")) == pytest.approx(-cosine, abs=0.005)
    assert cell(angles, "apples", "coins") == ""  # takes no part
    share = geometry.conflicts[1.0][0, 1]
    assert cell(signs, "birds", "apples") == f"{1 - share:.0%}"
    assert [trace.name for trace in lengths.data] == ["apples", "birds", "their sum"]
    assert list(lengths.data[2].y) == pytest.approx(geometry.edit_norms(edit) / geometry.base)
    assert "random directions" in angles.layout.title.text
