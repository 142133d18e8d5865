"""Adding a suite from the Hub or one of your own, and every reason not to."""

import json
import shutil
from collections import namedtuple
from pathlib import Path
from typing import Any

import huggingface_hub
import pytest
from torch import Tensor

from taskarith import Edit, load_suite
from taskarith.cli import main
from taskarith.errors import SourceError
from taskarith.evaluation import Evaluator, measure
from taskarith.sources import write_tensors
from taskarith.sources.hub_cache import cached_files, hub_cache
from taskarith.suites.home import add_hub_suite, plan_hub_suite, suites_home
from taskarith.suites.references import pull_ledger
from tests.clips import SIDE
from tests.hub.server import LoopbackHub
from tests.hub.tiny_hub import BASE, CLASSES, TARGETS, manifest


def test_a_suite_on_the_hub_is_added_by_its_name(
    published: dict[str, dict[str, Tensor]],
    folder: Path,
    hub: LoopbackHub,
    capsys: pytest.CaptureFixture[str],
) -> None:
    hub.add("someone/suite", {"manifest.json": (folder / "manifest.json").read_bytes()})
    assert main(["suites", "add", "hub:someone/suite", "--yes", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"suite": "tiny-hub"}
    shutil.rmtree(folder)
    assert load_suite("tiny-hub").targets == TARGETS
    assert main(["suites", "pull", "tiny-hub", "--yes"]) == 0
    capsys.readouterr()
    assert (
        main(["evaluate", "--suite", "tiny-hub", "--set", "apples=0.5", "--n", "6", "--json"]) == 0
    )
    answer = json.loads(capsys.readouterr().out)
    assert set(answer["estimates"]) == {*TARGETS, "gardens"}
    assert main(["suites", "add", "hub:someone/suite", "--yes"]) == 2
    assert "already" in capsys.readouterr().err


def test_a_suite_of_the_hub_takes_room_once(
    published: dict[str, dict[str, Tensor]], hub: LoopbackHub
) -> None:
    """What was fetched is on the list of what may be evicted, and gone when the suite is there."""
    described = json.dumps(manifest(surrogate="surrogate.safetensors")).encode()
    files = {"manifest.json": described, "surrogate.safetensors": bytes(50_000)}
    commit = hub.add("someone/suite", {**files, "other.txt": b"x"})
    name = f"suite:someone/suite@{commit}"
    plan = plan_hub_suite("hub:someone/suite")
    assert cached_files("someone/suite", commit) == {"manifest.json": len(described)}
    listed = json.loads(pull_ledger().path.read_text())
    [(_, size)] = listed[name]["files"].values()
    assert size == len(described)
    assert add_hub_suite(plan, taken=lambda _: False) == "tiny-hub"
    assert (suites_home() / "tiny-hub" / "surrogate.safetensors").read_bytes() == bytes(50_000)
    assert cached_files("someone/suite", commit) == {}
    assert name not in json.loads(pull_ledger().path.read_text())
    huggingface_hub.hf_hub_download(  # another program has a part of it
        "someone/suite", "other.txt", cache_dir=hub_cache()
    )
    shutil.rmtree(suites_home() / "tiny-hub")
    add_hub_suite(plan_hub_suite("hub:someone/suite"), taken=lambda _: False)
    assert "other.txt" in cached_files("someone/suite", commit)


def test_pictures_in_folders_come_along(
    hub: LoopbackHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TASKARITH_SUITES", str(tmp_path / "suites-home"))
    described = manifest()
    for task in described["tasks"]:
        task["data"] = {"kind": "folder", "path": f"pictures/{task['name']}"}
    files = {"manifest.json": json.dumps(described).encode(), "other.txt": b"not asked for"}
    hub.add("someone/suite", files)
    with pytest.raises(SourceError, match="lacks files that its manifest names: pictures/apples/"):
        plan_hub_suite("hub:someone/suite")
    for task in described["tasks"]:
        files[f"pictures/{task['name']}/red/1.png"] = b"a picture"
    hub.add("someone/suite", files)
    assert main(["suites", "add", "hub:someone/suite", "--yes"]) == 0
    added = tmp_path / "suites-home" / "tiny-hub"
    assert (added / "pictures" / "birds" / "red" / "1.png").read_bytes() == b"a picture"
    assert not (added / "other.txt").exists()


BAD_SUITES: dict[str, tuple[dict[str, Any], str]] = {
    "files of this machine": (
        {"vectors": [{"task": name, "source": "file:/etc/passwd"} for name in TARGETS]},
        "asks for files of this machine",
    ),
    "a base of this machine": (
        {"base": {"kind": "transformers", "source": "file:/etc"}},
        "asks for files of this machine",
    ),
    "files it does not have": ({"surrogate": "surrogate.safetensors"}, "lacks files"),
    "a path outside": ({"surrogate": "../x"}, "must lead to a file inside"),
    "no reference": (
        {"vectors": [{"task": name, "source": "not a reference"} for name in TARGETS]},
        "is no reference",
    ),
    "a bad dataset": (
        {
            "tasks": [
                {**task, "data": {"kind": "hub", "dataset": "../x", "splits": {}}}
                for task in manifest()["tasks"]
            ]
        },
        "no name of a dataset",
    ),
    "a shared task that is none": (
        {"tasks": [{"use": "minst", "role": "target"}, *manifest()["tasks"]]},
        "did you mean 'mnist'",
    ),
    "an absurd size": (
        {"base": {"kind": "transformers", "source": "a/b", "image_size": 10**9}},
        "image_size",
    ),
}


@pytest.mark.parametrize(("change", "words"), BAD_SUITES.values(), ids=list(BAD_SUITES))
def test_a_bad_suite_is_not_added(
    hub: LoopbackHub,
    change: dict[str, Any],
    words: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TASKARITH_SUITES", str(tmp_path / "suites-home"))
    hub.add("someone/suite", {"manifest.json": json.dumps(manifest(**change)).encode()})
    assert main(["suites", "add", "hub:someone/suite", "--yes"]) == 2
    assert words in capsys.readouterr().err
    assert not (tmp_path / "suites-home").exists()


def test_a_huge_manifest_is_not_fetched(
    hub: LoopbackHub, capsys: pytest.CaptureFixture[str]
) -> None:
    hub.add("someone/suite", {"manifest.json": b" " * (4 * 2**20 + 1)})
    assert main(["suites", "add", "hub:someone/suite", "--yes"]) == 2
    assert "its manifest.json is 4.2 MB, at most 4.2 MB are read" in capsys.readouterr().err
    assert hub.sent == 0


@pytest.mark.parametrize("room", [0, 10_000, 60_000])
def test_a_suite_that_does_not_fit_on_the_disk_is_not_fetched(
    hub: LoopbackHub,
    room: int,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import huggingface_hub.constants

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "hub-cache"))
    monkeypatch.setenv("TASKARITH_SUITES", str(tmp_path / "suites-home"))
    described = json.dumps(manifest(surrogate="surrogate.safetensors")).encode()
    files = {"manifest.json": described, "surrogate.safetensors": bytes(50_000)}
    hub.add("someone/suite", files)
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**12, 10**12, 2**30 + room))
    hub.sent = 0
    added = main(["suites", "add", "hub:someone/suite", "--yes"]) == 0
    assert added == (room == 60_000)
    if not added:
        assert "make room" in capsys.readouterr().err
        assert hub.sent == (len(described) if room else 0)
        assert not (tmp_path / "suites-home").exists()


def test_no_suite_there(hub: LoopbackHub, capsys: pytest.CaptureFixture[str]) -> None:
    hub.add("someone/suite", {"README.md": b"# hello"})
    assert main(["suites", "add", "hub:someone/suite"]) == 2
    assert "holds no manifest.json" in capsys.readouterr().err
    assert main(["suites", "add", "file:/tmp"]) == 2


def test_a_suite_of_your_own(
    published: dict[str, dict[str, Tensor]],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A base and a vector from the Hub, pictures from a folder and from a dataset."""
    from PIL import Image

    own = tmp_path / "own-suite"
    for name in ("robin", "wren_bird"):
        (own / "birds" / name).mkdir(parents=True)
        for index in range(20):
            colour = (index * 9, 40 if name == "robin" else 200, 90)
            Image.new("RGB", (SIDE, SIDE), colour).save(own / "birds" / name / f"{index}.png")
    (tmp_path / "classes.txt").write_text("\n".join(CLASSES))
    create = [
        "suites", "create", str(own), "--base", BASE, "--image-size", str(SIDE),
        "--task", "birds=birds", "--vector", "birds=hub:tuned/birds",
        "--control", "gardens=hub:pictures/gardens", "--classnames",
        f"gardens={tmp_path / 'classes.txt'}", "--template", "a {} bird", "--json",
    ]  # fmt: skip
    assert main(create) == 0
    assert json.loads(capsys.readouterr().out)["suite"] == "own-suite"
    suite = load_suite("own-suite")
    assert suite.task("birds").classnames == ("robin", "wren bird")
    assert suite.task("birds").templates == ("a {} bird",)
    assert main(["suites", "pull", "own-suite", "--yes"]) == 0
    found = measure(
        Evaluator(suite, device="cpu"),
        Edit("own-suite", {"birds": 1.0}),
        tasks=["birds", "gardens"],
    )
    assert found["birds"].n >= 5
    assert found["gardens"].n == 12
    assert main(create) == 2
    assert "already" in capsys.readouterr().err


def test_a_broken_adapter_is_refused_when_its_suite_is_made_or_fetched(
    published: dict[str, dict[str, Tensor]],
    folder: Path,
    hub: LoopbackHub,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from safetensors.torch import load_file

    broken = tmp_path / "broken"
    shutil.copytree(folder.parent / "adapter", broken)
    weights = load_file(broken / "adapter_model.safetensors")
    write_tensors(broken / "adapter_model.safetensors", {n: t / 0 for n, t in weights.items()})
    hub.add_folder("tuned/coins", broken, card={"base_model": BASE})
    assert main(["suites", "pull", str(folder), "--yes"]) == 2
    said = capsys.readouterr().err
    assert "tuned--coins" in said  # as the Hub's cache calls its folder
    assert "NaN or Inf" in said
    own = tmp_path / "own"
    create = ["suites", "create", str(own), "--base", BASE, "--control", "gardens=mini:objects"]
    create += ["--task", "coins=mini:counting", "--vector", f"coins=file:{broken}", "--alike"]
    assert main(create) == 2
    assert f"{broken}" in capsys.readouterr().err
    assert not (own / "manifest.json").exists()


def test_a_task_without_a_vector_is_measured(
    published: dict[str, dict[str, Tensor]],
    folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["suites", "pull", str(folder), "--yes"]) == 0
    create = ["suites", "create", str(tmp_path / "own"), "--base", BASE, "--alike"]
    create += ["--control", "gardens=mini:objects", "--vector", "birds=hub:tuned/birds"]
    create += ["--task", "birds=mini:counting", "--task", "signs=mini:signs"]
    assert main(create) == 0
    assert "signs: measured, without a slider" in capsys.readouterr().out
    suite = load_suite("own")
    assert (suite.targets, suite.onlookers, suite.vectors) == (("birds",), ("signs",), ("birds",))
    assert main(["suites", "extend", "own", "more", "--onlooker", "land=mini:land-cover"]) == 0
    assert load_suite("more").onlookers == ("signs", "land")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--task", "birds"], "write NAME=VALUE"),
        (["--task", "x=shared"], "unknown shared task"),
        (["--task", "x=hub:a/b"], "the Hub knows no a/b"),
        (["--task", "x=/etc"], "is not inside"),
        (["--task", "mnist=shared"], "the target 'mnist' has none"),
        (["--task", "mnist=shared", "--vector", "mnist=nonsense"], "is no reference"),
    ],
)
def test_mistakes_in_a_suite_of_your_own(
    arguments: list[str],
    words: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TASKARITH_SUITES", str(tmp_path / "suites-home"))
    own = tmp_path / "own"
    create = ["suites", "create", str(own), "--base", BASE, "--control", "tiny-imagenet=shared"]
    assert main([*create, *arguments]) == 2
    assert words in capsys.readouterr().err
    assert not own.exists()
