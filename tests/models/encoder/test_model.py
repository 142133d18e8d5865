"""Encoders give what the library's own forward pass gives, pooled as the repository says."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.nn.functional import normalize

from taskarith.errors import AssetError, WeightsError
from taskarith.models.encoder.family import ENCODER
from taskarith.models.tokens import Tokens
from tests.text_models import CONTEXT, SIZE, load_saved, new_network, own_state, write_words

TEXTS = ["w1 w2 w3", "w4 w5 w6 w7 w8 w9 w10 w11 w12", "w9", "w3 w3 w3 w2", "w20 w21"]
OTHERS = ["w7", "w8 w9", "w1 w1", "w2 w40 w41", "w13"]


def saved(folder: Path, kind: str, **changes: Any) -> tuple[Any, Any]:
    network = new_network("AutoModel", kind, **changes)
    network.save_pretrained(folder)
    write_words(folder, ends="both")
    return network, load_saved(folder)


@torch.inference_mode()
def states_of_library(network: Any, row: list[int], kinds: list[int] | None = None) -> torch.Tensor:
    given = {} if kinds is None else {"token_type_ids": torch.tensor([kinds])}
    return network(input_ids=torch.tensor([row]), **given).last_hidden_state[0]


@pytest.mark.parametrize("kind", ENCODER.known)
@torch.inference_mode()
def test_every_kind_computes_what_the_library_computes(tmp_path: Path, kind: str) -> None:
    network, model = saved(tmp_path, kind)
    found = model.encode_texts(TEXTS)
    for embedding, row in zip(found, model.tokenize(TEXTS).rows(), strict=True):
        theirs = normalize(states_of_library(network, row).mean(0), dim=-1)
        torch.testing.assert_close(embedding, theirs, rtol=1e-4, atol=1e-5)


@torch.inference_mode()
def test_one_at_a_time_and_all_together_are_the_same(tmp_path: Path) -> None:
    _, model = saved(tmp_path, "bert")
    generator = torch.Generator().manual_seed(1)
    sizes = torch.randint(2, CONTEXT, (32,), generator=generator).tolist()
    rows = [torch.randint(5, SIZE, (n,), generator=generator).tolist() for n in sizes]
    alone = torch.cat([model.embed(Tokens.of([row])) for row in rows])
    torch.testing.assert_close(model.embed(Tokens.of(rows)), alone, rtol=1e-5, atol=1e-5)
    assert model.encode_texts([]).shape[0] == 0


@pytest.mark.parametrize("kind", ["bert", "roberta", "distilbert", "mpnet", "electra"])
@torch.inference_mode()
def test_a_classifier_answers_as_the_library_does(tmp_path: Path, kind: str) -> None:
    """Of a base with the body of one and the head of another file, as a task has it."""
    network = new_network("AutoModelForSequenceClassification", kind, num_labels=3)
    network.base_model.save_pretrained(tmp_path / "base")
    network.save_pretrained(tmp_path / "task")
    for folder in ("base", "task"):
        write_words(tmp_path / folder, ends="both")
    # Where a classifier reads no pooler, the body alone is taken of the task's file.
    model = load_saved(tmp_path / ("base" if kind == "bert" else "task"))
    head = {n: p for n, p in network.named_parameters() if "classifier" in n}
    tokens = model.tokenize(TEXTS, OTHERS)
    found = model.class_logits(tokens, head)
    for logits, row in zip(found, tokens.rows(), strict=True):
        second = row.index(4) + 1
        kinds = [0] * second + [1] * (len(row) - second)
        given = {"token_type_ids": torch.tensor([kinds])} if kind in ("bert", "electra") else {}
        theirs = network(input_ids=torch.tensor([row]), **given).logits[0]
        torch.testing.assert_close(logits, theirs, rtol=1e-4, atol=1e-5)
    with pytest.raises(WeightsError, match=r"head lacks"):
        model.class_logits(tokens, {"classifier.out_proj.weight": torch.zeros(3, 32)})


def test_bodies_in_any_spelling(tmp_path: Path) -> None:
    """With the prefix `bert.`, with gamma and beta, with or without a pooler."""
    from taskarith.sources import write_tensors

    network, _ = saved(tmp_path, "bert")
    own = {name: p.detach() for name, p in network.named_parameters()}
    older = {
        "bert." + n.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias",
                                                                           "LayerNorm.beta"): t
        for n, t in own.items()
    }  # fmt: skip
    write_tensors(tmp_path / "model.safetensors", {**older, "cls.predictions.bias": torch.ones(3)})
    found = own_state(tmp_path)
    assert set(found) == set(own)
    assert all(torch.equal(found[name], own[name]) for name in own)
    bare = {name: tensor for name, tensor in own.items() if "pooler" not in name}
    write_tensors(tmp_path / "model.safetensors", bare)
    model = load_saved(tmp_path)
    assert set(dict(model.network.named_parameters())) == set(bare)
    with pytest.raises(WeightsError, match="has no pooler"):
        model.class_logits(
            model.tokenize(TEXTS),
            {"classifier.weight": torch.zeros(2, 32), "classifier.bias": torch.zeros(2)},
        )


def test_the_repository_says_how_tokens_are_pooled(tmp_path: Path) -> None:
    network, _ = saved(tmp_path, "bert")
    steps = [
        {"type": f"sentence_transformers.models.{name}"} for name in ("Transformer", "Pooling")
    ]
    (tmp_path / "modules.json").write_text(json.dumps(steps))
    (tmp_path / "1_Pooling").mkdir()
    pooling = {"word_embedding_dimension": 32, "pooling_mode_cls_token": True}
    (tmp_path / "1_Pooling" / "config.json").write_text(json.dumps(pooling))
    (tmp_path / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": 6}))
    model = load_saved(tmp_path)
    with torch.inference_mode():
        found = model.encode_texts(TEXTS)
    for embedding, row in zip(found, model.tokenize(TEXTS).rows(), strict=True):
        assert len(row) <= 6
        assert row[-1] == 4  # a text that was cut still ends
        theirs = states_of_library(network, row)[0]
        torch.testing.assert_close(embedding, theirs, rtol=1e-4, atol=1e-5)
    (tmp_path / "modules.json").write_text(json.dumps([{"type": "a.Dense"}]))
    with pytest.raises(AssetError, match="asks for the step 'Dense'"):
        load_saved(tmp_path)
    (tmp_path / "modules.json").unlink()
    (tmp_path / "1_Pooling" / "config.json").write_text(json.dumps({"pooling_mode_max_tokens": 1}))
    with pytest.raises(AssetError, match="pooling_mode_max_tokens; known are"):
        load_saved(tmp_path)


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("config.json", '{"model_type": "bert", "auto_map": {}}', "code of the repository's own"),
        ("config.json", '{"model_type": "mamba"}', "describes a 'mamba'; known are"),
        ("config.json", "[]", "describes a None"),
        ("config.json", '{"model_type": "bert", "hidden_size": 10000000}', "hidden_size"),
        ("config.json", '{"model_type": "bert", "quantization_config": {}}', "are quantized"),
        ("tokenizer_config.json", '{"auto_map": {}}', "tokenizer is code of the repository's own"),
        ("tokenizer_config.json", "3", "holds no object"),
        ("tokenizer.json", "{", "tokenizer cannot be read"),
    ],
)
def test_what_is_not_obeyed(tmp_path: Path, name: str, text: str, words: str) -> None:
    network = new_network("AutoModel", "bert")
    network.save_pretrained(tmp_path)
    write_words(tmp_path, ends="both")
    state = own_state(tmp_path)
    (tmp_path / name).write_text(text)
    from taskarith.models.family import BaseFiles
    from tests.text_models import files_of

    with pytest.raises(AssetError, match=words):
        ENCODER.load(BaseFiles("encoder", files_of(tmp_path)), state)
