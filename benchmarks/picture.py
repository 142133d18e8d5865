"""From a move of the mouse on a slider to the painted picture, in headless Chromium, 60 moves.

Time runs from the browser's own stamp on the mouse's movement (so the wait for the next frame
counts) to the first task after the frame in which the picture changed. Beside it, in the same
browser: a bare page whose listener moves one SVG line (the limit), and `gr.Slider` → `gr.Plot` (the
peer). `surrogate`: the preview of every task at a place not seen before, all vectors in the edit.
`p50_ms` and `p95_ms` are ours.
"""

import tempfile
from collections.abc import Mapping
from pathlib import Path

from playwright.sync_api import Locator, Page

from benchmarks import servers
from benchmarks.browser import chromium, wait_until_live, wait_until_usable
from benchmarks.timing import machine, percentile

__all__ = ["run", "summary"]

MOVES = 60
PAUSE = 45  # milliseconds between moves, out of step with the frames

BARE = """
<input id="slider" type="range" min="-1.5" max="1.5" step="0.01" style="width: 600px">
<svg id="content" width="800" height="400"><line y2="400" stroke="black"/></svg>
<script>
  const line = document.querySelector("line");
  document.querySelector("#slider").addEventListener("input", (event) => {
    const x = 400 + 250 * Number(event.target.value);
    line.setAttribute("x1", x);
    line.setAttribute("x2", x);
  });
</script>
"""

# Takes the stamp of a movement that was an input, waits for the picture to change, then for the
# frame that shows it.
WATCH = """
([slider, picture]) => {
  const waiting = [];
  let moved = 0;
  window.painted = [];
  slider.addEventListener("pointermove", (event) => { moved = event.timeStamp; }, true);
  slider.addEventListener("input", () => waiting.push(moved), true);
  new MutationObserver(() => {
    const stamps = waiting.splice(0);
    if (!stamps.length) return;
    requestAnimationFrame(() => {
      const channel = new MessageChannel();
      channel.port1.onmessage = () => {
        for (const stamp of stamps) window.painted.push(performance.now() - stamp);
      };
      channel.port2.postMessage(null);
    });
  }).observe(picture, { attributes: true, childList: true, characterData: true, subtree: true });
}
"""

PREVIEW = """
async (moves) => {
  const { view } = document.querySelector("#instrument").page;
  while (!view.surrogate) await new Promise((resolve) => { setTimeout(resolve, 100); });
  const { vectors, tasks } = view.surrogate;
  const edit = Object.fromEntries(vectors.map((name) => [name, 0.2]));
  const spent = [];
  for (let move = 0; move < moves; move++) {
    const focus = vectors[move % vectors.length];
    edit[focus] = 0.1 + move / 100;
    const before = performance.now();
    const accuracy = view.surrogate.along(edit, focus);
    for (const task of tasks.keys()) accuracy(task, edit[focus]);
    spent.push(performance.now() - before);
  }
  return spent;
}
"""


def run(suite: str) -> dict[str, object]:
    milliseconds = {}
    with tempfile.TemporaryDirectory() as cache, chromium() as page:
        page.set_content(BARE)
        milliseconds["bare"] = _drag(page, page.locator("#slider"), page.locator("#content"))
        with servers.app(suite, cache=Path(cache)) as server:
            page.goto(server.url)
            wait_until_usable(page)
            wait_until_live(page)
            slider = page.locator(".taskarith input[type=range]").first
            milliseconds["surrogate"] = page.evaluate(PREVIEW, MOVES)
            milliseconds["ours"] = _drag(page, slider, page.locator(".taskarith svg.over"))
        with servers.peer("plot") as server:
            page.goto(server.url)
            page.locator("#content .main-svg").first.wait_for()
            slider = page.locator("#slider input[type=range]")
            milliseconds["gr_plot"] = _drag(page, slider, page.locator("#content"))
        page.goto("about:blank")
    return summary(milliseconds)


def summary(milliseconds: Mapping[str, list[float]]) -> dict[str, object]:
    """The result, of each move's milliseconds by contestant: first ours, then all."""
    found = {
        name: {f"p{p}_ms": round(percentile(values, p), 1) for p in (50, 95)} | {"n": len(values)}
        for name, values in milliseconds.items()
    }
    ours = {name: found["ours"][name] for name in ("p50_ms", "p95_ms")}
    return {"machine": machine(), "moves": MOVES, **ours, "contestants": found}


def _drag(page: Page, slider: Locator, picture: Locator) -> list[float]:
    """Milliseconds of each move that a mouse makes on the slider."""
    page.evaluate(WATCH, [slider.element_handle(), picture.element_handle()])
    box = slider.bounding_box()
    assert box is not None
    height = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] / 2, height)
    page.mouse.down()
    page.evaluate("window.painted.length = 0")  # the press itself may have moved the slider
    for move in range(MOVES):
        # There and back over the middle half, never the same place twice in a row.
        share = 0.25 + 0.5 * abs(1 - (move % 30) / 15)
        page.mouse.move(box["x"] + box["width"] * share, height)
        page.wait_for_timeout(PAUSE)
    page.mouse.up()
    page.wait_for_timeout(1000)
    painted: list[float] = page.evaluate("window.painted")
    return painted
