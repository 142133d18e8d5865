"""The suites of the Hub that come with the project hold together, and their words are pinned."""

import json
from pathlib import Path

import numpy as np
import pytest

from taskarith import load_suite
from taskarith.errors import AssetError, UnknownNameError
from taskarith.suites.library import library_tasks, words_fingerprint

SHIPPED = [
    f"clip-vit-{size}{suffix}"
    for size in ("base-patch32", "base-patch16", "large-patch14")
    for suffix in ("", "-14", "-20")
]


@pytest.mark.parametrize("name", SHIPPED)
def test_the_suites_that_come_with_the_project_hold_together(name: str) -> None:
    suite = load_suite(name)
    count = (
        int(name.rpartition("-")[2])
        if name.endswith(("-14", "-20")) and name[-7:] != "patch14"
        else 8
    )
    assert len(suite.targets) == count
    assert suite.control == "tiny-imagenet"
    base = (
        name.removesuffix("-20")
        if count == 20
        else name.removesuffix("-14")
        if count == 14
        else name
    )
    assert suite.references()[0] == f"hub:openai/{base}"
    assert len(set(suite.references())) == count + 1
    assert all(
        reference.startswith(f"hub:tanganke/{base}_") for reference in suite.references()[1:]
    )
    assert (suite.manifest.published is not None) == (count == 8)


# Class names and templates decide zero-shot accuracy: a change here is a change of the numbers.
WORDS = {
    "sun397": "19b4780d8a388009",
    "stanford-cars": "0d22bd2df28f7217",
    "resisc45": "3642784ea2c9f73d",
    "eurosat": "06ba55474f15b654",
    "svhn": "2886561c388e6dec",
    "gtsrb": "b90ab45ae0001545",
    "mnist": "2886561c388e6dec",
    "dtd": "e9ba80ec3b0c8487",
    "oxford-flowers102": "5b7211584a8ff6c6",
    "pcam": "39c58d87bca4ed8a",
    "fer2013": "c6edc066992a90d8",
    "oxford-iiit-pet": "5858bf0dbe1a64e3",
    "stl10": "46a16cf8f0dd4315",
    "cifar100": "ba9674e7989fca34",
    "cifar10": "8fd45ee96f833ca3",
    "food101": "7e638cafebbb67a0",
    "fashion-mnist": "4b4aa0544632259f",
    "emnist-letters": "0a38a47cb23e7a45",
    "kmnist": "18f5de03aa937ae7",
    "rendered-sst2": "a6c32e68a3b269e9",
    "tiny-imagenet": "64212a98bdf3f63b",
    "imagenet": "013c913e922205eb",
}


def test_the_words_of_the_shared_tasks_are_pinned() -> None:
    tasks = library_tasks()
    found = {n: words_fingerprint(t["classnames"], t["templates"]) for n, t in tasks.items()}
    assert found == WORDS


def test_the_default_controls_classes_are_imagenets(tmp_path: Path) -> None:
    tasks = library_tasks()
    assert set(tasks["tiny-imagenet"]["classnames"]) <= set(tasks["imagenet"]["classnames"])
    assert len(set(tasks["tiny-imagenet"]["classnames"])) == 200
    assert len(tasks["tiny-imagenet"]["data"]["labels"]) == 200


def test_published_tables_have_the_suites_tasks() -> None:
    from taskarith.recipes.reproduce import read_published

    for name in SHIPPED[::3]:
        suite = load_suite(name)
        published = read_published(suite)
        assert set(published.accuracies) >= {"pretrained", "individual", "task_arithmetic_0.3"}
        for accuracies in published.accuracies.values():
            assert set(accuracies) == set(suite.targets)
            assert all(0 < accuracy < 100 for accuracy in accuracies.values())
    with pytest.raises(AssetError, match="no published numbers"):
        read_published(load_suite("mini"))


def test_unknown_suites_name_the_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TASKARITH_SUITES", str(tmp_path))
    (tmp_path / "gone.json").write_text(json.dumps({"folder": str(tmp_path / "gone")}))
    (tmp_path / "broken.json").write_text("{")
    with pytest.raises(UnknownNameError, match="clip-vit-base-patch32"):
        load_suite("clip-vit-base-patch23")


def test_labels_stay_in_the_range_of_int16() -> None:
    assert max(len(t["classnames"]) for t in library_tasks().values()) <= np.iinfo(np.int16).max
