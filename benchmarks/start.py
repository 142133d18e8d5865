"""Starting the app against starting an empty Gradio page, from the shell's command on.

`empty_page_ratio` = seconds until our page is drawn, its sliders move and its shipped measurements
are there ÷ seconds until the empty page's words are drawn, medians of turns. `engine_live` is when
the page measures for itself. The first start has no cache and draws the suite's pictures; the
medians are of the starts after it. `rss_mb` is what the server holds once a first commit is
measured to the end. `own_js_css_kb`: all the JavaScript and CSS of ours that Explore loads, kB as
written and kB by gzip; `other_pages_js_css_kb`: what the other pages have beside it, all together.
"""

import asyncio
import gzip
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from playwright.sync_api import Page

from benchmarks import servers
from benchmarks.browser import chromium, wait_until_live, wait_until_usable
from benchmarks.http import Caller, instrument_id
from benchmarks.processes import footprint
from benchmarks.timing import machine, percentile
from taskarith.suites import load_suite
from taskarith.ui.explore.instrument import HERE
from taskarith.ui.modules import JS, names
from taskarith.ui.site import SITE_CSS

__all__ = ["run", "summary"]

ROUNDS = 3


def run(suite: str) -> dict[str, object]:
    seconds: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        cache = Path(folder)
        with chromium() as page:  # which keeps an event loop of its own on this thread
            first = _ours(page, suite, cache=cache)
            for _ in range(ROUNDS):
                for name, value in {**_empty(page), **_ours(page, suite, cache=cache)}.items():
                    seconds.setdefault(name, []).append(value)
        with servers.app(suite, cache=cache) as server:
            rss = asyncio.run(_rss_after_a_commit(server, suite))
    return summary(seconds, first=first, rss=rss)


def summary(
    seconds: Mapping[str, list[float]], *, first: Mapping[str, float], rss: int
) -> dict[str, object]:
    """The result, of the seconds of every start, of the very first, and of the bytes held."""
    own = [(JS / name).read_text(encoding="utf-8") for name in names("explore")]
    p50 = {name: round(percentile(values, 50), 2) for name, values in seconds.items()}
    return {
        "machine": machine(),
        "rounds": ROUNDS,
        "empty_page_ratio": round(p50["usable"] / p50["empty_drawn"], 2),
        "seconds": p50,
        "first_start_seconds": {name: round(value, 2) for name, value in first.items()},
        "rss_mb": round(rss / 2**20),
        "own_js_css_kb": _weight([*own, SITE_CSS, _text("instrument.css")]),
        "other_pages_js_css_kb": _weight(
            [_text(f"{name}.css") for name in ("pages", "component", "models")]
            + [
                (JS / name).read_text(encoding="utf-8")
                for page in ("compare", "geometry")
                for name in names(page)
                if "/" in name
            ]
        ),
    }


async def _rss_after_a_commit(server: servers.Server, suite: str) -> int:
    """Bytes the server holds after one commit on an engine that is live."""
    caller = Caller(server.url, instrument_id(server.url))
    while (await caller.call("engine", {"known": "loading"}))["state"] == "loading":
        pass  # each call waits some seconds
    focus = load_suite(suite).targets[0]
    window = {"session": "0" * 24, "seq": 1}
    answer = await caller.call("commit", window | {"coefficients": {focus: 0.3}, "focus": focus})
    while not answer["done"]:
        answer = await caller.call("more", window | {"cursor": answer["cursor"]})
    caller.close()
    return footprint(server.pid).rss


def _text(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")


def _weight(texts: Sequence[str]) -> dict[str, float]:
    own = "".join(texts).encode()
    sizes = {"written": len(own), "gzip": len(gzip.compress(own, 6))}
    return {name: round(size / 1000, 1) for name, size in sizes.items()}


def _empty(page: Page) -> dict[str, float]:
    with servers.peer("empty") as server:
        page.goto(server.url)
        page.get_by_text("empty").wait_for()
        drawn = time.perf_counter()
        page.goto("about:blank")
    return {
        "empty_answers": server.answered - server.started,
        "empty_drawn": drawn - server.started,
    }


def _ours(page: Page, suite: str, *, cache: Path) -> dict[str, float]:
    with servers.app(suite, cache=cache) as server:
        page.goto(server.url)
        wait_until_usable(page)
        usable = time.perf_counter()
        wait_until_live(page)
        live = time.perf_counter()
        page.goto("about:blank")
    return {
        "answers": server.answered - server.started,
        "usable": usable - server.started,
        "engine_live": live - server.started,
    }
