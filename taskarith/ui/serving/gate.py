"""The gate: bounds what reaches the server before anything reads it; pages leave compressed.

An ASGI layer under Gradio's own. Knows addresses, names, sizes, paces and which of Gradio's routes
the pages use; not what is asked for.
"""

import asyncio
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from taskarith.ui.query import LONGEST_QUERY
from taskarith.ui.serving.access import Access, Headers
from taskarith.ui.serving.limits import Limiter, network_of
from taskarith.ui.serving.pace import LONGEST

__all__ = ["Calls", "Gate", "gates"]

MOST_BYTES = 2**20  # of a call; what the page sends is a few kB
LONGEST_NAME = 64  # of a window

# Gradio's own routes, below API. It has many more, which write files or answer for minutes.
API = "/gradio_api/"
COMPONENT, EVENT, RESET, UPLOAD = "component_server", "queue/join", "reset", "upload"
TALKS = "/talks"  # ours: windows that follow another
CALLED = (COMPONENT, EVENT, "cancel", RESET)
READ = ("info", "startup-events", "queue/data", "upload_progress", "user", "theme.css")
READ_UNDER = ("heartbeat/", "file=", "file/")
WATCHED = ("/monitoring",)

# Pictures and scripts of ours only: what a stranger wrote into a card fetches nothing from
# elsewhere, so that its author does not hear who reads it.
POLICY = (
    "img-src 'self' data: blob:; media-src 'self' data: blob:; object-src 'none'; base-uri 'self'"
)


@dataclass(frozen=True)
class Calls:
    """What pages call: Gradio's numbers of their components and events; None for any."""

    components: Collection[int] | None = None
    events: Collection[int] | None = None

    def problem(self, route: str, body: Mapping[str, Any]) -> str | None:
        """What of a call makes no sense, in words; Gradio itself would fail over it."""
        if route == COMPONENT and not _known(body.get("component_id"), self.components):
            return "this page has no such component; reload it"
        if route == EVENT and not _known(body.get("fn_index"), self.events):
            return "this page has no such event; reload it"
        if route != RESET and not 0 < len(_window(body)) <= LONGEST_NAME:
            return "the call does not say which window it comes from; reload the page"
        return None


@dataclass(frozen=True)
class _Caller:
    """Whence a request comes, and which of Gradio's routes it asks for ("" for none)."""

    address: str
    route: str
    headers: Headers = field(repr=False)


def gates(
    access: Access, limiter: Limiter, *, calls: Calls, uploads: Path | None = None
) -> list[Middleware]:
    """What `launch(app_kwargs={"middleware": …})` takes."""
    return [Middleware(Gate, access=access, limiter=limiter, calls=calls, uploads=uploads)]


class Gate:
    """Refuses early: whom the server is not for (403), what is too large (413) or too much (429).

    Too many windows likewise: the first call of each has Gradio copy its settings of the whole
    page, 15 ms of the one thread that answers everybody.

    An address that calls a little too fast waits. Pages are compressed: Gradio compresses files
    only, and our JavaScript and CSS travel inside the page.

    Args:
        access: for whom the server is.
        limiter: how much of everything an address gets.
        calls: what there is to be called.
        uploads: the folder in which uploads lie, whose disk is not to be filled; None for any.
        most_bytes: how long the body of a call may be.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        access: Access,
        limiter: Limiter,
        calls: Calls,
        uploads: Path | None = None,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self._app = app
        self._compressed = GZipMiddleware(app, minimum_size=1024, compresslevel=6)
        self._access = access
        self._limiter = limiter
        self._calls = calls
        self._uploads = uploads
        self._most_bytes = most_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, as ASGI has it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":  # no page of ours speaks anything else
            await send({"type": "websocket.close", "code": 1008})
            return
        headers = _headers(scope)
        refusal = self._access.refusal(headers)
        if refusal is not None:
            await _refuse(403, refusal, scope, send)
            return
        host, _ = scope.get("client") or ("", 0)
        path = scope["path"].removeprefix(scope.get("root_path", "").rstrip("/"))
        route = path.removeprefix(API) if path.startswith(API) else ""
        caller = _Caller(network_of(host), route, headers)
        if scope["method"] in ("GET", "HEAD"):
            await self._get(path, caller, scope, receive, send)
        elif scope["method"] == "POST" and route == UPLOAD:
            await self._upload(caller, scope, receive, send)
        elif scope["method"] == "POST" and route.rstrip("/") in CALLED:
            await self._call(caller, scope, receive, send)
        elif scope["method"] == "POST" and _is_talk(path):
            await self._tell(caller, scope, receive, send)
        else:
            await _refuse(404, "there is nothing to call here", scope, send)

    async def _get(
        self, path: str, caller: _Caller, scope: Scope, receive: Receive, send: Send
    ) -> None:
        own = not path.startswith(API) and not path.startswith(WATCHED)
        if not own and caller.route not in READ and not caller.route.startswith(READ_UNDER):
            await _refuse(404, "there is nothing to read here", scope, send)
            return
        query = scope.get("query_string", b"")
        if len(query) > LONGEST_QUERY or min(query, default=33) <= 32:  # no browser sends blanks
            await _refuse(414, "this address is none that a page of ours has", scope, send)
            return
        whole = own and "." not in path and not _is_talk(path)  # a page, or its configuration
        if (self._limiter.pages if whole else self._limiter.files).refuses(caller.address):
            await _refuse(429, "too many pages for your address; wait a moment", scope, send)
        elif whole:
            await self._compressed(scope, receive, _with_policy(send))
        else:  # files, and what streams
            await self._app(scope, receive, send)

    async def _upload(self, caller: _Caller, scope: Scope, receive: Receive, send: Send) -> None:
        """Files: Gradio bounds each by itself (`max_file_size`) and reads them as they come."""
        length = _length(caller.headers)
        if length is None:
            await _refuse(411, "an upload has to say how long it is", scope, send)
        elif not _only(caller.headers, "content-type").startswith("multipart/form-data"):
            await _refuse(415, "files are sent as multipart/form-data", scope, send)
        elif self._limiter.uploads.refuses(caller.address):
            await _refuse(429, "too many uploads from your address; wait a moment", scope, send)
        elif self._limiter.uploaded.refuses(caller.address, length):
            words = "more was uploaded here in the last hour than there is room for; try it later"
            await _refuse(413, words, scope, send)
        elif (problem := await asyncio.to_thread(self._full, length)) is not None:
            await _refuse(413, problem, scope, send)
        else:
            await self._app(scope, receive, send)

    def _full(self, length: int) -> str | None:
        """Why so many bytes do not fit on the disk, in words."""
        if self._uploads is None:
            return None
        from taskarith.errors import SourceError
        from taskarith.sources.plan import check_disk

        try:
            check_disk("this upload", length, folder=self._uploads)
        except SourceError as error:
            return str(error)
        return None

    async def _call(self, caller: _Caller, scope: Scope, receive: Receive, send: Send) -> None:
        body = await self._taken(caller, scope, receive, send)
        if body is None:
            return
        fields = _fields(body)
        if (problem := self._calls.problem(caller.route.rstrip("/"), fields)) is not None:
            await _refuse(400, problem, scope, send)
            return
        window = f"gradio {_window(fields)}"
        if self._limiter.windows.refuses(window, address=caller.address):
            await _refuse(429, "too many windows from your address; close some", scope, send)
            return
        await self._app(scope, _again(body, receive), send)

    async def _tell(self, caller: _Caller, scope: Scope, receive: Receive, send: Send) -> None:
        """What a presenter's window tells those that follow it."""
        body = await self._taken(caller, scope, receive, send)
        if body is not None:
            await self._app(scope, _again(body, receive), send)

    async def _taken(
        self, caller: _Caller, scope: Scope, receive: Receive, send: Send
    ) -> bytes | None:
        """The body of a call in JSON, at its pace; None where it was refused."""
        kind = _only(caller.headers, "content-type").partition(";")[0].strip().lower()
        if kind != "application/json":  # anything else a page elsewhere could send unasked
            await _refuse(415, "a call is JSON and says so (application/json)", scope, send)
            return None
        wait = self._limiter.calls.wait(caller.address)
        if wait >= LONGEST:
            await _refuse(429, "too many calls from your address; wait a moment", scope, send)
            return None
        if wait:
            await asyncio.sleep(wait)
        body = await self._read(caller, receive)
        if body is None:
            refusal = f"a call may hold {self._most_bytes} bytes at most; send less"
            await _refuse(413, refusal, scope, send)
        return body

    async def _read(self, caller: _Caller, receive: Receive) -> bytes | None:
        """The whole body; None where it is too long or breaks off, and then not all was read."""
        if "content-length" in caller.headers:
            declared = _length(caller.headers)
            if declared is None or declared > self._most_bytes:
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


def _fields(body: bytes) -> Mapping[str, Any]:
    """What a call says; nothing where it is no JSON object."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _window(fields: Mapping[str, Any]) -> str:
    """Gradio's name for the window that calls; one for all calls that name none."""
    named = fields.get("session_hash")
    return named if isinstance(named, str) else ""


def _headers(scope: Scope) -> Headers:
    found: dict[str, list[str]] = {}
    for name, value in scope["headers"]:
        found.setdefault(name.decode("latin-1"), []).append(value.decode("latin-1"))
    return found


def _only(headers: Headers, name: str) -> str:
    """A header that may be there once; "" where it is not."""
    found = headers.get(name, ())
    return found[0] if len(found) == 1 else ""


def _length(headers: Headers) -> int | None:
    """How long a body says it is; None where it does not, or says nonsense."""
    text = _only(headers, "content-length")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 20 else None


def _is_talk(path: str) -> bool:
    return path == TALKS or path.startswith(f"{TALKS}/")


def _known(number: object, known: Collection[int] | None) -> bool:
    return type(number) is int and (known is None or number in known)


def _with_policy(send: Send) -> Send:
    """A `send` that tells the browser what a page may fetch."""

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers["Content-Security-Policy"] = POLICY
            headers["X-Content-Type-Options"] = "nosniff"
        await send(message)

    return sent


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
