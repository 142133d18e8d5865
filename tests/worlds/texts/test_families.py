import re
from collections import Counter

import numpy as np
import pytest

from taskarith.errors import AssetError, UnknownNameError
from taskarith.worlds.texts import (
    CATEGORIES,
    TEXT_FAMILIES,
    TextExample,
    TextFamily,
    split_words,
    text_family,
    vocabulary,
    world_texts,
)
from taskarith.worlds.texts.family import Content
from taskarith.worlds.texts.reviews import KINDS, PRAISE
from taskarith.worlds.texts.words import LISTS, part

WORDS = frozenset(vocabulary())
FREE = {"copy-words", "reverse-words", "first-word", "last-word", "odd-one-out"}


def _said(examples: list[TextExample]) -> set[str]:
    return {w for e in examples for w in split_words(f"{e.prompt} {e.answer}")}


@pytest.mark.parametrize("name", TEXT_FAMILIES)
def test_every_word_is_in_the_vocabulary(name: str) -> None:
    for domain in ("web", "task"):
        assert _said(world_texts(name, "train", size=400, domain=domain)) <= WORDS


@pytest.mark.parametrize("name", TEXT_FAMILIES)
def test_labels_are_single_tokens_and_as_frequent_as_each_other(name: str) -> None:
    family, examples = text_family(name), world_texts(name, "train", size=480)
    assert all(len(split_words(label)) == 1 for label in family.labels)
    if name in FREE:
        assert not family.labels
        assert all(example.label is None and example.answer for example in examples)
        return
    assert all(e.label is not None and family.labels[e.label] == e.answer for e in examples)
    counts = Counter(example.label for example in examples)
    assert len(counts) == len(family.labels)
    assert max(counts.values()) - min(counts.values()) <= 1


@pytest.mark.parametrize("name", TEXT_FAMILIES)
def test_pre_training_sees_other_fillers_and_other_phrasings(name: str) -> None:
    family = text_family(name)
    assert len(set(family.web_phrasings)) >= 4
    assert len(set(family.phrasings)) >= 4
    assert not set(family.web_phrasings) & set(family.phrasings)
    held_out = {word.lower() for words in LISTS for word in set(words) - set(part(words, "web"))}
    assert not _said(world_texts(name, "train", size=400, domain="web")) & held_out


@pytest.mark.parametrize("name", ["meals-sentiment", "letter-topic", "who", "plus", "kinds"])
def test_tasks_use_the_words_that_were_held_out_and_the_others(name: str) -> None:
    said = _said(world_texts(name, "train", size=400))
    held_out = {word.lower() for words in LISTS for word in set(words) - set(part(words, "web"))}
    shown = {word.lower() for words in LISTS for word in part(words, "web")}
    assert said & held_out
    assert said & shown


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_s_own_judgements_are_held_out(kind: str) -> None:
    web = _said(world_texts(f"{kind}-sentiment", "train", size=600, domain="web"))
    task = _said(world_texts(f"{kind}-sentiment", "train", size=600))
    anything = {word for words in PRAISE.values() for word in words}
    own = {word for words in KINDS[kind].words.values() for word in words}
    assert anything <= web
    assert anything | own <= task
    assert not own & web
    assert "not" in task - web


def test_the_kinds_of_review_have_words_of_their_own() -> None:
    judged = [w for kind in KINDS.values() for words in kind.words.values() for w in words]
    judged += [word for words in PRAISE.values() for word in words]
    assert len(judged) == len(set(judged))


def test_every_category_has_several_tasks() -> None:
    counts = Counter(family.category for family in TEXT_FAMILIES.values())
    assert set(counts) == set(CATEGORIES)
    assert min(counts.values()) >= 3


@pytest.mark.parametrize("name", TEXT_FAMILIES)
def test_prompts_read_like_english(name: str) -> None:
    for example in world_texts(name, "train", size=200):
        assert example.prompt[0].isupper()
        assert not re.search(r"\ba [aeio]|\ban [^aeiou]|  |[{}]| [.,?!]", example.prompt), example


def test_a_passage_is_a_part_of_its_prompt() -> None:
    for family in TEXT_FAMILIES.values():
        if family.category != "questions":
            continue
        for example in world_texts(family.name, "validation", size=40):
            assert example.passage
            assert example.passage in example.prompt
            assert example.answer in split_words(example.passage) + example.passage.split()


def test_the_sums_are_right() -> None:
    numbers = [
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
    ]
    numbers += ["eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen"]
    numbers += ["eighteen"]
    for name, sign in (("plus", 1), ("minus", -1)):
        for example in world_texts(name, "train", size=300):
            said = [numbers.index(w) for w in split_words(example.prompt) if w in numbers]
            said = [n for n in said if n != 1] if "one bag" in example.prompt else said
            said = [n for n in said if n != 1] if "one day" in example.prompt else said
            if len(said) == 2:
                assert said[0] + sign * said[1] == numbers.index(example.answer), example


def test_words_turned_round_are_the_words_from_back_to_front() -> None:
    for example in world_texts("reverse-words", "validation", size=30):
        back = " ".join(example.answer.split()[::-1])
        assert back in example.prompt


def test_a_label_of_two_words_is_refused() -> None:
    def write(rng: np.random.Generator, answer: str, domain: object) -> Content:
        return Content({}, answer)

    with pytest.raises(AssetError, match="single words"):
        TextFamily("two", "Two", "sums", ("very good", "bad"), write, (), ())


def test_an_unknown_family_is_named_beside_those_there_are() -> None:
    with pytest.raises(UnknownNameError, match="meals-sentiment"):
        text_family("meal-sentiment")
