"""Plan, confirm, pull: against the loopback Hub, through the real huggingface_hub."""

import threading
from pathlib import Path

import pytest
import torch
from filelock import FileLock

from taskarith.errors import PullCancelled, SourceError
from taskarith.sources import download as download_module
from taskarith.sources import (
    find_pulled,
    make_plan,
    open_source,
    pull,
    subtract,
)
from taskarith.sources.hub_cache import lock_path
from tests.hub.finetuned import BASE, MOVED, NAME, blobs
from tests.hub.server import LoopbackHub


def test_the_plan_costs_nothing_and_says_what_it_takes(
    hub: LoopbackHub, repo: str, cache: Path, weights: bytes
) -> None:
    plan = make_plan(NAME, cache=cache)
    assert plan.commit == repo
    assert plan.files == {"model.safetensors": len(weights)}
    assert plan.to_fetch == len(weights)
    assert plan.licence == "mit"
    assert plan.describe() == "160.2 kB, 1 file, checkpoint, base openai/clip-vit-base-patch32"
    assert hub.sent == 0
    assert blobs(cache) == []


def test_pull_takes_exactly_that_and_it_is_the_vector(
    hub: LoopbackHub, repo: str, cache: Path, weights: bytes
) -> None:
    heard: list[tuple[int, int]] = []
    source = pull(make_plan(NAME, cache=cache), cache=cache, report=lambda *n: heard.append(n))
    assert source.commit == repo
    assert source.paths["model.safetensors"].read_bytes() == weights
    assert heard[-1] == (len(weights), len(weights))
    assert heard == sorted(heard)
    assert hub.sent == len(weights)
    vector = subtract(open_source(source), BASE).vector
    assert torch.equal(vector["encoder.w"], MOVED["encoder.w"] - BASE["encoder.w"])


def test_the_second_pull_fetches_nothing(hub: LoopbackHub, repo: str, cache: Path) -> None:
    pull(make_plan(NAME, cache=cache), cache=cache)
    sent = hub.sent
    plan = make_plan(NAME, cache=cache)
    assert plan.to_fetch == 0
    pull(plan, cache=cache)
    assert hub.sent == sent


def test_other_programs_find_it_too(hub: LoopbackHub, repo: str, cache: Path) -> None:
    import huggingface_hub

    pull(make_plan(NAME, cache=cache), cache=cache)
    path = huggingface_hub.hf_hub_download(
        NAME, "model.safetensors", cache_dir=cache, local_files_only=True
    )
    assert Path(path).exists()
    [found] = huggingface_hub.scan_cache_dir(cache).repos
    assert found.repo_id == NAME


def test_what_other_programs_fetched_is_not_fetched_again(
    hub: LoopbackHub, repo: str, cache: Path
) -> None:
    import huggingface_hub

    huggingface_hub.hf_hub_download(NAME, "model.safetensors", cache_dir=cache)
    assert make_plan(NAME, cache=cache).to_fetch == 0


def test_a_revision_is_resolved_to_its_commit(
    hub: LoopbackHub, repo: str, cache: Path, weights: bytes
) -> None:
    other = hub.add(NAME, {"model.safetensors": weights[:-4] + b"\0\0\0\0"}, revision="v2")
    assert make_plan(f"{NAME}@v2", cache=cache).commit == other
    assert make_plan(f"{NAME}@{repo}", cache=cache).commit == repo
    assert make_plan(NAME, cache=cache).commit == repo


def test_a_repository_that_changes_meanwhile_gives_what_was_planned(
    hub: LoopbackHub, repo: str, cache: Path, weights: bytes
) -> None:
    plan = make_plan(NAME, cache=cache)
    hub.add(NAME, {"model.safetensors": b"something else" * 1_000})
    source = pull(plan, cache=cache)
    assert source.commit == repo
    assert source.paths["model.safetensors"].read_bytes() == weights


def test_a_commit_that_was_removed_meanwhile_is_an_error(
    hub: LoopbackHub, repo: str, cache: Path
) -> None:
    plan = make_plan(NAME, cache=cache)
    hub.commits["models", NAME].clear()
    hub.add(NAME, {"model.safetensors": b"x" * 5_000})
    with pytest.raises(SourceError, match=NAME):
        pull(plan, cache=cache)
    assert blobs(cache) == []


def test_other_content_under_the_same_name_is_thrown_away(
    hub: LoopbackHub, repo: str, cache: Path, weights: bytes
) -> None:
    plan = make_plan(NAME, cache=cache)
    forged = bytes([weights[0] ^ 1]) + weights[1:]
    object.__setattr__(hub.commits["models", NAME][repo], "files", {"model.safetensors": forged})
    with pytest.raises(SourceError, match="thrown away"):
        pull(plan, cache=cache)
    assert blobs(cache) == []


def test_more_than_was_announced_is_stopped(
    hub: LoopbackHub, repo: str, cache: Path, weights: bytes
) -> None:
    hub.fault("/large/", more=b"x" * 10**6)
    with pytest.raises(SourceError, match="sends more than"):
        pull(make_plan(NAME, cache=cache), cache=cache)
    assert "model.safetensors" not in [p.name for p in cache.rglob("*")]


def test_a_connection_that_breaks_off_is_gone_on_with(
    hub: LoopbackHub, repo: str, cache: Path, weights: bytes
) -> None:
    hub.fault("/large/", cut=70_000, times=2)
    source = pull(make_plan(NAME, cache=cache), cache=cache)
    assert source.paths["model.safetensors"].read_bytes() == weights
    assert hub.sent == len(weights)  # nothing came twice


def test_a_connection_that_always_breaks_off_ends_in_an_error(
    hub: LoopbackHub, repo: str, cache: Path
) -> None:
    hub.fault("/large/", cut=0)
    with pytest.raises(SourceError, match="could not be reached"):
        pull(make_plan(NAME, cache=cache), cache=cache)
    with pytest.raises(SourceError, match="not on this machine"):
        find_pulled(NAME, cache=cache)


def test_a_body_too_slow_ends_in_an_error(
    hub: LoopbackHub, repo: str, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import huggingface_hub.constants

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_DOWNLOAD_TIMEOUT", 0.1)
    monkeypatch.setattr(download_module, "TRIES", 1)
    hub.fault("/large/", pause=0.6)
    with pytest.raises(SourceError, match="could not be reached"):
        pull(make_plan(NAME, cache=cache), cache=cache)


def test_cancelling_keeps_what_came_and_goes_on_from_there(
    hub: LoopbackHub, repo: str, cache: Path, weights: bytes
) -> None:
    hub.fault("/large/", pause=0.05, times=1)
    plan = make_plan(NAME, cache=cache)
    done = 0

    def report(there: int, total: int) -> None:
        nonlocal done
        done = there

    with pytest.raises(PullCancelled, match="go on from there"):
        pull(plan, cache=cache, report=report, cancelled=lambda: done >= 100_000)
    assert 100_000 <= done < len(weights)
    with pytest.raises(SourceError, match="not on this machine"):
        find_pulled(NAME, cache=cache)  # a part is never taken for the whole
    hub.sent = 0
    source = pull(plan, cache=cache)
    assert source.paths["model.safetensors"].read_bytes() == weights
    assert hub.sent == len(weights) - done


def test_a_server_without_ranges_starts_from_the_beginning(
    hub: LoopbackHub, repo: str, cache: Path, weights: bytes
) -> None:
    plan = make_plan(NAME, cache=cache)
    assert plan.repo is not None
    folder = cache / "models--someone--finetuned" / "blobs"
    folder.mkdir(parents=True)
    digest = plan.repo.files[0].digest
    partial = folder / f"{digest}.taskarith.incomplete"
    partial.write_bytes(b"rubbish that is longer" * 20_000)
    source = pull(plan, cache=cache)
    assert source.paths["model.safetensors"].read_bytes() == weights


def test_a_wrong_beginning_is_noticed(hub: LoopbackHub, repo: str, cache: Path) -> None:
    plan = make_plan(NAME, cache=cache)
    assert plan.repo is not None
    folder = cache / "models--someone--finetuned" / "blobs"
    folder.mkdir(parents=True)
    partial = folder / f"{plan.repo.files[0].digest}.taskarith.incomplete"
    partial.write_bytes(b"rubbish")
    with pytest.raises(SourceError, match="thrown away"):
        pull(plan, cache=cache)
    pull(plan, cache=cache)  # and the next try is a good one


def test_a_file_that_another_process_fetches_is_waited_for(
    hub: LoopbackHub, repo: str, cache: Path, weights: bytes
) -> None:
    plan = make_plan(NAME, cache=cache)
    assert plan.repo is not None
    path = lock_path(NAME, plan.repo.files[0].digest, cache=cache)
    path.parent.mkdir(parents=True)
    with FileLock(path):
        with pytest.raises(PullCancelled):
            pull(plan, cache=cache, cancelled=lambda: True)
        assert hub.asked("/large/") == []
        waiting = threading.Thread(target=pull, args=(plan,), kwargs={"cache": cache})
        waiting.start()
    waiting.join()
    assert find_pulled(NAME, cache=cache).paths["model.safetensors"].read_bytes() == weights
    assert hub.sent == len(weights)


def test_two_visitors_who_want_one_file_fetch_it_once(
    hub: LoopbackHub, repo: str, cache: Path, weights: bytes
) -> None:
    hub.fault("/large/", pause=0.02)
    plan = make_plan(NAME, cache=cache)
    threads = [threading.Thread(target=pull, args=(plan,), kwargs={"cache": cache}) for _ in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert hub.sent == len(weights)
    assert find_pulled(NAME, cache=cache).paths["model.safetensors"].read_bytes() == weights
    assert download_module._LOCKS == {}


def test_who_waits_for_another_visitors_download_can_stop(
    hub: LoopbackHub, repo: str, cache: Path
) -> None:
    plan = make_plan(NAME, cache=cache)
    begun, go_on = threading.Event(), threading.Event()

    def report(done: int, total: int) -> None:
        begun.set()
        go_on.wait(30)

    options = {"cache": cache, "report": report}
    first = threading.Thread(target=pull, args=(plan,), kwargs=options)
    first.start()
    assert begun.wait(30)
    with pytest.raises(PullCancelled):
        pull(plan, cache=cache, cancelled=lambda: True)
    assert first.is_alive()
    go_on.set()
    first.join()
    assert find_pulled(NAME, cache=cache).paths
    assert download_module._LOCKS == {}
