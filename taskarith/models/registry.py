"""The model families there are, and which of them something is of."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from taskarith.errors import AssetError, unknown_name
from taskarith.models.causal.family import CAUSAL
from taskarith.models.clip.family import CLIP
from taskarith.models.encoder.family import ENCODER
from taskarith.models.family import Found, Kind, ModelFamily
from taskarith.models.json_files import read_object
from taskarith.models.layouts import LAYOUTS
from taskarith.models.t5.family import T5_FAMILY

__all__ = [
    "DESCRIPTION_FILES",
    "FAMILIES",
    "HUB_KIND",
    "HUB_LAYOUT",
    "KINDS",
    "LAYOUTS",
    "describe",
    "family_named",
    "family_of",
    "family_of_names",
    "register",
]

FAMILIES: list[ModelFamily] = []
# Of every family, by what a manifest calls a base.
KINDS: dict[str, Kind] = {}
# A base has one of these files, which says what it is.
DESCRIPTION_FILES: list[str] = []
HUB_LAYOUT = "transformers"  # what other programs that merge models read
HUB_KIND = "transformers"  # what a repository of the Hub is taken for where nothing else is said


def register(family: ModelFamily) -> None:
    """Let suites be about models of `family`."""
    FAMILIES.append(family)
    KINDS.update(family.kinds)
    LAYOUTS.update(family.layouts)
    DESCRIPTION_FILES.extend(n for n in family.description_files if n not in DESCRIPTION_FILES)


def family_of(kind: str) -> ModelFamily:
    """The family of a kind of base; UnknownNameError where there is no such kind."""
    for family in FAMILIES:
        if kind in family.kinds:
            return family
    raise unknown_name("kind of base", kind, existing=KINDS)


def family_named(name: str) -> ModelFamily:
    """The family of that name; UnknownNameError where there is none."""
    for family in FAMILIES:
        if family.name == name:
            return family
    raise unknown_name("model family", name, existing=[family.name for family in FAMILIES])


def family_of_names(names: Iterable[str]) -> ModelFamily | None:
    """The family whose parameters have these names; None where they are of none.

    >>> family_of_names(["head.weight"]) is None
    True
    """
    names = list(names)
    return next((family for family in FAMILIES if family.layout(names) is not None), None)


def describe(files: Mapping[str, Path]) -> Found:
    """What the base with these files is; AssetError where they do not say."""
    for family in FAMILIES:
        found = family.detect(files)
        if found is not None:
            return found
    for name in DESCRIPTION_FILES:
        if name in files:
            read_object(files[name])  # one that is damaged is told so
    titles = ", ".join(family.title for family in FAMILIES)
    raise AssetError(
        f"the base does not say what it is: it needs {' or '.join(DESCRIPTION_FILES)} of "
        f"{titles}; found {', '.join(files) or 'nothing'}"
    )


for _family in (CLIP, ENCODER, T5_FAMILY, CAUSAL):
    register(_family)
