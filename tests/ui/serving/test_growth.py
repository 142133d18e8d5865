"""Many windows, one after the other: what the server holds does not grow with them."""

import asyncio
import gc
import json
import os
import threading
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from gradio.state_holder import SessionState

from benchmarks.http import Caller, instrument_id
from taskarith.errors import unknown_name
from taskarith.evaluation import Evaluator, ResultCache
from taskarith.suites import Suite
from taskarith.ui.serving.access import Access
from taskarith.ui.serving.explorer import Explorer
from taskarith.ui.serving.explorers import Explorers
from taskarith.ui.serving.gate import Calls, gates
from taskarith.ui.serving.limits import Limiter
from taskarith.ui.serving.pieces import Pieces
from taskarith.ui.site import build
from tests.tiny import TARGETS
from tests.ui.conftest import free_port
from tests.ui.serving.test_explorer import message, ready, run

SESSIONS = 8  # that the server remembers in this test
WINDOWS = 24  # in every round, more than it remembers
ROUNDS = 5
PATIENT = 16  # rounds, where memory still stands higher than at first
KILOBYTE = 1024
CACHE_BYTES = 40 * KILOBYTE  # less than the windows of one round have answers
VISITORS = 10  # in every round over HTTP


@pytest.fixture
def explorer(page_suite: Suite, monkeypatch: pytest.MonkeyPatch) -> Iterator[Explorer]:
    monkeypatch.setattr("taskarith.ui.serving.explorer.MAX_SESSIONS", SESSIONS)
    monkeypatch.setattr("taskarith.evaluation.turns.REMEMBERED", SESSIONS)
    explorer = Explorer(
        page_suite,
        make_evaluator=lambda: Evaluator(page_suite, device="cpu"),
        cache=ResultCache(max_memory_bytes=CACHE_BYTES),
        patience=0.5,
    )
    yield explorer
    explorer.close()


def handles() -> int:
    """Open files and sockets of this process; 0 where the system does not tell."""
    folder = Path("/proc/self/fd")
    return len(os.listdir(folder)) if folder.exists() else 0


def alive() -> Counter[type]:
    """How many objects there are of every type."""
    gc.collect()
    return Counter(map(type, gc.get_objects()))


def test_windows_that_come_and_go_leave_nothing_behind(explorer: Explorer) -> None:
    async def visit(number: int) -> None:
        sent = message({TARGETS[number % 4]: -0.5}, session=f"{number:024x}")
        answer = await explorer.commit(sent)
        while not answer.get("done") and "unknown" not in answer:  # unknown: too many others came
            poll = {"session": sent["session"], "seq": 1, "cursor": answer["cursor"]}
            answer = await explorer.more(poll)
        sent = message({TARGETS[number % 4]: 0.5}, session=f"{number:024x}", seq=2)
        await explorer.commit(sent)  # and is gone without a word

    async def crowd(first: int) -> None:
        await asyncio.gather(*(visit(first + n) for n in range(WINDOWS)))

    async def left_behind() -> int:
        """The commits that are remembered once the worker has noticed who has gone."""
        for _ in range(300):
            if (pieces := alive()[Pieces] - before) <= SESSIONS:
                break
            await asyncio.sleep(0.1)
        return pieces

    async def scenario() -> list[tuple[int, int, int, int]]:
        await ready(explorer)
        held: list[tuple[int, int, int, int]] = []
        while len(held) < ROUNDS or (len(held) < PATIENT and grown(held)):
            await crowd(len(held) * WINDOWS)
            pieces = await left_behind()
            memory = tracemalloc.get_traced_memory()[0]
            held.append((threading.active_count(), handles(), pieces, memory))
        return held

    def grown(held: list[tuple[int, int, int, int]]) -> bool:
        # What is in flight at the end of a round comes and goes, and caches fill; what every window
        # leaves behind grows with each round. So the end is held against the first half.
        memory = [bytes_ for *_, bytes_ in held]
        return min(memory[-2:]) - max(memory[1 : 1 + len(held) // 2]) >= 100 * KILOBYTE

    before = alive()[Pieces]  # of other tests
    tracemalloc.start()
    try:
        held = run(scenario())
    finally:
        tracemalloc.stop()
    first, last = held[1], held[-1]  # the first round fills caches
    assert last[0] <= first[0]
    assert last[1] <= first[1]
    assert last[2] <= SESSIONS
    assert not grown(held), [memory for *_, memory in held]
    assert explorer.cache._memory_bytes <= CACHE_BYTES


@pytest.fixture
def served(explorer: Explorer, page_folder: Path) -> Iterator[tuple[gr.Blocks, str]]:
    """The whole site on a port of this process, where what it holds can be counted."""

    def no_other(name: str) -> Explorer:
        raise unknown_name("suite", name, existing=[])

    first: Future[Explorer] = Future()
    first.set_result(explorer)
    blocks = build(Explorers(str(page_folder), first, open_suite=no_other))
    port = free_port()
    blocks.launch(
        server_name="127.0.0.1",
        server_port=port,
        app_kwargs={"middleware": gates(Access(), Limiter(), calls=Calls())},
        state_session_capacity=SESSIONS,
        prevent_thread_lock=True,
        quiet=True,
    )
    yield blocks, f"http://127.0.0.1:{port}"
    blocks.close(verbose=False)


def test_nor_do_pages_that_come_over_the_network_and_go(
    explorer: Explorer, served: tuple[gr.Blocks, str]
) -> None:
    blocks, url = served
    instrument = instrument_id(url)

    async def visit(number: int) -> None:
        caller = Caller(url, instrument)

        async def call(name: str, sent: dict[str, Any]) -> dict[str, Any]:
            body = {"session_hash": f"page{number}", "component_id": instrument}
            return await caller.send(json.dumps(body | {"fn_name": name, "data": sent}).encode())

        assert (await call("hello", {}))["suite"]["name"] == "tiny"
        sent = message({TARGETS[number % 4]: 0.4}, session=f"{number:024x}")
        answer = await call("commit", sent)
        while not answer.get("done") and "unknown" not in answer:
            poll = {"session": sent["session"], "seq": 1, "cursor": answer["cursor"]}
            answer = await call("more", poll)
        await call("commit", sent | {"seq": 2, "coefficients": {"dice": -0.7}})
        caller.close()

    async def scenario() -> list[dict[str, int]]:
        await ready(explorer)
        held = []
        for turn in range(3):
            await asyncio.gather(*(visit(turn * VISITORS + n) for n in range(VISITORS)))
            while explorer.busy:  # the worker has not noticed yet who has gone
                await asyncio.sleep(0.05)
            await asyncio.sleep(0.2)  # until the server sees that connections were closed
            found = alive()
            held.append(
                {
                    "pieces": found[Pieces],
                    "states": found[SessionState],
                    "tasks": found[asyncio.Task],
                    "queues": len(blocks._queue.pending_messages_per_session),
                    "threads": threading.active_count(),
                    "handles": handles(),
                }
            )
        return held

    before = alive()  # of other tests
    _, first, last = run(scenario())
    assert last["pieces"] - before[Pieces] <= SESSIONS
    assert last["states"] - before[SessionState] <= SESSIONS + 1  # the one that is being replaced
    # What each visitor leaves behind shows as that many more; one or two come and go by themselves.
    assert {name: last[name] for name in last if last[name] >= first[name] + VISITORS} == {}
    assert explorer.cache._memory_bytes <= CACHE_BYTES
