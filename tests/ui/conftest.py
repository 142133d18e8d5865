"""A tiny suite with everything the page uses, the real page on it, and one real Chromium."""

import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from taskarith.evaluation import Evaluator, fit_surrogate, make_shipped
from taskarith.suites import Suite, load_suite
from tests.conftest import CHROMIUM, share_drawn
from tests.tiny import TARGETS

NewVisitor = Callable[..., BrowserContext]

collect_ignore = ["held.py"]  # for a server's process; it changes what it is loaded into

ANALOGY = {"a": "birds", "b": "eggs", "c": "flags", "d": "coins"}
# A lesson of the suite's own, by somebody who means no good.
LESSON = {
    "title": "<b>Apples</b>",
    "steps": [
        {"say": "<img src=x onerror=alert(1)> {now:apples}", "notes": "<i>Note</i>"},
        {
            "say": "Turn them.",
            "edit": {"coefficients": {"apples": -0.5}, "focus": "apples"},
            "look_at": "bar:apples",
            "reached": {"slider": "apples", "at_least": 0.5},
        },
    ],
}
PATIENCE = 90  # seconds until the page answers, on a machine that is busy with other things
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",
]


@pytest.fixture(scope="session")
def page_folder(tiny_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny suite with shipped measurements, a surrogate and an analogy among its presets."""
    folder = tmp_path_factory.mktemp("page") / "tiny"
    shutil.copytree(tiny_folder, folder)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    for preset in manifest["presets"]:
        if preset["name"] == "analogy":
            preset.update(analogy=ANALOGY, focus=ANALOGY["c"])
    _write(folder, manifest)
    evaluator = Evaluator(load_suite(folder), device="cpu")
    (folder / "lessons").mkdir()
    (folder / "lessons" / "own.json").write_text(json.dumps(LESSON), encoding="utf-8")
    make_shipped(evaluator).save(folder / "measurements.json")
    fit_surrogate(evaluator, tasks=[*TARGETS, "gardens"]).save(folder / "surrogate.safetensors")
    manifest |= {"measurements": "measurements.json", "surrogate": "surrogate.safetensors"}
    _write(folder, manifest)
    return folder


@pytest.fixture
def page_suite(page_folder: Path) -> Suite:
    return load_suite(page_folder)


class Server:
    """The real page in a process of its own; it can be stopped and started on the same port."""

    def __init__(
        self,
        suite: Path | str,
        *,
        cache: Path,
        environment: Mapping[str, str] = MappingProxyType({}),
        module: str = "",
    ) -> None:
        self.suite = suite
        # A module of the tests for the server's process, as one that registers a suite's family.
        self._module = module
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/"
        self._environment = {**os.environ, "TASKARITH_CACHE": str(cache), "OMP_NUM_THREADS": "1"}
        self._environment |= environment
        self.folder = cache.parent
        self._log = self.folder / f"page-{self.port}.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        code = (
            f"{f'import {self._module}; ' if self._module else ''}"
            "from taskarith.ui import launch; "
            f"launch(suite={str(self.suite)!r}, port={self.port}, device='cpu')"
        )
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-c", code], stdout=log, stderr=log, env=self._environment
            )
        ends = time.monotonic() + PATIENCE
        while not _answers(self.url):
            assert self._process.poll() is None, self._log.read_text()
            assert time.monotonic() < ends, self._log.read_text()
            time.sleep(0.1)

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=30)
            self._process = None


def announce(server: Server, path: str, *, length: int) -> int:
    """What is answered to a call that says how long it will be, before any of it is sent."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
    connection.putrequest("POST", path)
    connection.putheader("Content-Type", "application/json")
    connection.putheader("Content-Length", str(length))
    connection.endheaders()
    status = connection.getresponse().status
    connection.close()
    return status


@pytest.fixture(scope="session")
def server(
    page_folder: Path, tmp_path_factory: pytest.TempPathFactory, drawn: Path
) -> Iterator[Server]:
    """One page for all tests that leave it as it is."""
    cache = share_drawn(tmp_path_factory.mktemp("served") / "cache", drawn)
    server = Server(page_folder, cache=cache, module="tests.ui.held")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def held(server: Server) -> Iterator[Path]:
    """While this file is there, no job of the server's is done before it is cancelled."""
    hold = server.folder / "hold"
    hold.touch()
    yield hold
    hold.unlink(missing_ok=True)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = next(found for name in CHROMIUM if (found := shutil.which(name)))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def kept_contexts(browser: Browser) -> dict[str, list[BrowserContext]]:
    """Contexts by their options; `browser` closes them."""
    return {}


@pytest.fixture
def new_visitor(
    browser: Browser, kept_contexts: dict[str, list[BrowserContext]]
) -> Iterator[NewVisitor]:
    """Makes a visitor who was never here, with the options of a browser's context.

    A context keeps the files that it fetched, as to fetch and compile them anew is half of what a
    page takes; all else that a test leaves in it goes.
    """
    used: list[BrowserContext] = []

    def visitor(**options: Any) -> BrowserContext:
        kept = kept_contexts.setdefault(repr(sorted(options.items())), [])
        context = next((context for context in kept if context not in used), None)
        if context is None:
            context = browser.new_context(**options)
            context.set_default_timeout(1000 * PATIENCE)
            kept.append(context)
        used.append(context)
        return context

    yield visitor
    for context in used:
        _forget(context)


def _forget(context: BrowserContext) -> None:
    """Close what is open in `context`, and take away all that pages left but the fetched files."""
    places = {"/".join(page.url.split("/")[:3]) for page in context.pages}
    for page in context.pages:
        page.close()
    context.clear_cookies()
    blank = context.new_page()
    session = context.new_cdp_session(blank)
    for place in places:
        left = {"origin": place, "storageTypes": "local_storage,indexeddb,cache_storage"}
        session.send("Storage.clearDataForOrigin", left)
    blank.close()


@pytest.fixture
def context(new_visitor: NewVisitor, server: Server) -> BrowserContext:
    return new_visitor(
        viewport={"width": 1440, "height": 900},
        permissions=["clipboard-read", "clipboard-write"],
        base_url=server.url,
    )


@pytest.fixture
def problems() -> list[str]:
    """What the browser complained about: uncaught errors, and requests to other hosts."""
    return []


@pytest.fixture
def open_page(
    context: BrowserContext, server: Server, problems: list[str]
) -> Iterator[Callable[..., Page]]:
    """Opens the page at a query and waits until the engine is live (or only until it shows)."""

    def open_at(query: str = "", *, live: bool = True) -> Page:
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("request", lambda request: problems.extend(elsewhere(request.url, server.url)))
        page.goto(f"/{query}")
        page.locator(".taskarith[data-state=open]").wait_for()
        if live:
            page.wait_for_function(
                "document.querySelector('#instrument').page.engine.state === 'ready'"
            )
        return page

    yield open_at
    assert problems == []


@pytest.fixture
def open_drawn(
    context: BrowserContext, server: Server, problems: list[str]
) -> Iterator[Callable[[str], Page]]:
    """Opens a page that draws itself, by its path and query, and waits until it is there."""
    expect.set_options(timeout=1000 * PATIENCE)

    def open_at(path: str) -> Page:
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("request", lambda request: problems.extend(elsewhere(request.url, server.url)))
        page.goto(f"/{path}")
        page.locator(".drawn[data-state=open]").wait_for()
        return page

    yield open_at
    assert problems == []


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def elsewhere(url: str, own: str) -> list[str]:
    return [] if url.startswith((own, "data:", "blob:")) else [f"request to {url}"]


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _write(folder: Path, manifest: object) -> None:
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
