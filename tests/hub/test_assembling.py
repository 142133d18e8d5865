"""A new suite from the loopback Hub: planned, fetched, checked, and only then written."""

import json
import shutil
from collections import namedtuple
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from huggingface_hub import HfFileSystem
from torch import Tensor

from taskarith import Edit, load_suite
from taskarith.cli import main
from taskarith.errors import AssetError, PullCancelled, SourceError, TaskArithError, WeightsError
from taskarith.evaluation import Evaluator, measure
from taskarith.sources import OWNER, VISITOR, write_tensors
from taskarith.suites import Suite, list_suites
from taskarith.suites.home import suites_home
from taskarith.suites.library import library_task
from taskarith.suites.making.assembling import assemble
from taskarith.suites.making.deriving import derive_suite
from taskarith.suites.making.planning import Asked, AskedTask, AskedVector, lacking, plan_assembly
from tests.clips import write_transformers_clip
from tests.hub.real import needs_real_pictures, publish_pictures
from tests.hub.server import LoopbackHub
from tests.hub.test_datasets import CARD, parquet
from tests.hub.tiny_hub import BASE, CLASSES, TARGETS, moved, pulled

AGAIN = AskedTask("apples-2", "task:apples")


@pytest.fixture
def start(published: dict[str, dict[str, Tensor]], folder: Path) -> Suite:
    """The suite in hand, with everything it needs on this machine."""
    return pulled(folder)


@pytest.fixture
def asked(start: Suite) -> Asked:
    return Asked(name="tiny-two", vectors=(AskedVector("tuned/new", AGAIN),), start=start)


@pytest.fixture
def new(hub: LoopbackHub, start: Suite, base: dict[str, Tensor], tmp_path: Path) -> str:
    """A fine-tuned model that the suite does not have; gives its commit."""
    write_tensors(tmp_path / "new-model" / "model.safetensors", moved(base, 99))
    card = {"base_model": BASE, "license": "mit"}
    return hub.add_folder("tuned/new", tmp_path / "new-model", card=card)


def changed(asked: Asked, *, name: str = "", **change: Any) -> Asked:
    """With another name, or another reference or task of its one vector."""
    [vector] = asked.vectors
    return replace(asked, name=name or asked.name, vectors=(replace(vector, **change),))


def dataset(test: bytes) -> dict[str, bytes]:
    return {"README.md": CARD, "data/test-0.parquet": test, "data/train-0.parquet": parquet(9)}


def silent(what: str, done: int, total: int) -> None:
    """Nobody listens."""


def test_nothing_is_fetched_before_the_plan_is_agreed_to(
    asked: Asked, new: str, hub: LoopbackHub
) -> None:
    hub.sent = 0
    assembly = plan_assembly(asked)
    assert assembly.to_fetch > 90_000
    assert [str(plan.reference) for plan in assembly.plans] == [f"hub:tuned/new@{new}"]
    assert hub.sent == 0
    assert not suites_home().exists()


def test_a_vector_that_states_its_base_is_said_to_be_of_this_base(
    start: Suite, published: dict[str, dict[str, Tensor]]
) -> None:
    asked = Asked(
        "tiny-three", (AskedVector("tuned/dice", AskedTask("dice-2", "task:dice")),), start=start
    )
    found = assemble(plan_assembly(asked), report=silent)
    assert any(words.startswith("made from this base (fingerprint ") for words in found)
    assert not any("not checked" in words for words in found)


def test_the_vector_becomes_a_slider_that_moves_the_accuracy(
    asked: Asked, new: str, base: dict[str, Tensor]
) -> None:
    heard: list[tuple[str, int, int]] = []
    found = assemble(plan_assembly(asked), report=lambda *step: heard.append(step))
    assert found[0].startswith("39 tensors")
    assert "not checked whether it was made from this base: no fingerprint to compare" in found
    assert heard[0][0] == f"fetching hub:tuned/new@{new}"
    assert [what for what, _, _ in heard if not what.startswith("fetching")] == [
        "writing the suite",
        "comparing apples-2 with the base",
        "reading pictures of apples-2",
        "making the heads",
    ]
    suite = load_suite("tiny-two")
    assert suite.targets == (*TARGETS, "apples-2")
    vector = suite.vector("apples-2")
    for name, tensor in moved(base, 99).items():
        torch.testing.assert_close(vector[name], tensor - base[name], rtol=0, atol=1e-6)
    evaluator = Evaluator(suite, device="cpu")
    accuracies = {
        measure(evaluator, Edit("tiny-two", {"apples-2": c}), tasks=["gardens"])["gardens"].value
        for c in (-3.0, -1.0, 0.0, 1.0, 3.0)
    }
    assert len(accuracies) > 1


def test_the_suite_holds_the_commit_it_was_planned_with(
    asked: Asked, new: str, hub: LoopbackHub
) -> None:
    assembly = plan_assembly(asked)
    hub.add("tuned/new", {"model.safetensors": b"something else" * 10_000})
    assemble(assembly, report=silent)
    before = load_suite("tiny-two").vector("apples-2").norm()
    hub.clear()
    assert load_suite("tiny-two").references()[-1] == f"hub:tuned/new@{new}"
    assert load_suite("tiny-two").vector("apples-2").norm() == before
    assert hub.requests == []


def test_a_cancelled_one_is_not_there_and_goes_on_where_it_stopped(
    asked: Asked, new: str, hub: LoopbackHub
) -> None:
    hub.fault("/large/", pause=0.05, times=1)
    assembly = plan_assembly(asked)
    size = assembly.to_fetch
    there = 0

    def report(what: str, done: int, total: int) -> None:
        nonlocal there
        there = done

    with pytest.raises(PullCancelled, match="go on from there"):
        assemble(assembly, report=report, cancelled=lambda: there > 0)
    assert 0 < there < size
    assert not suites_home().exists()
    hub.sent = 0
    sent: dict[str, int] = {}
    assemble(assembly, report=lambda what, *_: sent.setdefault(what, hub.sent))
    assert sent["writing the suite"] == size - there
    assert load_suite("tiny-two").targets[-1] == "apples-2"


def test_half_a_suite_is_never_seen(asked: Asked, new: str) -> None:
    seen: list[list[str]] = []

    def report(what: str, done: int, total: int) -> None:
        seen.append([suite.name for suite in list_suites()])

    assemble(plan_assembly(asked), report=report)
    assert not any("tiny-two" in names for names in seen)
    assert "tiny-two" in [suite.name for suite in list_suites()]


@pytest.fixture
def several(
    asked: Asked, new: str, hub: LoopbackHub, base: dict[str, Tensor], tmp_path: Path
) -> Asked:
    """Three vectors at once: of one task twice, and of another."""
    write_tensors(tmp_path / "second-model" / "model.safetensors", moved(base, 98))
    hub.add_folder("tuned/second", tmp_path / "second-model", card={"base_model": BASE})
    others = (
        AskedVector("tuned/second", AskedTask("apples-3", "task:apples")),
        AskedVector("hub:tuned/birds@main", AskedTask("birds-2", "task:birds")),
    )
    return replace(asked, vectors=(*asked.vectors, *others))


def test_several_vectors_become_as_many_sliders(several: Asked, base: dict[str, Tensor]) -> None:
    assembly = plan_assembly(several)
    assert [plan.reference.location for plan in assembly.vectors] == [
        "tuned/new", "tuned/second", "tuned/birds",
    ]  # fmt: skip
    assert assembly.to_fetch == sum(plan.to_fetch for plan in assembly.vectors) > 180_000
    heard: list[tuple[str, int, int]] = []
    found = assemble(assembly, report=lambda *step: heard.append(step))
    assert [line.partition(":")[0] for line in found] == ["apples-2", "apples-3", "birds-2"]
    fetched = [(done, total) for what, done, total in heard if what.startswith("fetching")]
    assert fetched == sorted(fetched)  # one progress for all of them
    assert fetched[-1][0] == fetched[-1][1] == sum(plan.size for plan in assembly.plans)
    suite = load_suite("tiny-two")
    assert suite.targets == (*TARGETS, "apples-2", "apples-3", "birds-2")
    assert suite.title == "tiny, from the Hub, and apples-2, apples-3, birds-2"
    for name, seed in (("apples-2", 99), ("apples-3", 98)):
        for key, tensor in moved(base, seed).items():
            torch.testing.assert_close(
                suite.vector(name)[key], tensor - base[key], rtol=0, atol=1e-6
            )
    edit = Edit("tiny-two", dict.fromkeys(suite.targets[-3:], 0.5))
    assert set(measure(Evaluator(suite, device="cpu"), edit, tasks=["birds-2"])) == {"birds-2"}


def test_one_of_several_that_fails_is_named_and_nothing_is_there(
    several: Asked, hub: LoopbackHub, base: dict[str, Tensor], tmp_path: Path
) -> None:
    broken = moved(base, 3)
    broken["vision_model.post_layernorm.weight"][2] = float("nan")
    write_tensors(tmp_path / "bad" / "model.safetensors", broken)
    hub.add_folder("tuned/bad", tmp_path / "bad")
    bad = AskedVector("tuned/bad", AskedTask("coins-2", "task:coins"))
    first, *others = several.vectors
    with pytest.raises(WeightsError, match=r"tuned--bad.*NaN"):
        assemble(plan_assembly(replace(several, vectors=(first, bad, *others))), report=silent)
    assert list(suites_home().iterdir()) == []
    gone = replace(bad, reference="tuned/gone")
    with pytest.raises(SourceError, match="tuned/gone"):
        plan_assembly(replace(several, vectors=(first, gone, *others)))
    pickled = replace(bad, reference=f"file:{tmp_path / 'bad'}")
    with pytest.raises(SourceError, match=r"bad: files of this machine"):
        plan_assembly(replace(several, vectors=(first, pickled)), limits=VISITOR, local=VISITOR)


def test_several_are_stopped_and_gone_on_with(several: Asked, hub: LoopbackHub) -> None:
    assembly = plan_assembly(several)
    heard: list[str] = []
    with pytest.raises(PullCancelled, match="go on from there"):
        assemble(
            assembly,
            report=lambda what, *_: heard.append(what),
            cancelled=lambda: any("tuned/second" in what for what in heard),
        )
    assert not suites_home().exists()
    again = plan_assembly(several)
    assert 0 < again.to_fetch < assembly.to_fetch
    hub.sent = 0
    sent: dict[str, int] = {}
    assemble(again, report=lambda what, *_: sent.setdefault(what, hub.sent))
    assert sent["writing the suite"] <= again.to_fetch
    assert load_suite("tiny-two").targets[-3:] == ("apples-2", "apples-3", "birds-2")


def test_sizes_hold_for_several_together(several: Asked) -> None:
    sizes = [plan.size for plan in plan_assembly(several).vectors]
    each = replace(VISITOR, together=max(sizes))
    with pytest.raises(SourceError, match=r"the 3 sources are .* together; at most"):
        plan_assembly(several, limits=each)
    plan_assembly(several, limits=replace(VISITOR, together=sum(sizes)))


def test_sizes_hold_for_a_base_and_its_vectors_together(
    hub: LoopbackHub, start: Suite, base_folder: Path, new: str
) -> None:
    hub.add_folder("other/base", base_folder)
    vector = AskedVector("tuned/new", AskedTask("birds", "hub:pictures/birds", tuple(CLASSES)))
    control = AskedTask("gardens", "hub:pictures/gardens", tuple(CLASSES))
    own = Asked("own", (vector,), base="other/base", control=control)
    plans = plan_assembly(own).plans
    total = sum(plan.size for plan in plans)
    with pytest.raises(SourceError, match="the 2 sources are"):
        plan_assembly(own, limits=replace(VISITOR, together=total - 1))
    plan_assembly(own, limits=replace(VISITOR, together=total))


@pytest.mark.parametrize("room", [0, 50_000, 60_000])
def test_the_disk_must_have_room_for_all_of_it(
    room: int, several: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For each of two alone there is room, for both there is not."""
    to_fetch = plan_assembly(several).to_fetch
    usage = namedtuple("usage", "total used free")
    free = 2**30 + to_fetch - 60_000 + room
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**12, 10**12, free))
    if room == 60_000:
        plan_assembly(several)
        return
    with pytest.raises(SourceError, match=r"all of it needs 196\.9 kB .* make room"):
        plan_assembly(several)


def test_files_outside_the_picked_ones_are_refused(
    start: Suite, new: str, base_folder: Path, tmp_path: Path
) -> None:
    """Whatever led there: a vector, a base, pictures; with any space around the words."""
    birds = AskedTask("birds-2", "task:birds")
    picked = tmp_path / "picked"
    shutil.copytree(tmp_path / "new-model", picked / "mine")
    inside = f"file:{picked / 'mine'}"
    control = AskedTask("gardens", "hub:pictures/gardens", tuple(CLASSES))
    (tmp_path / "pictures").mkdir()
    (picked / "link").symlink_to(tmp_path / "new-model")
    for space in ("", " ", "\t", "\n"):
        outside = (
            f"{space}file:{tmp_path / 'new-model'}",
            f"{space}file:{picked}/../new-model",
            f"{space}file:{picked}/link",
        )
        for reference in outside:
            vectors = (AskedVector(reference, birds),)
            with pytest.raises(SourceError, match="not for visitors"):
                plan_assembly(Asked("x", vectors, start=start), picked=picked)
        own = AskedTask("birds", "hub:pictures/birds", tuple(CLASSES))
        based = Asked(
            "x",
            (AskedVector(inside, own),),
            base=f"{space}file:{base_folder}",
            control=control,
        )
        with pytest.raises(SourceError, match="not for visitors"):
            plan_assembly(based, picked=picked)
    mine = AskedTask("colours", str(tmp_path / "pictures"), ("a", "b"))
    with pytest.raises(SourceError, match="not for visitors"):
        plan_assembly(Asked("x", (AskedVector(inside, mine),), start=start), picked=picked)
    assembly = plan_assembly(Asked("x", (AskedVector(inside, birds),), start=start), picked=picked)
    with pytest.raises(AssetError, match="asks for files of this machine"):
        assemble(replace(assembly, picked=tmp_path / "elsewhere"), report=silent)
    assert list(suites_home().iterdir()) == []
    assemble(assembly, report=silent)
    on_it = Asked("y", (AskedVector(inside, birds),), start=load_suite("x"))
    with pytest.raises(AssetError, match="another name"):
        plan_assembly(on_it, picked=picked)


def test_several_vectors_have_a_name_each(several: Asked) -> None:
    first, second, _ = several.vectors
    with pytest.raises(AssetError, match="two vectors for a task 'apples-2'"):
        plan_assembly(replace(several, vectors=(first, replace(second, task=first.task))))
    again = replace(second, reference="hub:tuned/new@main")
    with pytest.raises(SourceError, match=r"tuned/new@[0-9a-f]+ is there twice"):
        plan_assembly(replace(several, vectors=(first, again)))
    with pytest.raises(AssetError, match="no task vector"):
        plan_assembly(replace(several, vectors=()))


def other_base(hub: LoopbackHub, base: dict[str, Tensor], folder: Path) -> str:
    narrow = {name: tensor[..., :5] for name, tensor in moved(base, 3).items()}
    write_tensors(folder / "model.safetensors", narrow)
    return "does not fit"


def not_a_number(hub: LoopbackHub, base: dict[str, Tensor], folder: Path) -> str:
    broken = moved(base, 3)
    broken["vision_model.post_layernorm.weight"][2] = float("nan")
    write_tensors(folder / "model.safetensors", broken)
    return "NaN or Inf"


def truncated(hub: LoopbackHub, base: dict[str, Tensor], folder: Path) -> str:
    write_tensors(folder / "model.safetensors", moved(base, 3))
    data = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(data[: len(data) // 2])
    return "not a usable"


@pytest.mark.parametrize("make", [other_base, not_a_number, truncated])
def test_weights_that_do_not_fit_are_refused_after_the_fetch(
    make: Callable[..., str],
    start: Suite,
    base: dict[str, Tensor],
    hub: LoopbackHub,
    tmp_path: Path,
) -> None:
    (tmp_path / "bad").mkdir()
    words = make(hub, base, tmp_path / "bad")
    hub.add_folder("tuned/bad", tmp_path / "bad")
    asked = Asked(name="tiny-bad", vectors=(AskedVector("tuned/bad", AGAIN),), start=start)
    with pytest.raises(TaskArithError, match=words):
        assemble(plan_assembly(asked), report=silent)
    assert "tiny-bad" not in [suite.name for suite in list_suites()]
    assert list(suites_home().iterdir()) == []


def test_a_native_vector_of_another_base_names_both_fingerprints(
    hub: LoopbackHub, start: Suite, tmp_path: Path
) -> None:
    write_transformers_clip(tmp_path / "other", seed=9)
    hub.add_folder("other/base", tmp_path / "other")
    asked = Asked(
        name="tiny-other",
        vectors=(
            AskedVector("tuned/dice", AskedTask("dice", "hub:pictures/dice", tuple(CLASSES))),
        ),
        base="other/base",
        control=AskedTask("gardens", "hub:pictures/gardens", tuple(CLASSES)),
    )
    with pytest.raises(WeightsError, match=r"another base.*fingerprint [0-9a-f]+.*has [0-9a-f]+"):
        assemble(plan_assembly(asked), report=silent)


def test_a_suite_on_a_new_base_with_pictures_of_your_own(
    hub: LoopbackHub, start: Suite, tmp_path: Path
) -> None:
    """Class folders for the target, a dataset with odd columns for the control."""
    from PIL import Image

    for label in ("red", "blue"):
        for index in range(20):
            path = tmp_path / "mine" / label / f"{index}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (30, 20), (index * 9, 40 if label == "red" else 200, 90)).save(path)
    hub.add("pictures/odd", dataset(parquet(60, group=20)), kind="datasets")
    asked = Asked(
        name="own",
        vectors=(AskedVector("tuned/birds", AskedTask("colours", str(tmp_path / "mine"))),),
        base=BASE,
        control=AskedTask(
            "odd", "hub:pictures/odd", tuple(CLASSES), columns={"image": "image", "label": "label"}
        ),
    )
    found = assemble(plan_assembly(asked), report=silent)
    assert found[-1].endswith("images for validation")
    shutil.rmtree(tmp_path / "mine")  # the suite has its own
    suite = load_suite("own")
    assert suite.task("colours").classnames == ("blue", "red")
    assert suite.picture_transform == start.picture_transform
    result = measure(
        Evaluator(suite, device="cpu"), Edit("own", {"colours": 1.0}), tasks=["colours", "odd"]
    )
    assert result["colours"].n > 0


def test_a_base_of_files_and_vectors_of_files(
    hub: LoopbackHub, start: Suite, base_folder: Path, new: str, tmp_path: Path
) -> None:
    def asked(name: str, base: Path) -> Asked:
        birds = AskedTask("birds", "hub:pictures/birds", tuple(CLASSES))
        control = AskedTask("gardens", "hub:pictures/gardens", tuple(CLASSES))
        vector = AskedVector(f"file:{tmp_path / 'new-model'}", birds)
        return Asked(name, (vector,), base=f"file:{base}", control=control)

    assembly = plan_assembly(asked("of-files", base_folder), limits=VISITOR, local=OWNER)
    assert "config.json" in assembly.before[0].files
    assert assembly.to_fetch == 0
    assemble(assembly, report=silent)
    suite = load_suite("of-files")
    assert suite.manifest.base.kind == "transformers"
    edit = Edit("of-files", {"birds": 1.0})
    assert measure(Evaluator(suite, device="cpu"), edit, tasks=["birds"])["birds"].n > 0
    bare = tmp_path / "bare"
    bare.mkdir()
    shutil.copy(base_folder / "model.safetensors", bare)
    with pytest.raises(SourceError, match=r"does not say what it is.*found model\.safetensors"):
        plan_assembly(asked("bare", bare))
    with pytest.raises(SourceError, match="not for visitors"):
        plan_assembly(asked("bare", bare), limits=VISITOR, local=VISITOR)


MISTAKES: dict[str, tuple[dict[str, Any], str]] = {
    "no such repository": ({"reference": "nobody/nothing"}, "knows no nobody/nothing"),
    "no reference": ({"reference": "not a reference"}, "is no reference"),
    "a task it has": ({"task": AskedTask("apples", "shared")}, "has a task 'apples' already"),
    "no such shared task": ({"task": AskedTask("minst", "shared")}, "did you mean 'mnist'"),
    "no such dataset": ({"task": AskedTask("x", "hub:a/b")}, "the Hub knows no a/b"),
    "a taken name": ({"name": "mini"}, "there is a suite 'mini' already"),
    "a name that is none": ({"name": "../x"}, "is no name of a suite"),
}


@pytest.mark.parametrize(("change", "words"), MISTAKES.values(), ids=list(MISTAKES))
def test_mistakes_are_seen_in_the_plan(
    change: dict[str, Any], words: str, asked: Asked, new: str, hub: LoopbackHub
) -> None:
    hub.sent = 0
    with pytest.raises(TaskArithError, match=words):
        plan_assembly(changed(asked, **change))
    assert hub.sent == 0


def test_labels_out_of_range_and_broken_pictures_are_seen_before_it_is_there(
    asked: Asked, new: str, hub: LoopbackHub
) -> None:
    files = {
        "labels": parquet(40, label=lambda i: 9),
        "pictures": parquet(40, image=lambda i: {"bytes": b"no picture", "path": None}),
    }
    for name, data in files.items():
        hub.add(f"pictures/{name}", dataset(data), kind="datasets")
        task = AskedTask(name, f"hub:pictures/{name}", tuple(CLASSES))
        with pytest.raises(AssetError, match=r"label|picture"):
            assemble(plan_assembly(changed(asked, task=task)), report=silent)
    assert list(suites_home().iterdir()) == []


def test_what_visitors_may_not_have(
    asked: Asked, new: str, hub: LoopbackHub, base: dict[str, Tensor], tmp_path: Path
) -> None:
    torch.save(moved(base, 5), tmp_path / "w.bin")
    hub.add("tuned/pickle", {"pytorch_model.bin": (tmp_path / "w.bin").read_bytes()})
    with pytest.raises(SourceError, match="safetensors only"):
        plan_assembly(changed(asked, reference="tuned/pickle"), limits=VISITOR)
    assemble(plan_assembly(changed(asked, reference="tuned/pickle")), report=silent)
    asked = changed(asked, name="tiny-three", reference=f"file:{tmp_path / 'new-model'}")
    with pytest.raises(SourceError, match="not for visitors"):
        plan_assembly(asked, limits=VISITOR, local=VISITOR)
    handed = replace(VISITOR, local=True)  # what the page makes of files that were picked
    assemble(plan_assembly(asked, limits=VISITOR, local=handed), report=silent)
    assert OWNER.local


def test_what_a_suite_lacks(
    published: dict[str, dict[str, Tensor]], folder: Path, start: Suite, tmp_path: Path
) -> None:
    assert lacking(start) == []
    described = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    described["vectors"][0]["source"] = "hub:tuned/birds@main"
    described["vectors"][1]["source"] = "hub:pictures/none"
    (tmp_path / "other-suite").mkdir()
    (tmp_path / "other-suite" / "manifest.json").write_text(json.dumps(described))
    with pytest.raises(SourceError, match="pictures/none"):
        lacking(load_suite(tmp_path / "other-suite"))


def test_the_command_line_makes_it_too(
    start: Suite,
    new: str,
    folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    extend = ["suites", "extend", str(folder), "tiny-two", "--vector", "tuned/new"]
    assert main([*extend, "--task", "apples-2=task:apples"]) == 2
    assert "add --yes" in capsys.readouterr().err
    assert main([*extend, "--task", "apples-2=task:apples", "--yes", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["suite"], answer["vectors"]) == ("tiny-two", ["apples-2"])
    assert load_suite("tiny-two").references()[-1] == f"hub:tuned/new@{new}"
    extend[3] = "tiny-three"
    (tmp_path / "classes.txt").write_text("\n".join(CLASSES))
    words = ["--classnames", str(tmp_path / "classes.txt"), "--template", "one {}"]
    assert main([*extend, "--task", "more=hub:pictures/birds", *words]) == 0
    assert load_suite("tiny-three").task("more").templates == ("one {}",)
    extend[3] = "tiny-four"
    two = ["--vector", "hub:tuned/birds", "--task", "a=task:apples", "--task", "b=task:birds"]
    assert main([*extend, *two]) == 0
    assert load_suite("tiny-four").vectors[-2:] == ("a", "b")
    extend[3] = "tiny-five"
    assert main([*extend, *two[:2], "--task", "c=task:coins"]) == 2
    assert "give each --vector a --task" in capsys.readouterr().err
    assert main([*extend, "--task", "more"]) == 2
    assert "write NAME=VALUE" in capsys.readouterr().err


@pytest.fixture
def gated(hub: LoopbackHub, start: Suite) -> Iterator[str]:
    """A dataset of pictures behind a gate, under ImageNet's name on the Hub."""
    name = str(library_task("imagenet")["data"]["dataset"])
    files = {
        "README.md": CARD.replace(b"test", b"validation"),
        "data/validation-0.parquet": parquet(60, group=20),
        "data/train-0.parquet": parquet(9),
    }
    hub.add(name, files, kind="datasets")
    hub.gated.add(name)
    HfFileSystem.clear_instance_cache()
    yield name
    HfFileSystem.clear_instance_cache()


def test_a_gated_control_needs_a_token(
    gated: str,
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    extend = ["suites", "extend", str(folder), "on-gated", "--json", "--control"]
    # ImageNet's own words, a thousand classes in many prompts, would take a minute.
    (tmp_path / "classes.txt").write_text("\n".join(CLASSES))
    few = [f"things=hub:{gated}@validation", "--classnames", f"things={tmp_path / 'classes.txt'}"]
    for control in (["imagenet"], few):
        assert main([*extend, *control]) == 2
        refused = capsys.readouterr().err
        assert gated in refused
        assert "gated" in refused
        assert list(suites_home().iterdir()) == []
    HfFileSystem.clear_instance_cache()
    monkeypatch.setenv("HF_TOKEN", "hf_mine_alone")
    assert main([*extend, *few]) == 0
    captured = capsys.readouterr()
    answer = json.loads(captured.out)
    assert (answer["vectors"], answer["control"]) == ([], "things")
    assert answer["found"] == ["control things: 6 images for validation"]
    assert "hf_mine_alone" not in captured.out + captured.err
    suite = load_suite("on-gated")
    assert (suite.control, suite.targets) == ("things", TARGETS)
    edit = Edit("on-gated", {"birds": 0.5})
    found = measure(Evaluator(suite, device="cpu"), edit, tasks=["things", "birds"], split="test")
    assert found["things"].n == 54


def test_imagenet_is_a_control_by_its_name(
    gated: str, start: Suite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_mine_alone")
    asked = Asked("on-imagenet", (), start=start, control=AskedTask("imagenet", "shared"))
    assert plan_assembly(asked).plans == ()
    derive_suite(start, tmp_path / "new", name="x", added=[], control={"use": "imagenet"})
    suite = load_suite(tmp_path / "new")
    assert (suite.control, len(suite.task("imagenet").classnames)) == ("imagenet", 1000)
    assert len(suite.split("imagenet", "validation")) == 6


def test_another_control_and_a_vector_more(asked: Asked, new: str, start: Suite) -> None:
    control = AskedTask("coins-again", "task:coins")
    found = assemble(plan_assembly(replace(asked, control=control)), report=silent)
    assert found[-1] == "control coins-again: 12 images for validation"
    suite = load_suite("tiny-two")
    assert (suite.control, suite.targets[-1]) == ("coins-again", "apples-2")
    assert "gardens" not in suite.tasks
    for name in ("coins", "apples-2", start.control):
        with pytest.raises(AssetError, match=f"has a task '{name}' already"):
            plan_assembly(replace(asked, name="x", control=replace(control, name=name)))


@needs_real_pictures
def test_real_pictures_of_a_task_that_comes_with_the_project(
    asked: Asked, new: str, hub: LoopbackHub
) -> None:
    publish_pictures(hub, "mnist", folder="mnist")
    found = assemble(
        plan_assembly(changed(asked, task=AskedTask("mnist", "shared"))), report=silent
    )
    assert found[-1].endswith("images for validation")
    suite = load_suite("tiny-two")
    pictures = suite.split("mnist", "validation")
    assert set(pictures.labels.tolist()) == set(range(10))
    assert suite.class_weights("mnist").shape[0] == 10
    result = measure(
        Evaluator(suite, device="cpu"), Edit("tiny-two", {"mnist": 1.0}), tasks=["mnist"]
    )
    assert result["mnist"].n == len(pictures.labels) >= 100
