"""The gate: bounds what reaches the server before anything reads it; pages leave compressed.

An ASGI layer under Gradio's own. Knows addresses, sizes and paces; not what is asked for.
"""

import asyncio
import json
from ipaddress import IPv6Address, IPv6Network

from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from taskarith.ui.serving.pace import LONGEST, Pace, Windows

__all__ = ["Gate", "gates", "network_of"]

MOST_BYTES = 2**20  # of a call; what the page sends is a few kB
# Calls of one address. Behind a proxy or in a classroom an address is many people: a hundred of
# them make about a hundred calls a second, which is near all that two cores can answer.
EVERY = 1 / 150  # seconds a call, in the long run
BURST = 300
UPLOAD = "/upload"  # Gradio bounds files by itself (`max_file_size`)


def gates() -> list[Middleware]:
    """What `launch(app_kwargs={"middleware": …})` takes."""
    return [Middleware(Gate)]


class Gate:
    """Refuses calls that are too large (413) or too many from one address (429), early.

    Too many windows likewise: the first call of each has Gradio copy its settings of the whole
    page, 15 ms of the one thread that answers everybody.

    An address that calls a little too fast waits. Pages are compressed: Gradio compresses files
    only, and our JavaScript and CSS travel inside the page.

    Args:
        pace: of addresses.
        windows: how many an address may open.
        most_bytes: how long the body of a call may be.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        pace: Pace | None = None,
        windows: Windows | None = None,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self._app = app
        self._compressed = GZipMiddleware(app, minimum_size=1024, compresslevel=6)
        self._pace = pace if pace is not None else Pace(every=EVERY, burst=BURST)
        self._windows = windows if windows is not None else Windows()
        self._most_bytes = most_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, as ASGI has it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif scope["method"] in ("GET", "HEAD"):
            app = self._compressed if _is_page(scope["path"]) else self._app
            await app(scope, receive, send)
        elif scope["path"].rstrip("/").endswith(UPLOAD):
            await self._app(scope, receive, send)
        else:
            await self._call(scope, receive, send)

    async def _call(self, scope: Scope, receive: Receive, send: Send) -> None:
        host, _ = scope.get("client") or ("", 0)
        wait = self._pace.wait(network_of(host))
        if wait >= LONGEST:
            await _refuse(429, "too many calls from your address; wait a moment", scope, send)
            return
        if wait:
            await asyncio.sleep(wait)
        body = await self._read(scope, receive)
        if body is None:
            refusal = f"a call may hold {self._most_bytes} bytes at most; send less"
            await _refuse(413, refusal, scope, send)
            return
        if self._windows.refuses(_window(body), address=network_of(host)):
            await _refuse(429, "too many windows from your address; close some", scope, send)
            return
        await self._app(scope, _again(body, receive), send)

    async def _read(self, scope: Scope, receive: Receive) -> bytes | None:
        """The whole body; None where it is too long or breaks off, and then not all was read."""
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        if not declared.isdigit() or int(declared) > self._most_bytes:
            return None
        parts, size, more = list[bytes](), 0, True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > self._most_bytes:
                return None
            more = message.get("more_body", False)
        return b"".join(parts)


def network_of(host: str) -> str:
    """Who calls from an address. Of IPv6 its first half: the rest a visitor chooses freely.

    >>> network_of("192.0.2.7"), network_of("2001:db8:0:1:a:b:c:d")
    ('192.0.2.7', '2001:db8:0:1::/64')
    """
    try:
        return str(IPv6Network((IPv6Address(host), 64), strict=False))
    except ValueError:
        return host


def _window(body: bytes) -> str:
    """Gradio's name for the window that calls; one for all bodies that name none."""
    try:
        named = json.loads(body)["session_hash"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return ""
    return str(named)[:64]


def _is_page(path: str) -> bool:
    """Pages and their configuration have no ending; what streams lies under Gradio's API."""
    return "." not in path and "/gradio_api" not in path


def _again(body: bytes, receive: Receive) -> Receive:
    """A `receive` that hands out a body which has been read."""
    first: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return first.pop() if first else await receive()

    return replay


async def _refuse(status: int, words: str, scope: Scope, send: Send) -> None:
    # The connection is closed: what is left of the body is never read.
    response = PlainTextResponse(words, status, headers={"Connection": "close"})

    async def nothing() -> Message:
        return {"type": "http.disconnect"}

    await response(scope, nothing, send)
