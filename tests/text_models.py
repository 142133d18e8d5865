"""Tiny text models with random weights, saved as the library itself saves them.

The tokenizer is a word a token: "w0" … "w59" behind the special tokens.
"""

import json
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from taskarith.models.family import BaseFiles
from taskarith.models.library import import_transformers
from taskarith.models.registry import describe, family_of
from taskarith.sources import LazyState, open_tensors

WORDS = tuple(f"w{i}" for i in range(60))
SPECIALS = ("<pad>", "<end>", "<unknown>", "<first>", "<between>")
SIZE = len(SPECIALS) + len(WORDS)
CONTEXT = 40
IDS = {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 1}

LLAMA = {
    "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2, "max_position_embeddings": CONTEXT, "head_dim": 8,
}  # fmt: skip
BERT = {
    "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4,
    "max_position_embeddings": CONTEXT, "pad_token_id": 0,
}  # fmt: skip
LIKE_LLAMA = (
    "llama", "mistral", "qwen2", "qwen3", "gemma", "gemma2", "phi", "phi3", "olmo", "olmo2",
    "smollm3", "stablelm", "starcoder2",
)  # fmt: skip
SHAPES: dict[str, dict[str, Any]] = {
    "gpt2": {"n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": CONTEXT},
    "gpt_neo": {
        "hidden_size": 32, "num_layers": 2, "num_heads": 4, "max_position_embeddings": CONTEXT,
        "attention_types": [[["global", "local"], 1]], "window_size": 8,
    },
    "gpt_neox": {**LLAMA, "tie_word_embeddings": False},
    "opt": {
        "hidden_size": 32, "word_embed_proj_dim": 32, "ffn_dim": 48, "num_hidden_layers": 2,
        "num_attention_heads": 4, "max_position_embeddings": CONTEXT,
    },
    **dict.fromkeys(LIKE_LLAMA, LLAMA),
    "bert": BERT,
    "roberta": {**BERT, "max_position_embeddings": CONTEXT + 2},
    "xlm-roberta": {**BERT, "max_position_embeddings": CONTEXT + 2},
    "camembert": {**BERT, "max_position_embeddings": CONTEXT + 2},
    "mpnet": {**BERT, "max_position_embeddings": CONTEXT + 2},
    "electra": {**BERT, "embedding_size": 16},
    "distilbert": {
        "dim": 32, "hidden_dim": 48, "n_layers": 2, "n_heads": 4,
        "max_position_embeddings": CONTEXT,
    },
    "t5": {
        "d_model": 32, "d_kv": 8, "d_ff": 48, "num_layers": 2, "num_heads": 4,
        "decoder_start_token_id": 0,
    },
}  # fmt: skip


def write_words(folder: Path, *, ends: str = "none") -> None:
    """The tokenizer's files; `ends` says what stands around a text: "none", "end", "both"."""
    folder.mkdir(parents=True, exist_ok=True)
    ids = {token: i for i, token in enumerate((*SPECIALS, *WORDS))}

    def special(token: str) -> dict[str, Any]:
        return {"SpecialToken": {"id": token, "type_id": 0}}

    text: dict[str, Any] = {"Sequence": {"id": "A", "type_id": 0}}
    second: dict[str, Any] = {"Sequence": {"id": "B", "type_id": 1}}
    single = {
        "none": [text],
        "end": [text, special("<end>")],
        "both": [special("<first>"), text, special("<between>")],
    }[ends]
    tokenizer = {
        "version": "1.0", "truncation": None, "padding": None,
        "added_tokens": [
            {"id": ids[t], "content": t, "single_word": False, "lstrip": False, "rstrip": False,
             "normalized": False, "special": True}
            for t in SPECIALS
        ],
        "normalizer": {"type": "Lowercase"},
        "pre_tokenizer": {"type": "WhitespaceSplit"},
        "post_processor": {
            "type": "TemplateProcessing", "single": single,
            "pair": [*single, second, *single[single.index(text) + 1 :]],
            "special_tokens": {
                t: {"id": t, "ids": [ids[t]], "tokens": [t]} for t in SPECIALS
            },
        },
        "decoder": None,
        "model": {"type": "WordLevel", "vocab": ids, "unk_token": "<unknown>"},
    }  # fmt: skip
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": CONTEXT,
        "pad_token": "<pad>", "eos_token": "<end>", "unk_token": "<unknown>",
        **({"cls_token": "<first>", "sep_token": "<between>"} if ends == "both" else {}),
    }  # fmt: skip
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer), encoding="utf-8")
    (folder / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf-8")


def new_network(auto: str, kind: str, *, seed: int = 0, **changes: Any) -> Any:
    """A network of the library's class `auto` with numbers spread enough to tell texts apart."""
    transformers = import_transformers()
    torch.manual_seed(seed)
    config = transformers.CONFIG_MAPPING[kind](
        vocab_size=SIZE, **{**SHAPES[kind], **IDS, **changes}
    )
    network = getattr(transformers, auto).from_config(config).eval().requires_grad_(False)
    for name, parameter in network.named_parameters():
        if parameter.ndim > 1:
            parameter.normal_(std=parameter.shape[-1] ** -0.5)
        elif name.endswith("bias"):
            parameter.normal_(std=0.1)
    return network


def files_of(folder: Path) -> dict[str, Path]:
    """Every file of a folder by its path inside it."""
    return {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_file()}


def load_saved(folder: Path) -> Any:
    """The model in a folder, as a suite would load it."""
    files = files_of(folder)
    base = BaseFiles(describe(files).kind, files)
    family = family_of(base.kind)
    return family.load(base, own_state(folder))


def own_state(folder: Path) -> LazyState:
    """The weights in a folder under the model's own names."""
    files = files_of(folder)
    base = BaseFiles(describe(files).kind, files)
    state = open_tensors(folder / "model.safetensors")
    return state.renamed(family_of(base.kind).own_names(base, state))


def largest_difference(one: Tensor, other: Tensor) -> float:
    """The largest |a − b|."""
    return float((one - other).abs().max())
