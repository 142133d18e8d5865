from pathlib import Path

import pytest

from taskarith.models.torchvision_operators import declare_torchvision_operators
from taskarith.training.text_corpus import numbered
from taskarith.training.text_lessons import END, word_numbers
from taskarith.training.word_tokenizer import write_tokenizer
from taskarith.worlds.texts import RUNNING, vocabulary, world_stretches, world_texts

NUMBERS = word_numbers(vocabulary())


def _tokenizer(folder: Path, *, starts_with_end: bool):
    declare_torchvision_operators()
    from transformers import AutoTokenizer

    write_tokenizer(folder, NUMBERS, starts_with_end=starts_with_end)
    return AutoTokenizer.from_pretrained(folder)


@pytest.mark.parametrize("starts_with_end", [True, False])
def test_transformers_reads_the_words_that_training_read(
    tmp_path: Path, *, starts_with_end: bool
) -> None:
    tokenizer = _tokenizer(tmp_path, starts_with_end=starts_with_end)
    first = [END] if starts_with_end else []
    for kind in RUNNING:
        for text in world_stretches(kind, "validation", size=20):
            assert tokenizer(text).input_ids == first + numbered(text, NUMBERS)


def test_decoding_spells_as_the_world_does(tmp_path: Path) -> None:
    tokenizer = _tokenizer(tmp_path, starts_with_end=True)
    texts = [t for kind in RUNNING for t in world_stretches(kind, "validation", size=30)]
    texts += [e.prompt for e in world_texts("plus", "validation", size=30)]
    for text in texts:
        assert tokenizer.decode(tokenizer(text).input_ids, skip_special_tokens=True) == text


def test_foreign_words_are_unknown_and_padding_is_there(tmp_path: Path) -> None:
    tokenizer = _tokenizer(tmp_path, starts_with_end=False)
    assert tokenizer("Zebra").input_ids == [2]
    assert (tokenizer.pad_token_id, tokenizer.eos_token_id) == (0, 1)
    assert tokenizer.vocab_size == len(vocabulary()) + 3
