"""Starts web servers as a person would, as processes of their own, and knows when they answer.

Run as a program it is a peer: `python -m benchmarks.servers empty|plot PORT` serves a Gradio page
that is empty, or that redraws a `gr.Plot` at every move of a `gr.Slider`.
"""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Server", "app", "peer"]

PATIENCE = 120.0  # seconds


@dataclass(frozen=True)
class Server:
    """A server that answers.

    Attributes:
        started: `time.perf_counter()` when its process was started.
        answered: the same when it first answered.
        pid: of that process.
    """

    url: str
    pid: int
    started: float
    answered: float


@contextmanager
def app(suite: str, *, cache: Path, suites: Path | None = None) -> Iterator[Server]:
    """This project's app; `cache` keeps its pictures and results, `suites` what is made in it."""
    command = ["app.py", "--suite", suite]
    environment = {"TASKARITH_CACHE": str(cache)}
    environment |= {} if suites is None else {"TASKARITH_SUITES": str(suites)}
    with _serve(command, environment=environment) as server:
        yield server


@contextmanager
def peer(page: str) -> Iterator[Server]:
    """One of the peers of this module."""
    with _serve(["-m", "benchmarks.servers", page], environment={}) as server:
        yield server


@contextmanager
def _serve(command: Sequence[str], *, environment: dict[str, str]) -> Iterator[Server]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    arguments = [str(port)] if "-m" in command else ["--port", str(port)]
    url = f"http://127.0.0.1:{port}"
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *command, *arguments],
        env={**os.environ, "GRADIO_ANALYTICS_ENABLED": "False", **environment},
        stdout=subprocess.DEVNULL,
    )
    try:
        _wait_for(url, process)
        yield Server(url, process.pid, started, time.perf_counter())
    finally:
        process.terminate()
        process.wait(30)


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    ends = time.perf_counter() + PATIENCE
    while time.perf_counter() < ends:
        if process.poll() is not None:
            raise SystemExit(f"the server ended with {process.returncode} before it answered")
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.02)
    raise SystemExit(f"{url} did not answer within {PATIENCE:.0f} s")


def _peer_page(page: str, port: int) -> None:
    import gradio as gr

    with gr.Blocks(analytics_enabled=False) as blocks:
        if page == "empty":
            gr.Markdown("empty", elem_id="content")
        else:
            import plotly.graph_objects as go

            def draw(value: float) -> go.Figure:
                places = [step / 10 for step in range(-15, 16)]
                lines = [go.Scatter(x=places, y=[value * x + k for x in places]) for k in range(9)]
                return go.Figure(lines)

            slider = gr.Slider(-1.5, 1.5, 0, step=0.01, elem_id="slider")
            plot = gr.Plot(draw(0), elem_id="content")
            slider.input(draw, slider, plot, show_progress="hidden")
    blocks.launch(server_name="127.0.0.1", server_port=port, quiet=True, ssr_mode=False)


if __name__ == "__main__":
    _peer_page(sys.argv[1], int(sys.argv[2]))
