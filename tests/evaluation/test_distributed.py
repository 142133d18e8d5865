"""Answers from workers are those of one process, bit for bit; here the workers are in this one."""

import pickle
from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from taskarith.core import METHODS, Edit, TaskVector
from taskarith.errors import EngineError, UnknownNameError
from taskarith.evaluation import Evaluator, Measurer, ResultCache
from taskarith.evaluation.distributed import Desk, DistributedEvaluator, Work
from taskarith.evaluation.engines import opened_evaluator
from taskarith.evaluation.grids import sweep_grid
from taskarith.recipes.catalogue import (
    Recipe,
    addition_recipe,
    negation_recipe,
    run_recipe,
)
from taskarith.recipes.suite_lab import suite_lab
from taskarith.suites import Suite

EDIT = Edit("tiny", {"apples": -0.5, "birds": 0.75})


class Colleagues:
    """Two desks in this process; what goes to them and comes back is copied, as elsewhere."""

    count = 2

    def __init__(self, suite: Suite) -> None:
        given = {"folder": suite.folder, "fingerprint": suite.recipe_fingerprint, "device": "cpu"}
        self.desks = deque(Desk(suite.manifest, **given) for _ in range(2))
        self.context, self.described = self.desks[0].about()
        self.found: dict[Work, list[np.ndarray]] = {}
        self.submitted: list[Work] = []

    def submit(self, work: Work, vectors: Mapping[int, TaskVector]) -> None:
        self.submitted.append(work)
        arrays = [{n: t.numpy() for n, t in vectors[k].items()} for _, k in work.held]
        sent, held = pickle.loads(pickle.dumps((work, arrays)))
        self.found[work] = self.desks[0].answer(sent, *held)
        self.desks.rotate()

    def result(self, work: Work) -> list[np.ndarray]:
        return self.found.pop(work)

    def drop(self, number: int) -> None:
        pass


@pytest.fixture
def colleagues(tiny_suite: Suite) -> Colleagues:
    return Colleagues(tiny_suite)


@pytest.fixture
def elsewhere(tiny_suite: Suite, colleagues: Colleagues) -> DistributedEvaluator:
    return DistributedEvaluator(tiny_suite, workers=colleagues, device="cpu")


@pytest.mark.parametrize(
    "make",
    [
        partial(negation_recipe, tasks=["apples"]),
        partial(addition_recipe, tasks=["apples", "birds", "coins"], per_size=1),
    ],
)
def test_recipes_give_the_same_json(
    make: partial[Recipe],
    tiny_suite: Suite,
    elsewhere: DistributedEvaluator,
    colleagues: Colleagues,
) -> None:
    recipe, done = make(tiny_suite), []
    here = run_recipe(recipe, Evaluator(tiny_suite, device="cpu"), n=24)
    there = run_recipe(recipe, elsewhere, n=24, progress=lambda *told: done.append(told[0]))
    assert there.to_json() == here.to_json()
    assert done == list(range(1, len(done) + 1))
    assert len(set(colleagues.submitted)) == len(colleagues.submitted)  # nothing is asked twice
    assert not colleagues.found  # and what was begun was read


def test_a_vector_that_a_recipe_made_travels_and_is_forgotten_after_it_is_read(
    tiny_suite: Suite, elsewhere: DistributedEvaluator, colleagues: Colleagues
) -> None:
    settings, found = METHODS["ties"].checked({}), []
    for evaluator in (elsewhere, Evaluator(tiny_suite, device="cpu")):
        lab = suite_lab(evaluator, n=24)
        with lab.merge({"apples": 1.0, "birds": 1.0}, method="ties", settings=settings) as merged:
            found.append(lab.score({merged.vector: 0.7}, ["apples", "birds"], split="validation"))
    assert dict(found[0]) == found[1]
    assert [len(work.held) for work in colleagues.submitted] == [1, 1]
    assert not colleagues.found


def test_several_points_are_begun_before_the_first_is_read(
    elsewhere: DistributedEvaluator, colleagues: Colleagues, tiny_suite: Suite
) -> None:
    grid = [{"apples": λ} for λ in np.linspace(-1, 1, 20).tolist()]
    begun: list[int] = []
    rows = sweep_grid(
        elsewhere,
        Edit("tiny"),
        grid,
        tasks=["apples", "gardens"],
        n=20,
        progress=lambda done: begun.append(len(colleagues.submitted) - done),
    )
    assert max(begun) == elsewhere.ahead_of == 8
    assert rows == sweep_grid(
        Evaluator(tiny_suite, device="cpu"), Edit("tiny"), grid, tasks=["apples", "gardens"], n=20
    )


def test_what_is_in_the_cache_is_not_asked(
    elsewhere: DistributedEvaluator, colleagues: Colleagues
) -> None:
    measurer = Measurer(elsewhere, cache=ResultCache(on_disk=False))
    steps = [measurer.step(EDIT, tasks=["apples"], n=n) for n in (20, 20, 30)]
    pieces = list(measurer.run_all(steps))
    assert [piece.readings["apples"].estimate.n for piece in pieces] == [20, 20, 30]
    again = [piece.cached for piece in measurer.run_all(steps)]
    assert again == [True, True, True]


def test_the_model_here_follows_the_edit_in_use(
    elsewhere: DistributedEvaluator, tiny_suite: Suite
) -> None:
    own = Evaluator(tiny_suite, device="cpu")
    own.use(EDIT)
    elsewhere.use(Edit("tiny", {"coins": 1.0}))
    elsewhere.use(EDIT)
    part = Measurer(own).step(EDIT, tasks=["apples"], n=16).parts
    for one, other in zip(
        elsewhere.logits(part, split="validation"),
        own.logits(part, split="validation"),
        strict=True,
    ):
        assert (one == other).all()
    with pytest.raises(UnknownNameError, match="appels"):
        elsewhere.use(Edit("tiny", {"appels": 1.0}))


def test_a_vector_of_the_same_name_is_another_vector(
    elsewhere: DistributedEvaluator, tiny_suite: Suite
) -> None:
    own, found = Evaluator(tiny_suite, device="cpu"), []
    for name in ("apples", "birds"):
        for evaluator in (elsewhere, own):
            evaluator.add_vector("mine", tiny_suite.vector(name))
            evaluator.use(Edit("tiny", {"mine": 1.0}))
            found.append(evaluator.predict(name, "validation", start=0, stop=40))
            evaluator.remove_vector("mine")
    assert (found[0] == found[1]).all()
    assert (found[2] == found[3]).all()


def test_a_machine_without_the_suite_says_so(tiny_suite: Suite, tmp_path: Path) -> None:
    manifest = replace(tiny_suite.manifest, name="tiny-elsewhere")
    with pytest.raises(EngineError, match="no suite 'tiny-elsewhere' on the machine"):
        Desk(manifest, folder=tmp_path / "none", fingerprint="", device="cpu")


def test_other_weights_under_the_same_name_are_refused(tiny_suite: Suite) -> None:
    with pytest.raises(EngineError, match=f"{tiny_suite.recipe_fingerprint}.*0123456789abcdef"):
        Desk(
            tiny_suite.manifest,
            folder=tiny_suite.folder,
            fingerprint="0123456789abcdef",
            device="cpu",
        )


def test_other_examples_are_refused_too(
    elsewhere: DistributedEvaluator, colleagues: Colleagues
) -> None:
    work = elsewhere.work(
        EDIT, Measurer(elsewhere).step(EDIT, tasks=["apples"]).parts, split="validation"
    )
    other = replace(work, keys=(replace(work.keys[0], examples="drawn anew"),))
    with pytest.raises(EngineError, match=r"another examples .*drawn anew"):
        colleagues.desks[0].answer(other)


@pytest.mark.parametrize(
    ("engine", "workers", "says"),
    [
        ("spark", None, "no engine 'spark'"),
        ("ray://", None, "no engine"),
        ("own", 2, "--engine ray"),
    ],
)
def test_other_engines_are_refused(
    tiny_suite: Suite, engine: str, workers: int | None, says: str
) -> None:
    with (
        pytest.raises(EngineError, match=says),
        opened_evaluator(tiny_suite, engine=engine, workers=workers),
    ):
        pass
