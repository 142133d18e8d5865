"""What was pulled: usable offline, kept within bounds, shared with other programs."""

import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest
import torch

from taskarith.core import TaskVector
from taskarith.errors import SourceError, WeightsError
from taskarith.sources import (
    Ledger,
    Limits,
    find_pulled,
    make_plan,
    open_source,
    pull,
)
from taskarith.sources import download as download_module
from tests.hub.finetuned import NAME
from tests.hub.server import LoopbackHub


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


def test_a_shard_that_is_missing_offline_is_noticed(
    hub: LoopbackHub, cache: Path, weights: bytes
) -> None:
    index = b'{"weight_map": {"encoder.w": "model-00001-of-00002.safetensors"}}'
    shards = {f"model-0000{i}-of-00002.safetensors": weights for i in (1, 2)}
    hub.add(NAME, {"model.safetensors.index.json": index, **shards})
    source = pull(make_plan(NAME, cache=cache), cache=cache)
    list(source.paths.values())[1].unlink()
    with pytest.raises(WeightsError, match="not there"):
        open_source(find_pulled(NAME, cache=cache))


def test_least_recently_used_goes_first_and_others_stay(
    hub: LoopbackHub, weights: bytes, cache: Path, tmp_path: Path
) -> None:
    import huggingface_hub

    for name in "abcd":
        hub.add(f"us/{name}", {"model.safetensors": name.encode() + weights[1:]})
    huggingface_hub.hf_hub_download("us/d", "model.safetensors", cache_dir=cache)  # not by us
    times = iter(range(100))
    ledger = Ledger(
        tmp_path / "ledger.json",
        max_bytes=2 * len(weights) + 10,
        cache=cache,
        clock=lambda: float(next(times)),
    )
    for name in ("d", "a", "b"):
        pull(make_plan(f"us/{name}", cache=cache), cache=cache, ledger=ledger)
    find_pulled("us/a", cache=cache, ledger=ledger)  # used again: now b is the older one
    pull(make_plan("us/c", cache=cache), cache=cache, ledger=ledger)
    left = {repo.repo_id for repo in huggingface_hub.scan_cache_dir(cache).repos}
    assert left == {"us/a", "us/c", "us/d"}
    with pytest.raises(SourceError, match="vector pull hub:us/b"):
        find_pulled("us/b", cache=cache, ledger=ledger)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"x": 1}', '{"x": {"name": 1}}'])
def test_a_damaged_ledger_is_begun_anew(content: str, tmp_path: Path) -> None:
    path = tmp_path / "ledger.json"
    path.write_text(content)
    ledger = Ledger(path)
    assert ledger.commit("hub:a/b") is None
    ledger.note("hub:a/b", name="a/b", commit="c" * 40, added=5)
    assert Ledger(path).commit("hub:a/b") == "c" * 40
    assert ledger.evict() == []


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
        with download_module._one_at_a_time("file"):
            order.append(who)
            if who == "first":
                waiting.start()
                while download_module._LOCKS["file"][1] < 2:
                    time.sleep(0.001)
                order.append("first leaves")

    hold("first")
    waiting.join()
    assert order == ["first", "first leaves", "second"]
    with suppress(ValueError), download_module._one_at_a_time("file"):
        raise ValueError
    assert download_module._LOCKS == {}
