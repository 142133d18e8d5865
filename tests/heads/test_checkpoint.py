"""Heads that came with a checkpoint: the library's own answers, in the task's order of classes."""

from typing import Any

import pytest
import torch

from taskarith.errors import AssetError
from taskarith.heads.checkpoint import CheckpointHead, class_order
from taskarith.heads.head import Prompts
from taskarith.tasks.examples import Texts
from tests.text_models import load_saved, new_network, write_words


@pytest.fixture(scope="module", params=[("gpt2", "none"), ("bert", "both")])
def saved(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Any, Any]:
    """A classifier of the library's, and our model with its body."""
    kind, ends = request.param
    folder = tmp_path_factory.mktemp(kind)
    network = new_network("AutoModelForSequenceClassification", kind, num_labels=3)
    network.base_model.save_pretrained(folder)
    write_words(folder, ends=ends)
    return network, load_saved(folder)


def test_pairs_are_answered_as_the_library_answers_them(saved: tuple[Any, Any]) -> None:
    network, model = saved
    own = {
        name: tensor
        for name, tensor in network.state_dict().items()
        if name.startswith(("classifier", "score"))
    }
    firsts = [f"w{i} w{i + 1}" for i in range(6)]
    seconds = [f"w{2 * i} w3 w4"[: 5 + 3 * (i % 2)] for i in range(6)]
    labels = torch.tensor([0, 1, 2, 0, 1, 2])
    prompts = Prompts.of(model, Texts(firsts, labels, second=seconds))
    head = CheckpointHead(own, (2, 0, 1))
    for i, (first, second) in enumerate(zip(firsts, seconds, strict=True)):
        encoded = model.tokenizer._tokenizer(first, second, return_tensors="pt")
        encoded.pop("token_type_ids", None)
        kinds = {}
        if model.tokenizer.separator is not None:  # the second text of a pair is of kind 1
            start = len(model.tokenizer._tokenizer(first)["input_ids"])
            numbers = torch.arange(encoded["input_ids"].shape[1])
            kinds["token_type_ids"] = numbers[None].ge(start).long()
        theirs = network(**encoded, **kinds).logits[0, [2, 0, 1]]
        torch.testing.assert_close(head.logits(model, prompts)[i], theirs, rtol=1e-4, atol=1e-4)
    assert torch.equal(head.rows(model, prompts), head.logits(model, prompts).argmax(1))
    expected = torch.nn.functional.cross_entropy(head.logits(model, prompts), labels)
    assert torch.equal(head.loss(model, prompts, labels), expected)
    with pytest.raises(AssetError, match="has 3 outputs and the task 2 classes"):
        CheckpointHead(own, (0, 1)).rows(model, prompts)


def test_classes_are_found_by_their_names() -> None:
    mnli = ["entailment", "neutral", "contradiction"]
    assert class_order(["CONTRADICTION", "Entailment", "neutral"], mnli) == (1, 2, 0)
    assert class_order(["not_entailment", "entailment"], [], ["entailment", "not entailment"]) == (
        1,
        0,
    )
    assert class_order(["LABEL_0", "LABEL_1", "LABEL_2"], mnli) is None  # nobody named them
    assert class_order(["a", "b", "c"], mnli) is None
    assert class_order(["neutral", "neutral", "entailment"], mnli) is None
    assert class_order([], mnli) is None
