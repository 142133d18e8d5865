"""Many people at once: scripted visitors, each with sliders of their own, on one process.

A visitor commits a new edit every 5 s through the page's own server functions, over HTTP, and
follows what is measured as the page does. Its wait runs from the commit to the first measured point
of that edit, or of a newer one where none came in between. Each crowd comes twice: alone, and with
one bad visitor at another address, who sends commits as fast as the server takes them (1,000 a
second at most), half of them from windows made up on the spot, and absurd payloads. With
`--visitors N` one crowd of N comes, alone: for an hour, `--visitors 32 --seconds 3600`. The client
runs on the same cores. Footprints are the server's, looked at every minute. Linux only.
"""

import asyncio
import random
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks import servers
from benchmarks.http import Caller, instrument_id, until_live
from benchmarks.processes import footprint
from benchmarks.timing import machine, percentile
from taskarith.suites import load_suite

__all__ = ["run", "summary"]

CROWDS = (32, 100)
EVERY = 5.0  # seconds between a visitor's commits
SETTLING = 20.0  # seconds before the footprint is first looked at: sessions open
LOOK_EVERY = 60.0  # seconds between two looks at the footprint
BAD_CALLERS = 8
BAD_PER_SECOND = 1000
BAD_ADDRESS = "127.0.0.2"  # Linux takes all of 127.0.0.0/8 for this machine
ABSURD: Sequence[object] = (
    None,
    [],
    "x" * 50_000,
    {"session": "../../etc", "seq": -1},
    {"session": "b" * 24, "seq": 2**80, "coefficients": {"letters": 1e308}},
    {"session": "b" * 24, "seq": True, "coefficients": {str(n): 1 for n in range(5_000)}},
    {"session": "b" * 24, "seq": 1, "coefficients": {"letters": "NaN"}, "focus": {"a": []}},
    {"session": "b" * 24, "seq": 1, "coefficients": {"letters": "1" * 2_000_000}},
)


@dataclass
class Tally:
    """What happened: seconds waited by visitor, calls answered, and what went wrong."""

    waits: dict[int, list[float]] = field(default_factory=dict)
    calls: int = 0
    errors: list[str] = field(default_factory=list)


def run(suite: str, *, seconds: float = 600.0, visitors: int | None = None) -> dict[str, object]:
    results: dict[str, dict[str, Any]] = {}
    for crowd in CROWDS if visitors is None else [visitors]:
        for bad in (False, True) if visitors is None else [False]:
            with (
                tempfile.TemporaryDirectory() as cache,
                servers.app(suite, cache=Path(cache)) as server,
            ):
                name = f"{crowd} visitors" + (" and a bad one" if bad else "")
                results[name] = asyncio.run(
                    _crowd(server, suite=suite, visitors=crowd, bad=bad, seconds=seconds)
                )
    return summary(results, seconds=seconds)


def summary(results: dict[str, dict[str, Any]], *, seconds: float) -> dict[str, object]:
    """The result, of each crowd's: the worst of every figure that was asked for, then all."""
    return {
        "machine": machine(),
        "seconds": seconds,
        **{key: max(r[key] for r in results.values()) for key in ("p95_s", "errors")},
        "rss_growth_mb": max(r["rss_growth_mb"] for r in results.values()),
        "crowds": results,
    }


async def _crowd(
    server: servers.Server, *, suite: str, visitors: int, bad: bool, seconds: float
) -> dict[str, Any]:
    instrument = instrument_id(server.url)
    await until_live(Caller(server.url, instrument))
    targets = list(load_suite(suite).targets)
    tally, misdeeds = Tally(), Tally()
    ends = time.perf_counter() + SETTLING + seconds
    async with asyncio.TaskGroup() as group:
        for number in range(visitors):
            callers = [Caller(server.url, instrument, window=f"visitor {number}") for _ in range(2)]
            group.create_task(_visit(callers, number, targets=targets, ends=ends, tally=tally))
        for number in range(BAD_CALLERS if bad else 0):
            caller = Caller(server.url, instrument, window="a bad one", address=BAD_ADDRESS)
            group.create_task(_misbehave(caller, number, targets, ends=ends, tally=misdeeds))
        await asyncio.sleep(SETTLING)
        before = footprint(server.pid)
        looks = [before.rss]
        while (left := ends - time.perf_counter()) > 0:
            await asyncio.sleep(min(LOOK_EVERY, left))
            looks.append(footprint(server.pid).rss)
        after = footprint(server.pid)
    waits = [wait for each in tally.waits.values() for wait in each]
    means = [sum(each) / len(each) for each in tally.waits.values() if each]
    return {
        "first_points": len(waits),
        "p50_s": percentile(waits, 50),
        "p95_s": percentile(waits, 95),
        "longest_mean_to_mean": round(max(means) * len(waits) / sum(waits), 2),
        "visitors_without_a_point": visitors - len(means),
        "calls": tally.calls,
        "errors": len(tally.errors),
        "first_error": next(iter(tally.errors), None),
        "bad_calls": misdeeds.calls,
        "rss_mb": round(after.rss / 2**20),
        "rss_growth_mb": round((after.rss - before.rss) / 2**20, 1),
        "rss_mb_each_minute": [round(rss / 2**20) for rss in looks],
        "threads": [before.threads, after.threads],
        "handles": [before.handles, after.handles],
    }


async def _visit(
    callers: Sequence[Caller], number: int, *, targets: Sequence[str], ends: float, tally: Tally
) -> None:
    """Move a slider every 5 s. Two connections: a new commit does not wait for an old answer."""
    rng = random.Random(number)
    waiting: list[float] = []  # when the commits were sent whose first point has not come
    waits = tally.waits.setdefault(number, [])
    following: dict[int, asyncio.Task[None]] = {}
    seq = 0
    await asyncio.sleep(EVERY * rng.random())  # nobody starts together
    due = time.perf_counter()
    while due < ends:
        seq += 1
        if seq % 2 in following:
            await following[seq % 2]  # it was overtaken by the last commit
        focus, other = rng.sample(list(targets), 2)
        edit = {focus: round(rng.uniform(-1, 1), 2), other: round(rng.uniform(-1, 1), 2)}
        message = {"session": f"{number:024x}", "seq": seq, "coefficients": edit, "focus": focus}
        waiting.append(time.perf_counter())
        following[seq % 2] = asyncio.create_task(
            _follow(callers[seq % 2], message, waiting=waiting, waits=waits, tally=tally)
        )
        due += EVERY
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
    for task in following.values():
        task.cancel()
    await asyncio.gather(*following.values(), return_exceptions=True)
    for caller in callers:
        caller.close()


async def _follow(
    caller: Caller,
    message: dict[str, Any],
    *,
    waiting: list[float],
    waits: list[float],
    tally: Tally,
) -> None:
    """Commit an edit and ask for more until it is measured or overtaken."""
    edit = {name: value for name, value in message["coefficients"].items() if value}
    name, sent = "commit", message
    while True:
        try:
            answer = await caller.call(name, sent)
        except (OSError, EOFError, ValueError) as error:
            tally.errors.append(f"{name}: {error!r}")
            return
        tally.calls += 1
        if "error" in answer or "points" not in answer:
            tally.errors.append(f"{name}: {str(answer)[:200]}")
            return
        if waiting and any(point[0] == edit for point in answer["points"]):
            waits.append(time.perf_counter() - waiting[0])
            waiting.clear()
        if answer["done"]:
            return
        polled = {key: message[key] for key in ("session", "seq")}
        name, sent = "more", polled | {"cursor": answer["cursor"]}


async def _misbehave(
    caller: Caller, number: int, targets: Sequence[str], *, ends: float, tally: Tally
) -> None:
    """Commits without pause, half of them from one session; every tenth call is an absurd one."""
    rng = random.Random(-number - 1)
    due = time.perf_counter()
    while due < ends:
        edit = {name: round(rng.uniform(-1, 1), 4) for name in targets}
        message: object = {
            "session": "b" * 24 if rng.random() < 0.5 else f"{rng.getrandbits(96):024x}",
            "seq": int(1e6 * time.time()),
            "coefficients": edit,
            "focus": targets[0],
        }
        if rng.random() < 0.1:
            message = rng.choice(ABSURD)
        try:
            await caller.call("commit", message)
        except (OSError, EOFError, ValueError) as error:
            tally.errors.append(repr(error))
            caller.close()
        tally.calls += 1
        due = max(due + BAD_CALLERS / BAD_PER_SECOND, time.perf_counter() - 1)
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
    caller.close()
