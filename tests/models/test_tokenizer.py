import json
from collections.abc import Iterator

import pytest

from taskarith.models import WordTokenizer
from taskarith.suites.suite import SUITES_FOLDER

TOKENIZER = WordTokenizer(["mug", "red"], context_length=5)


def test_words_become_their_ids_between_start_and_end() -> None:
    assert TOKENIZER(["red mug"]).tolist() == [[1, 4, 3, 5, 0]]


def test_unknown_words_share_one_id() -> None:
    assert TOKENIZER(["blue mug"]).tolist() == TOKENIZER(["green mug"]).tolist()


def test_long_texts_keep_their_first_words_and_the_end_token() -> None:
    assert TOKENIZER(["red red red red red"]).tolist() == [[1, 4, 4, 4, 5]]


@pytest.mark.parametrize("text", ["", "mug", "Red MUG", "a " * 50])
def test_the_end_token_has_the_largest_id_so_that_open_clip_pools_there(text: str) -> None:
    row = TOKENIZER([text])[0]
    assert row.max() == TOKENIZER.size - 1
    assert (row == TOKENIZER.size - 1).sum() == 1


@pytest.mark.parametrize(
    "text", ["a red mug.", "(red) mug!", "red, mug", "red-mug", "“Red mug”", "red…mug?"]
)
def test_punctuation_only_separates_words(text: str) -> None:
    words = [word for word in text.lower().replace("a ", "").split() if word]
    assert len(words) <= 2
    assert TOKENIZER.words(text)[-2:] == ["red", "mug"]
    assert TOKENIZER.unknown([text.replace("a ", "")]) == []


def test_marks_that_the_vocabulary_has_belong_to_its_words() -> None:
    tokenizer = WordTokenizer(["t-shirt", "don't", "c++"], context_length=6)
    assert tokenizer.words("A t-shirt, don't (c++).") == ["a", "t-shirt", "don't", "c++"]
    assert tokenizer.unknown(["t-shirt", "shirt."]) == ["shirt"]


def shipped_prompts() -> Iterator[str]:
    manifest = json.loads((SUITES_FOLDER / "mini" / "manifest.json").read_text(encoding="utf-8"))
    for task in (*manifest["tasks"], *manifest["recipes"]["tasks"]):
        for name in task["classnames"]:
            yield from (template.replace("{}", name) for template in task["templates"])


def test_every_prompt_of_the_shipped_suite_has_the_ids_that_its_heads_were_made_of() -> None:
    """Its words are those between spaces, as they were read when the suite was trained."""
    words = json.loads((SUITES_FOLDER / "mini" / "vocabulary.json").read_text(encoding="utf-8"))
    tokenizer = WordTokenizer(words, context_length=16)
    prompts = list(shipped_prompts())
    assert len(prompts) > 500
    for prompt in prompts:
        ids = [1, *(3 + words.index(word) for word in prompt.lower().split()), 3 + len(words)]
        assert tokenizer([prompt])[0].tolist() == ids + [0] * (16 - len(ids)), prompt
    assert tokenizer.unknown(prompts) == []
