"""What the page Teach may ask, without a browser: plans, copies, and what becomes of them."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from taskarith import load_suite
from taskarith.errors import TaskArithError
from taskarith.suites import Suite
from taskarith.suites.home import added_suites
from taskarith.ui.serving.jobs import Jobs, Work
from taskarith.ui.teach import learning as learning_module
from taskarith.ui.teach.page import Teachings
from tests.training.teaching.doodles import doodles
from tests.training.teaching.test_examples import folder_of

VISITOR = "ab" * 12


class Kept(Jobs):
    """Keeps what it is given instead of working it off."""

    def __init__(self) -> None:
        super().__init__()
        self.given: list[Work] = []

    def submit(self, session: str, work: Work, *, place: Any = None) -> None:
        self.given.append(work)


@pytest.fixture
def uploads(tmp_path: Path) -> Path:
    return folder_of(doodles(["lying", "standing"], 4), tmp_path / "uploads")


@pytest.fixture
def orders(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The orders of teachings, which are not carried out."""
    given: list[dict[str, Any]] = []

    def noted(order: str, **_: Any) -> Work:
        given.append(json.loads(order))
        return lambda desk: None

    monkeypatch.setattr(learning_module, "learning", noted)
    return given


def teachings(uploads: Path, *, public: bool, **options: Any) -> Teachings:
    return Teachings(None, public=public, uploads=uploads, jobs=Kept(), **options)  # type: ignore[arg-type]


def message(uploads: Path, **fields: Any) -> dict[str, Any]:
    classes = [
        {"name": folder.name, "files": [str(path) for path in sorted(folder.iterdir())]}
        for folder in sorted(uploads.iterdir())
    ]
    return {"visitor": VISITOR, "classes": classes, "examples": 8, "steps": 5, **fields}


def test_what_it_takes_is_said_first(uploads: Path, tiny_suite: Suite) -> None:
    page = teachings(uploads, public=False)
    plan = page.plan(tiny_suite, message(uploads))
    assert plan["steps"] == 5
    assert plan["seconds"] > 0
    assert plan["memory"].endswith("B")
    with pytest.raises(TaskArithError, match="steps is 151"):
        teachings(uploads, public=True).plan(tiny_suite, message(uploads, steps=151))


def test_the_owners_copy_has_a_name_that_can_be_read(
    uploads: Path, tiny_suite: Suite, orders: list[dict[str, Any]]
) -> None:
    page = teachings(uploads, public=False)
    page.start(tiny_suite, message(uploads))
    page.start(tiny_suite, message(uploads, title="apples"))
    assert [(o["into"], o["task"], o["private"]) for o in orders] == [
        ("tiny-lying-standing", "lying-standing", False),
        ("tiny-apples-2", "apples-2", False),
    ]
    assert orders[0]["suite"] == str(tiny_suite.folder)


def test_a_visitors_copy_has_a_name_that_nobody_can_guess(
    uploads: Path, tiny_suite: Suite, orders: list[dict[str, Any]]
) -> None:
    page = teachings(uploads, public=True)
    for _ in range(2):
        page.start(tiny_suite, message(uploads))
    names = [order["into"] for order in orders]
    assert names[0] != names[1]
    assert all(len(name.rpartition("-")[2]) == 24 and order["private"] for name, order in
               zip(names, orders, strict=True))  # fmt: skip
    assert orders[0]["bounds"]["seconds"] > 0


def test_a_message_without_a_visitor_starts_nothing(
    uploads: Path, tiny_suite: Suite, orders: list[dict[str, Any]]
) -> None:
    with pytest.raises(TaskArithError, match="no valid session"):
        teachings(uploads, public=True).start(tiny_suite, message(uploads, visitor="me"))
    assert orders == []


def test_a_table_is_looked_at(uploads: Path) -> None:
    table = uploads / "moods.csv"
    table.write_text("text,mood\nso good,glad\noh no,sad\n", encoding="utf-8")
    page = teachings(uploads, public=True)
    assert page.table({"table": str(table)}) == {
        "columns": [{"name": "text", "values": 2}, {"name": "mood", "values": 2}],
        "rows": 2,
    }
    picture = next(uploads.glob("*/*.png"))
    with pytest.raises(TaskArithError, match=r"\.png is no table; save it as CSV"):
        page.table({"table": str(picture)})
    with pytest.raises(TaskArithError, match="not there any more"):
        page.table({"table": "/etc/passwd"})


def test_hello_tells_ways_and_bounds(uploads: Path, tiny_suite: Suite) -> None:
    link = {"query": "?set=apples:0.5"}
    mine = teachings(uploads, public=False).hello(tiny_suite, link)
    theirs = teachings(uploads, public=True).hello(tiny_suite, {})
    assert (mine["start"], theirs["start"]) == ({"apples": 0.5}, {})
    ways = {way["name"] for way in mine["ways"]}
    assert {"blocks", "lit"} <= ways
    assert not {"ia3", "soft-prompt"} & ways  # these are for texts
    assert {way["name"] for way in mine["ways"]} >= {"blocks", "lora", "full"}
    worlds = {world["name"]: world["classes"] for world in theirs["worlds"]}
    assert worlds["counting"] <= 10
    assert "letters" not in worlds  # a visitor may teach ten classes
    assert theirs["most"]["steps"] < mine["most"]["steps"]
    assert (mine["hours"], theirs["hours"]) == (None, 1.0)
    json.dumps([mine, theirs])


@pytest.fixture
def real(uploads: Path) -> Iterator[Teachings]:
    page = Teachings(None, public=True, uploads=uploads, kept=0.5)  # type: ignore[arg-type]
    yield page
    page.close()


def test_a_visitors_copy_is_forgotten(real: Teachings, uploads: Path, tiny_suite: Suite) -> None:
    """The one that goes through a process of its own."""
    real.start(tiny_suite, message(uploads, anchor=False))
    with pytest.raises(TaskArithError, match="still running here: wait for it, or cancel it"):
        real.start(tiny_suite, message(uploads, title="another", anchor=False))
    ends = time.monotonic() + 120
    while (look := real.look({"visitor": VISITOR}))["state"] in ("waiting", "running"):
        assert time.monotonic() < ends, look
        time.sleep(0.1)
    assert look["state"] == "done", look
    taught = look["found"]["taught"]
    assert taught["control"] == "gardens"
    assert [one["step"] for one in look["found"]["looks"]][-1] == 5
    assert real.look({"visitor": "cd" * 12}) == {"state": "none"}
    while added_suites():
        assert time.monotonic() < ends
        time.sleep(0.1)
    with pytest.raises(TaskArithError):
        load_suite(taught["suite"])
