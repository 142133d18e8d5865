"""The gate under the page: too much or too often is refused early, and pages are compressed."""

import gzip
import http.client
import json
import urllib.error
import urllib.request
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from benchmarks.http import instrument_id
from taskarith.ui.serving.gate import Gate, network_of
from taskarith.ui.serving.pace import Pace, Windows
from tests.ui.conftest import Server
from tests.ui.serving.test_explorer import run


class App:
    """Answers every request with the body it got, and writes down where it was called."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, bytes]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body, more = b"", scope["type"] == "http" and scope["method"] == "POST"
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        self.calls.append((scope["path"], body))
        headers = [(b"content-type", b"text/html")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body or b"page " * 1000})


def request(
    gate: Gate,
    path: str = "/gradio_api/component_server/",
    *,
    parts: tuple[bytes, ...] = (b"{}",),
    method: str = "POST",
    host: str = "192.0.2.1",
    headers: tuple[tuple[bytes, bytes], ...] = (),
) -> tuple[int, bytes, dict[bytes, bytes]]:
    """Status, body and headers of the answer to one request, sent in `parts`."""
    sent: list[Message] = []
    incoming = [
        {"type": "http.request", "body": part, "more_body": index < len(parts) - 1}
        for index, part in enumerate(parts)
    ]

    async def receive() -> Message:
        return incoming.pop(0) if incoming else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope: dict[str, Any] = {
        "type": "http",
        "method": method,
        "path": path,
        "headers": list(headers),
        "client": (host, 5),
    }
    run(gate(scope, receive, send))
    body = b"".join(message.get("body", b"") for message in sent)
    return sent[0]["status"], body, dict(sent[0]["headers"])


def test_a_call_reaches_the_page_whole() -> None:
    app = App()
    status, body, _ = request(Gate(app), parts=(b'{"a"', b": 1}"))
    assert (status, body) == (200, b'{"a": 1}')


def test_windows_made_up_for_every_call_are_refused() -> None:
    app = App()
    gate = Gate(app, windows=Windows(Pace(every=0.5, burst=2, clock=lambda: 0.0)))

    def opens(name: object, *, host: str = "192.0.2.1") -> int:
        body = json.dumps({"session_hash": name, "data": {}}).encode()
        return request(gate, parts=(body,), host=host)[0]

    found = [opens(f"window {n}") for n in range(9)]
    assert found == [200] * 5 + [429] * 4
    assert opens("window 0") == 200  # those that were there before go on
    assert opens("window 8", host="192.0.2.2") == 200
    assert [request(gate, parts=(body,))[0] for body in (b"{}", b"[]", b"nonsense", b"7")] == [
        429, 429, 429, 429,
    ]  # fmt: skip
    assert len(app.calls) == 7


@pytest.mark.parametrize("declared", [(), ((b"content-length", b"2000"),)])
def test_a_call_that_is_too_long_never_reaches_it(
    declared: tuple[tuple[bytes, bytes], ...],
) -> None:
    app = App()
    parts = (b"x" * 600, b"x" * 600, b"x" * 800)
    status, body, _ = request(Gate(app, most_bytes=1000), parts=parts, headers=declared)
    assert status == 413
    assert b"1000 bytes at most" in body
    assert app.calls == []


@pytest.mark.parametrize("length", [b"-5", b"many", b"1e3"])
def test_a_length_that_is_none_is_refused(length: bytes) -> None:
    app = App()
    assert request(Gate(app), headers=((b"content-length", length),))[0] == 413
    assert app.calls == []


def test_uploads_are_bounded_elsewhere() -> None:
    app = App()
    status, _, _ = request(Gate(app, most_bytes=10), "/gradio_api/upload", parts=(b"x" * 100,))
    assert status == 200
    assert len(app.calls[0][1]) == 100


def test_an_address_that_calls_too_often_is_refused_and_the_others_are_not() -> None:
    app = App()
    gate = Gate(app, pace=Pace(every=2.0, burst=1, clock=lambda: 0.0))
    assert [request(gate)[0] for _ in range(3)] == [200, 429, 429]
    assert request(gate, host="192.0.2.2")[0] == 200
    assert request(gate, "/", method="GET")[0] == 200
    assert len(app.calls) == 3


def test_addresses_of_one_network_are_one() -> None:
    assert network_of("2001:db8::1") == network_of("2001:db8::ffff:2")
    assert network_of("2001:db8::1") != network_of("2001:db8:1::1")
    assert network_of("192.0.2.1") != network_of("192.0.2.2")
    assert network_of("") == ""


@pytest.mark.parametrize(
    ("path", "compressed"),
    [("/", True), ("/recipes", True), ("/config", True), ("/gradio_api/queue/data", False)],
)
def test_pages_leave_compressed_and_streams_do_not(path: str, compressed: bool) -> None:
    accepts = ((b"accept-encoding", b"gzip"),)
    _, body, headers = request(Gate(App()), path, method="GET", headers=accepts)
    assert (headers.get(b"content-encoding") == b"gzip") == compressed
    assert (gzip.decompress(body) if compressed else body) == b"page " * 1000


def post(url: str, body: bytes) -> int:
    asked = urllib.request.Request(
        f"{url}gradio_api/component_server/", body, {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(asked, timeout=60) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def announce(server: Server, *, length: int) -> int:
    """What is answered to a call that says how long it will be, before any of it is sent."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.putrequest("POST", "/gradio_api/component_server/")
    connection.putheader("Content-Length", str(length))
    connection.endheaders()
    status = connection.getresponse().status
    connection.close()
    return status


def test_the_real_page_refuses_what_is_too_long_and_goes_on(server: Server) -> None:
    instrument = instrument_id(server.url.rstrip("/"))
    call = {"session_hash": "s", "component_id": instrument, "fn_name": "engine"}
    assert announce(server, length=2**20 + 1) == 413
    assert post(server.url, b"[" * 100_000) >= 400
    assert post(server.url, json.dumps(call | {"data": {}}).encode()) == 200


def test_the_page_is_sent_compressed_and_holds_no_code_of_ours(server: Server) -> None:
    asked = urllib.request.Request(server.url, headers={"Accept-Encoding": "gzip"})
    with urllib.request.urlopen(asked, timeout=60) as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
        page = gzip.decompress(answer.read()).decode()
    assert "explore/start.js" in page
    assert "class ServerLink" not in page  # it comes as files of its own, which a browser keeps
