"""The plane through a path: where its end points are, and the loss where it is drawn."""

from collections.abc import Mapping

import numpy as np
import pytest
import torch

from taskarith.core import TaskVector
from taskarith.recipes.sequence.loss_plane import SIDE, Plane, loss_plane
from taskarith.tasks import SplitName
from tests.recipes.fakes import FakeLab

SIZE = 6
MOVES = {name: np.random.default_rng(n).normal(size=SIZE) for n, name in enumerate("pqr")}
BOTTOM = {"a": np.ones(SIZE), "c": -np.ones(SIZE)}  # where each task's loss is least
EDITS: list[dict[str, float]] = [{}, {"p": 1.0}, {"p": 1.0, "q": 1.0}, dict.fromkeys("pqr", 1.0)]


class Bowl(FakeLab):
    """A model of six weights whose two logits are 0 and −‖θ − bottom‖² ÷ 10; 0 is right."""

    def __init__(self) -> None:
        super().__init__(lambda edit, task: 1.0)
        self.vectors = {name: TaskVector({"w": torch.tensor(v)}) for name, v in MOVES.items()}

    def direction(self, name: str) -> TaskVector:
        return self.vectors[name]

    def hold(self, vector: TaskVector):  # type: ignore[no-untyped-def]
        from contextlib import contextmanager

        @contextmanager
        def held():  # type: ignore[no-untyped-def]
            name = f"axis {len(self.vectors)}"
            self.vectors[name] = vector
            yield name

        return held()

    def answer(self, coefficients, task, *, split, least=0):  # type: ignore[no-untyped-def]
        found = super().answer({}, task, split=split)
        found.labels[:] = 1
        return found

    def logits(
        self, coefficients: Mapping[str, float], task: str, *, split: SplitName
    ) -> np.ndarray:
        assert split == "validation"
        moved = [value * self.vectors[n]["w"].numpy() for n, value in coefficients.items()]
        weights = np.sum(moved, axis=0) if moved else np.zeros(SIZE)
        return np.array([[0.0, -((weights - BOTTOM[task]) ** 2).sum() / 10]] * 3)


def loss_at(weights: np.ndarray, task: str) -> float:
    return float(np.log1p(np.exp(((weights - BOTTOM[task]) ** 2).sum() / 10)))


@pytest.fixture(scope="module")
def plane() -> Plane:
    return loss_plane(Bowl().lab, EDITS, order=("a", "b", "c"), start="pretrained", way="plain")


def test_end_points_are_where_projection_puts_them(plane: Plane) -> None:
    first, last = MOVES["p"], MOVES["p"] + MOVES["q"] + MOVES["r"]
    basis, _ = np.linalg.qr(np.stack([first, last], axis=1))
    basis *= np.sign([basis[:, 0] @ first, basis[:, 1] @ last])
    ends = [np.zeros(SIZE), first, first + MOVES["q"], last]
    for place, end in zip(plane.path, ends, strict=True):
        foot = basis.T @ end
        assert (place.x, place.y) == pytest.approx(tuple(foot), abs=6e-4)
        assert place.off == pytest.approx(np.linalg.norm(end - basis @ foot), abs=6e-4)
        for task in ("a", "c"):
            assert place.losses[task] == pytest.approx(loss_at(end, task))
    assert plane.path[2].off > 0.1  # the one between is not on it
    assert [place.after for place in plane.path] == ["", "a", "b", "c"]


def test_the_loss_is_that_of_the_models_on_the_plane(plane: Plane) -> None:
    first, last = MOVES["p"], MOVES["p"] + MOVES["q"] + MOVES["r"]
    basis, _ = np.linalg.qr(np.stack([first, last], axis=1))
    basis *= np.sign([basis[:, 0] @ first, basis[:, 1] @ last])
    assert (len(plane.xs), len(plane.ys)) == (SIDE, SIDE)
    assert plane.xs[0] < min(p.x for p in plane.path) < max(p.x for p in plane.path) < plane.xs[-1]
    for task, rows in plane.losses.items():
        for y, row in zip(plane.ys, rows, strict=True):
            for x, found in zip(plane.xs, row, strict=True):
                assert found == pytest.approx(loss_at(basis @ [x, y], task), rel=1e-5)


def test_a_straight_path_has_a_plane_too() -> None:
    bowl = Bowl()
    bowl.vectors["q"] = 2.0 * bowl.vectors["p"]
    plane = loss_plane(bowl.lab, EDITS[:3], order=("a", "c"), start="pretrained", way="plain")
    assert [place.y for place in plane.path] == [0.0] * 3
    assert all(np.isfinite(rows).all() for rows in plane.losses.values())
