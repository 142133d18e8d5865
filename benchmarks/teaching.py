"""What a training on Teach costs Explore: from a commit to its first point, with it and without.

One window commits new edits through the page's own server functions, over HTTP, and waits for the
first point of each. The same is done before a training of 60 steps, the page's own number, while it
learns, and after it: `with_to_without` is the median wait with it by that without. The training
learns letters that this program draws, in the process of its own that the page starts. Nothing
comes from the cache: no two edits are alike.
"""

import asyncio
import random
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks import servers
from benchmarks.http import Caller, component_id, instrument_id, until_live
from benchmarks.timing import machine, percentile
from taskarith.suites import load_suite

__all__ = ["run", "summary"]

COMMITS = 20  # before the training, and after it
PAUSE = 1.0  # seconds between the last of an edit and the next commit
STEPS = 60
EXAMPLES = 400
TAUGHT = {"images": "letters", "texts": "news-topic"}
VISITOR, SESSION = "ab" * 12, "cd" * 12
LOOK = 0.5  # seconds between two looks at the training
PATIENCE = 300.0


def run(suite: str) -> dict[str, object]:
    loaded = load_suite(suite)
    world = TAUGHT[loaded.weights.family.examples[0]]
    with (
        tempfile.TemporaryDirectory() as folder,
        servers.app(suite, cache=Path(folder) / "cache", suites=Path(folder) / "suites") as server,
    ):
        return asyncio.run(_measured(server.url, targets=loaded.targets, world=world))


def summary(
    without: Sequence[float], learning: Sequence[float], *, seconds: float
) -> dict[str, object]:
    """Waits in seconds, in medians and 95th percentiles, and their ratio."""
    halves = {"without": list(without), "with": list(learning)}
    return {
        "machine": machine(),
        "commits": {name: len(waits) for name, waits in halves.items()},
        **{f"{name}_p50_s": percentile(waits, 50) for name, waits in halves.items()},
        **{f"{name}_p95_s": percentile(waits, 95) for name, waits in halves.items()},
        "with_to_without": round(
            percentile(halves["with"], 50) / percentile(halves["without"], 50), 2
        ),
        "training_s": round(seconds, 1),
    }


async def _measured(url: str, *, targets: Sequence[str], world: str) -> dict[str, object]:
    explore = Caller(url, instrument_id(url))
    await until_live(explore)
    teach = Caller(url, component_id(url, "teach"))
    edits = _Edits(explore, targets)
    await edits.waits(lambda done: done < 3)  # warms up
    without = await edits.waits(lambda done: done < COMMITS)
    asked = {"visitor": VISITOR, "world": world, "reading": {"most": EXAMPLES}, "steps": STEPS}
    refused = await teach.call("start", {**asked, "examples": EXAMPLES})
    if refused:
        raise SystemExit(f"the training did not start: {str(refused)[:200]}")
    state: dict[str, Any] = {"state": "waiting"}

    async def follow() -> float:
        """Seconds from its first look to its end."""
        began, ends = None, time.perf_counter() + PATIENCE
        while state["state"] in ("waiting", "running"):
            if time.perf_counter() > ends:
                raise SystemExit(f"the training was not over within {PATIENCE:.0f} s")
            await asyncio.sleep(LOOK)
            state.update(await teach.call("look", {"visitor": VISITOR}))
            if began is None and (state.get("found") or {}).get("looks"):
                began = time.perf_counter()
        if state["state"] != "done":
            raise SystemExit(f"the training failed: {state.get('message')}")
        return time.perf_counter() - (began or ends)

    following = asyncio.create_task(follow())
    while not following.done() and not (state.get("found") or {}).get("looks"):
        await asyncio.sleep(LOOK)
    learning = await edits.waits(lambda _: not following.done())
    seconds = await following
    without += await edits.waits(lambda done: done < COMMITS)
    explore.close()
    teach.close()
    return summary(without, learning, seconds=seconds)


class _Edits:
    """One window on Explore, which commits edits that nobody measured before."""

    def __init__(self, caller: Caller, targets: Sequence[str]) -> None:
        self._caller, self._targets = caller, list(targets)
        self._rng = random.Random(0)
        self._seq = 0

    async def waits(self, more: Callable[[int], bool]) -> list[float]:
        """Seconds to the first point of one edit after the other, while `more(done)` says so."""
        waits: list[float] = []
        while more(len(waits)):
            waits.append(await self._wait())
            await asyncio.sleep(PAUSE)
        return waits

    async def _wait(self) -> float:
        focus, other = self._rng.sample(self._targets, 2)
        edit = {focus: round(self._rng.uniform(0.1, 1), 4), other: -0.25}
        self._seq += 1
        asked = {"session": SESSION, "seq": self._seq}
        sent = time.perf_counter()
        answer = await self._caller.call("commit", asked | {"coefficients": edit, "focus": focus})
        while not any(point[0] == edit for point in answer.get("points", [])):
            if "points" not in answer or answer["done"]:
                raise SystemExit(f"Explore did not measure the edit: {str(answer)[:200]}")
            answer = await self._caller.call("more", asked | {"cursor": answer["cursor"]})
        return time.perf_counter() - sent
