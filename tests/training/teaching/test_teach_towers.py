"""LiT: the text tower moves, heads are made anew, and λ = 0 is the pretrained head bit for bit."""

from typing import Any

import pytest
import torch

from taskarith import Edit, load_suite, teach
from taskarith.errors import SettingError, TeachingError
from taskarith.evaluation import Evaluator, measure
from taskarith.heads.embedding import EmbeddingHead
from taskarith.suites import Suite
from taskarith.training.teaching.looks import Look
from taskarith.training.teaching.taught import Taught
from tests.training.teaching.doodles import doodles

NAMES = ("apples1", "birds2")  # words that the tiny base knows


def taught(suite: Suite, *, way: str, names: tuple[str, ...] = NAMES, **options: Any) -> Taught:
    pictures = dict(zip(names, doodles(("lying", "standing"), 6).values(), strict=True))
    asked: dict[str, Any] = {"steps": 30, "batch": 8, "anchor": False, "rate": 3e-3} | options
    return teach(suite, pictures, task="known", way=way, **asked)


@pytest.mark.parametrize("way", ["lit", "both-towers", "context-tokens"])
def test_text_tower_sliders_move_answers(way: str, tiny_suite: Suite) -> None:
    looks: list[Look] = []
    result = taught(tiny_suite, way=way, look=looks.append)
    made = load_suite(result.suite)
    vector = made.vector("known")
    model = made.model()
    read = {name for name in vector if model.makes_heads(name)}
    assert read
    assert any(bool(vector[name].any()) for name in read)
    assert (set(vector) == read) == (way != "both-towers")  # what sees pictures is locked, or not
    assert "logit_scale" not in vector
    evaluator = Evaluator(made, device="cpu")

    def head_at(value: float) -> torch.Tensor:
        evaluator.use(Edit(made.name, {"known": value}))
        head = evaluator.head("known")
        assert isinstance(head, EmbeddingHead)
        return head.weights

    assert torch.equal(head_at(0.0), made.class_weights("known"))
    assert not torch.equal(head_at(1.0), head_at(0.0))
    for value, said in ((0.0, result.before), (1.0, result.after)):
        found = measure(evaluator, Edit(made.name, {"known": value}), tasks=["known"])
        assert found["known"] == said["known"]
    losses = [look.loss for look in looks if look.loss is not None]
    assert losses[-1] < 0.9 * losses[0]


def test_the_classes_must_be_told_apart_by_words(tiny_suite: Suite) -> None:
    with pytest.raises(TeachingError, match="moves what reads class names"):
        taught(tiny_suite, way="lit", names=("one", "two"))


def test_context_tokens_are_vectors_before_a_class_s_name(tiny_suite: Suite) -> None:
    """The rows of places that moved answer as words replaced by vectors v = word + δ do."""
    made = load_suite(taught(tiny_suite, way="context-tokens", settings={"length": 2}).suite)
    model, vector = made.model(), made.vector("known")
    (name,) = vector
    assert name == model.text_places
    moved = vector[name].any(1).nonzero().flatten().tolist()
    assert moved == [1, 2]
    words = model.network.token_embedding
    hook = words.register_forward_hook(
        lambda _, __, out: torch.cat([out[:, :1], out[:, 1:3] + vector[name][1:3], out[:, 3:]], 1)
    )
    wanted = model.encode_texts(["a photo of birds2"])
    hook.remove()
    assert not torch.equal(model.encode_texts(["a photo of birds2"]), wanted)
    found = made.model_at({"known": 1.0}).encode_texts(["a photo of birds2"])
    torch.testing.assert_close(found, wanted, atol=1e-6, rtol=0)
    with pytest.raises(SettingError, match="the text tower has"):
        taught(tiny_suite, way="context-tokens", settings={"length": 32}, into="again")
