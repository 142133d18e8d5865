"""From a commit to measured points on the page: the first point, the coarse and the full slice.

A commit is what the page does 250 ms after the last movement. Every trial moves another slider to
a place not seen before, so nothing comes from the cache. `floor_seconds` is what the bare forward
pass of as many images takes on this machine, measured in the same run; not for texts, of which
`texts` tells it. `stop_seconds` is how long a
newer commit waits for a step of an older one that is being measured. `first_point_ms` is the way of
the first point, from the commit to the screen, in medians.
"""

import tempfile
import time
from pathlib import Path
from typing import Any

import torch
from playwright.sync_api import Page

from benchmarks import servers
from benchmarks.browser import chromium, wait_until_live
from benchmarks.stopping import seconds_to_stop
from benchmarks.timing import machine, percentile, turns
from taskarith.evaluation.plan import (
    COARSE_IMAGES,
    COARSE_NODES,
    FINE_IMAGES,
    FINE_NODES,
    FIRST_IMAGES,
    STEP_IMAGES,
)
from taskarith.suites import load_suite

__all__ = ["run", "way_of_first_point", "when_measured"]

TRIALS = 12
FULL_TRIALS = 3
STOP_TRIALS = 40
PATIENCE = 90  # seconds
POLL = 250  # ms; the times are the page's own

# Remembers when a commit left, what came back when, and the way of its first piece.
RECORD = """
() => {
  performance.setResourceTimingBufferSize(10000);
  const page = document.querySelector("#instrument").page;
  const { asking, screen } = page;
  const { commit, received } = Object.getPrototypeOf(asking);
  const { reslice } = Object.getPrototypeOf(screen);
  asking.commit = () => {
    window.record = { left: performance.now(), pieces: [], marks: null };
    commit.call(asking);
  };
  asking.received = (piece) => {
    const { record } = window;
    const now = performance.now();
    record.pieces.push({ after: now - record.left, points: piece.points });
    if (!record.marks) {
      const call = performance.getEntriesByType("resource").find((entry) =>
        entry.name.includes("component_server") && entry.startTime >= record.left);
      record.marks = { left: record.left, sent: call?.requestStart, answered: call?.responseStart,
        received: now, engine: piece.seconds, painted: null };
    }
    received.call(asking, piece);
  };
  screen.reslice = () => {
    reslice.call(screen);
    const marks = window.record?.marks;
    if (!marks || marks.painted) return;
    requestAnimationFrame(() => {
      const channel = new MessageChannel();
      channel.port1.onmessage = () => { marks.painted ||= performance.now(); };
      channel.port2.postMessage(null);
    });
  };
}
"""
MOVE = """
([index, value]) => {
  const slider = document.querySelectorAll(".taskarith input[type=range]")[index];
  slider.value = value;
  slider.dispatchEvent(new Event("input", { bubbles: true }));
  window.record = null;
}
"""


STAGES = {
    "first_point": (None, FIRST_IMAGES),
    "coarse_slice": (COARSE_NODES, COARSE_IMAGES),
    "full_slice": (FINE_NODES, FINE_IMAGES),
}


def run(suite: str) -> dict[str, object]:
    loaded = load_suite(suite)
    tasks = [*loaded.targets, loaded.control]
    seconds: dict[str, list[float]] = {stage: [] for stage in STAGES}
    ways: list[dict[str, float]] = []
    with (
        tempfile.TemporaryDirectory() as cache,
        chromium() as page,
        servers.app(suite, cache=Path(cache)) as server,
    ):
        page.goto(server.url)
        wait_until_live(page)
        page.evaluate(RECORD)
        for trial in range(TRIALS):
            last = "full_slice" if trial < FULL_TRIALS else "coarse_slice"
            for stage, value in _trial(page, trial, tasks=tasks, last=last).items():
                seconds[stage].append(value)
            ways.append(way_of_first_point(page.evaluate("window.record.marks")))
        page.goto("about:blank")
    stops = seconds_to_stop(loaded, trials=STOP_TRIALS)
    images = {
        stage: len(nodes or [0]) * count * len(tasks) for stage, (nodes, count) in STAGES.items()
    }
    return {
        "machine": machine(),
        "trials": {stage: len(values) for stage, values in seconds.items()},
        "images": images,
        "seconds_p50": {stage: percentile(values, 50) for stage, values in seconds.items()},
        "seconds_p95": {stage: percentile(values, 95) for stage, values in seconds.items()},
        "first_point_ms": {part: percentile([way[part] for way in ways], 50) for part in ways[0]},
        "stop_seconds": {"p50": percentile(stops, 50), "p95": percentile(stops, 95)},
        **_floor(suite, images),
    }


def _trial(page: Page, trial: int, *, tasks: list[str], last: str) -> dict[str, float]:
    """Move one slider and wait until `last` is measured; seconds of every stage up to it."""
    index = trial % 4
    value = round(0.3 + 0.07 * trial, 2)
    page.evaluate(MOVE, [index, value])
    state = page.evaluate(
        "(({ focus, coefficients }) => ({ focus, coefficients }))("
        "document.querySelector('#instrument').page.state)"
    )
    done: dict[str, float] = {}
    pieces: list[dict[str, Any]] = []
    ends = time.monotonic() + PATIENCE
    while last not in done:
        if time.monotonic() > ends:
            raise SystemExit(f"{last} was not measured within {PATIENCE} s")
        page.wait_for_timeout(POLL)
        # Each piece is taken once: looking at all of them again would keep a core busy.
        pieces += page.evaluate("window.record ? window.record.pieces.splice(0) : []")
        for stage, (nodes, images) in STAGES.items():
            wanted = {(node, task) for node in nodes or [value] for task in tasks}
            after = when_measured(pieces, wanted, images=images, state=state)
            if after is not None:
                done[stage] = after / 1000
    return done


def way_of_first_point(marks: dict[str, Any]) -> dict[str, float]:
    """Milliseconds from the commit to its first point on the screen, part by part.

    "engine" is a share of "server"; the other parts add up to the whole.
    """
    seconds = marks["engine"]
    return {
        "browser: until the request leaves": marks["sent"] - marks["left"],
        "server: until the answer begins": marks["answered"] - marks["sent"],
        "engine: recompose and evaluate": 1000 * (seconds["recompose"] + seconds["evaluate"]),
        "browser: until the answer is read": marks["received"] - marks["answered"],
        "browser: until it is painted": marks["painted"] - marks["received"],
        "all": marks["painted"] - marks["left"],
    }


def when_measured(
    pieces: list[dict[str, Any]],
    wanted: set[tuple[float, str]],
    *,
    images: int,
    state: dict[str, Any],
) -> float | None:
    """Milliseconds after which every wanted (λ, task) had `images` images, None if not yet."""
    focus = state["focus"]
    others = {name: value for name, value in state["coefficients"].items() if name != focus}
    missing = set(wanted)
    for piece in pieces:
        for at, counts, *_ in piece["points"]:  # and the merge, where it is no sum
            if {name: value for name, value in at.items() if name != focus} == others:
                missing -= {
                    (at.get(focus, 0.0), task)
                    for task, one in counts.items()
                    if one["n"] >= min(images, one["total"])
                }
        if not missing:
            return float(piece["after"])
    return None


def _floor(suite: str, images: dict[str, int]) -> dict[str, dict[str, float]]:
    """What the bare forward pass takes; nothing for a suite of texts."""
    model = load_suite(suite).model()
    if not hasattr(model, "image_size"):
        return {}
    rate = _bare_images_per_second(model)
    return {"floor_seconds": {stage: round(n / rate, 3) for stage, n in images.items()}}


def _bare_images_per_second(model: Any) -> float:
    side = model.image_size
    batch = model.normalize(torch.zeros(STEP_IMAGES, side, side, 3, dtype=torch.uint8))
    with torch.inference_mode():
        seconds = turns({"bare": lambda: model.network.encode_image(batch)}, rounds=9)
    return STEP_IMAGES / percentile(seconds["bare"], 50)
