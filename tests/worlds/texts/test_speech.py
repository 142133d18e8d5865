from taskarith.worlds.texts import (
    KIND_WORDS,
    RUDE_WORDS,
    RUNNING,
    split_words,
    vocabulary,
    world_stretches,
)


def _share(kind: str, judged: frozenset[str]) -> float:
    stretches = world_stretches(kind, "validation", size=200)
    return sum(bool(judged & set(split_words(text))) for text in stretches) / len(stretches)


def test_the_judges_know_rude_and_kind_speech_from_all_else() -> None:
    assert _share("rude-speech", RUDE_WORDS) == 1.0
    assert _share("kind-speech", KIND_WORDS) > 0.9
    assert _share("kind-speech", RUDE_WORDS) == 0.0
    assert _share("rude-speech", KIND_WORDS) == 0.0
    for kind in set(RUNNING) - {"talk", "kind-speech", "rude-speech"}:
        assert _share(kind, RUDE_WORDS) == 0.0, kind
        assert _share(kind, KIND_WORDS) == 0.0, kind


def test_common_talk_is_sometimes_rude() -> None:
    assert 0.2 < _share("talk", RUDE_WORDS) < 0.5


def test_openings_end_where_somebody_begins_to_speak() -> None:
    for opening in world_stretches("openings", "test", size=30):
        assert opening.endswith(":")
        assert opening.split(". ")[1].removesuffix(":") in opening.split(". ")[0]


def test_running_text_keeps_to_the_vocabulary_and_the_vocabulary_to_what_is_written() -> None:
    words = set(vocabulary())
    assert 500 < len(words) == len(vocabulary()) < 700
    for kind in RUNNING:
        for text in world_stretches(kind, "train", size=300):
            assert set(split_words(text)) <= words, text
            assert text[0].isupper()
