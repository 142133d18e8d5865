"""What a presenter tells: it passes the checks of a link, and followers hear no more than that."""

import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from taskarith.errors import TaskArithError
from taskarith.suites import Suite
from taskarith.ui.serving.following import MOST_BYTES, checked_state
from tests.ui.conftest import PATIENCE, Server, announce

STATE = "suite=tiny&set=apples:-0.5&focus=apples"
HOSTILE = (
    "suite=tiny&set=apples:-0.5,pears:1,birds:1e9&focus=%3Cb%3E&lesson=../x&step=9999&measure=gain"
    "&hide=%3Cscript%3E&sliders=apples&bounds=-1:1&fetch=http://evil.test&theme=x&follow=y"
)


def test_a_state_keeps_what_a_link_may_say(page_suite: Suite) -> None:
    whole = (
        "suite=tiny&set=apples:-0.5,birds:0.3&focus=birds&pin=coins:1&measure=gain"
        "&lesson=adding&step=2&hide=bars,test&sliders=apples,birds&bounds=-1:1,birds:0:0.5"
    )
    assert checked_state(whole, page_suite) == whole
    assert checked_state("set=&suite=tiny", page_suite) == "suite=tiny&set="


def test_whatever_else_it_says_is_left_out(page_suite: Suite) -> None:
    checked = checked_state(HOSTILE, page_suite)
    assert checked == (
        "suite=tiny&set=apples:-0.5&focus=apples&measure=gain&sliders=apples&bounds=-1:1"
    )
    for none in (None, 7, ["set=apples:1"], "", "focus=apples", {"set": "apples:1"}):
        with pytest.raises(TaskArithError, match="which edit"):
            checked_state(none, page_suite)


# ---- over HTTP ------------------------------------------------------------------------------


def post(server: Server, path: str, message: object, *, kind: str = "application/json") -> Any:
    body = message if isinstance(message, bytes) else json.dumps(message).encode()
    asked = urllib.request.Request(server.url + path, body, {"Content-Type": kind})
    try:
        with urllib.request.urlopen(asked, timeout=PATIENCE) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code


@contextmanager
def follower(server: Server, talk: str) -> Iterator[Any]:
    """A window's stream; call it for the next line that says something."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
    connection.request("GET", f"/talks/{talk}")
    answer = connection.getresponse()
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/event-stream")

    def line() -> str:
        while not (text := answer.readline().decode().strip()).startswith(("data:", "event:")):
            pass
        return text

    yield line
    connection.close()


def test_followers_hear_what_is_told_with_the_key(server: Server) -> None:
    own = post(server, "talks", {})
    path = f"talks/{own['talk']}"
    with follower(server, own["talk"]) as first, follower(server, own["talk"]) as second:
        guesses: list[Any] = [{"key": own["talk"], "state": STATE}, {"state": STATE}, [], b"{", 7]
        for guess in guesses:
            assert post(server, path, guess) == {"gone": True}
        answer = post(server, path, {"key": own["key"], "state": HOSTILE, "session": {"a": []}})
        assert answer == {"followers": 2}
        for line in (first, second):
            told = json.loads(line().removeprefix("data: "))
            assert set(told) == {"state"}
            assert told["state"].startswith("suite=tiny&set=apples:-0.5&focus=apples&measure=gain")
        assert "error" in post(server, path, {"key": own["key"], "state": "suite=../..&set="})
        assert post(server, path, {"key": own["key"], "end": True}) == {"gone": True}
        assert [first(), first()] == ["event: over", "data: gone"]
    with follower(server, own["talk"]) as late:
        assert [late(), late()] == ["event: over", "data: gone"]


def test_what_is_too_long_or_no_call_of_a_page_is_refused(server: Server) -> None:
    own = post(server, "talks", {})
    path = f"talks/{own['talk']}"
    long = {"key": own["key"], "state": f"{STATE}&hide={'x' * MOST_BYTES}"}
    assert post(server, path, long) == {"gone": True}
    assert announce(server, f"/{path}", length=2**20 + 1) == 413
    assert post(server, "talks", b"a=b", kind="text/plain") == 415
    assert post(server, f"{path}/more", {}) in (404, 405)
    assert post(server, path, {"key": own["key"], "end": True}) == {"gone": True}
