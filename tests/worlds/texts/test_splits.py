import pytest

from taskarith.errors import UnknownNameError
from taskarith.worlds.texts import (
    RUNNING,
    TEXT_FAMILIES,
    text_fingerprint,
    world_stretches,
    world_texts,
)

# What models were trained on: a change here means that weights and figures no longer fit.
PINNED: dict[str, str] = {
    "meals-sentiment": "6ff70f6eefcf43ef",
    "books-sentiment": "1457e45075c9a001",
    "rooms-sentiment": "af51f2facb8cd4b5",
    "news-topic": "2ea13cd6ce4d0830",
    "letter-topic": "1b07ffa11401faf6",
    "question-type": "f1840e2b7f0c1388",
    "follows": "61f18a9bfb309f5e",
    "was-it-done": "f57af2c2ed0ec195",
    "on-that-day": "966fee4d818f1b7b",
    "who": "7139e9e1bf75f977",
    "where": "2c127cc1c37e458a",
    "which-colour": "47fa51a3232efa2c",
    "agreement": "f8f632784ba2e602",
    "word-order": "4c0f198ee0b4475f",
    "letter-order": "f7ee39d1405f0424",
    "sense": "278b4bce2ebaeedd",
    "voice": "624cd49bc4c5bfdb",
    "synonyms": "f066dad5e3f6db32",
    "to-whom": "0426d45a1aee0ce6",
    "tone": "6ff8f2cccc1f895d",
    "mood": "d5359877fc135591",
    "style": "9085ddeb7090e19f",
    "opposites": "84dcc3e1d7587032",
    "kinds": "ec0190d442dce019",
    "odd-one-out": "01e1b1cb00ed1878",
    "plus": "ae9be0f180cbf17a",
    "minus": "5e8a62ec4e84f088",
    "more": "cc4041350751b4e7",
    "copy-words": "5c9ad6c6bbab9371",
    "reverse-words": "52af1a74fffe5367",
    "first-word": "54c53d178e246539",
    "last-word": "170bf453df85ce12",
    "stories": "b0ad90f9a1bbe26f",
    "letters": "69e280d58ea3d361",
    "reports": "185be5e9b60ae412",
    "news": "74eb9d3de31da23a",
    "notices": "39344184d40b3320",
    "lessons": "0c49a5c2ce60025d",
    "talk": "d59f98f4de2effd7",
    "plain-speech": "8e9679c3bebb4939",
    "kind-speech": "a6f6a26a22235f20",
    "rude-speech": "bc1b44d4c029b560",
    "openings": "471a918039e88444",
    "meal-reviews": "70bde94e709316b7",
    "book-reviews": "f96d18a096c77ecc",
    "room-reviews": "d2270709fcafb32e",
}


@pytest.mark.parametrize("name", [*TEXT_FAMILIES, *RUNNING])
def test_texts_are_what_models_were_trained_on(name: str) -> None:
    assert text_fingerprint(name) == PINNED[name]


def test_a_split_is_always_the_same() -> None:
    assert world_texts("tone", "test", size=50) == world_texts("tone", "test", size=50)
    assert world_stretches("talk", "test", size=50) == world_stretches("talk", "test", size=50)


@pytest.mark.parametrize("name", ["meals-sentiment", "minus", "who", "mood"])
def test_no_prompt_stands_twice_nor_in_two_splits(name: str) -> None:
    splits = [[e.prompt for e in world_texts(name, s)] for s in ("train", "validation", "test")]
    every = [prompt for prompts in splits for prompt in prompts]
    assert len(every) == len(set(every))
    assert all(splits)


@pytest.mark.parametrize("kind", RUNNING)
def test_no_stretch_stands_in_two_splits(kind: str) -> None:
    train, validation, test = (
        set(world_stretches(kind, split, size=300)) for split in ("train", "validation", "test")
    )
    assert not train & validation
    assert not train & test
    assert not validation & test


def test_what_a_family_cannot_fill_stays_short_and_balanced() -> None:
    examples = world_texts("kinds", "train")
    labels = [example.label for example in examples]
    assert 0 < len(examples) < 1_000
    assert len({labels.count(label) for label in set(labels)}) == 1


def test_unknown_names_list_what_there_is() -> None:
    with pytest.raises(UnknownNameError, match="validation"):
        world_texts("tone", "dev")
    with pytest.raises(UnknownNameError, match="rude-speech"):
        world_stretches("rude", "test")
