"""The widget without a browser: a channel that is written down, messages as a page sends them."""

import builtins
import json
import queue
import re
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import comm
import pytest
import traitlets
from comm.base_comm import BaseComm

import taskarith
from taskarith.core import Edit
from taskarith.errors import MissingDependencyError, TaskArithError
from taskarith.evaluation import Evaluator, measure
from taskarith.suites import load_suite
from taskarith.ui.explore.page import server_functions
from taskarith.ui.modules import JS
from taskarith.ui.notebook import desk
from taskarith.ui.notebook.explorer_widget import LONGEST, ExplorerWidget
from taskarith.ui.serving.explorers import Explorers
from taskarith.ui.serving.launch import opener
from taskarith.ui.serving.limits import Limiter
from taskarith.ui.serving.pieces import as_sent

PATIENCE = 60  # seconds for one answer
SESSION = "a" * 24


class WrittenDown(BaseComm):
    """A channel whose other end is this test."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        self.states: list[dict[str, Any]] = []
        self.answers: queue.Queue[Any] = queue.Queue()
        super().__init__(*arguments, **named)

    def publish_msg(self, msg_type: str, data: Any = None, **_more: Any) -> None:
        if data and data.get("method") == "custom":
            self.answers.put(data["content"])
        elif data and "state" in data:
            self.states.append(data["state"])

    def page_sends(self, data: dict[str, Any]) -> None:
        self.handle_msg({"content": {"data": data}, "buffers": []})


@pytest.fixture(autouse=True)
def channel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comm, "create_comm", WrittenDown)


@pytest.fixture
def widgets(page_folder: Path) -> Iterator[list[ExplorerWidget]]:
    made: list[ExplorerWidget] = []
    yield made
    for one in made:
        one.close()


@pytest.fixture
def widget(page_folder: Path, widgets: list[ExplorerWidget]) -> ExplorerWidget:
    widgets.append(taskarith.widget(page_folder, height=500, device="cpu"))
    return widgets[0]


def channel_of(widget: ExplorerWidget) -> WrittenDown:
    assert isinstance(widget.comm, WrittenDown)
    return widget.comm


def sends(widget: ExplorerWidget, content: object) -> None:
    channel_of(widget).page_sends({"method": "custom", "content": content})


def asks(widget: ExplorerWidget, call: str, **message: object) -> dict[str, Any]:
    sends(widget, {"id": call, "call": call, "message": {"session": SESSION, **message}})
    answer = channel_of(widget).answers.get(timeout=PATIENCE)
    assert answer["id"] == call
    return dict(answer["answer"])


def ready(widget: ExplorerWidget) -> None:
    state = "loading"
    while state == "loading":
        state = asks(widget, "engine", known=state)["state"]
    assert state == "ready"


def threads() -> list[str]:
    return [one.name for one in threading.enumerate() if "taskarith" in one.name]


def test_the_page_gets_its_modules_its_style_and_its_edit(widget: ExplorerWidget) -> None:
    state = widget.get_state()
    assert state["height"] == 500
    assert "export default { render:" in state["_esm"]
    assert ".taskarith.guest" in state["_css"]
    assert state["query"].startswith("suite=tiny&set=apples:")
    assert "edit" not in state  # it travels as the query


def test_it_measures_what_the_library_measures(widget: ExplorerWidget, page_folder: Path) -> None:
    hello = asks(widget, "hello")
    assert (hello["suite"]["name"], hello["nav"]) == ("tiny", [])
    ready(widget)
    coefficients = {"apples": -0.3, "birds": 0.2}
    sent = {"seq": 1, "coefficients": coefficients, "focus": "apples", "analogy": None}
    answers = [asks(widget, "commit", **sent, pinned=None)]
    while not answers[-1]["done"]:
        answers.append(asks(widget, "more", seq=1, cursor=answers[-1]["cursor"]))
    points = [point for answer in answers for point in answer["points"]]
    last = [estimates for at, estimates in points if at == coefficients][-1]
    suite = load_suite(page_folder)
    expected = measure(Evaluator(suite, device="cpu"), Edit("tiny", coefficients), tasks=["apples"])
    assert last["apples"] == as_sent(expected["apples"])


def test_its_edit_is_read_and_set_from_both_sides(widget: ExplorerWidget) -> None:
    heard: list[Edit] = []
    widget.observe(lambda change: heard.append(change["new"]), names="edit")
    widget.edit = Edit("tiny", {"coins": 0.4})
    assert channel_of(widget).states[-1] == {"query": "suite=tiny&set=coins:0.4&focus=coins"}
    moved = "suite=tiny&set=apples:-0.5,coins:0.4&focus=apples&measure=gain"
    channel_of(widget).page_sends({"method": "update", "state": {"query": moved}})
    assert widget.edit == Edit("tiny", {"apples": -0.5, "coins": 0.4})
    assert widget.query == moved
    widget.edit = Edit("tiny", {"apples": 1}, method="ties")
    assert "method=ties" in widget.query
    assert [one.formula() for one in heard] == [
        "θ = θ₀ + 0.40·τ(coins)",
        "θ = θ₀ − 0.50·τ(apples) + 0.40·τ(coins)",
        "θ = θ₀ + ties(1.00·τ(apples); density=0.2, scale=1)",
    ]


def test_what_says_the_same_edit_changes_nothing(widget: ExplorerWidget) -> None:
    pinned = f"{widget.query}&pin=coins:1"
    widget.query = pinned
    widget.edit = Edit("tiny", dict(widget.edit.coefficients))
    assert widget.query == pinned


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        (Edit("mini", {"letters": 1}), "this widget shows the suite tiny"),
        (Edit("tiny", {"zebras": 1}), "zebras"),
    ],
)
def test_an_edit_that_it_cannot_show_is_refused(
    widget: ExplorerWidget, edit: Edit, says: str
) -> None:
    before = widget.edit
    with pytest.raises(TaskArithError, match=says):
        widget.edit = edit
    assert widget.edit == before


def test_what_a_browser_sends_is_checked(widget: ExplorerWidget) -> None:
    before = widget.query
    for nonsense in ("x" * (LONGEST + 1), f"set=apples:1&{'a=1&' * 100}"):
        channel_of(widget).page_sends({"method": "update", "state": {"query": nonsense}})
        assert widget.query == before
    channel_of(widget).page_sends(
        {"method": "update", "state": {"query": "set=zebras:1,coins:9e9"}}
    )
    assert widget.edit == Edit("tiny", {})
    messages: Sequence[object] = (None, 3, [], {}, {"id": 7, "call": "hello"}, "hello")
    for content in messages:
        sends(widget, content)
    assert asks(widget, "close")["error"] == "a widget makes no such call"
    assert "coefficients" in asks(widget, "commit")["error"]
    assert "error" in asks(widget, "rest", session="../x")
    sends(widget, {"id": "z", "call": "hello", "message": "no object"})
    answer = channel_of(widget).answers.get(timeout=PATIENCE)
    assert answer["answer"]["suite"]["name"] == "tiny"
    assert channel_of(widget).answers.empty()


def test_calls_that_wait_are_bounded(widget: ExplorerWidget, monkeypatch: Any) -> None:
    monkeypatch.setattr(desk, "MOST_CALLS", 0)
    assert "too many calls" in asks(widget, "hello")["error"]


def test_widgets_of_a_suite_share_an_engine_and_the_last_one_ends_it(
    page_folder: Path, widgets: list[ExplorerWidget]
) -> None:
    before = threads()
    one, two = (taskarith.widget(page_folder, device="cpu") for _ in range(2))
    widgets += [one, two]
    running = len(threads())
    assert running > len(before)
    ready(one)
    one.close()
    assert asks(two, "engine")["state"] == "ready"
    assert len(threads()) == running
    sends(two, {"id": "w", "call": "engine", "message": {"known": "loading"}})
    two.close()
    two.close()  # once more does nothing
    assert threads() == before
    assert desk._desks == {}


def test_six_suites_at_a_time(page_folder: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(desk, "MOST", 0)
    with pytest.raises(TaskArithError, match=r"close\(\) the widgets of one first"):
        taskarith.widget(page_folder)


def test_where_it_cannot_open_nothing_is_left(page_folder: Path) -> None:
    before = threads()
    with pytest.raises(TaskArithError, match="nowhere"):
        taskarith.widget("nowhere")
    with pytest.raises(TaskArithError, match="zebras"):
        taskarith.widget(page_folder, edit=Edit("tiny", {"zebras": 1}))
    with pytest.raises(traitlets.TraitError):
        taskarith.widget(page_folder, height="tall")  # type: ignore[arg-type]
    assert threads() == before
    assert desk._desks == {}


def test_heights_have_bounds(widget: ExplorerWidget) -> None:
    widget.height = 10**6
    assert widget.height == 4000
    widget.height = 1
    assert widget.height == 200


def test_without_anywidget_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    original = builtins.__import__

    def missing(name: str, *arguments: Any) -> Any:
        if name == "taskarith.ui.notebook.explorer_widget":
            raise ImportError("No module named 'anywidget'")
        return original(name, *arguments)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(MissingDependencyError, match=r"pip install 'taskarith\[notebook\]'"):
        taskarith.widget("mini")


def test_the_widget_calls_what_the_page_answers() -> None:
    file = JS / "notebook" / "backend.js"
    listed = re.search(r"const CALLS = (\[.*?\]);", file.read_text(encoding="utf-8"), re.DOTALL)
    assert listed is not None
    names = json.loads(re.sub(r",\s*\]", "]", listed[1]))
    opened = Explorers("tiny", Future(), open_suite=opener("cpu"))
    answered = server_functions(opened, limiter=Limiter(public=False), on_open=lambda: None)
    assert sorted(names) == sorted(function.__name__ for function in answered)
