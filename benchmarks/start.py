"""Starting the app against starting an empty Gradio page, from the shell's command on.

`empty_page_ratio` = seconds until our page is drawn, its sliders move and its shipped measurements
are there ÷ seconds until the empty page's words are drawn, medians of turns. `engine_live` is when
the page measures for itself. The first start has no cache and draws the suite's pictures; the
medians are of the starts after it.
"""

import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page

from benchmarks import servers
from benchmarks.browser import chromium, wait_until_live, wait_until_usable
from benchmarks.timing import machine, percentile

__all__ = ["run"]

ROUNDS = 3


def run(suite: str) -> dict[str, object]:
    seconds: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder, chromium() as page:
        first = _ours(page, suite, cache=Path(folder))
        for _ in range(ROUNDS):
            for name, value in {**_empty(page), **_ours(page, suite, cache=Path(folder))}.items():
                seconds.setdefault(name, []).append(value)
    p50 = {name: round(percentile(values, 50), 2) for name, values in seconds.items()}
    return {
        "machine": machine(),
        "rounds": ROUNDS,
        "seconds": p50,
        "first_start_seconds": {name: round(value, 2) for name, value in first.items()},
        "empty_page_ratio": round(p50["usable"] / p50["empty_drawn"], 2),
    }


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
