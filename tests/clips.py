"""Tiny CLIPs with random weights: one model as transformers holds it and as open_clip does.

Their configurations describe the same network, so that weights can go from one to the other.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from taskarith.models.clip.layouts import ConvertedState
from taskarith.models.clip.open_clip import import_open_clip
from taskarith.models.torchvision_operators import declare_torchvision_operators
from taskarith.sources import write_tensors

WIDTH, LAYERS, HEADS, EMBED = 32, 2, 2, 16
SIDE, PATCH = 16, 8
CONTEXT, WORDS = 77, 1_000

OPEN_CLIP_CONFIG: dict[str, Any] = {
    "embed_dim": EMBED,
    "quick_gelu": True,
    "vision_cfg": {
        "image_size": SIDE,
        "patch_size": PATCH,
        "width": WIDTH,
        "layers": LAYERS,
        "head_width": WIDTH // HEADS,
        "mlp_ratio": 2.0,
    },
    "text_cfg": {
        "context_length": CONTEXT,
        "vocab_size": WORDS,
        "width": WIDTH,
        "heads": HEADS,
        "layers": LAYERS,
        "mlp_ratio": 2.0,
    },
}
SHARED = {
    "hidden_size": WIDTH,
    "intermediate_size": 2 * WIDTH,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": HEADS,
    "hidden_act": "quick_gelu",
    "projection_dim": EMBED,
}


def transformers_config(*, words: int = WORDS) -> Any:
    declare_torchvision_operators()
    from transformers import CLIPConfig

    return CLIPConfig(
        vision_config={**SHARED, "image_size": SIDE, "patch_size": PATCH},
        text_config={
            **SHARED,
            "max_position_embeddings": CONTEXT,
            "vocab_size": words,
            "bos_token_id": words - 2,
            "eos_token_id": words - 1,
            "pad_token_id": words - 1,
        },
        projection_dim=EMBED,
    )


def tiny_transformers_clip(*, seed: int = 0, words: int = WORDS) -> Any:
    """A transformers CLIPModel; its numbers are spread so that pictures can be told apart."""
    declare_torchvision_operators()
    from transformers import CLIPModel

    torch.manual_seed(seed)
    model = CLIPModel(transformers_config(words=words)).eval().requires_grad_(False)
    for name, parameter in model.named_parameters():
        if parameter.ndim > 1:
            parameter.normal_(std=parameter.shape[-1] ** -0.5)
        elif "bias" in name or "class_embedding" in name:
            parameter.normal_(std=0.02)
    return model


def tiny_open_clip() -> Any:
    """An open_clip CLIP of the same shape, with fresh weights."""
    return import_open_clip().CLIP(**OPEN_CLIP_CONFIG).eval().requires_grad_(False)


def write_tokenizer(folder: Path) -> None:
    """The files of CLIP's tokenizer, made of the vocabulary that open_clip carries."""
    from open_clip import tokenizer

    own = tokenizer.SimpleTokenizer()
    (folder / "vocab.json").write_text(json.dumps(_named(own.encoder)), encoding="utf-8")
    merges = sorted(own.bpe_ranks, key=own.bpe_ranks.__getitem__)
    lines = ["#version: 0.2", *(" ".join(pair) for pair in merges)]
    (folder / "merges.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    settings = {
        "bos_token": "<|startoftext|>",
        "eos_token": "<|endoftext|>",
        "pad_token": "<|endoftext|>",
        "unk_token": "<|endoftext|>",
        "model_max_length": CONTEXT,
        "tokenizer_class": "CLIPTokenizer",
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf-8")


def _named(encoder: dict[str, int]) -> dict[str, int]:
    names = {"<start_of_text>": "<|startoftext|>", "<end_of_text>": "<|endoftext|>"}
    return {names.get(token, token): index for token, index in encoder.items()}


ALL_WORDS = 49_408  # CLIP's own vocabulary


def write_transformers_clip(folder: Path, *, seed: int = 0) -> dict[str, Tensor]:
    """A repository as openai/clip-vit-base-patch32 is laid out, of a tiny CLIP; gives its state."""
    folder.mkdir(parents=True, exist_ok=True)
    model = tiny_transformers_clip(seed=seed, words=ALL_WORDS)
    model.save_pretrained(folder)
    write_tokenizer(folder)
    preprocessing = {"image_mean": [0.4, 0.5, 0.6], "image_std": [0.2, 0.3, 0.25], "size": SIDE}
    (folder / "preprocessor_config.json").write_text(json.dumps(preprocessing))
    return {name: tensor.detach() for name, tensor in model.named_parameters()}


def write_open_clip(folder: Path, state: Mapping[str, Tensor]) -> None:
    """The same CLIP as an OpenCLIP repository; `state` is transformers'."""
    folder.mkdir(parents=True, exist_ok=True)
    write_tensors(
        folder / "open_clip_model.safetensors", dict(ConvertedState(state, to="open_clip"))
    )
    text = {**OPEN_CLIP_CONFIG["text_cfg"], "vocab_size": ALL_WORDS}
    described = {
        "model_cfg": {**OPEN_CLIP_CONFIG, "text_cfg": text},
        "preprocess_cfg": {"mean": [0.4, 0.5, 0.6], "std": [0.2, 0.3, 0.25]},
    }
    (folder / "open_clip_config.json").write_text(json.dumps(described))
