"""Suites of somebody's own examples: nobody is told their names, and they are forgotten in time."""

import os
import shutil
import time
import warnings
from pathlib import Path

import pytest

from taskarith import list_suites, load_suite
from taskarith.errors import UnknownNameError
from taskarith.suites.home import (
    added_suites,
    forget_private,
    is_private,
    make_private,
    suites_home,
)


def added(tiny_folder: Path, name: str) -> Path:
    folder = suites_home() / name
    shutil.copytree(tiny_folder, folder)
    manifest = folder / "manifest.json"
    manifest.write_text(manifest.read_text("utf-8").replace('"tiny"', f'"{name}"', 1), "utf-8")
    return folder


def test_a_private_suite_opens_by_its_name_and_is_never_listed(tiny_folder: Path) -> None:
    make_private(added(tiny_folder, "secret-1"))
    added(tiny_folder, "open-1")
    assert is_private(added_suites()["secret-1"])
    assert load_suite("secret-1").name == "secret-1"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        names = [suite.name for suite in list_suites()]
    assert "open-1" in names
    assert "secret-1" not in names
    with pytest.raises(UnknownNameError) as caught:
        load_suite("secret-2")
    assert "secret-1" not in str(caught.value)
    assert "open-1" in str(caught.value)


def test_what_is_old_is_forgotten_and_nothing_else(tiny_folder: Path) -> None:
    old, new, everyones = (added(tiny_folder, name) for name in ("old", "new", "everyones"))
    for folder in (old, new):
        make_private(folder)
    hours_ago = time.time() - 7200
    os.utime(old / ".private", (hours_ago, hours_ago))
    left = suites_home() / ".adding-x"
    left.mkdir()
    os.utime(left, (hours_ago, hours_ago))
    assert forget_private(older=3600) == ["old"]
    assert not old.exists()
    assert not left.exists()
    assert new.is_dir()
    assert everyones.is_dir()
    assert forget_private(older=-1) == ["new"]


def test_heads_of_a_private_suite_are_not_kept_elsewhere(
    tiny_folder: Path, own_cache: Path
) -> None:
    folder = added(tiny_folder, "secret-1")
    manifest = folder / "manifest.json"
    text = manifest.read_text("utf-8")
    assert '"name": "apples"' in text
    manifest.write_text(
        text.replace('"name": "apples"', '"head": {"kind": "prototypes"}, "name": "apples"', 1)
    )
    make_private(folder)
    load_suite(folder).head("apples")
    assert not list(own_cache.rglob("*.safetensors"))
    (folder / ".private").unlink()
    load_suite(folder).head("apples")
    assert list(own_cache.rglob("*.safetensors"))
