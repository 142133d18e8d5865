"""Causal language models give what the library's own forward pass gives, in any company."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch

from taskarith.errors import AssetError, WeightsError
from taskarith.heads.head import Prompts
from taskarith.heads.likelihood import LabelLikelihood, rows_together
from taskarith.models.causal.family import CAUSAL
from taskarith.models.language.model import Pair
from taskarith.models.tokens import Tokens
from taskarith.sources import read_tensors, write_tensors
from taskarith.tasks import Texts
from tests.text_models import CONTEXT, SIZE, load_saved, new_network, own_state, write_words

TEXTS = ["w1 w2 w3", "w4 w5 w6 w7 w8 w9 w10 w11 w12", "w9", "w3 w3 w3 w2", "w20 w21"]
ANSWERS = ["w1", "w2 w3", "w4", "w5 w6 w7", "w8"]


@pytest.fixture(scope="module")
def gpt2(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Any]:
    return saved(tmp_path_factory.mktemp("gpt2"), "gpt2")


def saved(folder: Path, kind: str, **changes: Any) -> tuple[Any, Any]:
    """The library's network, and ours from the files that it saves."""
    network = new_network("AutoModelForCausalLM", kind, **changes)
    network.save_pretrained(folder)
    write_words(folder)
    return network, load_saved(folder)


@torch.inference_mode()
def of_library(network: Any, pair: Pair) -> torch.Tensor:
    """Log p of an answer's tokens by the library alone, one row at a time."""
    row = torch.tensor([[*pair.context, *pair.answer]])
    logits = network(input_ids=row).logits[0].log_softmax(-1)
    places = torch.arange(len(pair.context) - 1, row.shape[1] - 1)
    return logits[places, torch.tensor(pair.answer)]


@pytest.mark.parametrize("kind", CAUSAL.known)
@torch.inference_mode()
def test_every_kind_computes_what_the_library_computes(tmp_path: Path, kind: str) -> None:
    network, model = saved(tmp_path, kind)
    pairs = model.pairs(TEXTS, ANSWERS)
    for found, pair in zip(model.log_likelihoods(pairs), pairs, strict=True):
        torch.testing.assert_close(found, of_library(network, pair), rtol=1e-4, atol=1e-5)
    contexts = [pair.context for pair in pairs]
    after = model.label_logits(Tokens.of(contexts), [[5], [7], [9]], normalized=False)
    for row, context in zip(after, contexts, strict=True):
        logits = network(input_ids=torch.tensor([context])).logits[0, -1].log_softmax(-1)
        torch.testing.assert_close(row, logits[[5, 7, 9]], rtol=1e-4, atol=1e-5)
    theirs = network.generate(
        torch.tensor([contexts[1]]), max_new_tokens=6, do_sample=False, pad_token_id=0
    )[0, len(contexts[1]) :].tolist()
    theirs = theirs[: theirs.index(1)] if 1 in theirs else theirs
    assert model.generate(Tokens.of(contexts), most=6)[1] == theirs


@torch.inference_mode()
def test_one_at_a_time_and_all_together_are_the_same(gpt2: tuple[Any, Any]) -> None:
    _, model = gpt2
    generator = torch.Generator().manual_seed(5)
    sizes = torch.randint(1, CONTEXT - 10, (32,), generator=generator).tolist()
    rows = [torch.randint(5, SIZE, (n,), generator=generator).tolist() for n in sizes]
    pairs = [Pair(row[:-1] or [1], row[-1:]) for row in rows]
    for many, pair in zip(model.log_likelihoods(pairs), pairs, strict=True):
        torch.testing.assert_close(many, model.log_likelihoods([pair])[0], rtol=1e-5, atol=1e-5)
    contexts = [pair.context for pair in pairs]
    for temperature in (0.0, 1.0):
        together = model.generate(Tokens.of(contexts), most=8, temperature=temperature)
        alone = [
            model.generate(Tokens.of([row]), most=8, temperature=temperature, seeds=[seed])[0]
            for seed, row in enumerate(contexts)
        ]
        assert together == alone
    head = {"score.weight": torch.randn(3, 32, generator=generator)}
    verbs = (
        model.losses,
        lambda tokens: model.class_logits(tokens, head),
        lambda tokens: model.label_logits(tokens, [[7], [9]], normalized=False),
        lambda tokens: model.label_logits(tokens, [[7], [9, 5], [7, 8, 6]], normalized=True),
    )
    for verb in verbs:
        alone = torch.cat([verb(Tokens.of([row])) for row in rows])
        torch.testing.assert_close(verb(Tokens.of(rows)), alone, rtol=1e-4, atol=1e-4)


@torch.inference_mode()
def test_samples_follow_the_model(gpt2: tuple[Any, Any]) -> None:
    """Of 4,000 first tokens, each comes about as often as the model says."""
    _, model = gpt2
    context = [7, 8, 9]
    said = model.generate(Tokens.of([context] * 4000), most=1, temperature=1.0)
    every = [[token] for token in range(SIZE)]
    chances = model.label_logits(Tokens.of([context]), every, normalized=False)[0].exp()
    counts = torch.bincount(torch.tensor([row[0] if row else 1 for row in said]), minlength=SIZE)
    spread = (4000 * chances * (1 - chances)).sqrt()
    assert bool(((counts - 4000 * chances).abs() < 4.5 * spread + 1).all())


@torch.inference_mode()
def test_classification_is_what_the_library_computes(tmp_path: Path) -> None:
    network = new_network("AutoModelForSequenceClassification", "gpt2", num_labels=3)
    network.save_pretrained(tmp_path)
    write_words(tmp_path)
    model = load_saved(tmp_path)
    tokens = model.tokenize(TEXTS)
    found = model.class_logits(tokens, {"score.weight": network.score.weight})
    for logits, row in zip(found, tokens.rows(), strict=True):
        theirs = network(input_ids=torch.tensor([row])).logits[0]
        torch.testing.assert_close(logits, theirs, rtol=1e-4, atol=1e-5)
    with pytest.raises(WeightsError, match=r"lacks 'score\.weight'"):
        model.class_logits(tokens, {"classifier.weight": torch.zeros(3, 32)})


def test_tied_words_are_there_once(tmp_path: Path, gpt2: tuple[Any, Any]) -> None:
    network, model = gpt2
    names = dict(model.network.named_parameters())
    assert "lm_head.weight" not in names
    assert model.network.lm_head.weight is names["transformer.wte.weight"]
    network.transformer.save_pretrained(tmp_path)  # gpt2's own file has no prefix and no head
    write_words(tmp_path)
    assert set(own_state(tmp_path)) == set(names)


def test_words_of_their_own_are_there_too(tmp_path: Path) -> None:
    network, model = saved(tmp_path, "gpt2", tie_word_embeddings=False)
    assert torch.equal(model.network.lm_head.weight, network.lm_head.weight)
    assert not torch.equal(model.network.lm_head.weight, model.network.transformer.wte.weight)


def test_words_of_their_own_must_be_there(tmp_path: Path) -> None:
    saved(tmp_path, "gpt2", tie_word_embeddings=False)
    state = read_tensors(tmp_path / "model.safetensors")
    del state["lm_head.weight"]
    write_tensors(tmp_path / "model.safetensors", state)
    with pytest.raises(WeightsError, match=r"missing: lm_head\.weight"):
        load_saved(tmp_path)


def test_an_answer_owns_its_space_and_running_text_is_predicted_once(
    gpt2: tuple[Any, Any],
) -> None:
    _, model = gpt2
    end = model.tokenizer.end
    [pair, empty] = model.pairs(["w1 w2 ", ""], ["w3", "w4"])
    assert (pair.context, pair.answer) == ([6, 7], [8])
    assert (empty.context, empty.answer) == ([end], [9])
    assert model.continuations(["w3", " w4 w5"]) == [[8], [9, 10]]
    tokens = model.tokenize([" ".join(f"w{i % 60}" for i in range(100))])
    [windows] = model.windows(tokens)
    assert [token for pair in windows for token in pair.answer] == tokens.rows()[0]
    assert all(len(pair.context) + len(pair.answer) <= CONTEXT for pair in windows)
    for before, after in pairwise(windows):
        assert after.context == before.answer[-1:]
    assert model.windows(model.tokenize([""])) == [[]]
    with torch.inference_mode():
        parts = model.log_likelihoods(windows)
        expected = [-float(torch.cat(parts).sum()), 100.0]
        torch.testing.assert_close(model.losses(tokens), torch.tensor([expected]))
        assert model.losses(model.tokenize([""])).tolist() == [[0.0, 0.0]]


@torch.inference_mode()
def test_too_long_contexts_lose_their_beginning(gpt2: tuple[Any, Any]) -> None:
    _, model = gpt2
    long = " ".join(["w1"] * 99 + ["w2"])
    [pair] = model.pairs([long], ["w3 w4"])
    assert len(pair.context) + len(pair.answer) == CONTEXT
    assert pair.context[-1] == 7
    assert len(model.generate(model.tokenize([long]), most=5)[0]) <= 5
    assert model.label_logits(model.tokenize([long, ""]), [[5]], normalized=False).isfinite().all()


def test_a_tokenizer_of_another_model_is_refused(tmp_path: Path) -> None:
    import_words = new_network("AutoModelForCausalLM", "gpt2")
    import_words.resize_token_embeddings(SIZE - 2)
    import_words.save_pretrained(tmp_path)
    write_words(tmp_path)
    with pytest.raises(AssetError, match=f"tokenizer has {SIZE} tokens .* rows for {SIZE - 2}"):
        load_saved(tmp_path)


def test_what_a_merge_sees_apart() -> None:
    assert CAUSAL.fused("transformer.h.0.attn.c_attn.bias") == 3
    assert CAUSAL.fused("transformer.h.0.attn.c_attn.weight") == -3
    assert CAUSAL.fused("transformer.h.0.attn.c_proj.weight") == 1
    assert CAUSAL.fused("model.layers.0.mlp.gate_up_proj.weight") == 2


@torch.inference_mode()
def test_heads_that_share_batches_answer_as_they_do_alone(gpt2: tuple[Any, Any]) -> None:
    _, model = gpt2
    heads = [LabelLikelihood(words) for words in (("w1", "w2"), ("w2", "w9", "w5"), ("w7", "w1"))]
    texts = [TEXTS, TEXTS[1:3], TEXTS[::-1]]
    asked = [
        (head, Prompts.of(model, Texts(tuple(some), torch.zeros(len(some), dtype=torch.int64))))
        for head, some in zip(heads, texts, strict=True)
    ]
    assert all(head.in_one_pass(model) for head in heads)
    assert not LabelLikelihood(("w1", "w2 w3")).in_one_pass(model)
    passes: list[int] = []
    hook = model.network.base_model.register_forward_pre_hook(
        lambda module, args, kwargs: passes.append(len(kwargs["input_ids"])), with_kwargs=True
    )
    together = [rows.tolist() for rows in rows_together(model, asked)]
    hook.remove()
    assert together == [head.rows(model, prompts).tolist() for head, prompts in asked]
    assert len({tuple(rows) for rows in together}) > 1
    # Twelve texts of four lengths: fewer batches than the three heads have alone, 4 + 2 + 4.
    assert sum(passes) == 12
    assert len(passes) < 10


def test_texts_of_unknown_words_alone_are_refused(gpt2: tuple[Any, Any]) -> None:
    _, model = gpt2
    some = Texts(("zebra", "w1 zebra"), torch.zeros(2, dtype=torch.int64))
    assert len(Prompts.of(model, some)) == 2  # a few words are enough
    none = Texts(("zebra", "yak gnu"), torch.zeros(2, dtype=torch.int64))
    with pytest.raises(AssetError, match="none of the words of these 2 texts"):
        Prompts.of(model, none)
