"""Answers that are numbers: a checkpoint's one output, and what a model writes."""

from pathlib import Path

import pytest
import torch

from taskarith.errors import AssetError
from taskarith.heads.head import Prompts
from taskarith.heads.scores import RegressionHead, WrittenNumber
from taskarith.models.tokens import Tokens
from taskarith.tasks.examples import Texts
from tests.text_models import load_saved, new_network, write_words

LABELS = torch.zeros(4, dtype=torch.int64)


def test_a_regression_answers_as_the_library_does(tmp_path: Path) -> None:
    network = new_network("AutoModelForSequenceClassification", "bert", num_labels=1)
    network.base_model.save_pretrained(tmp_path)
    write_words(tmp_path, ends="both")
    model = load_saved(tmp_path)
    own = {n: t for n, t in network.state_dict().items() if n.startswith("classifier")}
    head = RegressionHead(own)
    texts = ("w1 w2", "w3", "w4 w5 w6", "w7")
    prompts = Prompts.of(model, Texts(texts, LABELS, ("3.8", "0", "5.0", "1.25")))
    rows = head.rows(model, prompts)
    for row, text in zip(rows, texts, strict=True):
        encoded = model.tokenizer._tokenizer(text, return_tensors="pt")
        torch.testing.assert_close(row[0], network(**encoded).logits[0, 0], rtol=1e-4, atol=1e-4)
    assert rows[:, 1].tolist() == pytest.approx([3.8, 0, 5, 1.25])
    expected = (rows[:, 0] - rows[:, 1]).square().mean()
    torch.testing.assert_close(head.loss(model, prompts, LABELS), expected)
    two = RegressionHead({n: torch.cat([t, t]) for n, t in own.items()})
    with pytest.raises(AssetError, match="has 2 outputs; a regression has one"):
        two.rows(model, prompts)
    with pytest.raises(AssetError, match="no right scores"):
        head.rows(model, Prompts.of(model, Texts(texts, LABELS)))
    with pytest.raises(AssetError, match="'much' is no number"):
        head.rows(model, Prompts.of(model, Texts(texts, LABELS, ("1", "2", "much", "3"))))


class Writer:
    """Writes what it was given, and remembers what it should have learned."""

    def __init__(self, *said: str) -> None:
        self.said = said
        self.taught: list[str] = []

    def generate(self, prompts: Tokens, **_: object) -> list[list[int]]:
        return [[place] for place in range(len(prompts))]

    def decode(self, ids: list[int]) -> str:
        return self.said[ids[0]]

    def continuations(self, texts: list[str]) -> list[list[int]]:
        self.taught = list(texts)
        return [[0] for _ in texts]

    def answer_losses(self, prompts: Tokens, answers: object, *, closed: bool) -> torch.Tensor:
        assert closed
        return torch.ones(len(prompts), 2)


def test_what_is_written_is_read_as_a_number() -> None:
    writer = Writer("3.8", " 4 ", "very similar", "nan")
    answers = ("3.8", "4.333333492279053", "1.0", "2.5")
    prompts = Prompts(Tokens.of([[1], [2], [3], [4]]), torch.arange(4), answers)
    head = WrittenNumber(most=10)
    rows = head.rows(writer, prompts)  # type: ignore[arg-type]
    assert rows[:, 0].tolist() == pytest.approx([3.8, 4, 0, 0])  # what is none counts as 0
    assert rows[:, 1].tolist() == pytest.approx([3.8, 13 / 3, 1, 2.5])
    assert head.loss(writer, prompts, LABELS) == 1  # type: ignore[arg-type]
    assert writer.taught == ["3.8", "4.4", "1.0", "2.4"]  # to the nearest fifth
