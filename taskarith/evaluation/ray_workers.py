"""Workers on a Ray cluster: an actor each, which holds one evaluator on one device.

Hands out work, takes back answers, and sees to it that what a lost actor had is done again. Held
vectors travel once to each machine, into its object store. `ray` is imported here alone.
"""

import contextlib
import os
import secrets
import socket
import sys
from collections import OrderedDict, deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from taskarith.core import TaskVector
from taskarith.errors import EngineError, MissingDependencyError, TaskArithError
from taskarith.evaluation.distributed import Desk, Work
from taskarith.suites import Suite

__all__ = ["RayWorkers", "ray_workers"]

STORE_BYTES = 256 * 2**20  # object store of a head of our own: answers and held vectors
CONNECT_SECONDS = 3.0
LOOPBACK = ("127.0.0.1", "localhost")
START_SECONDS = 180.0
IN_FLIGHT = 2  # pieces of work an actor has: the one in hand and the next
RESTARTS = 2  # of an actor that was lost, before the others have to do without it
FULL = (
    "the cluster's object store is full, and so is the disk behind it; what was measured is kept. "
    "Start the cluster with a larger --object-store-memory, or with --temp-dir where there is room"
)
KEPT = 4096  # answers that were begun and not yet asked for


@contextmanager
def ray_workers(
    suite: Suite, *, address: str | None = None, count: int | None = None, device: str | None = None
) -> Iterator["RayWorkers"]:
    """Workers on the cluster at `address`, HOST:PORT; None starts one on this machine alone.

    This machine must belong to the cluster. `count` actors share its processors (None: one for
    each GPU, or one for each machine where there is none). However this ends, no actor stays.
    Raises EngineError where there is no cluster, or one of other versions, or too small a one.
    """
    ray = _ray(address)
    _join(ray, address)
    try:
        workers = RayWorkers(ray, suite, count=count, device=device)
        try:
            yield workers
        finally:
            workers.close()
    finally:
        ray.shutdown()


class RayWorkers:
    """The actors of one suite; see `Workers`."""

    def __init__(self, ray: Any, suite: Suite, *, count: int | None, device: str | None) -> None:
        self._ray = ray
        there = ray.cluster_resources()
        processors, gpus = int(there.get("CPU", 0)), int(there.get("GPU", 0))
        machines = sum(node["Alive"] for node in ray.nodes())
        self.count = count or gpus or machines
        if self.count > processors:
            raise EngineError(
                f"{self.count} workers need a processor each and the cluster has {processors}; "
                "ask for fewer with --workers"
            )
        share = gpus / self.count if gpus and device != "cpu" else 0
        actor = ray.remote(Desk).options(
            num_cpus=processors // self.count,
            num_gpus=share if share < 1 else 1,
            scheduling_strategy="SPREAD",
            max_restarts=RESTARTS,
            max_task_retries=RESTARTS,
        )
        given = {"folder": suite.folder, "fingerprint": suite.recipe_fingerprint, "device": device}
        self._busy = {actor.remote(suite.manifest, **given): 0 for _ in range(self.count)}
        self._queue: deque[Work] = deque()
        self._flying: dict[Any, tuple[Any, Work]] = {}  # by the reference of the answer
        self._found: OrderedDict[Work, list[np.ndarray] | Exception] = OrderedDict()
        self._stored: dict[int, Any] = {}
        self.context, self.described = self._agreed()

    def submit(self, work: Work, vectors: Mapping[int, TaskVector]) -> None:
        """Put work in line; `vectors` are those that it holds, by number."""
        for number, vector in vectors.items():
            if number not in self._stored:
                arrays = {name: tensor.cpu().numpy() for name, tensor in vector.items()}
                with self._in_words():
                    self._stored[number] = self._ray.put(arrays)
        self._queue.append(work)
        self._hand_out()

    def result(self, work: Work) -> list[np.ndarray]:
        """Wait for the answers to work that was submitted; they are given once."""
        while work not in self._found:
            self._hand_out()
            if not self._flying:
                raise EngineError(f"all {self.count} workers are lost; what was measured is kept")
            done, _ = self._ray.wait(list(self._flying), num_returns=1)
            self._take(done[0])
        found = self._found.pop(work)
        if isinstance(found, Exception):
            raise found
        return found

    def drop(self, number: int) -> None:
        """Forget a held vector; work that is in line keeps its own reference."""
        self._stored.pop(number, None)

    def processes(self) -> list[int]:
        """The process of each worker on its machine; waits for those that start again."""
        found: list[int] = self._ray.get([actor.process.remote() for actor in self._busy])
        return found

    def close(self) -> None:
        """End every actor at once."""
        for actor in [*self._busy]:
            with contextlib.suppress(Exception):
                self._ray.kill(actor)
        self._busy.clear()
        self._flying.clear()

    def _agreed(self) -> tuple[str, str]:
        """What all actors say of themselves; EngineError where they do not say the same."""
        asked = [actor.about.remote() for actor in self._busy]
        done, late = self._ray.wait(asked, num_returns=len(asked), timeout=START_SECONDS)
        with self._in_words():
            told = self._ray.get(done)
        if late:
            raise EngineError(
                f"{len(done)} of {self.count} workers started within {START_SECONDS:.0f} s; "
                "others may use the cluster: ask for fewer with --workers"
            )
        contexts = {context for context, _ in told}
        if len(contexts) > 1:
            raise EngineError(
                f"the workers compute in different ways ({'; '.join(sorted(contexts))}), so their "
                "answers do not belong into one table; give --device, or a cluster of one kind"
            )
        devices = sorted({described for _, described in told})
        return contexts.pop(), f"{self.count} × {', '.join(devices)} (Ray)"

    def _hand_out(self) -> None:
        """Give whoever has room the next piece of work, the least busy first."""
        while self._queue and self._busy:
            actor = min(self._busy, key=self._busy.__getitem__)
            if self._busy[actor] >= IN_FLIGHT:
                return
            work = self._queue.popleft()
            vectors = [self._stored[number] for _, number in work.held]
            self._flying[actor.answer.remote(work, *vectors)] = actor, work
            self._busy[actor] += 1

    def _take(self, reference: Any) -> None:
        """Keep an answer; what a lost actor had goes back to the front of the line."""
        actor, work = self._flying.pop(reference)
        if actor in self._busy:
            self._busy[actor] -= 1
        errors = self._ray.exceptions
        try:
            self._found[work] = self._ray.get(reference)
        except errors.RayActorError:
            self._busy.pop(actor, None)
            self._queue.appendleft(work)
        except errors.RayTaskError as error:
            self._found[work] = error.cause if isinstance(error.cause, Exception) else error
        except (errors.ObjectStoreFullError, errors.OutOfDiskError) as error:
            raise EngineError(FULL) from error
        while len(self._found) > KEPT:
            self._found.popitem(last=False)

    @contextmanager
    def _in_words(self) -> Iterator[None]:
        """Ray's errors as ours, with what the worker itself said."""
        errors = self._ray.exceptions
        try:
            yield
        except errors.RayTaskError as error:
            raise _cause(error) from error
        except errors.RayActorError as error:
            raise _cause(error) from error
        except (errors.ObjectStoreFullError, errors.OutOfDiskError) as error:
            # Ray puts what does not fit on disk; this is the end of both.
            raise EngineError(FULL) from error


def _cause(error: Any) -> Exception:
    cause = getattr(error, "cause", None)
    if isinstance(cause, TaskArithError):
        return cause
    lines = str(error).strip().splitlines()
    return EngineError(f"a worker could not start: {lines[-1]:.300}")


def _ray(address: str | None) -> Any:
    """The library, told what it reads only when it is imported."""
    own = address is None
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # a head of ours tells nobody anything
    if own or str(address).partition(":")[0] in LOOPBACK:  # else it takes another address
        os.environ.setdefault("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")
    os.environ.setdefault("RAY_raylet_start_wait_time_s", "120")  # a busy machine takes its time
    if own and "ray" not in sys.modules:
        # Ray listens to every network whatever its address is: without the token it does nothing.
        os.environ.setdefault("RAY_AUTH_MODE", "token")
        os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))
    try:
        import ray
    except ImportError as error:
        raise MissingDependencyError(
            f"--engine ray needs the package ray, which did not import ({error}): "
            "pip install 'taskarith[ray]'"
        ) from error
    return ray


def _join(ray: Any, address: str | None) -> None:
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR"}
    if address is None:
        own = {"include_dashboard": False, "object_store_memory": STORE_BYTES}
        try:
            ray.init(address="local", _node_ip_address="127.0.0.1", **own, **quiet)
        except Exception as error:  # Ray raises the bare class where a part of it does not start
            raise EngineError(
                f"Ray did not start on this machine ({str(error).strip()[:200]}); try again when "
                "it is less busy, or start it yourself and say --engine ray://HOST:PORT"
            ) from error
        return
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit():
        raise EngineError(
            f"--engine ray://{address}: write ray://HOST:PORT, as `ray start` says it"
        )
    try:
        socket.create_connection((host, int(port)), timeout=CONNECT_SECONDS).close()
        ray.init(address=address, **quiet)
    except (OSError, ConnectionError, RuntimeError, ValueError) as error:
        told = " ".join(str(error).split())
        if "ersion mismatch" in told:
            raise EngineError(
                f"the cluster at {address} has other versions than this machine "
                f"(Ray {ray.__version__}, Python {sys.version.split()[0]}): {told:.300}"
            ) from error
        raise EngineError(
            f"no Ray cluster answers at {address} ({told:.200}); start one with `ray start --head` "
            "and take the address it prints, or say --engine ray for one on this machine alone"
        ) from error
