"""A real Ray cluster on loopback: the same numbers, whoever is lost on the way."""

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import OrderedDict, deque
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from taskarith.cli import main
from taskarith.core import Edit, TaskVector
from taskarith.errors import EngineError, MissingDependencyError
from taskarith.evaluation import Evaluator
from taskarith.evaluation.distributed import DistributedEvaluator, Work
from taskarith.evaluation.ray_workers import RayWorkers, ray_workers
from taskarith.recipes.catalogue import addition_recipe, run_recipe
from taskarith.suites import Suite

needs_ray = pytest.mark.skipif(
    importlib.util.find_spec("ray") is None, reason="needs ray: pip install 'taskarith[ray]'"
)
PATIENCE = 240.0  # a cluster takes half a minute to start, and several on a busy machine


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A head with two processors and a small store, on loopback alone."""
    folder, port = tempfile.mkdtemp(prefix="ray-"), free_port()  # sockets have short paths
    command = [
        *(sys.executable, "-m", "ray.scripts.scripts", "start", "--head", "--block"),
        *("--node-ip-address=127.0.0.1", f"--port={port}", f"--temp-dir={folder}"),
        *("--num-cpus=2", "--num-gpus=0", "--object-store-memory=100000000"),
        *("--include-dashboard=false", "--disable-usage-stats"),
    ]
    log = Path(folder, "head.log")
    own = {**os.environ, "OMP_NUM_THREADS": "1", "RAY_memory_monitor_refresh_ms": "0"}
    own |= {"RAY_raylet_start_wait_time_s": "120", "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}
    with log.open("w") as told:
        head = subprocess.Popen(command, env=own, stdout=told, stderr=told)
    try:
        wait_until(lambda: "Ray runtime started" in log.read_text() or head.poll() is not None)
        assert head.poll() is None, log.read_text()[-500:]
        yield f"127.0.0.1:{port}"
    finally:
        head.send_signal(signal.SIGTERM)
        head.wait(PATIENCE)
        shutil.rmtree(folder, ignore_errors=True)


def wait_until(condition) -> None:  # type: ignore[no-untyped-def]
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.1)


@needs_ray
@pytest.mark.slow
def test_two_workers_give_the_same_json_though_one_is_killed(
    address: str, tiny_suite: Suite
) -> None:
    recipe = addition_recipe(tiny_suite, tasks=["apples", "birds", "coins"], per_size=1)
    here = run_recipe(recipe, Evaluator(tiny_suite, device="cpu"), n=24)
    with ray_workers(tiny_suite, address=address, count=2, device="cpu") as crew:
        first, second = crew.processes()
        done: list[int] = []

        def progress(count: int, needed: int, what: str) -> None:
            done.append(count)
            if count == 10:
                os.kill(first, signal.SIGKILL)

        evaluator = DistributedEvaluator(tiny_suite, workers=crew, device="cpu")
        there = run_recipe(recipe, evaluator, n=24, progress=progress)
        assert there.to_json() == here.to_json()
        assert done == list(range(1, len(done) + 1))  # nothing is counted twice
        wait_until(lambda: len(crew.processes()) == 2)
        assert first not in crew.processes()
        assert second in crew.processes()


@needs_ray
@pytest.mark.slow
def test_ctrl_c_leaves_no_actor_and_the_next_run_goes_on(
    address: str, tiny_folder: Path, own_cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import ray

    words = f"recipe plane --x coins --y dice --steps 16 --json --suite {tiny_folder}".split()
    engine = ["--engine", f"ray://{address}", "--workers", "2"]
    run = subprocess.Popen(
        [sys.executable, "-m", "taskarith", *words, *engine],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TASKARITH_CACHE": str(own_cache), "TQDM_DISABLE": "1"},
    )
    kept = own_cache / "results-2.sqlite3"
    wait_until(
        lambda: kept.is_file() and kept.with_name(f"{kept.name}-wal").stat().st_size > 50_000
    )
    run.send_signal(signal.SIGINT)
    assert run.stderr is not None
    assert "taskarith: interrupted" in run.stderr.read()
    assert run.wait(PATIENCE) == 130
    ray.init(address=address, log_to_driver=False, logging_level="ERROR")
    try:
        wait_until(lambda: ray.available_resources().get("CPU") == 2)  # no actor has one
    finally:
        ray.shutdown()


@needs_ray
@pytest.mark.slow
def test_what_a_worker_cannot_have_is_said(address: str, tiny_suite: Suite, tmp_path: Path) -> None:
    other = Suite(tmp_path, replace(tiny_suite.manifest, name="tiny-elsewhere"))
    other.__dict__["recipe_fingerprint"] = "of no use"
    with (
        pytest.raises(EngineError, match="no suite 'tiny-elsewhere' on the machine"),
        ray_workers(other, address=address, count=1),
    ):
        pass
    with (
        pytest.raises(EngineError, match=r"3 workers need a processor each and .* has 2"),
        ray_workers(tiny_suite, address=address, count=3),
    ):
        pass


@needs_ray
@pytest.mark.slow
def test_other_versions_are_said(
    address: str, tiny_suite: Suite, monkeypatch: pytest.MonkeyPatch
) -> None:
    import ray

    monkeypatch.setattr(ray, "__version__", "1.0.0")
    with (
        pytest.raises(EngineError, match=r"other versions than this machine \(Ray 1\.0\.0"),
        ray_workers(tiny_suite, address=address),
    ):
        pass


@needs_ray
@pytest.mark.parametrize("error", ["ObjectStoreFullError", "OutOfDiskError"])
def test_a_full_store_is_said_and_nothing_is_half_done(error: str) -> None:
    import ray

    def full(*_: object, **__: object) -> None:
        raise getattr(ray.exceptions, error)

    there = SimpleNamespace(exceptions=ray.exceptions, put=full, get=full)
    workers = RayWorkers.__new__(RayWorkers)  # without a cluster
    workers.__dict__ |= {"_ray": there, "_stored": {}, "_queue": deque(), "_busy": {"actor": 1}}
    work = Work(Edit("tiny", {"made": 1.0}), (), "validation", (), held=(("made", 7),))
    with pytest.raises(EngineError, match=r"object store is full.*what was measured is kept"):
        workers.submit(work, {7: TaskVector({"w": torch.ones(2)})})
    assert not workers._queue
    workers.__dict__ |= {"_flying": {"answer": ("actor", work)}, "_found": OrderedDict()}
    with pytest.raises(EngineError, match="Start the cluster with a larger"):
        workers._take("answer")
    assert not workers._found


@needs_ray
@pytest.mark.parametrize("where", ["here", "127.0.0.1:none"])
def test_an_address_is_a_host_and_a_port(tiny_suite: Suite, where: str) -> None:
    with pytest.raises(EngineError, match="HOST:PORT"), ray_workers(tiny_suite, address=where):
        pass


@needs_ray
def test_where_no_ray_listens_it_is_said(
    tiny_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    engine = f"--engine ray://127.0.0.1:{free_port()}"
    assert main(f"sweep --vary coins --points 3 {engine} --suite {tiny_folder}".split()) == 2
    assert "no Ray cluster answers at 127.0.0.1" in capsys.readouterr().err


def test_without_ray_the_command_is_named(
    tiny_suite: Suite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with (
        pytest.raises(MissingDependencyError, match=r"pip install 'taskarith\[ray\]'"),
        ray_workers(tiny_suite),
    ):
        pass
