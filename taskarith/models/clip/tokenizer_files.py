"""Tokenizers as files: what turns texts into the token ids that a text tower was trained on.

A suite's own words become a word-level `tokenizer.json`; OpenAI's byte pairs, which open_clip
carries, become `vocab.json` and `merges.txt`. Knows no model.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from taskarith.errors import ExportError
from taskarith.models.clip.open_clip import import_open_clip
from taskarith.models.tokenizer import separators

__all__ = ["TOKENIZER_FILES", "byte_pair_files", "word_level_files"]

TOKENIZER_FILES = (
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "vocab.json",
    "merges.txt",
)
# The ids that `WordTokenizer` gives what is no word; the end has the highest id of all.
PADDING, START, UNKNOWN, END = "<|padding|>", "<|start|>", "<|unknown|>", "<|end|>"
# What open_clip calls the two ends of a text, and what transformers does.
RENAMED = {"<start_of_text>": "<|startoftext|>", "<end_of_text>": "<|endoftext|>"}


def word_level_files(vocabulary: Sequence[str], *, context: int) -> dict[str, bytes]:
    """The files that make transformers' AutoTokenizer give the ids of our `WordTokenizer`.

    Raises ExportError where a word is not one word of lower-case text.
    """
    specials = (PADDING, START, UNKNOWN)
    words = [*specials, *vocabulary, END]
    odd = [w for w in vocabulary if w in (*specials, END) or w.lower().split() != [w]]
    if odd or len(set(words)) < len(words):
        raise ExportError(f"the vocabulary holds no single words, or twice the same: {odd[:8]}")
    ids = {word: index for index, word in enumerate(words)}
    added = [
        {
            "id": ids[token],
            "content": token,
            "single_word": False,
            "lstrip": False,
            "rstrip": False,
            "normalized": False,
            "special": True,
        }
        for token in (*specials, END)
    ]
    ends = {token: {"id": token, "ids": [ids[token]], "tokens": [token]} for token in (START, END)}
    text = [_special(START), {"Sequence": {"id": "A", "type_id": 0}}, _special(END)]
    tokenizer = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": added,
        "normalizer": {
            "type": "Sequence",
            "normalizers": [
                {"type": "Lowercase"},
                {
                    "type": "Replace",
                    "pattern": {"Regex": separators(vocabulary)},
                    "content": " ",
                },
            ],
        },
        "pre_tokenizer": {"type": "WhitespaceSplit"},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": text,
            "pair": [*text, {"Sequence": {"id": "B", "type_id": 0}}, _special(END)],
            "special_tokens": ends,
        },
        "decoder": None,
        "model": {"type": "WordLevel", "vocab": ids, "unk_token": UNKNOWN},
    }
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": context,
        "pad_token": PADDING,
        "bos_token": START,
        "unk_token": UNKNOWN,
        "eos_token": END,
        "clean_up_tokenization_spaces": False,
    }
    return {"tokenizer.json": _json(tokenizer), "tokenizer_config.json": _json(settings)}


def byte_pair_files(*, context: int) -> dict[str, bytes]:
    """The files of CLIP's usual tokenizer for transformers, out of open_clip's own vocabulary."""
    own = import_open_clip().SimpleTokenizer()
    names = {RENAMED.get(token, token): index for token, index in own.encoder.items()}
    merges = sorted(own.bpe_ranks, key=own.bpe_ranks.__getitem__)
    end = RENAMED["<end_of_text>"]
    settings = {
        "tokenizer_class": "CLIPTokenizer",
        "model_max_length": context,
        "bos_token": RENAMED["<start_of_text>"],
        "eos_token": end,
        "pad_token": end,
        "unk_token": end,
    }
    return {
        "vocab.json": _json(names),
        "merges.txt": "\n".join(["#version: 0.2", *map(" ".join, merges), ""]).encode(),
        "tokenizer_config.json": _json(settings),
    }


def _special(token: str) -> Mapping[str, Any]:
    return {"SpecialToken": {"id": token, "type_id": 0}}


def _json(value: object) -> bytes:
    return json.dumps(value, indent=1, ensure_ascii=False).encode()
