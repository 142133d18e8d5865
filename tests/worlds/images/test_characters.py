"""The looks shared by digits and letters: neon and stencils."""

import json

import numpy as np
import pytest
import torch

from taskarith.heads.zero_shot import build_head
from taskarith.models.clip.open_clip import ClipModel
from taskarith.suites import SUITES_FOLDER, load_suite
from taskarith.worlds.images.characters import digits_and_letters
from taskarith.worlds.images.family import Family
from taskarith.worlds.images.neon import NEON_DIGITS, NEON_LETTERS
from taskarith.worlds.images.stencil import STENCIL_DIGITS, STENCIL_LETTERS
from taskarith.worlds.images.typographic import NEUTRAL_TAGS, TYPOGRAPHIC

DOMAINS = (
    (NEON_DIGITS, NEON_LETTERS),
    (STENCIL_DIGITS, STENCIL_LETTERS),
)
FAMILIES = [family for pair in DOMAINS for family in pair]
families = pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)


@pytest.fixture(scope="module")
def base() -> ClipModel:
    return load_suite("mini").model()


def test_a_look_is_given_the_character_of_the_label() -> None:
    seen = []

    def look(rng: np.random.Generator, character: str) -> np.ndarray:
        seen.append(character)
        return np.zeros((64, 64, 3), np.uint8)

    digits, letters = digits_and_letters("plain", title="Plain", templates=("{}",), look=look)
    assert (digits.name, letters.name) == ("plain-digits", "plain-letters")
    for family in (digits, letters):
        for label in range(len(family.classnames)):
            family.draw(np.random.default_rng(0), label, "task")
    assert "".join(seen) == "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    assert letters.classnames[7] == "letter h"


@pytest.mark.parametrize(("digits", "letters"), DOMAINS)
def test_a_domain_has_one_look_and_one_wording(digits: Family, letters: Family) -> None:
    assert digits.templates == letters.templates
    colours = [
        np.stack([f.draw(rng, k % 10, "task") for k in range(60)]).mean((0, 1, 2))
        for f in (digits, letters)
        for rng in [np.random.default_rng(1)]
    ]
    assert np.abs(colours[0] - colours[1]).max() < 12


@pytest.mark.parametrize("family", [*FAMILIES, TYPOGRAPHIC, NEUTRAL_TAGS], ids=lambda f: f.name)
def test_prompts_use_words_the_base_knows(family: Family) -> None:
    known = set(json.loads((SUITES_FOLDER / "mini" / "vocabulary.json").read_text()))
    said = {w for t in (*family.templates, *family.classnames) for w in t.split()} - {"{}"}
    assert said <= known


@families
def test_the_base_knows_a_part_of_it(family: Family, base: ClipModel) -> None:
    classes = len(family.classnames)
    labels = np.tile(np.arange(classes), 260 // classes)
    rng = np.random.default_rng(2)
    images = torch.from_numpy(np.stack([family.draw(rng, int(k), "task") for k in labels]))
    head = build_head(base, family.classnames, family.templates)
    predicted = (base.encode_images(images) @ head.T).argmax(1).numpy()
    # Neither out of reach of an analogy nor solved before it.
    assert 0.3 < (predicted == labels).mean() < 0.8
