"""The tokenizer file of the embedded language models: a token a word, written as plain JSON.

Reading cuts a text as `taskarith.worlds.texts.split_words` does. Decoding spells: names, days and
the first word of a sentence get their large letters back, and marks stand close to their words.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from taskarith.training.text_lessons import END, SPECIALS
from taskarith.worlds.texts.words import DAYS, NAMES

__all__ = ["tokenizer_json", "write_tokenizer"]

_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def write_tokenizer(folder: Path, numbers: Mapping[str, int], *, starts_with_end: bool) -> None:
    """Write `tokenizer.json` and what transformers wants beside it.

    `starts_with_end` puts the end token in front of every text, as causal models have read it.
    """
    pad, end, unknown = SPECIALS
    config = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": 96,
        "pad_token": pad,
        "eos_token": end,
        "unk_token": unknown,
        "clean_up_tokenization_spaces": False,
    }
    tokenizer = tokenizer_json(numbers, starts_with_end=starts_with_end)
    for name, content in (("tokenizer.json", tokenizer), ("tokenizer_config.json", config)):
        text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
        (folder / name).write_text(text, encoding="utf-8")


def tokenizer_json(numbers: Mapping[str, int], *, starts_with_end: bool) -> dict[str, Any]:
    """What stands in `tokenizer.json` (the format of Hugging Face's tokenizers)."""
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [_special(token, numbers[token]) for token in SPECIALS],
        "normalizer": {"type": "Lowercase"},
        "pre_tokenizer": {
            "type": "Sequence",
            "pretokenizers": [
                {"type": "WhitespaceSplit"},
                {
                    "type": "Split",
                    "pattern": {"Regex": "[^a-zé]"},
                    "behavior": "Isolated",
                    "invert": False,
                },
            ],
        },
        "post_processor": _behind(SPECIALS[END]) if starts_with_end else None,
        "decoder": {"type": "Sequence", "decoders": _spelling()},
        "model": {"type": "WordLevel", "vocab": dict(numbers), "unk_token": SPECIALS[2]},
    }


def _special(token: str, number: int) -> dict[str, Any]:
    no = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
    return {"id": number, "content": token, **no, "special": True}


def _behind(token: str) -> dict[str, Any]:
    first = {"SpecialToken": {"id": token, "type_id": 0}}
    return {
        "type": "TemplateProcessing",
        "single": [first, {"Sequence": {"id": "A", "type_id": 0}}],
        "pair": [
            first,
            {"Sequence": {"id": "A", "type_id": 0}},
            {"Sequence": {"id": "B", "type_id": 0}},
        ],
        "special_tokens": {token: {"id": token, "ids": [END], "tokens": [token]}},
    }


def _spelling() -> list[dict[str, Any]]:
    rules = [(rf"\b{word.lower()}\b", word) for word in (*NAMES, *DAYS)]
    rules += [(r"\bi\b", "I"), (r" (?=[.,:;!?])", "")]
    begins = "|".join(["^", "[.!?] ", *(f"{name}: " for name in NAMES)])
    rules += [(rf"(?<={begins}){letter}", letter.upper()) for letter in _LETTERS]
    return [
        {"type": "WordPiece", "prefix": "##", "cleanup": False},
        {"type": "Fuse"},
        *({"type": "Replace", "pattern": {"Regex": rule}, "content": to} for rule, to in rules),
    ]
