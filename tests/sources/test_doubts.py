"""A vector that is odd is said to be odd."""

from dataclasses import replace

import pytest
import torch

from taskarith.core import VectorInfo
from taskarith.sources import Contents, Difference, LazyState, doubts, parse_reference, subtract

BASE = {"w": torch.randn(40, 40, generator=torch.Generator().manual_seed(0))}
HUB, FILE = parse_reference("openai/clip-vit-base-patch32"), parse_reference("file:base")


def difference(state: dict[str, torch.Tensor], *, base: str | None = None) -> Difference:
    info = VectorInfo(base=base)
    return subtract(Contents("checkpoint", LazyState.of(state), info), BASE)


TUNED = {"w": BASE["w"] + 0.05 * torch.ones(40, 40)}


def test_a_fine_tuned_model_raises_no_doubt() -> None:
    assert doubts(difference(TUNED), HUB) == ()


def test_a_model_without_a_difference() -> None:
    [said] = doubts(difference(dict(BASE)), FILE)
    assert said.startswith("nothing moved: ‖τ‖ is 0")


def test_two_models_that_have_nothing_to_do_with_each_other() -> None:
    other = {"w": torch.randn(40, 40, generator=torch.Generator().manual_seed(1))}
    found = difference(other)
    assert found.relative == pytest.approx(2**0.5, rel=0.05)
    [said] = doubts(found, FILE)
    assert "of ‖θ₀‖. Two models that have nothing to do with each other differ by about √2" in said


@pytest.mark.parametrize(
    ("named", "base", "odd"),
    [
        ("openai/clip-vit-base-patch32", HUB, False),
        ("OpenAI/CLIP-ViT-Base-Patch32", HUB, False),
        ("openai/clip-vit-base-patch16", HUB, True),
        ("clip-vit-base-patch32", HUB, False),
        ("gpt2", parse_reference("openai-community/gpt2"), False),
        ("gpt2-medium", parse_reference("openai-community/gpt2"), True),
        ("openai/clip-vit-base-patch16", FILE, False),  # a folder has no name to compare
    ],
)
def test_a_description_that_names_another_base(named: str, base: object, odd: bool) -> None:
    said = doubts(difference(TUNED, base=named), base)  # type: ignore[arg-type]
    assert bool(said) is odd
    assert not odd or f"names the base {named}, this one is" in said[0]


def test_all_doubts_are_told() -> None:
    found = replace(difference(dict(BASE), base="a/b"), relative=0.0)
    assert len(doubts(found, HUB)) == 2
