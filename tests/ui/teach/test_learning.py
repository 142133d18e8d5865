"""Teachings as jobs: lines are handed on, failures are words, and a cancelled one is ended."""

import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from taskarith.ui.serving.jobs import Jobs, JobStatus
from taskarith.ui.teach.learning import learning

VISITOR = "0" * 24


@pytest.fixture
def jobs() -> Iterator[Jobs]:
    jobs = Jobs()
    yield jobs
    jobs.close()


def command(code: str) -> tuple[str, ...]:
    return (sys.executable, "-c", f"import json, sys, time\norder = sys.stdin.read()\n{code}")


def until(jobs: Jobs, true: Callable[[JobStatus], bool]) -> JobStatus:
    ends = time.monotonic() + 60
    while time.monotonic() < ends:
        look = jobs.status(VISITOR)
        if look is not None and true(look):
            return look
        time.sleep(0.02)
    raise AssertionError(f"it stands at {jobs.status(VISITOR)}")


def test_lines_become_looks_and_a_result(jobs: Jobs) -> None:
    code = """
print("a word of some library")
for step in (0, 5):
    print(json.dumps({"look": {"step": step, "order": order}}), flush=True)
print(json.dumps({"taught": {"suite": "it"}}))
"""
    told: list[Any] = []

    def made(taught: Any, seconds: float) -> None:
        told.append((taught, seconds > 0))

    jobs.submit(VISITOR, learning("hello", steps=5, made=made, command=command(code)))
    look = until(jobs, lambda one: one.over)
    assert look.result == {
        "looks": ({"step": 0, "order": "hello"}, {"step": 5, "order": "hello"}),
        "taught": {"suite": "it"},
    }
    assert told == [({"suite": "it"}, True)]


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ('print(json.dumps({"failed": "the class has one example"}))', "the class has one example"),
        ("sys.exit(137)", "ended without a word"),
    ],
)
def test_a_failure_is_said(jobs: Jobs, code: str, said: str) -> None:
    jobs.submit(VISITOR, learning("", steps=5, made=lambda *_: None, command=command(code)))
    look = until(jobs, lambda one: one.over)
    assert look.state == "failed"
    assert said in look.message


def test_a_cancelled_one_is_ended_soon(jobs: Jobs) -> None:
    code = 'print(json.dumps({"look": {"step": 0}}), flush=True)\ntime.sleep(600)'
    jobs.submit(VISITOR, learning("", steps=5, made=lambda *_: None, command=command(code)))
    until(jobs, lambda one: one.partial is not None)
    jobs.cancel(VISITOR)
    look = until(jobs, lambda one: one.over)
    assert look.state == "cancelled"
    assert "nothing of it was kept" in look.message
