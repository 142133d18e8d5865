"""Fine-tuning, learned soups and data-driven merges on a suite of texts: the loss is the head's."""

from dataclasses import replace
from functools import partial

import pytest
import torch

from taskarith.core import Edit
from taskarith.errors import AssetError
from taskarith.evaluation import Evaluator
from taskarith.evaluation.fisher_gram import ModelStatistics
from taskarith.recipes import suite_lab as suite_lab_module
from taskarith.recipes.mixing import fitted_weights
from taskarith.recipes.suite_lab import suite_lab
from taskarith.recipes.tuning import TEXT_TUNING, TUNING, usual_tuning
from taskarith.suites import Suite, load_suite

QUICK = replace(TEXT_TUNING, few=replace(TEXT_TUNING.few, steps=12, rate=1e-3))


@pytest.fixture(scope="module")
def evaluator() -> Evaluator:
    return Evaluator(load_suite("mini-lm"), device="cpu")


def test_families_are_trained_as_suits_them(evaluator: Evaluator, tiny_suite: Suite) -> None:
    assert usual_tuning(evaluator.suite) is TEXT_TUNING
    assert usual_tuning(tiny_suite) is TUNING


@pytest.mark.usefixtures("own_cache")
def test_few_examples_teach_and_only_blocks_move(evaluator: Evaluator) -> None:
    lab = suite_lab(evaluator, n=48, tuning=QUICK, rehearse=True)
    start = {"meals-sentiment": 0.2}
    with lab.tune(start, ["mood"], split="train", examples=64) as vector:
        moved = evaluator.vector(vector)
        assert set(moved) == set(evaluator.suite.vector("mood"))
        edits = (start, {**start, vector: 1.0})
        before, after = (
            lab.score(edit, ["mood"], split="validation")["mood"].value for edit in edits
        )
    assert after > before + 0.1


def test_samples_cannot_be_learned(evaluator: Evaluator) -> None:
    lab = suite_lab(evaluator, tuning=QUICK, rehearse=True)
    with (
        pytest.raises(AssetError, match="no right answer to learn"),
        lab.tune({}, ["rude"], split="train", examples=8),
    ):
        pass


def test_a_learned_soup_prefers_the_model_of_its_task(
    evaluator: Evaluator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(suite_lab_module, "fitted_weights", partial(fitted_weights, steps=6))
    lab = suite_lab(evaluator, n=16, rehearse=True)
    with lab.mix(["mood", "follows"], "mood", by_layer=False) as mixture:
        weights = mixture.weights[""]
    assert weights["mood"] > weights["follows"]
    assert sum(weights.values()) == pytest.approx(1, abs=1e-5)


def test_fisher_is_the_mean_square_gradient_of_drawn_labels(evaluator: Evaluator) -> None:
    found = ModelStatistics(evaluator).fisher("mood", images=3)
    model = evaluator.suite.model()
    edited = evaluator.suite.vector("mood").apply_to(evaluator.suite.base_state())
    model.network.load_state_dict(edited, strict=False)
    parameters = dict(model.network.named_parameters())
    name = "transformer.h.1.mlp.c_fc.weight"
    weight = parameters[name].requires_grad_(True)
    head, generator = evaluator.suite.head("mood"), torch.Generator().manual_seed(0)
    prompts = evaluator.prompts("mood", "validation", start=0, stop=3)
    expected = torch.zeros_like(weight)
    for place in range(3):
        logits = head.logits(model, prompts.take(torch.tensor([place])))[0]
        answer = int(torch.multinomial(logits.detach().softmax(0), 1, generator=generator))
        (gradient,) = torch.autograd.grad(logits.log_softmax(0)[answer], [weight])
        expected += gradient.square() / 3
    torch.testing.assert_close(found[name], expected, rtol=1e-3, atol=1e-9)


def test_gram_matrices_are_of_the_inputs_of_every_block(evaluator: Evaluator) -> None:
    grams = ModelStatistics(evaluator).grams("mood", images=4)
    assert set(evaluator.suite.vector("mood")) <= set(grams)


def test_a_merge_that_looks_at_answers_says_whose_it_cannot(evaluator: Evaluator) -> None:
    with pytest.raises(AssetError, match="the answers to 'rude' have no logits"):
        ModelStatistics(evaluator).fisher("rude", images=1)
    edit = Edit("mini-lm", {"mood": 0.5, "follows": 0.5}, method="fisher", settings={"images": 4})
    evaluator.use(edit)
    assert len(evaluator.predict("mood", "validation", start=0, stop=4)) == 4
