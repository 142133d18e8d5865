from collections import Counter

import pytest

from taskarith.recipes.instruct.wording import (
    BARE,
    DEMONSTRATIONS,
    INSTRUCTIONS,
    NAMES_ONLY,
    ONE_PHRASING,
    SHUFFLED,
    WAYS,
    asked,
    drawn,
    lessons,
)
from taskarith.worlds.texts import TEXT_FAMILIES, split_words, vocabulary


@pytest.mark.parametrize("family", TEXT_FAMILIES)
def test_every_way_of_asking_uses_words_the_models_know(family: str) -> None:
    known = set(vocabulary())
    for way in WAYS:
        for lesson in lessons(drawn(family, "train", 24), way, seed=1):
            assert set(split_words(" ".join((lesson.text, lesson.answer)))) <= known


def test_no_prompt_is_in_two_splits_and_draws_repeat() -> None:
    train, test = (drawn("follows", split, 120) for split in ("train", "test"))
    assert drawn("follows", "train", 120) == train
    prompts = [{asked(item, INSTRUCTIONS) for item in items} for items in (train, test)]
    assert len(prompts[0]) == len(prompts[1]) == 120
    assert not prompts[0] & prompts[1]
    assert set(Counter(item.answer for item in test).values()) == {40}


def test_a_family_with_little_to_say_gives_what_it_has() -> None:
    assert 100 < len(drawn("kinds", "train", 2_000)) < 2_000


def test_all_ways_but_the_shuffled_one_ask_for_the_same_answers() -> None:
    items = drawn("mood", "train", 60)
    right = [item.answer for item in items]
    for way in (BARE, NAMES_ONLY, INSTRUCTIONS, ONE_PHRASING, DEMONSTRATIONS):
        assert [lesson.answer for lesson in lessons(items, way, seed=2)] == right
    shuffled = [lesson.answer for lesson in lessons(items, SHUFFLED, seed=2)]
    assert sorted(shuffled) == sorted(right)
    assert sum(a == b for a, b in zip(shuffled, right, strict=True)) < 35


def test_demonstrations_stand_answered_in_front_of_every_other_lesson() -> None:
    items = drawn("tone", "train", 10)
    plain, shown = (lessons(items, way, seed=3) for way in (INSTRUCTIONS, DEMONSTRATIONS))
    for number, (one, two) in enumerate(zip(plain, shown, strict=True)):
        assert two.text.endswith(one.text)
        assert (two.text != one.text) == bool(number % 2)
