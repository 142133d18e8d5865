"""A hundred windows that follow a presenter: from a move of the slider until all have heard it.

The presenter tells a new state every tenth of a second, as its window does while a slider moves,
over HTTP; a hundred followers listen on streams of their own, all of one process that shares the
cores with the server. A wait runs from before the state is sent until a follower has read it.
Beside it, in the same run, as many lines from one bare socket each to a hundred readers, nothing
between: what the machine takes to wake them. Wanted: 300 ms for every follower.
"""

import asyncio
import json
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks import servers
from benchmarks.http import Caller, instrument_id, until_live
from benchmarks.timing import machine, percentile
from taskarith.suites import load_suite

__all__ = ["run"]

FOLLOWERS = 100
MOVES = 100
EVERY = 0.1  # seconds between two moves
LIMIT = 0.3  # seconds
PATIENCE = 30.0  # seconds until all have heard the first state
HEAR = 10.0  # seconds after the last move in which it must be heard


def run(suite: str, *, followers: int = FOLLOWERS, moves: int = MOVES) -> dict[str, object]:
    with tempfile.TemporaryDirectory() as cache, servers.app(suite, cache=Path(cache)) as server:
        waits = asyncio.run(_talk(server.url, suite, followers=followers, moves=moves))
    bare = asyncio.run(_bare(followers=followers, moves=moves))
    every = [wait for each in waits for wait in each]
    return {
        "machine": machine(),
        "followers": followers,
        "moves": moves,
        "heard_share": round(len(every) / (followers * moves), 4),  # the rest was overtaken
        "p50_ms": round(1000 * percentile(every, 50), 1),
        "p95_ms": round(1000 * percentile(every, 95), 1),
        "longest_ms": round(1000 * max(every), 1),
        "limit_ms": 1000 * LIMIT,
        "longest_to_limit": round(max(every) / LIMIT, 3),
        "bare_p95_ms": round(1000 * percentile(bare, 95), 2),
        "bare_longest_ms": round(1000 * max(bare), 2),
        "p95_to_bare": round(percentile(every, 95) / percentile(bare, 95), 1),
    }


async def _talk(url: str, suite: str, *, followers: int, moves: int) -> list[list[float]]:
    """By follower, how long each move took that it heard."""
    focus = load_suite(suite).targets[0]
    await until_live(Caller(url, instrument_id(url)))
    own = await _post(url, "/talks", {})
    path = f"/talks/{own['talk']}"
    sent: dict[str, float] = {}
    waits: list[list[float]] = [[] for _ in range(followers)]
    streams = [await _stream(url, path) for _ in range(followers)]
    ready = [asyncio.Event() for _ in range(followers)]
    last = asyncio.Event()
    finished = [0]

    async def follow(number: int, reader: asyncio.StreamReader) -> None:
        while line := await reader.readline():
            if not line.startswith(b"data:"):
                continue
            now = time.perf_counter()
            state = json.loads(line[5:])["state"]
            ready[number].set()
            if state in sent:
                waits[number].append(now - sent[state])
            if state == final:
                finished[0] += 1
                if finished[0] == followers:
                    last.set()

    def state(move: int) -> str:
        return f"suite={suite}&set={focus}:{(move + 1) / 1000:.10g}&focus={focus}"

    final = state(moves - 1)
    following = [
        asyncio.create_task(follow(number, reader)) for number, (reader, _) in enumerate(streams)
    ]
    # Known to all before anything is timed: the suite is open, every stream is up.
    warm = {"key": own["key"], "state": f"suite={suite}&set={focus}:-1&focus={focus}"}
    answer = await _post(url, path, warm)
    assert answer == {"followers": followers}, answer
    await asyncio.wait_for(asyncio.gather(*(event.wait() for event in ready)), PATIENCE)
    due = time.perf_counter()
    for move in range(moves):
        sent[state(move)] = time.perf_counter()
        await _post(url, path, {"key": own["key"], "state": state(move)})
        due = max(due + EVERY, time.perf_counter())
        await asyncio.sleep(due - time.perf_counter())
    await asyncio.wait_for(last.wait(), HEAR)
    for task in following:
        task.cancel()
    await asyncio.gather(*following, return_exceptions=True)
    for _, writer in streams:
        writer.close()
    return waits


async def _bare(*, followers: int, moves: int) -> list[float]:
    """The same from one socket to all others, as fast as bytes go."""
    writers: list[asyncio.StreamWriter] = []
    waits: list[float] = []
    sent = [0.0]

    async def accepted(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)

    async def follow(reader: asyncio.StreamReader) -> None:
        for _ in range(moves):
            await reader.readline()
            waits.append(time.perf_counter() - sent[0])

    server = await asyncio.start_server(accepted, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    streams = [await asyncio.open_connection("127.0.0.1", port) for _ in range(followers)]
    while len(writers) < followers:
        await asyncio.sleep(0.01)
    following = [asyncio.create_task(follow(reader)) for reader, _ in streams]
    for _ in range(moves):
        sent[0] = time.perf_counter()
        for writer in writers:
            writer.write(b"data: a state\n")
        await asyncio.sleep(EVERY / 4)
    await asyncio.gather(*following)
    for _, writer in streams:
        writer.close()
    server.close()
    return waits


async def _stream(url: str, path: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: {parts.hostname}\r\n\r\n".encode())
    await writer.drain()
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    if " 200 " not in head.partition("\r\n")[0]:
        raise SystemExit(f"a follower was refused: {head.splitlines()[0]}")
    return reader, writer


async def _post(url: str, path: str, message: object) -> dict[str, Any]:
    parts = urlsplit(url)
    body = json.dumps(message).encode()
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    writer.write(
        f"POST {path} HTTP/1.1\r\nHost: {parts.hostname}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode()
        + body
    )
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    length = int(head.partition("content-length:")[2].split()[0])
    answer: dict[str, Any] = json.loads(await reader.readexactly(length))
    writer.close()
    return answer
