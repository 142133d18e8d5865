"""A bare HTTP client for the page's server functions: many visitors in one thread, cheaply."""

import asyncio
import json
import time
import urllib.request
from typing import Any
from urllib.parse import urlsplit

__all__ = ["Caller", "component_id", "instrument_id", "until_live"]

PATIENCE = 180.0  # seconds until the engine must be there


def component_id(url: str, name: str) -> int:
    """Gradio's number of the component of that name, on whichever page it is."""
    with urllib.request.urlopen(f"{url}/config", timeout=30) as answer:
        components = json.load(answer)["components"]
    return next(int(c["id"]) for c in components if c["props"].get("elem_id") == name)


def instrument_id(url: str) -> int:
    """The same of Explore."""
    return component_id(url, "instrument")


class Caller:
    """One kept-alive connection, one call at a time.

    Args:
        window: what the page calls itself; its calls may come over several connections.
        address: the address to call from, of this machine; any if None.
    """

    def __init__(
        self,
        url: str,
        instrument: int,
        *,
        window: str = "a window",
        address: str | None = None,
    ) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port or 80
        self._instrument = instrument
        self._window = window
        self._from = None if address is None else (address, 0)
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def call(self, name: str, message: object) -> dict[str, Any]:
        """What the server function answers; {"status": …} where the server refused."""
        body = {"session_hash": self._window, "component_id": self._instrument, "fn_name": name}
        return await self.send(json.dumps(body | {"data": message}).encode())

    async def send(self, body: bytes) -> dict[str, Any]:
        """The same with a body that need not be a message at all."""
        try:
            return await self._exchange(body)
        except (ConnectionError, asyncio.IncompleteReadError):
            self.close()  # the server gives up a connection that rests too long: once more, as
            return await self._exchange(body)  # browsers do

    def close(self) -> None:
        """Give the connection back; the next call opens another."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None

    async def _exchange(self, body: bytes) -> dict[str, Any]:
        if self._streams is None:
            self._streams = await asyncio.open_connection(
                self._host, self._port, local_addr=self._from
            )
        reader, writer = self._streams
        writer.write(
            f"POST /gradio_api/component_server/ HTTP/1.1\r\nHost: {self._host}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
        await writer.drain()
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.partition("content-length:")[2].split()[0])
        answer = await reader.readexactly(length)
        if "connection: close" in head:
            self.close()
        status = int(head.split()[1])
        if status != 200:
            return {"status": status}
        parsed: dict[str, Any] = json.loads(answer)
        return parsed


async def until_live(caller: Caller) -> None:
    """Wait until the engine behind the page measures; the caller is given back."""
    ends = time.perf_counter() + PATIENCE
    while time.perf_counter() < ends:
        state = (await caller.call("engine", {"known": "loading"})).get("state")
        if state == "ready":
            caller.close()
            return
        if state != "loading":
            raise SystemExit(f"the engine did not start: its state is {state}")
    raise SystemExit(f"the engine was not there within {PATIENCE:.0f} s")
