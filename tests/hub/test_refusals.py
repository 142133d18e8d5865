"""Every way in which a Hub, a repository or a disk can say no: a message a person can act on."""

import errno
import json
import os
import shutil
from collections import namedtuple
from pathlib import Path
from typing import Any

import pytest
import torch

from taskarith.errors import SourceError, WeightsError
from taskarith.sources import (
    OWNER,
    VISITOR,
    find_pulled,
    make_plan,
    open_source,
    pull,
    subtract,
    write_tensors,
)
from taskarith.sources import download as download_module
from taskarith.sources.hub_cache import partial_path
from tests.hub.finetuned import BASE, MOVED, NAME, blobs
from tests.hub.server import Claimed, LoopbackHub

REFUSALS: dict[str, tuple[dict[str, Any], str]] = {
    "gated": ({"status": 403, "headers": {"X-Error-Code": "GatedRepo"}}, "gated: accept its terms"),
    "401": ({"status": 401, "headers": {"X-Error-Code": "RepoNotFound"}}, "set HF_TOKEN"),
    "403": ({"status": 403}, r"refuses access \(403\)"),
    "404": ({"status": 404, "headers": {"X-Error-Code": "RepoNotFound"}}, "knows no"),
    "no revision": (
        {"status": 404, "headers": {"X-Error-Code": "RevisionNotFound"}},
        "no such revision",
    ),
    "429": ({"status": 429, "headers": {"Retry-After": "37"}}, "in 37 seconds"),
    "429 without a time": ({"status": 429}, "try again later"),
    "500": ({"status": 500}, r"in trouble \(500\)"),
    "503": ({"status": 503}, r"in trouble \(503\)"),
}


@pytest.mark.parametrize(("fault", "words"), REFUSALS.values(), ids=list(REFUSALS))
def test_a_refusal_of_the_plan_says_what_to_do(
    hub: LoopbackHub, repo: str, cache: Path, fault: dict[str, Any], words: str
) -> None:
    hub.fault("/api/models/", **fault)
    with pytest.raises(SourceError, match=words):
        make_plan(NAME, cache=cache)


@pytest.mark.parametrize("name", ["gated", "403", "429", "500"])
def test_a_refusal_of_a_file_says_what_to_do(
    hub: LoopbackHub, repo: str, cache: Path, name: str
) -> None:
    fault, words = REFUSALS[name]
    plan = make_plan(NAME, cache=cache)
    hub.fault("/resolve/", **fault)
    with pytest.raises(SourceError, match=words):
        pull(plan, cache=cache)


def test_an_unknown_repository(hub: LoopbackHub, cache: Path) -> None:
    with pytest.raises(SourceError, match="nobody/nothing, or it is private"):
        make_plan("nobody/nothing", cache=cache)


def test_a_folder_of_the_name_is_told_to_its_owner(
    hub: LoopbackHub, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "nobody" / "nothing").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SourceError, match=r"on this machine: write file:nobody/nothing for it"):
        make_plan("nobody/nothing", cache=cache)
    with pytest.raises(SourceError) as raised:
        make_plan("nobody/nothing", limits=VISITOR, cache=cache)
    assert "this machine" not in str(raised.value)


def test_an_answer_that_is_no_json(hub: LoopbackHub, repo: str, cache: Path) -> None:
    hub.fault("/api/models/", status=200)
    with pytest.raises(SourceError):
        make_plan(NAME, cache=cache)


@pytest.mark.parametrize(
    "card",
    [
        None,
        [],
        "text",
        {"base_model": None},
        {"base_model": [1]},
        {"base_model": {"a": 1}},
        {"x": "\ud800"},
    ],
)
def test_a_strange_card_is_no_obstacle(
    hub: LoopbackHub, weights: bytes, cache: Path, card: Any
) -> None:
    hub.add(NAME, {"model.safetensors": weights, "README.md": b"\xff\xfe\x00 not UTF-8"}, card=card)
    plan = make_plan(NAME, cache=cache)
    assert plan.base is None
    assert "base not stated" in plan.describe()
    pull(plan, cache=cache)


def test_ten_gigabytes_are_refused_to_visitors_before_anything_is_fetched(
    hub: LoopbackHub, cache: Path
) -> None:
    hub.add(NAME, {"model.safetensors": Claimed(10 * 10**9)})
    with pytest.raises(SourceError, match=r"10\.0 GB; at most 2\.1 GB"):
        make_plan(NAME, limits=VISITOR, cache=cache)
    assert hub.sent == 0


def test_a_full_disk_is_seen_beforehand(
    hub: LoopbackHub, repo: str, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**12, 10**12, 10**9))
    with pytest.raises(SourceError, match="make room"):
        make_plan(NAME, cache=cache)


def test_a_disk_that_fills_up_meanwhile(
    hub: LoopbackHub, repo: str, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = make_plan(NAME, cache=cache)

    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(download_module.os, "replace", full)
    with pytest.raises(SourceError, match="No space left on device"):
        pull(plan, cache=cache)
    with pytest.raises(SourceError, match="not on this machine"):
        find_pulled(NAME, cache=cache)


def test_a_disk_that_fills_up_in_the_middle_of_a_file(
    hub: LoopbackHub, repo: str, cache: Path, weights: bytes
) -> None:
    """What is being written goes to a device that is always full."""
    if not Path("/dev/full").exists():
        pytest.skip("needs /dev/full")
    plan = make_plan(NAME, cache=cache)
    assert plan.repo is not None
    partial = partial_path(NAME, plan.repo.files[0].digest, cache=cache)
    partial.parent.mkdir(parents=True)
    partial.symlink_to("/dev/full")
    with pytest.raises(SourceError, match=r"No space left on device; check the disk"):
        pull(plan, cache=cache)
    assert len(hub.asked("/large/")) == 1  # trying again would not mend it
    with pytest.raises(SourceError, match="not on this machine"):
        find_pulled(NAME, cache=cache)
    assert blobs(cache) == []
    assert pull(plan, cache=cache).paths["model.safetensors"].read_bytes() == weights


def test_two_thousand_files_are_listed_and_one_is_taken(
    hub: LoopbackHub, weights: bytes, cache: Path
) -> None:
    files = {f"logs/{index:04}.txt": b"x" for index in range(2_000)}
    hub.add(NAME, {**files, "model.safetensors": weights})
    plan = make_plan(NAME, cache=cache)
    assert list(plan.files) == ["model.safetensors"]
    pull(plan, cache=cache)
    assert len(hub.asked("/resolve/")) == 2  # the file, and its head for the cache


def test_far_too_many_shards_are_refused(hub: LoopbackHub, cache: Path) -> None:
    shards = {f"model-{i:05}-of-01000.safetensors": b"x" for i in range(1_000)}
    index = {"weight_map": {f"w{i}": name for i, name in enumerate(shards)}}
    hub.add(NAME, {**shards, "model.safetensors.index.json": json.dumps(index).encode()})
    with pytest.raises(SourceError, match="at most 200"):
        make_plan(NAME, cache=cache)


@pytest.mark.parametrize(
    "name", ["../../model.safetensors", "/model.safetensors", "a\\model.safetensors"]
)
def test_a_name_that_leads_outside_is_no_file(hub: LoopbackHub, cache: Path, name: str) -> None:
    hub.add(NAME, {name: b"x" * 5_000})
    with pytest.raises(SourceError, match="no weights were recognised"):
        make_plan(NAME, cache=cache)


def test_a_file_that_is_no_safetensors(hub: LoopbackHub, cache: Path) -> None:
    hub.add(NAME, {"model.safetensors": b"version https://git-lfs.github.com/spec/v1" * 90})
    source = pull(make_plan(NAME, cache=cache), cache=cache)
    with pytest.raises(WeightsError, match="not a usable"):
        open_source(source)


def test_pickles_are_for_owners_only(hub: LoopbackHub, cache: Path, tmp_path: Path) -> None:
    torch.save(MOVED, tmp_path / "w.bin")
    hub.add(NAME, {"pytorch_model.bin": (tmp_path / "w.bin").read_bytes()})
    with pytest.raises(SourceError, match="visitors may use safetensors only"):
        make_plan(NAME, limits=VISITOR, cache=cache)
    source = pull(make_plan(NAME, limits=OWNER, cache=cache), cache=cache)
    assert subtract(open_source(source), BASE).vector["norm.b"].shape == (9,)


def test_files_of_the_machine_are_for_owners_only(tmp_path: Path) -> None:
    write_tensors(tmp_path / "model.safetensors", MOVED)
    assert make_plan(f"file:{tmp_path}").to_fetch == 0
    with pytest.raises(SourceError, match="not for visitors"):
        make_plan(f"file:{tmp_path}", limits=VISITOR)
