"""T5s give what `from_pretrained` gives: with words tied, with words of their own, saved anew."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from taskarith.errors import AssetError
from taskarith.models.language.model import Pair
from taskarith.models.library import import_transformers
from taskarith.models.tokens import Tokens
from tests.text_models import load_saved, new_network, own_state, write_words

TEXTS = ["w1 w2 w3", "w4 w5 w6 w7 w8 w9 w10 w11 w12", "w9", "w3 w3 w3 w2", "w20 w21"]
ANSWERS = ["w1", "w2 w3", "w4", "w5 w6 w7", "w8"]
TIED, UNTIED, SAVED_ANEW = "v1.0", "v1.1", "v1.1 saved by transformers 5"
FLAN = {"feed_forward_proj": "gated-gelu", "tie_word_embeddings": False}


def write(folder: Path, version: str) -> None:
    """The files of a T5 as they are on the Hub."""
    network = new_network("AutoModelForSeq2SeqLM", "t5", **({} if version == TIED else FLAN))
    state = {name: p.detach().clone() for name, p in network.named_parameters()}
    if version != TIED:  # transformers 5 ties what it builds
        torch.manual_seed(9)
        state["lm_head.weight"] = torch.randn_like(state["shared.weight"]) * 0.3
    from taskarith.sources import write_tensors

    folder.mkdir(parents=True, exist_ok=True)
    network.config.save_pretrained(folder)
    config = json.loads((folder / "config.json").read_text())
    if version == SAVED_ANEW:
        assert (config["tie_word_embeddings"], config["scale_decoder_outputs"]) == (True, False)
    else:
        config.pop("scale_decoder_outputs")
        config["tie_word_embeddings"] = version == TIED
    (folder / "config.json").write_text(json.dumps(config))
    write_tensors(folder / "model.safetensors", state, {"format": "pt"})
    write_words(folder, ends="end")


@pytest.fixture(scope="module", params=[TIED, UNTIED, SAVED_ANEW])
def both(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The library's own loader on a folder, and ours."""
    folder = tmp_path_factory.mktemp("t5")
    write(folder, request.param)
    theirs = import_transformers().T5ForConditionalGeneration.from_pretrained(folder).eval()
    return theirs, load_saved(folder), request.param


@torch.inference_mode()
def of_library(network: Any, pair: Pair) -> torch.Tensor:
    decoder = torch.tensor([[0, *pair.answer][:-1]])
    logits = network(
        input_ids=torch.tensor([pair.context]), decoder_input_ids=decoder
    ).logits[0].log_softmax(-1)  # fmt: skip
    return logits[torch.arange(len(pair.answer)), torch.tensor(pair.answer)]


@torch.inference_mode()
def test_likelihoods_are_those_of_from_pretrained(both: Any) -> None:
    theirs, model, _ = both
    pairs = model.pairs([*TEXTS, TEXTS[0]], [*ANSWERS, "w9 w8"])
    for found, pair in zip(model.log_likelihoods(pairs), pairs, strict=True):
        torch.testing.assert_close(found, of_library(theirs, pair), rtol=1e-4, atol=1e-5)
    contexts = [pair.context for pair in pairs]
    after = model.label_logits(Tokens.of(contexts), [[5], [7], [9]], normalized=False)
    for row, context in zip(after, contexts, strict=True):
        first = theirs(input_ids=torch.tensor([context]), decoder_input_ids=torch.tensor([[0]]))
        expected = first.logits[0, 0].log_softmax(-1)[[5, 7, 9]]
        torch.testing.assert_close(row, expected, rtol=1e-4, atol=1e-5)


@torch.inference_mode()
def test_it_says_what_the_library_says(both: Any) -> None:
    theirs, model, _ = both
    contexts = [pair.context for pair in model.pairs(TEXTS, ANSWERS)]
    for said, context in zip(model.generate(Tokens.of(contexts), most=7), contexts, strict=True):
        row = theirs.generate(torch.tensor([context]), max_new_tokens=7, do_sample=False)[0, 1:]
        row = row.tolist()
        assert said == (row[: row.index(1)] if 1 in row else row)


def test_words_are_one_or_two(both: Any) -> None:
    theirs, model, version = both
    network = model.network
    same = network.lm_head.weight.data_ptr() == network.shared.weight.data_ptr()
    assert same == (version == TIED)
    assert torch.equal(network.lm_head.weight, theirs.lm_head.weight)
    assert torch.equal(network.encoder.embed_tokens.weight, theirs.shared.weight)
    assert ("lm_head.weight" in dict(network.named_parameters())) == (version != TIED)


@torch.inference_mode()
def test_outputs_are_scaled_where_words_are_tied(both: Any) -> None:
    """By hand, so that neither library nor loader is its own witness."""
    theirs, _, version = both
    ids, first = torch.tensor([[5, 9, 1]]), torch.tensor([[0]])
    found = theirs(input_ids=ids, decoder_input_ids=first, output_hidden_states=True)
    state = found.decoder_hidden_states[-1][0, 0]
    scale = theirs.config.d_model**-0.5 if version == TIED else 1.0
    expected = theirs.lm_head.weight @ (state * scale)
    torch.testing.assert_close(found.logits[0, 0], expected, rtol=1e-4, atol=1e-5)


@torch.inference_mode()
def test_one_at_a_time_and_all_together_are_the_same(both: Any) -> None:
    _, model, _ = both
    generator = torch.Generator().manual_seed(2)
    sizes = torch.randint(1, 30, (32,), generator=generator).tolist()
    rows = [torch.randint(5, 60, (n,), generator=generator).tolist() for n in sizes]
    pairs = [Pair(row, row[:2]) for row in rows]
    for many, pair in zip(model.log_likelihoods(pairs), pairs, strict=True):
        torch.testing.assert_close(many, model.log_likelihoods([pair])[0], rtol=1e-4, atol=1e-5)
    together = model.generate(Tokens.of(rows), most=6, temperature=0.7)
    said = [
        model.generate(Tokens.of([row]), most=6, temperature=0.7, seeds=[seed])[0]
        for seed, row in enumerate(rows)
    ]
    assert together == said
    verbs = (
        model.losses,
        lambda tokens: model.label_logits(tokens, [[7], [9]], normalized=False),
        lambda tokens: model.label_logits(tokens, [[7], [9, 5], [7, 8, 6]], normalized=True),
    )
    for verb in verbs:
        alone = torch.cat([verb(Tokens.of([row])) for row in rows])
        torch.testing.assert_close(verb(Tokens.of(rows)), alone, rtol=1e-4, atol=1e-4)


@torch.inference_mode()
def test_passages_are_fused_in_the_decoder(both: Any) -> None:
    """As the library's own decoder answers from the states of several texts, one behind another."""
    theirs, model, _ = both
    texts = model.tokenize(TEXTS)
    sizes = [2, 1, 2]
    found = model.first_words(texts, sizes)
    states = [theirs.encoder(torch.tensor([row])).last_hidden_state for row in texts.rows()]
    for row, count in zip(found, sizes, strict=True):
        joined = torch.cat([states.pop(0) for _ in range(count)], 1)
        said = theirs(encoder_outputs=(joined,), decoder_input_ids=torch.tensor([[0]]))
        torch.testing.assert_close(row, said.logits[0, 0].log_softmax(-1), rtol=1e-4, atol=1e-5)
    turned = model.first_words(texts.take(torch.tensor([1, 0, 2, 4, 3])), sizes)
    torch.testing.assert_close(turned, found, rtol=1e-4, atol=1e-5)  # no passage comes first


@torch.inference_mode()
def test_an_embedding_is_the_mean_of_the_encoders_states(both: Any) -> None:
    theirs, model, _ = both
    texts = model.tokenize(TEXTS)
    for own, row in zip(model.embed(texts), texts.rows(), strict=True):
        mean = theirs.encoder(torch.tensor([row])).last_hidden_state[0].mean(0)
        torch.testing.assert_close(own, mean / mean.norm(), rtol=1e-4, atol=1e-5)


def test_the_words_are_found_under_any_of_their_names(tmp_path: Path) -> None:
    """`shared.weight` is absent where a file was saved with an alias alone."""
    from taskarith.sources import read_tensors, write_tensors

    write(tmp_path, TIED)
    state = read_tensors(tmp_path / "model.safetensors")
    alias = {("encoder.embed_tokens.weight" if n == "shared.weight" else n): t
             for n, t in state.items()}  # fmt: skip
    write_tensors(tmp_path / "model.safetensors", alias)
    found = own_state(tmp_path)
    assert torch.equal(found["shared.weight"], state["shared.weight"])
    assert set(found) == set(state)


@torch.inference_mode()
def test_running_text_is_half_given(both: Any) -> None:
    _, model, _ = both
    end = model.tokenizer.end
    [pair, empty] = model.halves(model.tokenize(["w1 w2 w3 w4", ""]))
    assert (pair.context, pair.answer) == ([6, 7], [8, 9, end])
    assert (empty.context, empty.answer) == ([end], [end])
    assert model.losses(model.tokenize(["w1 w2 w3 w4", ""]))[:, 1].tolist() == [3.0, 1.0]


def test_float16_is_refused(both: Any) -> None:
    _, model, _ = both
    with pytest.raises(AssetError, match="overflows in float16"):
        model.check_dtype(torch.float16)
    model.check_dtype(torch.bfloat16)
