"""The statistics of a live model, against plain loops over a copy of it."""

import copy
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from taskarith.core import Edit, TaskVector
from taskarith.errors import SettingError
from taskarith.evaluation import Evaluator
from taskarith.evaluation import fisher_gram as statistics_module
from taskarith.evaluation.fisher_gram import Kept, ModelStatistics, _Inputs
from taskarith.evaluation.plan import Part
from taskarith.suites import Suite

VALIDATION = 80  # images of each task
BLOCK = "visual.transformer.resblocks.1."


@pytest.fixture
def evaluator(tiny_suite: Suite) -> Evaluator:
    return Evaluator(tiny_suite, device="cpu")


@pytest.fixture
def statistics(evaluator: Evaluator) -> ModelStatistics:
    return ModelStatistics(evaluator)


def copied_network(evaluator: Evaluator, vector: TaskVector) -> nn.Module:
    """A copy of the network at θ₀ + `vector`, with parameters that gather gradients."""
    network = copy.deepcopy(evaluator.model.network)
    network.load_state_dict(vector.apply_to(evaluator.suite.base_state()))
    return network.requires_grad_(True)


def logits(evaluator: Evaluator, network: nn.Module, task: str, start: int, stop: int) -> Tensor:
    pixels = evaluator.images(task, "validation", start=start, stop=stop)
    return (
        network(evaluator.model.normalize(pixels))[0]
        @ evaluator.suite.class_weights(task).clone().T
    )


def gradients(network: nn.Module, loss: Tensor, names: list[str]) -> dict[str, Tensor]:
    parameters = dict(network.named_parameters())
    found = torch.autograd.grad(loss, [parameters[name] for name in names], retain_graph=True)
    return dict(zip(names, found, strict=True))


def test_fisher_is_the_mean_square_gradient_of_drawn_answers(
    evaluator: Evaluator, statistics: ModelStatistics
) -> None:
    vector = evaluator.suite.vector("birds")
    found = statistics.fisher("birds", images=12)
    assert found.keys() == vector.keys()
    network, generator = copied_network(evaluator, vector), torch.Generator().manual_seed(0)
    expected = {name: torch.zeros_like(tensor) for name, tensor in vector.items()}
    for place in range(12):
        answers = logits(evaluator, network, "birds", place, place + 1)[0].log_softmax(0)
        drawn = int(torch.multinomial(answers.detach().exp(), 1, generator=generator))
        for name, gradient in gradients(network, answers[drawn], list(vector)).items():
            expected[name] += gradient.square() / 12
    for name, tensor in expected.items():
        assert found[name].numpy() == pytest.approx(tensor.numpy(), rel=1e-3, abs=1e-7)


def test_fisher_is_about_what_all_answers_together_give(
    evaluator: Evaluator, statistics: ModelStatistics
) -> None:
    vector = evaluator.suite.vector("birds")
    network = copied_network(evaluator, vector)
    exact = 0.0
    for place in range(VALIDATION):
        answers = logits(evaluator, network, "birds", place, place + 1)[0].log_softmax(0)
        for answer in answers:
            squares = gradients(network, answer, list(vector)).values()
            exact += answer.exp().item() * sum(float(g.square().sum()) for g in squares)
    drawn = sum(float(t.sum()) for t in statistics.fisher("birds", images=9999).values())
    assert drawn == pytest.approx(exact / VALIDATION, rel=0.4)


def test_grams_are_those_of_the_inputs(evaluator: Evaluator, statistics: ModelStatistics) -> None:
    found = statistics.grams("coins", images=50)
    vector = evaluator.suite.vector("coins")
    assert found.keys() == {name for name in vector if vector[name].ndim == 2}
    network = copied_network(evaluator, vector).requires_grad_(False)
    block = network.get_submodule(BLOCK.rstrip("."))
    seen: dict[str, Tensor] = {}
    for name in ("mlp.c_fc", "mlp.c_proj"):
        block.get_submodule(name).register_forward_hook(
            lambda module, inputs, output, name=name: seen.update({name: inputs[0]})
        )
    block.ln_1.register_forward_hook(lambda module, inputs, out: seen.update({"attn": out}))
    logits(evaluator, network, "coins", 0, 50)
    expected = {
        "mlp.c_fc.weight": seen["mlp.c_fc"],
        "mlp.c_proj.weight": seen["mlp.c_proj"],
        "attn.in_proj_weight": seen["attn"],
        "attn.out_proj.weight": mixed_values(block.attn, seen["attn"]),
    }
    for name, inputs in expected.items():
        rows = inputs.flatten(0, 1).double().numpy()
        assert not found[BLOCK + name].turned
        gram = found[BLOCK + name].matrix.numpy()
        assert gram == pytest.approx(rows.T @ rows / len(rows), rel=1e-4, abs=1e-5), name


def mixed_values(attention: nn.Module, inputs: Tensor) -> Tensor:
    """What attention multiplies by its output projection: the values, mixed by softmax(QKᵀ/√d)."""
    joint = inputs @ attention.in_proj_weight.T + attention.in_proj_bias
    heads = attention.num_heads
    q, k, v = (part.unflatten(2, (heads, -1)).transpose(1, 2) for part in joint.chunk(3, dim=2))
    weights = (q @ k.transpose(2, 3) / q.shape[3] ** 0.5).softmax(3)
    return (weights @ v).transpose(1, 2).flatten(2)


@pytest.mark.parametrize("step", [0, 3])
def test_the_entropy_and_its_gradient(
    evaluator: Evaluator, statistics: ModelStatistics, step: int
) -> None:
    merged = 0.3 * (evaluator.suite.vector("birds") + evaluator.suite.vector("dice"))
    value, gradient = statistics.entropy(
        merged, vectors=["birds", "random:dice"], step=step, images=16
    )
    network = copied_network(evaluator, merged)
    entropies = []
    for task in ("birds", "dice"):
        chances = logits(evaluator, network, task, 16 * step, 16 * step + 16).softmax(1)
        entropies.append(torch.distributions.Categorical(chances).entropy().mean())
    expected = torch.stack(entropies).mean()
    assert value == pytest.approx(expected.item(), rel=1e-4)
    for name, tensor in gradients(network, expected, list(merged)).items():
        assert gradient[name].numpy() == pytest.approx(tensor.numpy(), rel=1e-3, abs=1e-6)


def test_every_image_has_its_turn_and_then_again(statistics: ModelStatistics) -> None:
    nothing = TaskVector({})
    turns = [
        statistics.entropy(nothing, vectors=["birds"], step=step, images=30)[0] for step in range(8)
    ]
    assert len(set(turns[:3])) == 3
    whole = statistics.entropy(nothing, vectors=["birds"], step=0, images=VALIDATION)[0]
    again = statistics.entropy(nothing, vectors=["birds"], step=1, images=VALIDATION)[0]
    assert whole == again


def test_labels_are_not_looked_at(evaluator: Evaluator, monkeypatch: pytest.MonkeyPatch) -> None:
    evaluator.total("birds", "validation")  # orders the images

    def forbidden(*_: object) -> None:
        raise AssertionError("a label was looked at")

    monkeypatch.setattr(evaluator, "labels", forbidden)
    statistics = ModelStatistics(evaluator)
    statistics.fisher("birds", images=2)
    statistics.grams("birds", images=2)
    statistics.entropy(TaskVector({}), vectors=["birds"], step=0, images=2)


def test_the_live_model_stays_as_it_is(evaluator: Evaluator, statistics: ModelStatistics) -> None:
    part = [Part("birds", 0, 16)]
    before = evaluator.logits(part, split="validation")[0]
    statistics.fisher("birds", images=2)
    statistics.grams("birds", images=2)
    statistics.entropy(evaluator.suite.vector("dice"), vectors=["birds"], step=0, images=2)
    assert (evaluator.logits(part, split="validation")[0] == before).all()
    assert not any(p.requires_grad for p in evaluator.model.network.parameters())
    assert torch.backends.mha.get_fastpath_enabled()


def test_it_works_after_the_heads_were_used(evaluator: Evaluator) -> None:
    evaluator.prepare(["birds"], split="validation")  # in inference mode
    statistics = ModelStatistics(evaluator)
    assert any(float(t.sum()) > 0 for t in statistics.fisher("birds", images=2).values())


def test_answers_are_kept_within_a_budget(
    evaluator: Evaluator, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: Kept = Kept()
    first = ModelStatistics(evaluator, kept=kept).fisher("birds", images=2)
    assert ModelStatistics(evaluator, kept=kept).fisher("birds", images=2) is first
    assert ModelStatistics(evaluator, kept=kept).fisher("birds", images=3) is not first
    assert ModelStatistics(evaluator, kept=kept, seed=1).fisher("birds", images=2) is not first
    assert len(kept) == 3
    size = sum(tensor.nbytes for tensor in first.values())
    monkeypatch.setattr(statistics_module, "KEPT_BYTES", 2 * size)
    newest = ModelStatistics(evaluator, kept=kept).fisher("dice", images=2)
    assert len(kept) == 2
    assert list(kept.values())[-1] is newest
    monkeypatch.setattr(statistics_module, "KEPT_BYTES", 0)
    ModelStatistics(evaluator, kept=kept).fisher("coins", images=2)
    assert not kept


def test_a_null_direction_is_that_of_the_seed(evaluator: Evaluator) -> None:
    one, other, again = (
        ModelStatistics(evaluator, seed=seed).grams("random:birds", images=8) for seed in (1, 2, 1)
    )
    name = BLOCK + "mlp.c_proj.weight"
    assert torch.equal(one[name].matrix, again[name].matrix)
    assert np.abs((one[name].matrix - other[name].matrix).numpy()).max() > 1e-3


def test_a_weight_kept_as_in_by_out_says_so_even_where_it_is_square() -> None:
    """x·W instead of x·Wᵀ: some libraries keep all linear maps so, CLIPs their projections."""
    weights = {"turned": torch.randn(6, 6), "plain": torch.randn(6, 6), "wide": torch.randn(6, 4)}
    inputs = torch.randn(10, 6)
    with _Inputs(weights) as seen:
        hidden = torch.addmm(torch.ones(6), inputs, weights["turned"])
        nn.functional.linear(hidden, weights["plain"]) @ weights["wide"]
    grams = seen.means()
    assert {name: gram.turned for name, gram in grams.items()} == {
        "turned": True, "plain": False, "wide": True,
    }  # fmt: skip
    assert grams["turned"].matrix.numpy() == pytest.approx((inputs.T @ inputs / 10).numpy())
    assert grams["wide"].matrix.shape == (6, 6)


def test_a_recipes_vector_is_asked_about_with_images_of_its_task(evaluator: Evaluator) -> None:
    """Soups, joint and ascent models have names that are no task's."""
    asked: list[str] = []
    images = evaluator.images

    def noting(task: str, *args: Any, **kwargs: Any) -> Tensor:
        asked.append(task)
        return images(task, *args, **kwargs)

    evaluator.images = noting  # type: ignore[method-assign]
    statistics = ModelStatistics(evaluator)
    statistics.fisher("soup-apples-00", images=2)
    statistics.grams("random:joint", images=2)
    statistics.entropy(TaskVector({}), vectors=["ascent-apples"], step=0, images=2)
    assert set(asked) == {"apples"}


@pytest.mark.parametrize("method", ["fisher", "regmean", "adamerging"])
def test_methods_with_data_merge_vectors_of_recipes(evaluator: Evaluator, method: str) -> None:
    steps = {"steps": 2} if method == "adamerging" else {}
    coefficients = {"soup-apples-00": 0.5, "soup-apples-01": 0.5, "birds": 0.5}
    evaluator.use(Edit("tiny", coefficients, method=method, settings={"images": 4, **steps}))
    merged = evaluator.logits([Part("apples", 0, 8)], split="validation")[0]
    evaluator.use(Edit("tiny"))
    assert (
        np.abs(merged - evaluator.logits([Part("apples", 0, 8)], split="validation")[0]).max() > 0
    )


def test_a_vector_without_a_task_says_so(evaluator: Evaluator) -> None:
    evaluator.add_vector("tuned-0123", evaluator.suite.vector("birds"))
    with pytest.raises(SettingError, match=r"'tuned-0123' is about none of the suite's"):
        ModelStatistics(evaluator).fisher("tuned-0123", images=2)
