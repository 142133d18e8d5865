"""What heads of texts ask of fine-tuning, beside the library's own losses."""

from pathlib import Path
from typing import Any

import pytest
import torch

from taskarith.errors import AssetError
from taskarith.heads.embedding import EmbeddingHead
from taskarith.heads.generation import Generation, Samples
from taskarith.heads.head import Prompts
from taskarith.heads.language_modelling import LanguageModelling
from taskarith.heads.likelihood import LabelLikelihood
from taskarith.heads.text_loss import text_loss
from taskarith.tasks import Texts
from tests.text_models import load_saved, new_network, write_words

ASKED = ("w1 w2 w3", "w4 w5 w6 w7 w8", "w9")
LABELS = torch.tensor([1, 0, 1])
IGNORED = -100


@pytest.fixture(scope="module", params=["gpt2", "t5"])
def both(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The library's network, ours from its files, and which it is."""
    auto = {"gpt2": "AutoModelForCausalLM", "t5": "AutoModelForSeq2SeqLM"}[request.param]
    folder = tmp_path_factory.mktemp(request.param)
    network = new_network(auto, request.param)
    network.save_pretrained(folder)
    write_words(folder, ends="end" if request.param == "t5" else "none")
    return network, load_saved(folder), request.param


def prompts(model: Any, answers: tuple[str, ...] | None = None) -> Prompts:
    return Prompts.of(model, Texts(ASKED, LABELS, answers))


def of_library(network: Any, kind: str, given: list[int], answer: list[int]) -> tuple[float, int]:
    """−log p of an answer by the library's own loss, and its tokens."""
    if kind == "t5":
        loss = network(input_ids=torch.tensor([given]), labels=torch.tensor([answer])).loss
    else:
        labels = torch.tensor([[IGNORED] * len(given) + answer])
        loss = network(input_ids=torch.tensor([given + answer]), labels=labels).loss
    return float(loss) * len(answer), len(answer)


@pytest.mark.parametrize(
    ("head", "closed"),
    [(LabelLikelihood(("w10", "w11 w12")), False), (Generation(("w10", "w11 w12"), 4), True)],
)
def test_answers_are_learned_as_the_library_learns_them(
    both: Any, head: LabelLikelihood | Generation, closed: bool
) -> None:
    network, model, kind = both
    asked = prompts(model)
    ids = model.continuations(head.labels)
    tail = [model.tokenizer.end] if closed else []
    sums = [
        of_library(network, kind, row, [*ids[label], *tail])
        for row, label in zip(asked.tokens.rows(), LABELS.tolist(), strict=True)
    ]
    expected = sum(loss for loss, _ in sums) / sum(count for _, count in sums)
    assert float(text_loss(head, model, asked, LABELS)) == pytest.approx(expected, rel=1e-4)


def test_written_answers_without_labels_are_learned_as_they_are(both: Any) -> None:
    _, model, _ = both
    asked = prompts(model, answers=("w11 w12", "w10", "w11 w12"))
    by_label = text_loss(Generation(("w10", "w11 w12"), 4), model, asked, LABELS)
    assert float(text_loss(Generation((), 4), model, asked, LABELS)) == float(by_label)
    with pytest.raises(AssetError, match="no answers to learn"):
        text_loss(Generation((), 4), model, prompts(model), LABELS)


def test_running_text_is_learned_a_token_at_a_time_and_samples_not_at_all(both: Any) -> None:
    _, model, _ = both
    asked = prompts(model)
    loss, tokens = model.losses(asked.tokens).sum(0)
    found = text_loss(LanguageModelling(), model, asked, LABELS)
    assert float(found) == pytest.approx(float(loss / tokens))
    with pytest.raises(AssetError, match="no right answer to learn"):
        text_loss(Samples(frozenset({"w1"}), 4, 1.0, 0), model, asked, LABELS)


def test_gradients_reach_the_network_and_no_batch_depends_on_padding(both: Any) -> None:
    _, model, _ = both
    head, asked = LabelLikelihood(("w10", "w11")), prompts(model)
    parameters = [p for n, p in model.network.named_parameters() if p.ndim == 2 and ".0." in n]
    found = []
    for padding in (0.1, 1.0):
        model.padding = padding
        for parameter in parameters:
            parameter.requires_grad_(True)
        found.append(torch.autograd.grad(text_loss(head, model, asked, LABELS), parameters))
        model.network.requires_grad_(False)
    model.padding = 0.1
    assert max(float(one.abs().max()) for one in found[0]) > 0
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-6)


def test_embeddings_of_texts_have_their_head_s_loss(tmp_path: Path) -> None:
    new_network("AutoModel", "bert").save_pretrained(tmp_path)
    write_words(tmp_path, ends="both")
    model = load_saved(tmp_path)
    with torch.inference_mode():  # as heads are read
        head = EmbeddingHead(torch.randn(2, 32, generator=torch.Generator().manual_seed(1)))
    asked = prompts(model)
    weight = dict(model.network.named_parameters())["encoder.layer.0.output.dense.weight"]
    weight.requires_grad_(True)
    loss = text_loss(head, model, asked, LABELS)
    assert float(loss.detach()) == pytest.approx(
        float(head.clone().loss(model.encode_texts(ASKED), LABELS).detach()), rel=1e-5
    )
    loss.backward()
    assert weight.grad is not None
