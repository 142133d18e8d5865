"""What the page Models offers: in words first, then done; and what it refuses to visitors."""

import json
import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from torch import Tensor

from taskarith import load_suite
from taskarith.errors import (
    AssetError,
    SourceError,
    TaskArithError,
    UnknownNameError,
    WeightsError,
)
from taskarith.sources import write_tensors
from taskarith.suites import Suite
from taskarith.suites.home import (
    VISITORS,
    add_folder,
    added_suites,
    forget_unused,
    let_go,
    made_by_visitor,
    new_folder,
    note_use,
)
from taskarith.suites.making.planning import Asked, AskedTask, AskedVector
from taskarith.ui.models.offers import (
    Offer,
    offer_assembly,
    offer_manifest,
    offer_pull,
    offer_suite,
)
from taskarith.ui.models.own_offers import offer_removal, offer_rename
from taskarith.ui.models.picked import picked_folder
from tests.hub.server import Claimed, LoopbackHub
from tests.hub.tiny_hub import TARGETS, manifest, moved, pulled


@dataclass
class FakeDesk:
    """A place at the queue: notes what it hears, and is never told to stop."""

    heard: list[str] = field(default_factory=list)

    def progress(self, done: int, needed: int, what: str) -> None:
        self.heard.append(what)

    def stopped(self) -> bool:
        return False


@pytest.fixture
def desk() -> Any:
    return FakeDesk()


@pytest.fixture
def start(published: dict[str, dict[str, Tensor]], folder: Path) -> Suite:
    return pulled(folder)


AGAIN = AskedTask("apples-2", "task:apples")


def test_a_new_slider_in_words_and_then_in_fact(
    start: Suite, hub: LoopbackHub, base: dict[str, Tensor], tmp_path: Path, desk: Any
) -> None:
    write_tensors(tmp_path / "new-model" / "model.safetensors", moved(base, 99))
    card = {"base_model": "somebody/else", "license": "mit"}
    commit = hub.add_folder("tuned/new", tmp_path / "new-model", card=card)
    asked = Asked(name="tiny-two", vectors=(AskedVector("tuned/new", AGAIN),), start=start)
    offer = offer_assembly(asked, public=True)
    assert offer.title == "New suite tiny-two: tiny-hub and one slider more"
    assert offer.lines[0] == (
        f"hub:tuned/new at {commit[:7]}: 98.5 kB, 1 file, checkpoint, base somebody/else, "
        "licence mit"
    )
    assert offer.lines[1] == "target “apples-2” (the pictures of apples)"
    assert offer.verb == "Fetch 98.5 kB and make it"
    assert offer.warnings == (
        "its card says it was made from somebody/else, but the base here is hub:openai/clip-tiny",
    )
    done = offer.act(desk)
    assert done.suite == "tiny-two"
    assert done.lines[0].startswith("39 tensors")
    assert desk.heard[-1] == "making the heads"
    assert "apples-2" in load_suite("tiny-two").vectors


def test_messages_about_picked_files_name_no_folder_of_this_machine(
    start: Suite, base: dict[str, Tensor], tmp_path: Path, desk: Any
) -> None:
    broken = moved(base, 3)
    broken["vision_model.post_layernorm.weight"][2] = float("inf")
    kept = picked_folder() / "kept"
    write_tensors(kept / "mine.safetensors", broken)
    asked = Asked(name="x", vectors=(AskedVector(f"file:{kept}", AGAIN),), start=start)
    with pytest.raises(WeightsError, match=r"the picked mine\.safetensors: .*NaN or Inf") as error:
        offer_assembly(asked, public=True)
    assert str(tmp_path) not in str(error.value)
    write_tensors(kept / "mine.safetensors", moved(base, 4))
    (kept / "notes.txt").write_text("x")
    offer = offer_assembly(asked, public=True)
    assert offer.lines[0].startswith("picked mine.safetensors (not used: notes.txt): 98")
    write_tensors(picked_folder() / "other" / "mine.safetensors", moved(base, 5))
    two = (f"file:{kept}", f"file:{picked_folder() / 'other'}")
    named = (AGAIN, replace(AGAIN, name="once-more"))
    asked_both = replace(asked, vectors=tuple(map(AskedVector, two, named)))
    lines = offer_assembly(asked_both, public=True).lines
    assert [line.split(" (not")[0].split(":")[0] for line in lines[:2]] == [
        "picked mine.safetensors no. 1", "picked mine.safetensors no. 2",
    ]  # fmt: skip
    assert "from mine.safetensors no. 2" in lines[-1]
    write_tensors(kept / "mine.safetensors", base)
    with pytest.raises(WeightsError, match=r"the picked mine.*is the base itself: ‖τ‖ = 0"):
        offer_assembly(asked, public=True)


def test_what_would_stop_the_making_is_said_by_the_plan(
    start: Suite, base: dict[str, Tensor], tmp_path: Path
) -> None:
    """Broken pictures, names against classes, templates."""
    write_tensors(tmp_path / "new" / "model.safetensors", moved(base, 5))
    for label in ("red", "blue"):
        for index in range(20):
            path = tmp_path / "mine" / label / f"{index}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (9, 9), (index, 9, 9)).save(path)
    (tmp_path / "mine" / "notes.txt").write_text("x")
    task = AskedTask("colours", str(tmp_path / "mine"))

    def planned(task: AskedTask) -> Offer:
        vector = AskedVector(f"file:{tmp_path / 'new'}", task)
        return offer_assembly(Asked("x", (vector,), start=start), public=False)

    line = next(line for line in planned(task).lines if "colours" in line)
    assert "2 classes; pictures:" in line
    assert "not used: notes.txt" in line
    for wrong, words in (
        (replace(task, classnames=("red",)), r"2 classes \(blue, red\), but 1 names were given"),
        (replace(task, templates=("a photo",)), "each needs exactly one {}"),
        (replace(task, classnames=("Red", "red")), "give the same prompt"),
        (replace(task, head="lucky"), "unknown head 'lucky'"),
    ):
        with pytest.raises(TaskArithError, match=words):
            planned(wrong)
    (tmp_path / "mine" / "red" / "7.png").write_bytes(b"x")
    with pytest.raises(AssetError, match=r"mine/red/7\.png is no picture that can be read"):
        planned(task)


def test_own_suites_are_renamed_and_removed(folder: Path, desk: Any) -> None:
    add_folder(folder, taken=lambda _: False)
    name = load_suite(folder).name
    with pytest.raises(AssetError, match=f"this server was started with {name}"):
        offer_removal(name, served=name)
    closed: list[str] = []
    renamed = offer_rename(name, "other", in_use=lambda _: True, close=closed.append)
    assert renamed.title == f"Call {name} other from now on"
    assert renamed.lines[1:] == ("it was opened here, and is closed first",)
    assert closed == []
    assert renamed.act(desk).suite == "other"
    assert closed == [name]
    removed = offer_removal("other")
    assert removed.lines == ("its folder stays where it is",)
    assert removed.act(desk).gone
    assert "other" not in added_suites()
    with pytest.raises(UnknownNameError):
        offer_rename("mini", "x")


def test_fetching_a_suite_says_what_it_takes(
    published: dict[str, dict[str, Tensor]], folder: Path, desk: Any
) -> None:
    suite = load_suite(folder)
    offer = offer_pull(suite, public=True)
    assert len(offer.lines) == 6
    assert offer.lines[-1].startswith("together 8.")
    assert offer.verb == "Fetch 8.3 MB"
    assert not suite.is_here()
    offer.act(desk)
    assert load_suite(folder).is_here()
    with pytest.raises(AssetError, match="here already"):
        offer_pull(load_suite(folder), public=True)


def test_a_suite_of_the_hub_is_added(
    published: dict[str, dict[str, Tensor]], folder: Path, hub: LoopbackHub, desk: Any
) -> None:
    hub.add("someone/suite", {"manifest.json": (folder / "manifest.json").read_bytes()})
    offer = offer_suite("hub:someone/suite", public=True)
    assert offer.lines[0].startswith("suite tiny-hub, ")
    assert offer.act(desk).suite == "tiny-hub"
    with pytest.raises(AssetError, match="already"):
        offer_suite("hub:someone/suite", public=True).act(desk)


def test_a_manifest_alone_is_added(
    published: dict[str, dict[str, Tensor]], folder: Path, desk: Any
) -> None:
    offer = offer_manifest(folder / "manifest.json", public=True)
    assert offer.title == "Add the suite tiny-hub"
    assert "4 task vectors" in offer.lines
    offer.act(desk)
    assert set(added_suites()) == {"tiny-hub"}


@pytest.mark.parametrize("space", [" ", "\t", "\n"])
def test_a_manifest_that_changed_after_the_plan_takes_no_files_of_this_machine(
    space: str, published: dict[str, dict[str, Tensor]], desk: Any
) -> None:
    """The last look is at what will be read from then on."""

    def add() -> None:
        with new_folder("tiny-hub", taken=lambda _: False, allowed=lambda _: False) as folder:
            text = json.dumps(manifest(vectors=spaced(space)))
            (folder / "manifest.json").write_text(text)

    with pytest.raises(AssetError, match="asks for files of this machine"):
        add()
    assert added_suites() == {}


def test_a_manifest_of_the_owner_may_name_files(
    published: dict[str, dict[str, Tensor]], tmp_path: Path, desk: Any
) -> None:
    file = tmp_path / "mine.json"
    file.write_text(json.dumps(manifest(vectors=spaced(" "))))
    assert offer_manifest(file, public=False).act(desk).suite == "tiny-hub"


def test_what_is_too_much_together_is_not_for_visitors(hub: LoopbackHub, tmp_path: Path) -> None:
    """Each is small enough; all of them are not."""
    sources = [f"tuned/{name}" for name in TARGETS]
    for source in sources:
        hub.add(source, {"model.safetensors": Claimed(10**9)})
    hub.add("some/base", {"model.safetensors": Claimed(10**9), "config.json": b"{}"})
    described = manifest(
        base={"kind": "transformers", "source": "some/base"},
        vectors=[
            {"task": name, "source": source} for name, source in zip(TARGETS, sources, strict=True)
        ],
    )
    (tmp_path / "manifest.json").write_text(json.dumps(described))
    suite = load_suite(tmp_path)
    with pytest.raises(SourceError, match=r"the 5 sources are 5\.0 GB together; at most 2\.1 GB"):
        offer_pull(suite, public=True)
    assert offer_pull(suite, public=False).verb == "Fetch 5.0 GB"


def test_a_public_server_forgets_the_oldest_whoever_added_it(
    published: dict[str, dict[str, Tensor]],
    folder: Path,
    hub: LoopbackHub,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    desk: Any,
) -> None:
    monkeypatch.setattr("taskarith.ui.models.offers.MOST_MADE", 1)
    file = tmp_path / "mine.json"
    file.write_text(json.dumps(manifest(name="first")))
    offer_manifest(file, public=True).act(desk)
    hub.add("someone/suite", {"manifest.json": (folder / "manifest.json").read_bytes()})
    os.utime(added_suites()["first"] / VISITORS, (1, 1))
    offer_suite("hub:someone/suite", public=True).act(desk)
    assert set(added_suites()) == {"tiny-hub"}
    os.utime(added_suites()["tiny-hub"] / VISITORS, (1, 1))
    offer_manifest(file, public=True).act(desk)
    assert set(added_suites()) == {"first"}


def test_only_the_owner_adds_a_folder(
    published: dict[str, dict[str, Tensor]], folder: Path, desk: Any
) -> None:
    with pytest.raises(SourceError, match=r"reference|no Hub repository"):
        offer_suite(str(folder), public=True)
    assert offer_suite(str(folder), public=False).act(desk).suite == "tiny-hub"


def spaced(space: str) -> list[dict[str, str]]:
    """Vectors of this machine, with something before the words that reading takes away."""
    return [{"task": name, "source": f"{space}file:/etc"} for name in TARGETS]


LOCAL = spaced("")
LOCAL_BASE = {"kind": "transformers", "source": "\n file:/etc"}
BAD: dict[str, tuple[bytes, str]] = {
    "no JSON": (b"{", "not valid JSON"),
    "not UTF-8": (b"\xff\xfe", "not valid JSON"),
    "deep": (b"[" * 100_000, "not valid JSON"),
    "a list": (b"[]", "must be an object"),
    "huge": (b" " * (4 * 2**20 + 1), "it is no manifest"),
    "files of this machine": (
        json.dumps(manifest(vectors=LOCAL)).encode(),
        "names files beside it or on this machine",
    ),
    "files of this machine behind a space": (
        json.dumps(manifest(vectors=spaced(" "))).encode(),
        "names files beside it or on this machine",
    ),
    "files of this machine behind a tab": (
        json.dumps(manifest(vectors=spaced("\t"))).encode(),
        "names files beside it or on this machine",
    ),
    "files of this machine behind a line": (
        json.dumps(manifest(vectors=spaced("\r\n"))).encode(),
        "names files beside it or on this machine",
    ),
    "a base of this machine": (
        json.dumps(manifest(base=LOCAL_BASE)).encode(),
        "names files beside it or on this machine",
    ),
    "a base of this machine of OpenCLIP": (
        json.dumps(manifest(base={**LOCAL_BASE, "kind": "open_clip"})).encode(),
        "names files beside it or on this machine",
    ),
    "files beside it": (
        json.dumps(manifest(surrogate="surrogate.safetensors")).encode(),
        "names files beside it",
    ),
    "pictures beside it": (
        json.dumps(
            manifest(
                tasks=[
                    {**task, "data": {"kind": "folder", "path": "pictures"}}
                    for task in manifest()["tasks"]
                ]
            )
        ).encode(),
        "names files beside it",
    ),
}


@pytest.mark.parametrize(("content", "words"), BAD.values(), ids=list(BAD))
def test_a_bad_manifest_is_refused(content: bytes, words: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.json"
    file.write_bytes(content)
    with pytest.raises(AssetError, match=words):
        offer_manifest(file, public=True)
    with pytest.raises(AssetError, match="pick it again"):
        offer_manifest(tmp_path / "gone.json", public=True)


def test_what_is_too_large_for_visitors_is_for_the_owner(start: Suite, hub: LoopbackHub) -> None:
    hub.add("tuned/huge", {"model.safetensors": Claimed(3 * 10**9)})
    asked = Asked(name="x", vectors=(AskedVector("tuned/huge", AGAIN),), start=start)
    with pytest.raises(SourceError, match=r"3\.0 GB; at most 2\.1 GB"):
        offer_assembly(asked, public=True)
    assert offer_assembly(asked, public=False).verb == "Fetch 3.0 GB and make it"


@pytest.mark.parametrize("place", ["", "hub:", "not a reference", "peft:a/b/c", "file:/etc"])
def test_a_place_that_is_none(place: str, hub: LoopbackHub) -> None:
    with pytest.raises(TaskArithError):
        offer_suite(place, public=True)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where added suites are: three of visitors, unused for 3, 2 and 1 hours, and the owner's."""
    monkeypatch.setenv("TASKARITH_SUITES", str(tmp_path / "home"))
    for hours, name in ((9, "owners"), (3, "first"), (2, "second"), (1, "third")):
        suite = tmp_path / "home" / name
        suite.mkdir(parents=True)
        (suite / "manifest.json").write_text(json.dumps(manifest(name=name)))
        if name != "owners":
            made_by_visitor(name)
            os.utime(suite / VISITORS, (1e9 - 3600 * hours,) * 2)
    return tmp_path / "home"


def nobody(name: str) -> bool:
    return False


def test_of_the_suites_of_visitors_so_many_are_kept_and_the_owners_always(home: Path) -> None:
    assert forget_unused(2, in_use=nobody) == ["first"]
    assert set(added_suites()) == {"owners", "second", "third"}
    assert forget_unused(0, in_use=nobody) == ["second", "third"]
    assert set(added_suites()) == {"owners"}


def test_what_is_in_use_stays_and_what_was_used_last_goes_last(home: Path) -> None:
    note_use(home / "first")
    note_use(home / "owners")  # which is none of those that go
    assert not (home / "owners" / VISITORS).exists()
    assert forget_unused(1, in_use=lambda name: name == "second") == ["third", "first"]


def test_many_small_manifests_push_out_neither_the_owners_suites_nor_open_ones(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, desk: Any
) -> None:
    monkeypatch.setattr("taskarith.ui.models.offers.MOST_MADE", 4)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "manifest.json").write_text(json.dumps(manifest(name="noted")))
    add_folder(elsewhere, taken=nobody)
    file = tmp_path / "small.json"
    for number in range(12):
        file.write_text(json.dumps(manifest(name=f"flood-{number}")))
        offer_manifest(file, public=True, in_use=lambda name: name == "first").act(desk)
    left = set(added_suites())
    assert left == {"owners", "noted", "first", "flood-9", "flood-10", "flood-11"}


def test_picked_weights_that_a_suite_takes_are_let_go_with_unused_suites_only(
    home: Path, tmp_path: Path
) -> None:
    picked = tmp_path / "picked" / "0123"

    def takes(name: str) -> None:
        vectors = [{"task": task, "source": f"file:{picked}"} for task in TARGETS]
        (home / name / "manifest.json").write_text(json.dumps(manifest(vectors=vectors)))

    assert let_go(picked, in_use=nobody)
    takes("first")
    assert not let_go(picked, in_use=lambda name: name == "first")
    takes("owners")
    assert not let_go(picked, in_use=nobody)
    assert (home / "first").exists()  # which would have been of no help
    (home / "owners" / "manifest.json").write_text(json.dumps(manifest()))
    assert let_go(picked, in_use=nobody)
    assert set(added_suites()) == {"owners", "second", "third"}
