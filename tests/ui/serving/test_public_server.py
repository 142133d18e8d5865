"""A server for visitors, asked over the network for what is not theirs."""

import http.client
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.http import instrument_id
from tests.ui.conftest import PATIENCE, Server

Json = dict[str, Any]
WINDOW = "a window"
SESSION = "0123456789abcdef01234567"


class Visitor:
    """Calls a server as its pages do."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.instrument = instrument_id(server.url.rstrip("/"))
        config = self.json("/config")
        self._events = [
            (re.sub(r"_\d+$", "", str(one["api_name"])), len(one["inputs"]), one["id"])
            for one in config["dependencies"]
        ]
        self._components = {one["props"].get("elem_id"): one["id"] for one in config["components"]}

    def ask(
        self,
        path: str,
        body: bytes | None = None,
        *,
        kind: str = "application/json",
        headers: dict[str, str] | None = None,
    ) -> tuple[int, str]:
        """Status and text of the answer to one request."""
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=PATIENCE)
        sent = {"Content-Type": kind} if body is not None else {}
        connection.request("GET" if body is None else "POST", path, body, sent | (headers or {}))
        answer = connection.getresponse()
        text = answer.read().decode(errors="replace")
        connection.close()
        return answer.status, text

    def json(self, path: str) -> Any:
        return json.loads(self.ask(path)[1])

    def call(self, name: str, message: object, *, component: str = "instrument") -> str:
        """What a server function of a page that draws itself answers."""
        body = {"session_hash": WINDOW, "component_id": self._components[component]}
        body |= {"fn_name": name, "data": message}
        status, text = self.ask("/gradio_api/component_server/", json.dumps(body).encode())
        assert status == 200, text
        return text

    def event(self, name: str, data: list[object], *, page: int = 0) -> str:
        """All that an event answers; of several pages that have one so called, that of `page`."""
        found = [event for own, takes, event in self._events if (own, takes) == (name, len(data))]
        asked = {"data": data, "fn_index": found[page], "session_hash": WINDOW}
        status, text = self.ask("/gradio_api/queue/join", json.dumps(asked).encode())
        assert status == 200, text
        return self.ask(f"/gradio_api/queue/data?session_hash={WINDOW.replace(' ', '%20')}")[1]


@pytest.fixture(scope="module")
def visitor(page_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitor]:
    folder = tmp_path_factory.mktemp("visited")
    shutil.copytree(page_folder, folder / "secret")
    server = Server(
        page_folder,
        cache=folder / "cache",
        environment={
            "GRADIO_SERVER_NAME": "0.0.0.0",
            "TASKARITH_SUITES": str(folder / "suites"),
        },
    )
    server.start()
    yield Visitor(server)
    server.stop()


@pytest.fixture
def secret(visitor: Visitor) -> Path:
    """A suite of the machine's owner, in a folder that nobody was told of."""
    return visitor.server.folder / "secret"


def commit(suite: object) -> Json:
    return {
        "session": SESSION, "seq": 1, "coefficients": {"apples": 0.5}, "focus": "apples",
        "analogy": None, "pinned": None, "suite": suite, "query": f"?suite={suite}",
        "visitor": SESSION, "part": "classes", "task": "apples", "before": {}, "images": 32,
    }  # fmt: skip


def asked_for(visitor: Visitor, place: str) -> list[str]:
    """What every page answers to a link or a message that asks for the suite `place`."""
    link = f"?suite={place}&set=apples:0.5"
    calls = ("hello", "engine", "commit", "test", "changed", "take", "surrogate")
    answers = [visitor.call(name, commit(place)) for name in calls]
    answers += [visitor.call("geometry", {"query": link}, component="geometry")]
    answers += [
        visitor.call(name, commit(place), component="compare") for name in ("hello", "start")
    ]
    answers += [visitor.event("open", [SESSION, "light", link])]
    answers += [visitor.event("open", [SESSION, "light", link], page=1)]
    answers += [visitor.event("price", [link, "open_clip", "float32"])]
    answers += [visitor.event("start", [SESSION, link, "json", "float32"])]
    return answers


def test_a_path_is_no_name_and_nobody_hears_whether_it_is_there(
    visitor: Visitor, secret: Path
) -> None:
    there = asked_for(visitor, str(secret))
    gone = asked_for(visitor, str(secret.with_name("nothing")))
    for one, other in zip(there, gone, strict=True):
        assert "is not valid JSON" not in one
        # A secret that was opened says what it holds; one that is not there, that it is not.
        assert one.replace("secret", "").count("coins") == other.count("coins")
        assert ("no name of a suite" in one) is ("no name of a suite" in other)
    others = [one for one in there if "no name of a suite" not in one]
    assert not [one for one in others if "secret" in one], others
    # Explore's greeting shows another suite, and says so; a handler's error is kept to itself.
    assert len(others) <= 3, [one[-300:] for one in others]


@pytest.mark.parametrize("suite", [None, "tiny"])
def test_what_visitors_take_away_names_no_folder(visitor: Visitor, suite: str | None) -> None:
    taken = json.loads(visitor.call("take", {"coefficients": {"apples": 0.5}, "suite": suite}))
    assert "load_suite('tiny')" in taken["python"]
    assert str(visitor.server.suite.parent) not in json.dumps(taken)


def test_what_a_damaged_suite_says_names_no_folder(visitor: Visitor) -> None:
    suites = visitor.server.folder / "suites"
    (suites / "broken").mkdir(parents=True)
    (suites / "broken" / "manifest.json").write_text("{")
    said = visitor.call("engine", {"suite": "broken"})
    assert "broken/manifest.json is not valid JSON" in said
    assert str(suites) not in said


def test_uploads_have_one_way_in(visitor: Visitor) -> None:
    for path in ("/gradio_api/call/upload", "/gradio_api/run/upload", "/gradio_api/upload/"):
        assert visitor.ask(path, b"{}")[0] == 404
    form = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\nb\r\n--x--'
    kind = "multipart/form-data; boundary=x"
    assert visitor.ask("/gradio_api/upload", form, kind=kind)[0] == 200


def test_a_page_elsewhere_cannot_call_it(visitor: Visitor) -> None:
    body = {"session_hash": "w", "component_id": visitor.instrument, "fn_name": "suites"}
    call = json.dumps(body | {"data": {}}).encode()
    path = "/gradio_api/component_server/"
    own = visitor.server.url.rstrip("/")
    assert visitor.ask(path, call, headers={"Origin": own})[0] == 200
    for origin in ("https://evil.test", "null", f"{own}.evil.test"):
        assert visitor.ask(path, call, headers={"Origin": origin})[0] == 403
    assert visitor.ask(path, call, kind="text/plain")[0] == 415
    assert visitor.ask("/config", headers={"Host": "any.name.test"})[0] == 200


def test_the_owner_is_called_by_this_machines_names_and_by_no_proxy(server: Server) -> None:
    owner = Visitor(server)
    assert owner.ask("/config")[0] == 200
    assert owner.ask("/config", headers={"Host": f"localhost:{server.port}"})[0] == 200
    for headers in ({"Host": "evil.test"}, {"X-Forwarded-For": "203.0.113.9"}):
        for path in ("/", "/config", "/models"):
            assert owner.ask(path, headers=headers)[0] == 403
