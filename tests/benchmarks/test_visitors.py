"""The scripted visitors' tools: what they call with, and what they look at."""

import asyncio
import json
import os
import sys

import pytest

from benchmarks.http import Caller
from benchmarks.processes import footprint
from benchmarks.visitors import Tally, _follow
from tests.ui.serving.test_explorer import run


async def served(answers: list[dict[str, object]], *, calls_a_connection: int) -> list[object]:
    """What a server was asked by a visitor who commits, when it answers so."""
    asked: list[object] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(calls_a_connection):
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            length = int(head.partition("content-length:")[2].split()[0])
            asked.append(json.loads(await reader.readexactly(length)))
            body = json.dumps(answers[len(asked) - 1]).encode()
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    caller = Caller(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", 7)
    message = {"session": "s", "seq": 3, "coefficients": {"a": 0.5}, "focus": "a"}
    waiting, waits, tally = [0.0], list[float](), Tally()
    await _follow(caller, message, waiting=waiting, waits=waits, tally=tally)
    caller.close()
    server.close()
    return [*asked, len(waits), len(waiting), len(tally.errors)]


@pytest.mark.parametrize("calls_a_connection", [1, 5])
def test_a_visitor_follows_its_commit_to_the_end(calls_a_connection: int) -> None:
    answers: list[dict[str, object]] = [
        {
            "points": [[{}, {}]],
            "cursor": 1,
            "done": False,
        },  # the pretrained model's: no first point
        {"points": [[{"a": 0.5}, {}]], "cursor": 2, "done": False},
        {"points": [], "cursor": 2, "done": True},
    ]
    *asked, waits, waiting, errors = run(served(answers, calls_a_connection=calls_a_connection))
    assert [(a["fn_name"], a["data"].get("cursor")) for a in asked] == [
        ("commit", None),
        ("more", 1),
        ("more", 2),
    ]
    assert {a["component_id"] for a in asked} == {7}
    assert (waits, waiting, errors) == (1, 0, 0)


def test_a_refusal_is_an_error() -> None:
    answers: list[dict[str, object]] = [{"error": "λ(a) = 9 is out of range"}]
    assert run(served(answers, calls_a_connection=5))[1:] == [0, 1, 1]


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
def test_what_a_process_holds() -> None:
    before = footprint(os.getpid())
    with open(os.devnull, "rb"):
        during = footprint(os.getpid())
    assert during.handles == before.handles + 1
    assert during.threads >= 1
    assert during.rss > 2**20
