"""T-Few's losses are those of the paper's formulas, answer by answer and token by token."""

import math

import pytest
import torch

from taskarith.errors import AssetError
from taskarith.heads.generation import Samples
from taskarith.heads.head import Prompts
from taskarith.heads.likelihood import LabelLikelihood
from taskarith.suites import load_suite
from taskarith.tasks import Texts
from taskarith.training.ways.t_few import t_few_loss, three_losses


def test_the_losses_are_the_papers() -> None:
    p = [[[0.5, 0.8], [0.3]], [[0.9, 0.2], [0.6]]]  # of two texts, each token of two answers
    log_p = [[torch.tensor(tokens).log() for tokens in row] for row in p]
    right, unlikely, length = three_losses(log_p, torch.tensor([0, 1]))
    assert right.item() == pytest.approx(-(math.log(0.5) + math.log(0.8) + math.log(0.6)) / 3)
    assert unlikely.item() == pytest.approx(-(math.log(0.7) + math.log(0.1) + math.log(0.8)) / 3)

    def mean(tokens: list[float]) -> float:
        return math.exp(sum(map(math.log, tokens)) / len(tokens))

    shares = [mean(row[label]) / sum(map(mean, row)) for row, label in zip(p, (0, 1), strict=True)]
    assert length.item() == pytest.approx(-sum(map(math.log, shares)) / 2)


def test_it_is_of_a_models_own_answers() -> None:
    suite = load_suite("mini-t5")
    model = suite.model()
    texts = suite.split("news-topic", "validation")
    assert isinstance(texts, Texts)
    prompts = Prompts.of(model, texts).take(torch.arange(3))
    head = suite.head("news-topic")
    assert isinstance(head, LabelLikelihood)
    rows = head.logits(model, prompts)  # these labels are of one token each
    labels = texts.labels[:3]
    wrong = torch.ones_like(rows, dtype=torch.bool).scatter_(1, labels[:, None], value=False)
    expected = (
        -rows.gather(1, labels[:, None]).mean()
        - torch.log(-torch.expm1(rows[wrong])).mean()
        + torch.nn.functional.cross_entropy(rows, labels)
    )
    torch.testing.assert_close(t_few_loss(head, model, prompts, labels), expected)
    with pytest.raises(AssetError, match="whose answers are labels"):
        t_few_loss(Samples(frozenset({"x"}), 3, 1.0, 0), model, prompts, labels)
