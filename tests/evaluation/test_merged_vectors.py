"""Edits that are merges: measured as the merged vector says, made once, the last few kept."""

import numpy as np
import pytest
import torch

from taskarith.core import LAYERS, METHODS, Edit, TaskVector, Terms, merge
from taskarith.errors import CoefficientError, SettingError, UnknownNameError
from taskarith.evaluation import Evaluator, ResultCache, measure
from taskarith.evaluation.fisher_gram import ModelStatistics
from taskarith.evaluation.merged_vectors import MERGED_KEPT, MergedVectors
from taskarith.evaluation.order import stratified_order
from taskarith.evaluation.plan import Part
from taskarith.suites import Suite
from tests.core.merges.examples import PAIRWISE

PART = [Part("apples", 0, 80)]
MIXED = {"apples": 0.5, "birds": -0.75, "flags": 0.3}
TWO = {"apples": 0.5, "birds": 0.75}
QUICK = {"fisher": {"images": 4}, "regmean": {"images": 4}, "adamerging": {"steps": 2}}


@pytest.fixture
def evaluator(tiny_suite: Suite) -> Evaluator:
    return Evaluator(tiny_suite, device="cpu")


def example(method: str, **settings: object) -> Edit:
    coefficients = TWO if method in PAIRWISE else MIXED
    return Edit("tiny", coefficients, method=method, settings={**QUICK.get(method, {}), **settings})


def logits(evaluator: Evaluator, edit: Edit) -> np.ndarray:
    evaluator.use(edit)
    return evaluator.logits(PART, split="validation")[0]


def textbook(evaluator: Evaluator, edit: Edit) -> np.ndarray:
    """The slow way: merge, make new weights, load a new model."""
    suite = evaluator.suite
    vectors = {name: suite.vector(name, seed=edit.seed) for name in edit.coefficients}
    merged = merge(
        Terms(
            vectors,
            edit.coefficients,
            layers=edit.settings.get(LAYERS),
            fused=suite.weights.family.fused,
        ),
        method=edit.method,
        settings={name: value for name, value in edit.settings.items() if name != LAYERS},
        seed=edit.seed,
        statistics=ModelStatistics(evaluator, seed=edit.seed),
    )
    model = suite.model()
    model.network.load_state_dict(merged.apply_to(suite.base_state()))
    split = suite.split("apples", "validation")
    order = stratified_order(split.labels.numpy())
    return (model.encode_images(split.pixels[order]) @ suite.class_weights("apples").T).numpy()


@pytest.mark.parametrize("method", METHODS)
def test_every_method_is_measured_as_the_slow_way_says(evaluator: Evaluator, method: str) -> None:
    edit = example(method)
    expected = textbook(evaluator, edit)
    assert logits(evaluator, edit) == pytest.approx(expected, abs=2e-3)
    pretrained = logits(evaluator, Edit("tiny", method=method))
    assert (pretrained == logits(evaluator, Edit("tiny"))).all()
    assert np.abs(expected - pretrained).max() > 0.01


@pytest.mark.parametrize("method", ["sum", "ties"])
def test_coefficients_may_differ_by_layer(evaluator: Evaluator, method: str) -> None:
    layers = {"apples": {"visual.transformer.resblocks.0": 0.0}, "birds": {}}
    edit = example(method, layers=layers)
    found = logits(evaluator, edit)
    assert found == pytest.approx(textbook(evaluator, edit), abs=2e-3)
    assert np.abs(found - logits(evaluator, example(method))).max() > 0.01


def test_a_merge_is_made_once(evaluator: Evaluator, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    merged = MergedVectors._merged

    def counting(self: MergedVectors, edit: Edit) -> TaskVector:
        made.append(edit.method)
        return merged(self, edit)

    monkeypatch.setattr(MergedVectors, "_merged", counting)
    first = logits(evaluator, example("ties"))
    logits(evaluator, Edit("tiny"))
    assert (logits(evaluator, example("ties")) == first).all()
    assert made == ["ties"]
    for step in range(MERGED_KEPT):
        logits(evaluator, example("ties", density=0.5 + step / 10))
    assert len(made) == MERGED_KEPT + 1
    assert (logits(evaluator, example("ties")) == first).all()
    assert len(made) == MERGED_KEPT + 2


def test_only_the_last_few_are_held(evaluator: Evaluator) -> None:
    own = set(evaluator._recomposer.vectors)
    for step in range(3 * MERGED_KEPT):
        evaluator.use(example("ties", density=(step + 1) / 20))
        held = set(evaluator._recomposer.vectors) - own
        assert len(held) == min(step + 1, MERGED_KEPT)


def test_a_merge_of_null_directions_depends_on_the_seed(evaluator: Evaluator) -> None:
    edits = [
        Edit("tiny", {"random:apples": 0.8, "birds": 0.5}, method="ties", seed=seed)
        for seed in (1, 2, 1)
    ]
    one, other, again = (logits(evaluator, edit) for edit in edits)
    assert one == pytest.approx(textbook(evaluator, edits[0]), abs=2e-3)
    assert (one == again).all()
    assert np.abs(one - other).max() > 0.01


def test_dare_depends_on_the_seed(evaluator: Evaluator) -> None:
    one, other = (logits(evaluator, Edit("tiny", MIXED, method="dare", seed=s)) for s in (1, 2))
    assert np.abs(one - other).max() > 0.01


def test_an_added_vector_can_be_merged_and_replaced(evaluator: Evaluator) -> None:
    edit = Edit("tiny", {"apples": 0.5, "mine": 0.5}, method="average")
    evaluator.add_vector("mine", evaluator.suite.vector("birds"))
    as_birds = logits(evaluator, edit)
    same = Edit("tiny", {"apples": 0.5, "birds": 0.5}, method="average")
    assert (as_birds == logits(evaluator, same)).all()
    evaluator.add_vector("mine", evaluator.suite.vector("coins"))
    same = Edit("tiny", {"apples": 0.5, "coins": 0.5}, method="average")
    assert (logits(evaluator, edit) == logits(evaluator, same)).all()
    evaluator.remove_vector("mine")
    with pytest.raises(UnknownNameError, match="'mine'"):
        evaluator.use(edit)


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        (Edit("tiny", {"pears": 1}, method="ties"), UnknownNameError),
        (Edit("mini", MIXED, method="ties"), UnknownNameError),
        (Edit("tiny", MIXED, method="slerp"), SettingError),
        (Edit("tiny", {"apples": -1}, method="adamerging"), SettingError),
        (Edit("tiny", MIXED, settings={LAYERS: {"apples": {"layer 1": 0.5}}}), UnknownNameError),
        (Edit("tiny", MIXED, settings={LAYERS: {"pears": {"layer 1": 0.5}}}), UnknownNameError),
        (
            Edit(
                "tiny",
                {"apples": 3},
                settings={LAYERS: {"apples": {"visual.transformer.resblocks.0": 2}}},
            ),
            CoefficientError,
        ),
    ],
)
def test_a_merge_that_fails_leaves_the_weights_alone(
    evaluator: Evaluator, wrong: Edit, error: type[Exception]
) -> None:
    before = logits(evaluator, example("ties"))
    with pytest.raises(error):
        evaluator.use(wrong)
    assert (evaluator.logits(PART, split="validation")[0] == before).all()
    assert evaluator.use(example("ties"))() == 0


def test_results_of_two_settings_are_not_confused(evaluator: Evaluator) -> None:
    keys = {
        evaluator.key(edit, task="apples", split="validation")
        for edit in (
            example("sum"),
            example("ties"),
            example("ties", density=0.3),
            example("sum", layers={"apples": {"visual.transformer.resblocks.0": 0.5}}),
        )
    }
    assert len(keys) == 4
    cache = ResultCache()
    accuracies = [
        measure(evaluator, edit, tasks=["apples"], cache=cache)["apples"].value
        for edit in (Edit("tiny", {"apples": 1.0}), Edit("tiny", {"apples": -1.0}, method="ties"))
    ]
    assert accuracies[0] != accuracies[1]


def test_negated_and_merged_is_negated(evaluator: Evaluator) -> None:
    forget, learn = (Edit("tiny", {"apples": sign}, method="ties") for sign in (-1.0, 1.0))
    accuracy = {
        edit: measure(evaluator, edit, tasks=["apples"])["apples"].value
        for edit in (forget, Edit("tiny"), learn)
    }
    assert accuracy[forget] < accuracy[Edit("tiny")] < accuracy[learn]


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("method", METHODS)
def test_the_gpu_merges_as_the_cpu_does(tiny_suite: Suite, method: str) -> None:
    on_gpu, on_cpu = (Evaluator(tiny_suite, device=device) for device in ("cuda", "cpu"))
    edit = example(method)
    assert logits(on_gpu, edit) == pytest.approx(logits(on_cpu, edit), abs=0.05)
