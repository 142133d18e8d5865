"""Follow me, on the server: a presenter opens a talk and tells its state; windows listen to it.

`POST /talks` opens one, `POST /talks/NAME` tells, `GET /talks/NAME` streams (server-sent events).
What is told passes the checks of a link before anybody hears it. No follower has a thread: each is
a task that waits, and all are sent the same bytes.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from taskarith.errors import TaskArithError
from taskarith.ui.query import read_query
from taskarith.ui.serving.explorers import Explorers
from taskarith.ui.serving.limits import Limiter, network_of
from taskarith.ui.serving.pace import LONGEST
from taskarith.ui.serving.talks import Seat, Talks

if TYPE_CHECKING:
    from taskarith.suites import Suite

__all__ = ["checked_state", "following"]

MOST_BYTES = 8192  # of what is told; a link with thirty vectors has 1,000
RETRY = 2000  # ms until a browser that lost the line comes back

# What a state may say beside its edit. The browser checks what each name means.
NAMES = r"[\w.,:-]{1,1000}"
BESIDE = {
    "measure": r"normalized|gain",
    "lesson": r"[a-z0-9-]{1,64}",
    "step": r"[0-9]{1,3}",
    "hide": NAMES,
    "sliders": NAMES,
    "tasks": NAMES,
    "bounds": NAMES,
}

Answer = dict[str, Any]


def following(talks: Talks, explorers: Explorers, *, limiter: Limiter) -> list[Route]:
    """The routes that let windows follow another."""

    async def opened(request: Request) -> Response:
        address = network_of(request.client.host if request.client else "")
        try:
            if limiter.talks.refuses(address):
                raise TaskArithError("too many talks were opened from your network; wait a minute")
            name, key = talks.open(address)
        except TaskArithError as error:
            return JSONResponse({"error": str(error)})
        return JSONResponse({"talk": name, "key": key})

    async def told(request: Request) -> Response:
        name = request.path_params["name"]
        fields = _fields(await request.body())
        key = fields.get("key")
        if not isinstance(key, str) or not talks.knows(name, key):
            return JSONResponse({"gone": True})
        if fields.get("end") is True:
            talks.end(name, key)
            return JSONResponse({"gone": True})
        if (wait := limiter.told.wait(name)) >= LONGEST:
            return JSONResponse({"error": "too many states at once"}, 429)
        await asyncio.sleep(wait)
        try:
            news = await _news(fields, explorers) if "state" in fields else None
        except TaskArithError as error:
            return JSONResponse({"error": str(error)})
        followers = talks.tell(name, key, news)
        return JSONResponse({"gone": True} if followers is None else {"followers": followers})

    async def followed(request: Request) -> Response:
        try:
            seat = talks.seat(request.path_params["name"])
        except TaskArithError:
            return _over("full")
        return _over("gone") if seat is None else _Stream(seat)

    return [
        Route("/talks", opened, methods=["POST"]),
        Route("/talks/{name}", told, methods=["POST"]),
        Route("/talks/{name}", followed, methods=["GET"]),
    ]


def checked_state(text: object, suite: "Suite") -> str:
    """A state as a query, with what of `text` passes the checks of a link to `suite`.

    Raises:
        TaskArithError: it does not say which edit it is about.
    """
    from taskarith.ui.edit_link import read_link, write_link  # needs torch

    fields = read_query(text)
    linked = read_link(fields, suite)
    if not linked.found:
        raise TaskArithError("a state says which edit it is: set=letters:0.3, say")
    own = write_link(linked.edit, focus=linked.focus, analogy=linked.analogy, pinned=linked.pinned)
    beside = [
        f"{name}={quote(fields[name], safe=':,')}"
        for name, allowed in BESIDE.items()
        if name in fields and re.fullmatch(allowed, fields[name], re.ASCII)
    ]
    return "&".join([own, *beside])


async def _news(fields: Mapping[str, Any], explorers: Explorers) -> bytes:
    """A state, checked, with what has been measured for the presenter's window meanwhile."""
    state = fields["state"]
    explorer = await explorers.get(read_query(state).get("suite"))
    news: Answer = {"state": checked_state(state, explorer.suite)}
    point = explorer.measured(fields.get("session"))
    if point is not None:
        news["point"] = point
    return json.dumps(news, separators=(",", ":")).encode()


def _fields(body: bytes) -> Mapping[str, Any]:
    if len(body) > MOST_BYTES:
        return {}
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
EVENTS = "text/event-stream"


def _over(why: str) -> Response:
    """An answer after which a browser does not come back: it is told why, in an event."""
    return Response(f"event: over\ndata: {why}\n\n", media_type=EVENTS, headers=HEADERS)


class _Stream(StreamingResponse):
    """What a follower hears; its seat is free again however the stream ends."""

    def __init__(self, seat: Seat) -> None:
        super().__init__(_events(seat), media_type=EVENTS, headers=HEADERS)
        self._seat = seat

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._seat.leave()


async def _events(seat: Seat) -> AsyncIterator[bytes]:
    yield b"retry: %d\n\n" % RETRY
    async for news in seat.news():
        yield b": \n\n" if news is None else b"data: %b\n\n" % news
    yield b"event: over\ndata: gone\n\n"
