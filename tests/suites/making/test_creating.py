"""Suites of your own: what is not used is said, what is not understood is refused."""

import shutil
from pathlib import Path

import pytest
import torch
from PIL import Image

from taskarith import Edit
from taskarith.errors import AssetError, UnknownNameError
from taskarith.evaluation import Evaluator, measure
from taskarith.heads.embedding import EmbeddingHead
from taskarith.suites import Suite, load_suite
from taskarith.suites.making.creating import create_suite, task_entry, task_notes
from taskarith.suites.making.deriving import derive_suite
from taskarith.suites.making.wording import check_words
from taskarith.tasks.folders import class_folders
from tests.clips import SIDE, write_transformers_clip


def fill(folder: Path, *, names: tuple[str, ...] = ("cat", "dog"), count: int = 12) -> None:
    for label, name in enumerate(names):
        (folder / name).mkdir(parents=True, exist_ok=True)
        for index in range(count):
            Image.new("RGB", (20, 24), (80 * label, 5 * index, 90)).save(
                folder / name / f"{index}.png"
            )


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("base")
    write_transformers_clip(folder)
    return folder


def make(folder: Path, base: Path, **more: object) -> None:
    for task in ("pets", "ctl"):
        fill(folder / task)
    more.setdefault("tasks", [task_entry("pets", "pets", folder=folder)])
    create_suite(
        folder,
        name="own",
        base=f"file:{base}",
        vectors={"pets": f"file:{base}"},
        control=task_entry("ctl", "ctl", folder=folder),
        **more,  # type: ignore[arg-type]
    )


def test_the_pictures_size_is_the_bases(base: Path, tmp_path: Path) -> None:
    make(tmp_path / "own", base)
    suite = load_suite(tmp_path / "own")
    assert suite.split("pets", "validation").pixels.shape[1:] == (SIDE, SIDE, 3)
    with pytest.raises(AssetError, match=f"of 224 pixels, but the base's own files say {SIDE}"):
        make(tmp_path / "other", base, image_size=224)
    assert not (tmp_path / "other" / "manifest.json").exists()


def test_what_a_base_asks_for_and_is_not_done_is_refused(base: Path, tmp_path: Path) -> None:
    changed = Path(shutil.copytree(base, tmp_path / "base"))
    (changed / "preprocessor_config.json").write_text('{"size": {"longest_edge": 16}}')
    with pytest.raises(AssetError, match="known are shortest_edge, or height and width"):
        make(tmp_path / "own", changed)
    assert not (tmp_path / "own" / "manifest.json").exists()


def test_the_fingerprint_changes_with_the_words(base: Path, tmp_path: Path) -> None:
    make(tmp_path / "own", base)
    before = load_suite(tmp_path / "own").fingerprint
    manifest = tmp_path / "own" / "manifest.json"
    text = manifest.read_text(encoding="utf-8")
    manifest.write_text(text.replace("a photo of a {}.", "other words about {}"), encoding="utf-8")
    assert load_suite(tmp_path / "own").fingerprint != before
    manifest.write_text(text, encoding="utf-8")
    assert load_suite(tmp_path / "own").fingerprint == before


@pytest.mark.parametrize("kind", ["prototypes", "linear-probe"])
def test_heads_of_pictures_are_measured_and_follow_the_pictures(
    base: Path, tmp_path: Path, kind: str
) -> None:
    fill(tmp_path / "own" / "pets", count=40)
    entry = task_entry("pets", "pets", folder=tmp_path / "own", head=kind)
    assert entry["head"] == {"kind": kind}
    make(tmp_path / "own", base, tasks=[entry])
    suite = load_suite(tmp_path / "own")
    edit = Edit("own", {"pets": 0.5})
    evaluator = Evaluator(suite, device="cpu")
    assert measure(evaluator, edit, tasks=["pets"])["pets"].value == 1.0
    head = suite.head("pets")
    assert isinstance(head, EmbeddingHead)
    assert torch.equal(head.weights, load_suite(tmp_path / "own").head("pets").weights)
    before = evaluator.key(edit, task="pets", split="validation")
    control = evaluator.key(edit, task="ctl", split="validation")
    path = suite.task("pets").data["path"]
    place, _ = class_folders(Path(path)).of("train")[0]
    Image.new("RGB", (20, 24), (9, 9, 9)).save(place)
    again = Evaluator(load_suite(tmp_path / "own"), device="cpu")
    assert again.key(edit, task="pets", split="validation") != before
    assert again.key(edit, task="ctl", split="validation") == control


def test_names_that_nothing_tells_apart_are_refused(tiny_suite: Suite, tmp_path: Path) -> None:
    """The tiny suite knows few words; all others look alike to it."""
    fill(tmp_path / "new" / "pictures" / "pets", names=("zebu", "yak"))
    words = [task_entry("pets", "pictures/pets", folder=tmp_path / "new")]
    vector = f"file:{tiny_suite.path('vectors/birds.safetensors')}"
    derive_suite(tiny_suite, tmp_path / "new", name="more", added=[(words[0], vector)])
    suite = load_suite(tmp_path / "new")
    with pytest.raises(AssetError, match=r"nothing tells yak, zebu apart.*not among the words"):
        check_words(suite, "pets")
    said = check_words(suite, "pets", anyway=True)
    assert said[0] == "not among the words of the base: yak, zebu"
    assert check_words(suite, "apples") == []


def test_what_is_found_is_said_and_what_is_missing_refused(tmp_path: Path) -> None:
    fill(tmp_path / "pets" / "train")
    fill(tmp_path / "pets" / "test")
    (tmp_path / "pets" / "list.csv").write_text("x")
    with pytest.raises(AssetError, match=r"train/ and test/, but no validation/"):
        task_entry("pets", "pets", folder=tmp_path)
    entry = task_entry("pets", "pets", folder=tmp_path, seed=0)
    assert entry["data"] == {"kind": "folder", "path": "pets", "folders": ["cat", "dog"], "seed": 0}
    assert task_notes(entry, folder=tmp_path)[-1] == "not used: list.csv"
    with pytest.raises(AssetError, match=r"2 classes \(cat, dog\), but 1 names were given \(cat\)"):
        task_entry("pets", "pets", folder=tmp_path, classnames=["cat"], seed=0)


@pytest.mark.usefixtures("drawn_once")
def test_the_drawn_tasks_of_mini_serve_any_base(base: Path, tmp_path: Path) -> None:
    """At the size that the base takes."""
    control = task_entry("things", "mini:objects", folder=tmp_path)
    fill(tmp_path / "own" / "pets")
    create_suite(
        tmp_path / "own",
        name="own",
        base=f"file:{base}",
        tasks=[task_entry("pets", "pets", folder=tmp_path / "own")],
        vectors={"pets": f"file:{base}"},
        control=control,
    )
    suite = load_suite(tmp_path / "own")
    mini = load_suite("mini")
    assert suite.task("things").classnames == mini.task("objects").classnames
    ours, theirs = suite.split("things", "validation"), mini.split("objects", "validation")
    assert ours.pixels.shape[1:] == (SIDE, SIDE, 3)
    assert torch.equal(ours.labels, theirs.labels)
    with pytest.raises(UnknownNameError, match="task of mini"):
        task_entry("x", "mini:nothing", folder=tmp_path)
