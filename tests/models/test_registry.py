"""The families there are: told apart by files and by names, and each says what the rest asks."""

import json
from pathlib import Path

import pytest

from taskarith.errors import AssetError, UnknownNameError
from taskarith.models.registry import (
    FAMILIES,
    HUB_KIND,
    HUB_LAYOUT,
    KINDS,
    LAYOUTS,
    describe,
    family_named,
    family_of,
    family_of_names,
)


def test_kinds_and_names_lead_to_their_family() -> None:
    for family in FAMILIES:
        assert family_named(family.name) is family
        for name, kind in family.kinds.items():
            assert family_of(name) is family
            assert kind.layout in family.layouts
    assert HUB_KIND in KINDS
    assert HUB_LAYOUT in LAYOUTS
    assert len(KINDS) == sum(len(family.kinds) for family in FAMILIES)
    with pytest.raises(UnknownNameError, match="did you mean 'open_clip'"):
        family_of("openclip")
    with pytest.raises(UnknownNameError, match="model family"):
        family_named("resnet")


def test_names_of_nobody() -> None:
    assert family_of_names(["stem.conv.weight", "fc.weight"]) is None


@pytest.mark.parametrize(("text", "words"), [("{", "is not valid JSON"), ("[]", "holds no object")])
def test_a_base_whose_description_is_damaged(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "config.json"
    path.write_text(text)
    with pytest.raises(AssetError, match=f"^its config.json {words}; get the file again$"):
        describe({"config.json": path})


@pytest.mark.parametrize("text", ['{"model_type": "mamba"}', '{"vision_config": 3}'])
def test_a_base_that_does_not_say_what_it_is(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config.json"
    path.write_text(text)
    with pytest.raises(AssetError, match=r"does not say what it is: it needs config\.json") as told:
        describe({"config.json": path})
    assert str(tmp_path) not in str(told.value)
    with pytest.raises(AssetError, match="found nothing"):
        describe({})


def test_a_clip_of_either_library(tmp_path: Path) -> None:
    theirs, ours = tmp_path / "config.json", tmp_path / "open_clip_config.json"
    theirs.write_text(json.dumps({"vision_config": {"image_size": 32}}))
    ours.write_text(json.dumps({"model_cfg": {"vision_cfg": {"image_size": 16}}}))
    assert describe({"config.json": theirs}).kind == "transformers"
    assert describe({"config.json": theirs, "open_clip_config.json": ours}).kind == "open_clip"


@pytest.mark.parametrize("kind", ["llama", "bert", "a-kind-of-its-own"])
def test_a_base_that_asks_for_code_of_its_own_is_told_so(tmp_path: Path, kind: str) -> None:
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"model_type": kind, "auto_map": {"AutoModel": "x.Y"}}))
    with pytest.raises(AssetError, match=r"asks for code .* never run here; choose a base of"):
        describe({"config.json": config})
