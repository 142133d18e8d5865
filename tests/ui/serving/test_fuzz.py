"""Thousands of messages, links, manifests and configurations that nobody means well with.

All from seeds, so that a failure is found again. Nothing may fail unexpectedly (no 500, no other
error than one of ours), name a folder of this machine, write a file where none belongs, or make
what the server holds grow.
"""

import asyncio
import copy
import json
import random
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
import torch

from taskarith.errors import TaskArithError, unknown_name
from taskarith.evaluation import Evaluator
from taskarith.models.family import BaseFiles
from taskarith.models.registry import describe, family_of
from taskarith.suites.home import suites_home
from taskarith.suites.manifest import parse_manifest
from taskarith.ui.error_text import without_paths
from taskarith.ui.models.offers import offer_manifest
from taskarith.ui.modules import route
from taskarith.ui.serving.access import Access
from taskarith.ui.serving.explorer import MAX_SESSIONS, Explorer
from taskarith.ui.serving.explorers import MOST, Explorers
from taskarith.ui.serving.following import following
from taskarith.ui.serving.gate import Calls, gates
from taskarith.ui.serving.limits import Limiter
from taskarith.ui.serving.pace import REMEMBERED
from taskarith.ui.serving.talks import EACH, Talks
from taskarith.ui.site import PAGES, build
from tests.clips import OPEN_CLIP_CONFIG, transformers_config
from tests.hub.tiny_hub import manifest
from tests.ui.conftest import free_port
from tests.ui.serving.test_explorer import run

MESSAGES, LINKS, PATHS, MANIFESTS, CONFIGURATIONS = 1_000, 400, 200, 400, 300
STATES = 100  # that are told to followers
ADDRESSES = 40
ROOT = Path(__file__).resolve().parents[3]

SESSION = "0123456789abcdef01234567"
LINK = "?suite=tiny&set=apples:0.5,birds:-0.3&focus=apples&pin=coins:1"
LINK += "&method=ties,density:0.3&analogy=birds,eggs,flags,coins,1,0.5"
MESSAGE: dict[str, Any] = {
    "session": SESSION, "suite": "tiny", "seq": 1, "cursor": 0, "known": "ready",
    "coefficients": {"apples": 0.5, "random:birds": -0.25}, "focus": "apples",
    "analogy": {"a": "birds", "b": "eggs", "c": "flags", "d": "coins", "bracket": 1, "own": 0.5},
    "pinned": {"coefficients": {"dice": 1.0}, "merge": {"method": "ties"}},
    "task": "apples", "split": "validation", "query": LINK,
    "visitor": SESSION, "part": "classes", "before": {"coefficients": {"apples": 1}},
    "merge": {"method": "dare", "settings": {"density": 0.5}, "seed": 1}, "images": 32, "have": 0,
    "x": "apples", "y": "birds", "low": -1, "high": 1, "target": "coins", "steps": 2,
    "text": "a sentence", "forget": False, "start": 8,
    "methods": ["sum", "ties:density=0.3"], "tasks": ["apples", "birds"],
}  # fmt: skip
CALLS = {
    "instrument": (
        "hello", "suites", "engine", "commit", "more", "rest", "test", "surrogate", "changed",
        "ask", "take", "suggest",
    ),
    "compare": ("hello", "start", "look", "cancel"),
    "geometry": ("geometry",),
    "passages": ("hello", "ask"),
}  # fmt: skip

JUNK: tuple[object, ...] = (
    None, True, False, 0, -1, 1, 2**31, 2**63, -(2**80), 1e308, -0.0, 0.1, float("nan"),
    float("inf"), "", " ", "0", "constructor", "__proto__", "toString", "apples", "random:", ":",
    "random:constructor", "../../etc/passwd", "/etc/passwd", "..", ".", "~", "file:/etc",
    "C:\\Windows\\win.ini", "\\\\host\\share", "mini\0", "hub:a/b", "http://evil.test/x",
    "<img src=x onerror=alert(1)>", "![x](https://evil.test/x.png)", "{{7*7}}", "%s%n", "'; DROP--",
    "\u202e\u0000\ud800", "é" * 300, "9" * 400, "a" * 20_000, [], {}, [[]], [None] * 200,
    {"a": {"b": {"c": {}}}}, {"": ""}, {"__proto__": {"x": 1}}, ["apples", 1, None],
    {str(i): 1 for i in range(150)}, [10**9] * 4,
)  # fmt: skip


def spoiled(value: Any, chance: random.Random) -> Any:
    """`value`, with one to three things in it exchanged, taken away or added."""
    value = copy.deepcopy(value)
    for _ in range(chance.randint(1, 3)):
        value = _spoil(value, chance)
    return value


def _spoil(value: Any, chance: random.Random) -> Any:
    if chance.random() < 0.15 or not isinstance(value, dict | list) or not value:
        return copy.deepcopy(chance.choice(JUNK))
    key = chance.choice(list(value) if isinstance(value, dict) else range(len(value)))
    match chance.randrange(5):
        case 0:
            del value[key]
        case 1:
            new = chance.choice(JUNK)
            if isinstance(value, list):
                value.append(copy.deepcopy(new))
            elif isinstance(new, str):
                value[new] = value[key]
        case _:
            value[key] = _spoil(value[key], chance)
    return value


def written(value: Any) -> bytes:
    """As JSON; lone halves of characters go as escapes, as a browser sends them."""
    return json.dumps(value).encode()


class Site:
    """The whole site as a server for visitors has it, called without a network."""

    def __init__(self, explorer: Explorer, folder: Path) -> None:
        first: Future[Explorer] = Future()
        first.set_result(explorer)

        def no_other(name: str) -> Explorer:
            raise unknown_name("suite", name, existing=[])

        self.explorer = explorer
        self.explorers = Explorers(str(folder), first, open_suite=no_other, shared=True)
        self.limiter = Limiter()
        self.talks = Talks()
        self.blocks: gr.Blocks = build(self.explorers, public=True, limiter=self.limiter)
        calls = Calls(components=set(self.blocks.blocks), events=set(self.blocks.fns))
        self.blocks.launch(
            server_name="127.0.0.1",
            server_port=free_port(),
            app_kwargs={
                "middleware": gates(Access(public=True), self.limiter, calls=calls),
                "routes": [route(), *following(self.talks, self.explorers, limiter=self.limiter)],
            },
            state_session_capacity=ADDRESSES,
            prevent_thread_lock=True,
            quiet=True,
            ssr_mode=False,
        )
        self.components = {
            block.elem_id: block._id
            for block in self.blocks.blocks.values()
            if block.elem_id in CALLS
        }

    async def ask(
        self, method: str, path: str, *, query: str = "", body: bytes = b"", host: int = 0
    ) -> tuple[int, str]:
        """Status and text of the answer."""
        sent: list[Any] = []
        parts = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> Any:
            return parts.pop() if parts else await asyncio.Event().wait()

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method,
            "scheme": "http", "path": path, "raw_path": path.encode(errors="replace"),
            "query_string": query.encode("ascii", errors="replace"), "root_path": "",
            "client": (f"192.0.2.{host}", 5), "server": ("127.0.0.1", 80),
            "headers": [(b"host", b"demo.test"), (b"content-type", b"application/json")],
        }  # fmt: skip
        await self.blocks.app(scope, receive, send)  # an error that nobody caught is raised here
        text = b"".join(message.get("body", b"") for message in sent)
        return sent[0]["status"], text.decode(errors="replace")

    def held(self) -> dict[str, int]:
        """How much the server holds of everything that visitors could make grow."""
        limits = (self.limiter.calls, self.limiter.pages, self.limiter.files)
        return {
            "sessions": len(self.explorer._sessions),
            "open": len(self.explorers._open),
            "states": len(self.blocks.app.state_holder.session_data),
            "paces": max(len(pace._ahead) for pace in limits),
            "windows": len(self.limiter.windows._known),
            "window calls": len(self.limiter.window_calls._ahead),
            "threads": threading.active_count(),
        }


@pytest.fixture(scope="module")
def site(page_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    from taskarith.evaluation import ResultCache
    from taskarith.suites import load_suite

    suite = load_suite(page_folder)
    explorer = Explorer(
        suite,
        source=suite.name,
        make_evaluator=lambda: Evaluator(suite, device="cpu"),
        cache=ResultCache(tmp_path_factory.mktemp("results")),
        patience=0.01,
    )
    site = Site(explorer, page_folder)
    yield site
    site.blocks.close(verbose=False)
    explorer.close()


def files(*folders: Path) -> set[tuple[str, int]]:
    """Every file in them, with its size."""
    found = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    return {(str(path), path.stat().st_size) for path in found}


@pytest.fixture
def untouched(page_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing is written into the suite, the project's assets, where suites are added, or here."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("TASKARITH_SUITES", raising=False)
    monkeypatch.chdir(home)
    places = (page_folder, ROOT / "assets", home)
    before = files(*places)
    yield
    assert files(*places) == before


def says_nothing_of_this_machine(text: str, *, of: Path) -> bool:
    names = (str(of), str(ROOT), str(Path.home()), tempfile.gettempdir(), "site-packages")
    return not any(name in text for name in names if len(name) > 1)


def test_messages(site: Site, untouched: None) -> None:
    chance = random.Random(1)
    statuses: list[int] = []

    async def send(number: int) -> None:
        component = chance.choice(list(CALLS))
        call: dict[str, Any] = {
            "session_hash": f"window {number % ADDRESSES}",
            "component_id": site.components[component],
            "fn_name": chance.choice(CALLS[component]),
            "data": MESSAGE | {"session": f"{number % 512:024x}"},
        }
        what = chance.random()
        if what < 0.8:
            call["data"] = spoiled(call["data"], chance)
        elif what < 0.95:
            call = spoiled(call, chance)
        body = written(call)
        if what > 0.97:
            at = chance.randrange(len(body))
            body = body[:at] + bytes(chance.randrange(256) for _ in range(9)) + body[at + 3 :]
        path = "/gradio_api/component_server/"
        status, text = await site.ask("POST", path, body=body, host=number % ADDRESSES)
        assert status < 500, (number, body)
        assert says_nothing_of_this_machine(text, of=site.explorer.suite.folder), (number, text)
        statuses.append(status)

    async def all_of_them() -> dict[str, int]:
        half = {}
        for first in range(0, MESSAGES, 20):
            await asyncio.gather(*(send(first + n) for n in range(20)))
            if first == MESSAGES // 2:
                half = site.held()
        return half

    half = run(all_of_them())
    assert statuses.count(200) > MESSAGES / 2  # most of them got as far as the page's own code
    held = site.held()
    assert held["sessions"] <= MAX_SESSIONS
    assert held["open"] < MOST
    assert held["states"] <= ADDRESSES + 1
    assert max(held["paces"], held["windows"], held["window calls"]) <= REMEMBERED
    assert held["threads"] <= half["threads"] + 2


def test_links(site: Site, untouched: None) -> None:
    """To every page, and as the pages themselves send them on."""
    chance = random.Random(2)

    def link() -> str:
        fields = [field.partition("=") for field in LINK[1:].split("&")]
        for _ in range(chance.randint(1, 3)):
            name, _, value = fields[chance.randrange(len(fields))]
            junk = str(chance.choice(JUNK))[: chance.choice((5, 50, 15_000))]
            cut = chance.randrange(len(value) + 1)
            fields.append((name, "=", chance.choice((junk, value[:cut] + junk + value[cut:]))))
        chance.shuffle(fields)
        return "?" + "&".join("".join(field) for field in fields)

    async def follow(number: int) -> None:
        query, host = link(), number % ADDRESSES
        page = chance.choice(["/", *(f"/{path}" for _, path, _ in PAGES)])
        if number % 4 == 0:
            status, text = await site.ask("GET", page, query=query[1:], host=host)
        else:
            component, name = chance.choice([("compare", "hello"), ("geometry", "geometry")])
            call = {"session_hash": "link", "component_id": site.components[component]}
            body = written(call | {"fn_name": name, "data": {"query": query}})
            path = "/gradio_api/component_server/"
            status, text = await site.ask("POST", path, body=body, host=host)
        assert status < 500, (number, query)
        assert says_nothing_of_this_machine(text, of=site.explorer.suite.folder), (number, text)

    async def all_of_them() -> None:
        for number in range(LINKS):
            await follow(number)

    run(all_of_them())


def test_talks(site: Site, untouched: None) -> None:
    """States that a presenter tells: what does not pass as a link is not heard."""
    chance = random.Random(4)
    name, key = site.talks.open("192.0.2.1")
    told = {"key": key, "state": LINK, "session": SESSION}

    async def tell(number: int) -> None:
        fields = spoiled(told, chance) if number else told
        if number % 2 and isinstance(fields, dict):
            link = list(LINK)
            for _ in range(chance.randint(1, 6)):
                link[chance.randrange(len(link))] = chance.choice("<>&%:,=\"'\\\0é0. ")
            fields |= {"key": key, "state": "".join(link)}
        status, text = await site.ask("POST", f"/talks/{name}", body=written(fields), host=1)
        assert status < 500, (number, fields)
        assert says_nothing_of_this_machine(text, of=site.explorer.suite.folder), (number, text)
        assert number or json.loads(text) == {"followers": 0}

    async def all_of_them() -> None:
        for number in range(STATES):
            await tell(number)
        for junk in JUNK:
            status, _ = await site.ask("POST", "/talks", body=written(junk), host=2)
            assert status < 500, junk
        assert (await site.ask("GET", "/talks/nobody", host=3))[1].startswith("event: over")

    run(all_of_them())
    assert site.talks.knows(name, key)
    assert len(site.talks._talks) <= 1 + EACH


def test_addresses(site: Site, untouched: None) -> None:
    """Paths that no page has, and that lead out of what is served."""
    chance = random.Random(3)
    roots = (
        "/gradio_api/file=", "/gradio_api/file/", "/static/", "/assets/", "/svelte/", "/modules/",
        "/gradio_api/", "/", "/gradio_api/heartbeat", "/monitoring/", "/login/", "/pwa_icon/",
    )  # fmt: skip
    steps = ("..", "%2e%2e", "etc", "passwd", "\\", "//", "\0", "x" * 300, "é", "app.py", "upload")

    async def all_of_them() -> None:
        for number in range(PATHS):
            path = chance.choice(roots) + "/".join(chance.choices(steps, k=chance.randint(1, 4)))
            method = chance.choice(("GET", "GET", "HEAD", "POST", "PUT"))
            status, text = await site.ask(method, path, body=b"{}", host=number % ADDRESSES)
            assert 300 <= status < 500, (method, path, status)  # some lead to a page's own address
            assert "root:" not in text

    run(all_of_them())


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TASKARITH_SUITES", str(tmp_path / "home" / "suites"))
    return tmp_path


def refused(act: Callable[[], object]) -> str | None:
    """The words of one of our errors, in which nothing of this machine is told; None without."""
    try:
        act()
    except TaskArithError as error:
        return without_paths(str(error))
    return None


def test_manifests(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Planned and agreed to by a visitor; those that are whole become suites, within the bound."""
    monkeypatch.setattr("taskarith.ui.models.offers.MOST_MADE", 5)
    chance = random.Random(4)
    file = home / "sent" / "mine.json"
    file.parent.mkdir()
    made = 0
    for number in range(MANIFESTS):
        name = f"fuzz-{number}" if chance.random() < 0.9 else chance.choice(JUNK)
        data = manifest(name=name)
        data = spoiled(data, chance) if number % 8 else data
        file.write_bytes(written(data))

        def act() -> None:
            offer_manifest(file, public=True).act(None)  # type: ignore[arg-type]

        words = refused(act)
        made += words is None
        if words is not None:
            assert says_nothing_of_this_machine(words, of=home), (number, words)
    assert made >= MANIFESTS // 16
    suites = list(suites_home().iterdir())
    assert len(suites) <= 5
    assert {path.name for path in home.iterdir()} <= {"home", "sent", "cache"}
    for suite in suites:
        kept = parse_manifest(json.loads((suite / "manifest.json").read_text()))
        assert kept.name == suite.name


def test_configurations(home: Path) -> None:
    """Of a base that somebody brings: it is built, or refused in words, and in no time."""
    chance = random.Random(5)
    state = {"visual.conv1.weight": torch.zeros(32, 3, 8, 8)}
    theirs = {"model_cfg": OPEN_CLIP_CONFIG, "preprocess_cfg": {"mean": [0.5, 0.5, 0.5]}}
    kinds = {
        "open_clip": ("open_clip_config.json", theirs),
        "transformers": ("config.json", transformers_config().to_dict()),
    }
    for number in range(CONFIGURATIONS):
        kind = chance.choice(list(kinds))
        name, config = kinds[kind]
        files = {name: home / name}
        files[name].write_bytes(written(spoiled(config, chance)))
        base = BaseFiles(kind, files)
        for act in (partial(describe, files), partial(family_of(kind).load, base, state)):
            words = refused(act)
            assert words is None or says_nothing_of_this_machine(words, of=home), (number, words)
    assert {path.name for path in home.iterdir()} <= {name for name, _ in kinds.values()} | {
        "cache"
    }
