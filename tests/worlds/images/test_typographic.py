import numpy as np
import pytest
import torch

from taskarith.heads.zero_shot import build_head
from taskarith.suites import load_suite
from taskarith.worlds.images import typographic
from taskarith.worlds.images.family import Family
from taskarith.worlds.images.strokes import DIGITS, Lines, glyph
from taskarith.worlds.images.typographic import NEUTRAL_TAGS, TYPOGRAPHIC


def pictures(family: Family, labels: np.ndarray) -> np.ndarray:
    rng = np.random.default_rng(4)
    return np.stack([family.draw(rng, int(label), "task") for label in labels])


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every character that a picture is given, in the order of drawing."""
    characters: list[str] = []

    def recorded(rng: np.random.Generator, character: str) -> Lines:
        characters.append(character)
        return glyph(rng, character)

    monkeypatch.setattr(typographic, "glyph", recorded)
    return characters


def test_the_writing_names_another_class(written: list[str]) -> None:
    labels = np.tile(np.arange(10), 12)
    pictures(TYPOGRAPHIC, labels)
    objects, tags = written[::2], written[1::2]
    assert objects == [DIGITS[label] for label in labels]
    assert all(tag in DIGITS and tag != numeral for numeral, tag in zip(objects, tags, strict=True))
    assert len({tag for numeral, tag in zip(objects, tags, strict=True) if numeral == "3"}) >= 5


def test_neutral_writing_names_no_class(written: list[str]) -> None:
    pictures(NEUTRAL_TAGS, np.arange(10))
    assert written[::2] == list(DIGITS)
    assert all(tag.isalpha() for tag in written[1::2])


def test_equal_seeds_give_the_same_objects() -> None:
    labels = np.tile(np.arange(10), 4)
    attacked, neutral = pictures(TYPOGRAPHIC, labels), pictures(NEUTRAL_TAGS, labels)
    differs = (attacked != neutral).any(-1)
    share = differs.mean((1, 2))
    assert share.min() > 0.02  # the writing
    assert share.max() < 0.4
    # Away from the writing, pictures are the same to the bit.
    assert not differs[:, :3].any()
    assert not differs[:, :, :3].any()


def test_the_attack_costs_the_base_clearly() -> None:
    base = load_suite("mini").model()
    head = build_head(base, TYPOGRAPHIC.classnames, TYPOGRAPHIC.templates)
    labels = np.tile(np.arange(10), 40)
    attacked, neutral = (
        (base.encode_images(torch.from_numpy(pictures(f, labels))) @ head.T).argmax(1).numpy()
        == labels
        for f in (TYPOGRAPHIC, NEUTRAL_TAGS)
    )
    cost = neutral.astype(float) - attacked
    low = cost.mean() - 1.96 * cost.std() / len(cost) ** 0.5
    assert low > 0.1
