"""Heads on language models, on a model whose answers are written down."""

from collections.abc import Sequence

import pytest
import torch
from torch import Tensor

from taskarith.errors import AssetError, UnknownNameError
from taskarith.heads.describing import text_head
from taskarith.heads.generation import OUTSIDE, Generation, Samples
from taskarith.heads.head import Prompts
from taskarith.heads.likelihood import LabelLikelihood
from taskarith.models.tokens import Tokens
from taskarith.tasks.examples import Texts
from taskarith.tasks.task import Task


class Written:
    """Continues prompts with what it was given; ids are places in its list of words."""

    def __init__(self, *continuations: str) -> None:
        self.said = continuations
        self.words: list[str] = []
        self.asked: list[tuple[float, list[int]]] = []

    def tokenize(self, texts: Sequence[str]) -> Tokens:
        return Tokens.of([[self._id(word) for word in text.lower().split()] for text in texts])

    def continuations(self, texts: Sequence[str]) -> list[list[int]]:
        return self.tokenize(texts).rows()

    def decode(self, ids: Sequence[int]) -> str:
        return " ".join(self.words[i] for i in ids)

    def label_logits(
        self, prompts: Tokens, labels: Sequence[Sequence[int]], *, normalized: bool
    ) -> Tensor:
        return torch.arange(float(len(labels))).expand(len(prompts), -1)

    def losses(self, texts: Tokens) -> Tensor:
        raise AssertionError("no head here asks for losses")

    def generate(
        self, prompts: Tokens, *, most: int, temperature: float, seeds: Sequence[int]
    ) -> list[list[int]]:
        self.asked.append((temperature, list(seeds)))
        return [[self._id(w) for w in text.split()] for text in self.said]

    def _id(self, word: str) -> int:
        if word not in self.words:
            self.words.append(word)
        return self.words.index(word)


def prompts(model: Written, *said: str, answers: tuple[str, ...] | None = None) -> Prompts:
    return Prompts.of(model, Texts(said, torch.zeros(len(said), dtype=torch.int64), answers))


def test_the_likeliest_label_answers() -> None:
    model = Written()
    head = LabelLikelihood(("bad", "good"))
    assert head.rows(model, prompts(model, "a soup", "a pie")).tolist() == [1, 1]


def test_labels_a_model_cannot_tell_apart_are_refused() -> None:
    model = Written()
    with pytest.raises(AssetError, match="'Good' are the same to this model"):
        LabelLikelihood(("good", "Good")).rows(model, prompts(model, "a soup"))


def test_what_is_written_is_a_label_or_outside() -> None:
    model = Written("good .", "Good", "splendid")
    rows = Generation(("bad", "good"), most=4).rows(model, prompts(model, "a", "b", "c"))
    assert rows.tolist() == [1, 1, OUTSIDE]
    assert model.asked == [(0.0, [0, 1, 2])]


def test_without_labels_answers_are_compared_with_their_own() -> None:
    model = Written("two", "three")
    asked = prompts(model, "1 + 1", "1 + 1", answers=("Two", "two"))
    assert Generation((), most=4).rows(model, asked).tolist() == [0, OUTSIDE]
    later = asked.take(torch.tensor([1, 0]))
    assert Generation((), most=4).rows(model, later).tolist() == [0, OUTSIDE]
    with pytest.raises(AssetError, match="no answers to compare with"):
        Generation((), most=4).rows(model, prompts(model, "a", "b"))


def test_samples_are_judged_by_words_and_drawn_by_their_place() -> None:
    model = Written("you silly goose", "how kind of you !")
    head = Samples(frozenset({"silly"}), most=5, temperature=0.9, seed=3)
    asked = prompts(model, "a", "b").take(torch.tensor([1, 0]))
    assert head.rows(model, asked).tolist() == [0, 1]
    [(temperature, seeds)] = model.asked
    assert temperature == 0.9
    assert seeds == [3 * 1_000_003 + 1, 3 * 1_000_003]


@pytest.mark.parametrize(
    "head",
    [
        {"kind": "generation", "most": 0},
        {"kind": "generation", "most": 10**9},
        {"kind": "generation", "most": True},
        {"kind": "samples"},
        {"kind": "samples", "words": []},
        {"kind": "samples", "words": ["silly"], "temperature": -1},
        {"kind": "samples", "words": ["silly"], "seed": -1},
    ],
)
def test_impossible_settings_are_said(head: dict[str, object]) -> None:
    task = Task("t", "T", "target", ("a", "b"), ("{}",), {"kind": "table"}, head=head)
    with pytest.raises(AssetError, match="the head of 't'"):
        text_head(task)


def test_an_unknown_kind_is_said() -> None:
    task = Task("t", "T", "target", (), ("{}",), {"kind": "table"}, head={"kind": "oracle"})
    with pytest.raises(UnknownNameError, match="unknown kind of head 'oracle'"):
        text_head(task)
