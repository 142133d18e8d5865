"""The gate under the page: too much or too often is refused early, and pages are compressed."""

import gzip
import json
import shutil
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from benchmarks.http import instrument_id
from taskarith.sources.plan import KEPT_FREE
from taskarith.ui.serving.access import Access
from taskarith.ui.serving.gate import Calls, Gate
from taskarith.ui.serving.limits import Limiter, network_of
from taskarith.ui.serving.pace import Pace, Quota, Windows
from tests.ui.conftest import Server, announce
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


CALL = b'{"session_hash": "window", "component_id": 1, "fn_name": "engine", "data": {}}'
JSON = ((b"content-type", b"application/json"),)
PUBLIC = Access(public=True)

Headers = tuple[tuple[bytes, bytes], ...]


def limits(**others: Pace | Quota | Windows) -> Limiter:
    """The usual limits, but for those that are given."""
    limiter = Limiter()
    for name, other in others.items():
        assert hasattr(limiter, name)
        setattr(limiter, name, other)
    return limiter


def gate_of(
    app: App, limiter: Limiter | None = None, *, access: Access = PUBLIC, **options: Any
) -> Gate:
    options = {"calls": Calls(), **options}
    return Gate(app, access=access, limiter=limiter or Limiter(), **options)


def request(
    gate: Gate,
    path: str = "/gradio_api/component_server/",
    *,
    parts: tuple[bytes, ...] = (CALL,),
    method: str = "POST",
    host: str = "192.0.2.1",
    headers: Headers = JSON,
    query: bytes = b"",
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

    named = any(name == b"host" for name, _ in headers)
    scope: dict[str, Any] = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": query,
        "headers": [*headers, *([] if named else [(b"host", b"127.0.0.1:7860")])],
        "client": (host, 5),
    }
    run(gate(scope, receive, send))
    body = b"".join(message.get("body", b"") for message in sent)
    return sent[0]["status"], body, dict(sent[0]["headers"])


def test_a_call_reaches_the_page_whole() -> None:
    app = App()
    status, body, _ = request(gate_of(app), parts=(CALL[:20], CALL[20:]))
    assert (status, body) == (200, CALL)


def test_windows_made_up_for_every_call_are_refused() -> None:
    app = App()
    gate = gate_of(app, limits(windows=Windows(Pace(every=0.5, burst=2, clock=lambda: 0.0))))

    def opens(name: object, *, host: str = "192.0.2.1") -> int:
        body = json.dumps({"session_hash": name, "component_id": 1, "data": {}}).encode()
        return request(gate, parts=(body,), host=host)[0]

    found = [opens(f"window {n}") for n in range(9)]
    assert found == [200] * 5 + [429] * 4
    assert opens("window 0") == 200  # those that were there before go on
    assert opens("window 8", host="192.0.2.2") == 200
    assert len(app.calls) == 7


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{}", b"[]", b"nonsense", b"7", b"[" * 100_000, b'{"session_hash": "a"}',
        b'{"session_hash": ["a"], "component_id": 1}', b'{"session_hash": "", "component_id": 1}',
        b'{"session_hash": "a", "component_id": 9}', b'{"session_hash": "a", "component_id": true}',
        b'{"session_hash": "a", "component_id": [1]}', b"\xff",
    ],
)  # fmt: skip
def test_a_call_that_makes_no_sense_never_reaches_it(body: bytes) -> None:
    app = App()
    gate = gate_of(app, calls=Calls(components={1}, events={2}))
    status, words, _ = request(gate, parts=(body,))
    assert (status, b"reload" in words) == (400, True)
    event = {"session_hash": "a", "fn_index": 7, "data": []}
    join = "/gradio_api/queue/join"
    assert request(gate, join, parts=(json.dumps(event).encode(),))[0] == 400
    assert app.calls == []
    assert request(gate, join, parts=(json.dumps(event | {"fn_index": 2}).encode(),))[0] == 200


@pytest.mark.parametrize("declared", [(), ((b"content-length", b"2000"),)])
def test_a_call_that_is_too_long_never_reaches_it(declared: Headers) -> None:
    app = App()
    parts = (b"x" * 600, b"x" * 600, b"x" * 800)
    gate = gate_of(app, most_bytes=1000)
    status, body, _ = request(gate, parts=parts, headers=(*JSON, *declared))
    assert status == 413
    assert b"1000 bytes at most" in body
    assert app.calls == []


@pytest.mark.parametrize("length", [b"-5", b"many", b"1e3", b"9" * 5000])
def test_a_length_that_is_none_is_refused(length: bytes) -> None:
    app = App()
    assert request(gate_of(app), headers=(*JSON, (b"content-length", length)))[0] == 413
    assert upload(gate_of(app), declared=length) == 411
    assert app.calls == []


def upload(
    gate: Gate,
    path: str = "/gradio_api/upload",
    *,
    size: int = 100,
    declared: bytes | None = None,
    host: str = "192.0.2.1",
) -> int:
    kind = (b"content-type", b"multipart/form-data; boundary=x")
    length = (b"content-length", str(size).encode() if declared is None else declared)
    return request(gate, path, parts=(b"x" * size,), host=host, headers=(kind, length))[0]


def test_uploads_may_be_longer_than_calls() -> None:
    app = App()
    assert upload(gate_of(app, most_bytes=10)) == 200
    assert len(app.calls[0][1]) == 100


@pytest.mark.parametrize(
    "path",
    [
        "/upload", "/gradio_api/call/upload", "/gradio_api/run/upload", "/gradio_api/upload/",
        "/gradio_api/component_server/upload", "/gradio_api/process_recording", "/login", "/",
        "/gradio_api/vibe-edit", "/gradio_api/stream/x", "/gradio_api/call/v2/x",
        "/talksome", "/gradio_api/talks",
    ],
)  # fmt: skip
def test_nothing_else_can_be_called(path: str) -> None:
    app = App()
    gate = gate_of(app)
    assert upload(gate, path) == 404
    assert request(gate, path)[0] == 404
    assert app.calls == []


def test_a_talk_is_told_as_a_call_is_made() -> None:
    app = App()
    gate = gate_of(app, limits(calls=Pace(every=1.0, burst=2, clock=lambda: 0.0)), most_bytes=64)
    told = b'{"key": "k", "state": "set=letters:0.3"}'
    assert request(gate, "/talks/aaaa", parts=(told[:9], told[9:]))[0] == 200
    assert request(gate, "/talks", parts=(b"{}",))[0] == 200
    assert app.calls == [("/talks/aaaa", told), ("/talks", b"{}")]
    assert request(gate, "/talks/aaaa", headers=((b"content-type", b"text/plain"),))[0] == 415
    assert request(gate, "/talks/aaaa", parts=(b"x" * 65,), host="192.0.2.2")[0] == 413
    assert [request(gate, "/talks", parts=(b"{}",))[0] for _ in range(3)][-1] == 429
    elsewhere = (*JSON, (b"host", b"here.test"), (b"origin", b"https://evil.test"))
    assert request(gate, "/talks", headers=elsewhere, host="192.0.2.3")[0] == 403


def test_uploads_are_paced_and_counted_for_each_and_for_all() -> None:
    app = App()
    gate = gate_of(app, limits(uploads=Pace(every=2.0, burst=1, clock=lambda: 0.0)))
    assert [upload(gate) for _ in range(3)] == [200, 429, 429]
    quota = Quota(each=250, together=400, seconds=60, clock=lambda: 0.0)
    gate = gate_of(app, limits(uploaded=quota))
    assert [upload(gate) for _ in range(3)] == [200, 200, 413]
    other = [upload(gate, host="192.0.2.2") for _ in range(3)]
    assert other == [200, 200, 413]  # 400 bytes by all
    assert upload(gate, host="192.0.2.3") == 413


def test_an_upload_leaves_room_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = App()
    usage = shutil.disk_usage("/")._replace(free=KEPT_FREE + 150)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage)
    gate = gate_of(app, uploads=tmp_path)
    assert [upload(gate, size=size) for size in (100, 200)] == [200, 413]


def test_an_upload_that_is_no_form_is_refused() -> None:
    length = (b"content-length", b"10")
    path = "/gradio_api/upload"
    assert request(gate_of(App()), path, headers=(*JSON, length))[0] == 415


@pytest.mark.parametrize(
    "kind", [b"", b"text/plain", b"multipart/form-data; boundary=x", b"application/jsonp"]
)
def test_a_call_that_is_not_said_to_be_json_is_refused(kind: bytes) -> None:
    """All that a page elsewhere can send without asking first."""
    app = App()
    assert request(gate_of(app), headers=((b"content-type", kind),))[0] == 415
    assert app.calls == []
    good = ((b"content-type", b"Application/JSON; charset=utf-8"),)
    assert request(gate_of(app), headers=good)[0] == 200


def test_an_address_that_calls_too_often_is_refused_and_the_others_are_not() -> None:
    app = App()
    gate = gate_of(app, limits(calls=Pace(every=2.0, burst=1, clock=lambda: 0.0)))
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
    [
        ("/", True),
        ("/recipes", True),
        ("/config", True),
        ("/gradio_api/queue/data", False),
        ("/talks/aaaa", False),
    ],
)
def test_pages_leave_compressed_and_streams_do_not(path: str, compressed: bool) -> None:
    accepts = ((b"accept-encoding", b"gzip"),)
    _, body, headers = request(gate_of(App()), path, method="GET", headers=accepts)
    assert (headers.get(b"content-encoding") == b"gzip") == compressed
    assert (gzip.decompress(body) if compressed else body) == b"page " * 1000


def test_pages_are_paced_too_and_what_they_load_is_not_counted_with_them() -> None:
    gate = gate_of(App(), limits(pages=Pace(every=2.0, burst=1, clock=lambda: 0.0)))

    def get(path: str, *, host: str = "192.0.2.1") -> int:
        return request(gate, path, method="GET", host=host, headers=())[0]

    assert [get(path) for path in ("/", "/recipes", "/config")] == [200, 429, 429]
    assert get("/static/x.js") == get("/gradio_api/queue/data") == get("/talks/aaaa") == 200
    assert get("/", host="192.0.2.2") == 200


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/deep_link", "/gradio_api/dev/reload", "/gradio_api/proxy=https://evil.test",
        "/gradio_api/runs", "/gradio_api/openapi.json", "/gradio_api/vibe-code", "/monitoring",
        "/monitoring/summary", "/gradio_api/stream/a/b/1/playlist.m3u8", "/gradio_api/token",
    ],
)  # fmt: skip
def test_what_no_page_reads_is_not_there(path: str) -> None:
    app = App()
    assert request(gate_of(app), path, method="GET", headers=())[0] == 404
    assert app.calls == []


@pytest.mark.parametrize("query", [b"x" * 20_001, b"suite=\0", b"a b", b"a\n"])
def test_an_address_that_no_browser_sends_is_refused(query: bytes) -> None:
    app = App()
    assert request(gate_of(app), "/", method="GET", headers=(), query=query)[0] == 414
    assert app.calls == []


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"])
def test_other_methods_are_refused(method: str) -> None:
    assert request(gate_of(App()), "/", method=method)[0] == 404


def test_a_page_fetches_pictures_from_its_own_server_only() -> None:
    _, _, headers = request(gate_of(App()), "/", method="GET", headers=())
    assert b"img-src 'self' data: blob:" in headers[b"content-security-policy"]


def test_a_socket_is_closed() -> None:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    app = App()
    run(gate_of(app)({"type": "websocket", "path": "/"}, None, send))  # type: ignore[arg-type]
    assert (sent, app.calls) == ([{"type": "websocket.close", "code": 1008}], [])


def test_whom_the_server_is_not_for_is_refused_before_anything_is_read() -> None:
    app = App()
    gate = gate_of(app, access=Access())
    for extra, words in (
        ((b"host", b"evil.test"), b"--allow-host evil.test"),
        ((b"x-forwarded-for", b"203.0.113.9"), b"--public"),
        ((b"origin", b"https://evil.test"), b"another site"),
    ):
        for method, path in (("GET", "/config"), ("POST", "/gradio_api/component_server/")):
            status, said, _ = request(gate, path, method=method, headers=(*JSON, extra))
            assert (status, words in said) == (403, True)
    assert app.calls == []
    own = (*JSON, (b"origin", b"http://127.0.0.1:7860"))
    assert request(gate, headers=own)[0] == 200


def post(url: str, body: bytes) -> int:
    asked = urllib.request.Request(
        f"{url}gradio_api/component_server/", body, {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(asked, timeout=60) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_the_real_page_refuses_what_is_too_long_and_goes_on(server: Server) -> None:
    instrument = instrument_id(server.url.rstrip("/"))
    call = {"session_hash": "s", "component_id": instrument, "fn_name": "engine"}
    assert announce(server, "/gradio_api/component_server/", length=2**20 + 1) == 413
    assert post(server.url, b"[" * 100_000) >= 400
    assert post(server.url, json.dumps(call | {"data": {}}).encode()) == 200


def test_the_page_is_sent_compressed_and_holds_no_code_of_ours(server: Server) -> None:
    asked = urllib.request.Request(server.url, headers={"Accept-Encoding": "gzip"})
    with urllib.request.urlopen(asked, timeout=60) as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
        page = gzip.decompress(answer.read()).decode()
    assert "explore/start.js" in page
    assert "class ServerLink" not in page  # it comes as files of its own, which a browser keeps
