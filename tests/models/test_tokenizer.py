import pytest

from taskarith.models import WordTokenizer

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
