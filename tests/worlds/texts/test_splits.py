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
    "meals-sentiment": "ac7cb95298fc7b64",
    "books-sentiment": "5f9c9c34e9332d6f",
    "rooms-sentiment": "0f6acabaaf35ee3c",
    "news-topic": "bf1606b211a3a8c2",
    "letter-topic": "dffbe42b7580ecdc",
    "question-type": "2aaabb286c6e6e45",
    "follows": "c9c8742028705699",
    "was-it-done": "0eb1a98b17a6733d",
    "on-that-day": "4ae7341bb4e4bc31",
    "who": "cad5e26b307bce1a",
    "where": "a54528f37b16ac5d",
    "which-colour": "9765ec3d48dc3063",
    "agreement": "e9b619b50a912496",
    "word-order": "449d107204f8ddf7",
    "letter-order": "cfbffc5d48da5464",
    "sense": "c9634691f44aeb53",
    "voice": "c8482a55789f08e2",
    "synonyms": "e72dcf20b66efed8",
    "to-whom": "ccbe95220647f333",
    "tone": "bc844289a1cc23f8",
    "mood": "7db9b2c20d6ee328",
    "style": "cb68bc35b4390031",
    "opposites": "4f53cda18c2baa0c",
    "kinds": "2049cc64031dac81",
    "odd-one-out": "f48bed517546e54a",
    "plus": "c2b01703941f69fa",
    "minus": "8f42818caa2a6cc2",
    "more": "7df591bf38444cde",
    "copy-words": "6852cfa78702568a",
    "reverse-words": "27850fcbbc06cccb",
    "first-word": "2b274e1e7b6a2bf0",
    "last-word": "8567ab08e881d69a",
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
