"""Teachings as work for the jobs: each in a process of its own, followed line by line.

Knows processes and lines; what is learned is the process's business.
"""

import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import IO, Any

from taskarith.errors import TeachingCancelled, TeachingError
from taskarith.ui.serving.jobs import Desk, Work

__all__ = ["COMMAND", "learning"]

COMMAND = (sys.executable, "-m", "taskarith.training.teaching.process")
POLL = 0.1  # seconds between two looks at whether to stop
TIDYING = 10.0  # seconds that a process that is stopped may take to end

Json = dict[str, Any]


def learning(
    order: str,
    *,
    steps: int,
    made: Callable[[Json, float], None],
    command: tuple[str, ...] = COMMAND,
) -> Work:
    """Carry out `order` (see `training.teaching.process`).

    The job shows the looks so far as it goes, and gives `{"looks", "taught"}`; `made` is first told
    what was taught, and how many seconds it took. It raises TeachingError where the process says or
    shows that it failed.
    """

    def work(desk: Desk) -> Json:
        started = time.monotonic()
        looks: list[Json] = []
        taught: Json | None = None
        with _started(order, command) as process:
            try:
                for line in _lines(process, stopped=desk.stopped):
                    if "look" in line:
                        looks.append(line["look"])
                        desk.progress(line["look"]["step"], steps, "")
                        desk.show({"looks": tuple(looks)})
                    elif "failed" in line:
                        raise TeachingError(line["failed"])
                    else:
                        taught = line["taught"]
            finally:
                _ended(process)
        if taught is None:
            raise TeachingError(
                "the training ended without a word: this machine may have run out of memory. "
                "Nothing of it was kept"
            )
        made(taught, time.monotonic() - started)
        return {"looks": tuple(looks), "taught": taught}

    return work


def _started(order: str, command: tuple[str, ...]) -> "subprocess.Popen[str]":
    """The process, with its order told. What it writes beside its lines goes to our own log."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, text=True
    )
    assert process.stdin is not None
    process.stdin.write(order)
    process.stdin.close()
    return process


def _ended(process: "subprocess.Popen[str]") -> None:
    """Tell the process to end, which lets it tidy up; then end it."""
    process.terminate()
    try:
        process.wait(TIDYING)
    except subprocess.TimeoutExpired:
        process.kill()


def _lines(process: "subprocess.Popen[str]", *, stopped: Callable[[], bool]) -> Iterator[Json]:
    """Each line as it comes; TeachingCancelled once `stopped` says so."""
    found: queue.Queue[Json | None] = queue.Queue()
    assert process.stdout is not None
    reader = threading.Thread(target=_read, args=(process.stdout, found), daemon=True)
    reader.start()
    while True:
        if stopped():
            raise TeachingCancelled("It was cancelled; nothing of it was kept.")
        try:
            line = found.get(timeout=POLL)
        except queue.Empty:
            continue
        if line is None:
            return
        yield line


def _read(stream: IO[str], found: "queue.Queue[Json | None]") -> None:
    for text in stream:
        if text.startswith("{"):
            found.put(json.loads(text))
    found.put(None)
