"""What was pulled: usable offline, kept within bounds, shared with other programs."""

import itertools
import json
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest
import torch

from taskarith.core import TaskVector
from taskarith.errors import PullCancelled, SourceError
from taskarith.sources import (
    BASE_FILES,
    Ledger,
    Limits,
    find_pulled,
    make_plan,
    pull,
)
from taskarith.sources import download as download_module
from taskarith.sources.hub import HubFile, HubRepo
from taskarith.sources.hub_cache import cached_files
from tests.hub.finetuned import NAME
from tests.hub.server import LoopbackHub


def hourly(folder: Path, cache: Path, *, max_bytes: int = 10**9) -> Ledger:
    """A ledger to which an hour passes at every look at the clock."""
    times = itertools.count(step=3600.0)
    return Ledger(
        folder / "ledger.json", max_bytes=max_bytes, cache=cache, clock=lambda: next(times)
    )


def announced(name: str) -> HubRepo:
    """A repository with one file that never comes."""
    file = HubFile("model.safetensors", size=100, digest=name[-1] * 64)
    return HubRepo(name, "c" * 40, (file,), base=None, licence=None)


def test_offline_uses_what_is_there(
    hub: LoopbackHub, repo: str, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import huggingface_hub.constants

    pull(make_plan(NAME, cache=cache), cache=cache)
    asked = len(hub.requests)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    plan = make_plan(NAME, cache=cache)
    assert (plan.commit, plan.to_fetch) == (repo, 0)
    assert pull(plan, cache=cache).kind == "checkpoint"
    assert find_pulled(NAME, cache=cache).commit == repo
    with pytest.raises(SourceError, match="HF_HUB_OFFLINE"):
        make_plan("someone/else", cache=cache)
    assert len(hub.requests) == asked


def test_a_hub_in_trouble_is_as_good_as_none(hub: LoopbackHub, repo: str, cache: Path) -> None:
    pull(make_plan(NAME, cache=cache), cache=cache)
    hub.fault("/api/models/", status=503)
    assert make_plan(NAME, cache=cache).to_fetch == 0


def test_a_shard_that_is_missing_is_noticed_and_fetched_again(
    hub: LoopbackHub, cache: Path, weights: bytes
) -> None:
    index = b'{"weight_map": {"encoder.w": "model-00001-of-00002.safetensors"}}'
    shards = {f"model-0000{i}-of-00002.safetensors": weights for i in (1, 2)}
    hub.add(NAME, {"model.safetensors.index.json": index, **shards})
    source = pull(make_plan(NAME, cache=cache), cache=cache)
    shard = list(source.paths.values())[1]
    shard.unlink()
    with pytest.raises(SourceError, match="not on this machine yet; fetch it with"):
        find_pulled(NAME, cache=cache)
    pull(make_plan(NAME, cache=cache), cache=cache)
    assert find_pulled(NAME, cache=cache).paths[shard.name].read_bytes() == weights


def test_least_recently_used_goes_first_and_others_stay(
    hub: LoopbackHub, weights: bytes, cache: Path, tmp_path: Path
) -> None:
    import huggingface_hub

    for name in "abcd":
        hub.add(f"us/{name}", {"model.safetensors": name.encode() + weights[1:]})
    huggingface_hub.hf_hub_download("us/d", "model.safetensors", cache_dir=cache)  # not by us
    ledger = hourly(tmp_path, cache, max_bytes=2 * len(weights) + 10)
    for name in ("d", "a", "b"):
        pull(make_plan(f"us/{name}", cache=cache), cache=cache, ledger=ledger)
    find_pulled("us/a", cache=cache, ledger=ledger)  # used again: now b is the older one
    pull(make_plan("us/c", cache=cache), cache=cache, ledger=ledger)
    left = {repo.repo_id for repo in huggingface_hub.scan_cache_dir(cache).repos}
    assert left == {"us/a", "us/c", "us/d"}
    with pytest.raises(SourceError, match="vector pull hub:us/b"):
        find_pulled("us/b", cache=cache, ledger=ledger)


def test_room_is_made_before_the_download(
    hub: LoopbackHub, weights: bytes, cache: Path, tmp_path: Path
) -> None:
    for name in "abc":
        hub.add(f"us/{name}", {"model.safetensors": name.encode() + weights[1:]})
    ledger = hourly(tmp_path, cache, max_bytes=2 * len(weights))
    most = 0

    def look(*_: int) -> None:
        nonlocal most
        most = max(most, sum(path.stat().st_size for path in cache.rglob("blobs/*")))

    for name in "abc":
        pull(make_plan(f"us/{name}", cache=cache), cache=cache, ledger=ledger, report=look)
    assert len(weights) < most <= 2 * len(weights)


def test_what_a_stopped_pull_left_counts_and_can_go(
    hub: LoopbackHub, repo: str, cache: Path, weights: bytes, tmp_path: Path
) -> None:
    ledger = hourly(tmp_path, cache, max_bytes=len(weights) + 100_000)
    hub.fault("/large/", pause=0.02, times=1)
    done = 0

    def report(there: int, total: int) -> None:
        nonlocal done
        done = there

    plan = make_plan(NAME, cache=cache)
    with pytest.raises(PullCancelled):
        pull(plan, cache=cache, ledger=ledger, report=report, cancelled=lambda: done >= 110_000)
    [partial] = cache.rglob("*.taskarith.incomplete")
    [(_, size)] = json.loads(ledger.path.read_text())[f"hub:{NAME}"]["files"].values()
    assert 110_000 <= size == partial.stat().st_size < len(weights)
    hub.add("us/a", {"model.safetensors": b"a" + weights[1:]})
    pull(make_plan("us/a", cache=cache), cache=cache, ledger=ledger)
    assert not partial.exists()
    assert list(json.loads(ledger.path.read_text())) == ["hub:us/a"]


def test_a_pull_that_brought_nothing_is_not_on_the_list(
    hub: LoopbackHub, repo: str, cache: Path, tmp_path: Path
) -> None:
    ledger = hourly(tmp_path, cache)
    plan = make_plan(NAME, cache=cache)
    hub.fault("/resolve/", status=403)
    with pytest.raises(SourceError):
        pull(plan, cache=cache, ledger=ledger)
    assert ledger.commit(f"hub:{NAME}") is None


def test_files_of_other_programs_stay_when_their_commit_goes(
    hub: LoopbackHub, repo: str, cache: Path, weights: bytes, tmp_path: Path
) -> None:
    import huggingface_hub

    other = huggingface_hub.hf_hub_download(NAME, "config.json", cache_dir=cache)
    ledger = hourly(tmp_path, cache, max_bytes=len(weights))
    pull(make_plan(NAME, cache=cache, extras=BASE_FILES), cache=cache, ledger=ledger)
    hub.add("us/a", {"model.safetensors": b"a" + weights[1:]})
    pull(make_plan("us/a", cache=cache), cache=cache, ledger=ledger)
    assert cached_files(NAME, repo, cache=cache) == {"config.json": 2}
    assert Path(other).read_bytes() == b"{}"
    assert {found.repo_id for found in huggingface_hub.scan_cache_dir(cache).repos} == {
        *(NAME, "us/a")
    }


def test_content_that_another_commit_has_too_stays(
    hub: LoopbackHub, repo: str, cache: Path, weights: bytes, tmp_path: Path
) -> None:
    import huggingface_hub

    ledger = hourly(tmp_path, cache, max_bytes=len(weights))
    pull(make_plan(NAME, cache=cache), cache=cache, ledger=ledger)
    later = hub.add(NAME, {"model.safetensors": weights, "new": b"x"}, revision="v2")
    path = huggingface_hub.hf_hub_download(
        NAME, "model.safetensors", cache_dir=cache, revision=later
    )
    hub.add("us/a", {"model.safetensors": b"a" + weights[1:]})
    pull(make_plan("us/a", cache=cache), cache=cache, ledger=ledger)
    assert cached_files(NAME, repo, cache=cache) == {}
    assert Path(path).read_bytes() == weights


def test_a_file_of_two_references_counts_once_and_goes_with_the_last(
    hub: LoopbackHub, repo: str, cache: Path, weights: bytes, tmp_path: Path
) -> None:
    ledger = hourly(tmp_path, cache, max_bytes=2 * len(weights))
    for reference in (NAME, f"hub:{NAME}:model.safetensors"):
        pull(make_plan(reference, cache=cache), cache=cache, ledger=ledger)
    for name in "ab":
        hub.add(f"us/{name}", {"model.safetensors": name.encode() + weights[1:]})
    pull(make_plan("us/a", cache=cache), cache=cache, ledger=ledger)
    assert find_pulled(NAME, cache=cache).commit == repo
    pull(make_plan("us/b", cache=cache), cache=cache, ledger=ledger)
    with pytest.raises(SourceError, match="not on this machine"):
        find_pulled(NAME, cache=cache)
    assert not list(cache.glob("models--someone--finetuned"))


def test_an_older_commit_stays_on_the_list(
    hub: LoopbackHub, repo: str, cache: Path, weights: bytes, tmp_path: Path
) -> None:
    ledger = hourly(tmp_path, cache, max_bytes=2 * len(weights))
    pull(make_plan(NAME, cache=cache), cache=cache, ledger=ledger)
    later = hub.add(NAME, {"model.safetensors": b"a" + weights[1:]})
    pull(make_plan(NAME, cache=cache), cache=cache, ledger=ledger)
    assert ledger.commit(f"hub:{NAME}") == later
    hub.add("us/a", {"model.safetensors": b"b" + weights[1:]})
    pull(make_plan("us/a", cache=cache), cache=cache, ledger=ledger)
    assert cached_files(NAME, repo, cache=cache) == {}
    assert cached_files(NAME, later, cache=cache)


def test_what_is_being_fetched_is_not_removed(cache: Path, tmp_path: Path) -> None:
    ledger = hourly(tmp_path, cache, max_bytes=10)
    with ledger.pulling("hub:us/a", announced("us/a")):
        for name in "bc":
            with ledger.pulling(f"hub:us/{name}", announced(f"us/{name}")):
                assert ledger.commit("hub:us/a") is not None
    assert ledger.commit("hub:us/a") is None  # nothing came


def test_finding_again_and_again_writes_nothing(
    hub: LoopbackHub, repo: str, cache: Path, tmp_path: Path
) -> None:
    ledger = Ledger(tmp_path / "ledger.json", cache=cache)
    pull(make_plan(NAME, cache=cache), cache=cache, ledger=ledger)
    before = ledger.path.stat()
    for _ in range(3):
        find_pulled(NAME, cache=cache, ledger=ledger)
    after = ledger.path.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_two_processes_lose_no_line_of_each_other(cache: Path, tmp_path: Path) -> None:
    """Each has a ledger of its own on the same file, as two processes have."""
    path, count = tmp_path / "ledger.json", 20
    (cache / "models--us--x" / "snapshots" / ("c" * 40)).mkdir(parents=True)
    (cache / "models--us--x" / "snapshots" / ("c" * 40) / "model.safetensors").touch()

    def pull_some(who: str) -> None:
        ledger = Ledger(path, cache=cache)
        for index in range(count):
            with ledger.pulling(f"hub:us/x:{who}{index}", announced("us/x")):
                pass

    threads = [threading.Thread(target=pull_some, args=(who,)) for who in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expected = {f"hub:us/x:{who}{index}" for who in "ab" for index in range(count)}
    assert set(json.loads(path.read_text())) == expected


@pytest.mark.parametrize("content", ["", "{", "[]", '{"x": 1}', '{"x": {"name": 1}}'])
def test_a_damaged_ledger_is_begun_anew(content: str, tmp_path: Path) -> None:
    path = tmp_path / "ledger.json"
    path.write_text(content)
    ledger = Ledger(path, cache=tmp_path / "cache")
    assert ledger.commit("hub:a/b") is None
    with ledger.pulling("hub:a/b", announced("a/b")):
        assert Ledger(path).commit("hub:a/b") == "c" * 40
        assert list(json.loads(path.read_text())) == ["hub:a/b"]


def test_a_forged_line_removes_nothing_outside(cache: Path, tmp_path: Path) -> None:
    cache.mkdir()
    outside = cache / "outside"
    outside.write_text("mine")
    files = {"../../../outside": ["f" * 64, 100], "a": ["../../outside", 100]}
    entry = {"name": "a/b", "commit": "d" * 40, "used": 0, "files": files}
    (tmp_path / "ledger.json").write_text(json.dumps({"hub:a/b": entry}))
    with hourly(tmp_path, cache, max_bytes=1).pulling("hub:us/a", announced("us/a")):
        pass
    assert outside.read_text() == "mine"


def test_a_ledger_that_cannot_be_kept_is_no_obstacle(
    hub: LoopbackHub, repo: str, cache: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    ledger = Ledger(tmp_path / "file" / "ledger.json")
    assert pull(make_plan(NAME, cache=cache), cache=cache, ledger=ledger).commit == repo


def test_a_native_vector_comes_back_from_the_hub(
    hub: LoopbackHub, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import huggingface_hub.constants

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(cache))
    TaskVector({"w": torch.arange(3.0)}).save(tmp_path / "vector")
    hub.add_folder("someone/vector", tmp_path / "vector")
    plan = make_plan("hub:someone/vector", limits=Limits(max_bytes=10**6))
    assert plan.kind == "task-vector"
    pull(plan)
    assert TaskVector.load("hub:someone/vector")["w"].tolist() == [0, 1, 2]


def test_a_file_is_locked_until_its_last_holder_leaves() -> None:
    order: list[str] = []
    waiting = threading.Thread(target=lambda: hold("second"))

    def hold(who: str) -> None:
        with download_module._one_at_a_time("file", lambda: False):
            order.append(who)
            if who == "first":
                waiting.start()
                while download_module._LOCKS["file"][1] < 2:
                    time.sleep(0.001)
                order.append("first leaves")

    hold("first")
    waiting.join()
    assert order == ["first", "first leaves", "second"]
    with suppress(ValueError), download_module._one_at_a_time("file", lambda: False):
        raise ValueError
    assert download_module._LOCKS == {}
