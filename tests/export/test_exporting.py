"""Exports are whole or not there, say what they take, can be stopped, and carry their origin."""

import ast
import errno
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from taskarith.core import Edit
from taskarith.errors import (
    ExportCancelled,
    ExportError,
    SourceError,
    UnknownNameError,
    WeightsError,
)
from taskarith.evaluation import Evaluator, ResultCache, measure
from taskarith.export.accuracies import TaskAccuracy, known_accuracies, measure_accuracies
from taskarith.export.card import model_card
from taskarith.export.exporting import export_edit, plan_export
from taskarith.export.folder import new_folder
from taskarith.export.formats import DTYPES, FORMATS
from taskarith.export.provenance import Provenance
from taskarith.models.clip.family import CLIP
from taskarith.models.registry import LAYOUTS
from taskarith.sources import fingerprint, load_vector, read_metadata, read_tensors
from taskarith.suites import Suite, load_suite
from tests.disk import largest_file
from tests.living import Living

EDIT = Edit("tiny", {"apples": 0.7, "birds": -0.4})


# Those that the tiny suite can leave in: of other families there are more.
OWN = [name for name in FORMATS if name not in LAYOUTS or name in CLIP.layouts]


@pytest.mark.parametrize("to", OWN)
def test_the_plan_is_what_comes(tiny_suite: Suite, tmp_path: Path, to: str) -> None:
    plan = plan_export(tiny_suite, EDIT, to=to, dtype="float16")
    told: list[tuple[int, int]] = []
    export = export_edit(
        tiny_suite, EDIT, tmp_path / "x", to=to, dtype="float16",
        report=lambda *progress: told.append(progress),
    )  # fmt: skip
    assert set(export.files) == {*plan.weights, *plan.small}
    header = 20_000
    for name, size in plan.weights.items():
        assert size < export.files[name] < size + header
    assert not plan.size or told[-1] == (plan.size, plan.size)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("to", OWN)
def test_a_sum_takes_three_tensors_of_memory(
    tiny_suite: Suite, tmp_path: Path, to: str, dtype: str
) -> None:
    """Counted over the whole export, for any number of vectors."""
    largest = max(tensor.nbytes for tensor in tiny_suite.base_state().values())
    most = []
    for count in (1, len(tiny_suite.vectors)):
        edit = Edit("tiny", dict.fromkeys(tiny_suite.vectors[:count], 0.1))
        with Living() as living:
            export_edit(tiny_suite, edit, tmp_path / str(count), to=to, dtype=dtype)
        most.append(living.most)
    assert 0 < most[0] == most[1] <= 3 * largest


@pytest.mark.parametrize("method", ["average", "ties-per-tensor-sum", "dare", "tsv-m"])
def test_another_merge_takes_what_its_plan_says(
    tiny_suite: Suite, tmp_path: Path, method: str
) -> None:
    edit = Edit("tiny", dict.fromkeys(tiny_suite.vectors[:4], 0.1), method=method)
    plan = plan_export(tiny_suite, edit, to="open_clip")
    with Living() as living:
        export_edit(tiny_suite, edit, tmp_path / "x", to="open_clip")
    assert 0.8 < living.most / plan.memory < 1.2
    assert plan_export(tiny_suite, EDIT, to="open_clip").memory == 0


def test_a_script_holds_no_code_of_a_strangers_names(tmp_path: Path, tiny_folder: Path) -> None:
    """A file of a suite may have any name; in a script it stays in its comment."""
    folder, name = tmp_path / "tiny", "vectors/a\rraise SystemExit('mine')\n.safetensors"
    shutil.copytree(tiny_folder, folder)
    (folder / "vectors/apples.safetensors").rename(folder / name)
    manifest = json.loads((folder / "manifest.json").read_text())
    for vector in manifest["vectors"]:
        if vector["task"] == "apples":
            vector |= {"weights": name}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    export = export_edit(load_suite(folder), EDIT, tmp_path / "x", to="python")
    script = (export.folder / "edit.py").read_bytes().decode()
    assert r"a\rraise SystemExit" in script
    names = [node for node in ast.walk(ast.parse(script)) if isinstance(node, ast.Raise)]
    assert names == []


def left(folder: Path) -> Iterator[Path]:
    return folder.rglob("*")


def test_stopped_half_way_nothing_is_left(tiny_suite: Suite, tmp_path: Path) -> None:
    calls = iter([False] * 10 + [True] * 1000)
    with pytest.raises(ExportCancelled, match="nothing of it is left"):
        export_edit(tiny_suite, EDIT, tmp_path / "x", to="open_clip", cancelled=lambda: next(calls))
    assert list(left(tmp_path)) == []


def test_a_disk_that_is_full_half_way_leaves_nothing(tmp_path: Path) -> None:
    def write() -> None:
        with new_folder(tmp_path / "x") as folder:
            (folder / "one").write_text("1")
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(ExportError, match="No space left on device; make room"):
        write()
    assert list(left(tmp_path)) == []


@pytest.mark.parametrize("to", [name for name in OWN if FORMATS[name].weights])
def test_a_disk_that_is_full_half_way_through_an_export(
    tiny_suite: Suite, tmp_path: Path, to: str
) -> None:
    """As the system says it, in the middle of a weights file; the folder's parent is as it was."""
    size = max(plan_export(tiny_suite, EDIT, to=to).weights.values())
    with (
        largest_file(size // 2),
        pytest.raises(WeightsError, match=r"\d of \d+ bytes\).*make room"),
    ):
        export_edit(tiny_suite, EDIT, tmp_path / "x", to=to)
    assert list(left(tmp_path)) == []
    assert export_edit(tiny_suite, EDIT, tmp_path / "x", to=to).files  # with room again


def test_a_disk_without_room_is_seen_before(
    tiny_suite: Suite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage)
    with pytest.raises(SourceError, match=r"this export needs .* 1\.0 kB are free"):
        export_edit(tiny_suite, EDIT, tmp_path / "x", to="open_clip")
    assert list(left(tmp_path)) == []


def test_what_is_there_is_not_overwritten(tiny_suite: Suite, tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    export_edit(tiny_suite, EDIT, tmp_path / "x", to="json")  # an empty folder is no obstacle
    with pytest.raises(ExportError, match="is already there"):
        export_edit(tiny_suite, EDIT, tmp_path / "x", to="json")


def test_nonsense_is_refused(tiny_suite: Suite, tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'open_clip'"):
        plan_export(tiny_suite, EDIT, to="openclip")
    with pytest.raises(UnknownNameError, match="unknown dtype 'int8'"):
        plan_export(tiny_suite, EDIT, to="open_clip", dtype="int8")
    with pytest.raises(UnknownNameError, match="unknown suite 'other'"):
        plan_export(tiny_suite, Edit("other"), to="json")
    with pytest.raises(ExportError, match="this edit changes nothing"):
        export_edit(tiny_suite, Edit("tiny"), tmp_path / "x", to="vector")
    edit = Edit("tiny", {"apples": 1.0}, method="fisher")
    with pytest.raises(ExportError, match="fisher looks at images"):
        export_edit(tiny_suite, edit, tmp_path / "x", to="open_clip")


def test_the_exported_vector_is_the_edit(tiny_suite: Suite, tmp_path: Path) -> None:
    export = export_edit(tiny_suite, EDIT, tmp_path / "v", to="vector")
    vector, info = load_vector(export.folder)
    assert info.coefficient == 1.0
    whole = export_edit(tiny_suite, EDIT, tmp_path / "m", to="open_clip").folder
    expected = read_tensors(whole / "open_clip_model.safetensors")
    edited = vector.apply_to(tiny_suite.base_state())
    assert all(bool((edited[name] == expected[name]).all()) for name in expected)


def test_where_it_comes_from_is_in_three_places(tiny_suite: Suite, tmp_path: Path) -> None:
    export = export_edit(tiny_suite, EDIT, tmp_path / "m", to="open_clip")
    weights = export.folder / "open_clip_model.safetensors"
    told = Provenance.from_json(json.loads((export.folder / "provenance.json").read_text()))
    assert told == export.provenance
    assert told.fingerprint == fingerprint(read_tensors(weights))
    assert told.edit == EDIT
    assert set(told.vectors) == {"apples", "birds"}
    assert {"taskarith", "torch"} <= set(told.versions)
    inside = Provenance.from_metadata(read_metadata(weights))
    assert (inside.edit, inside.vectors) == (told.edit, told.vectors)
    card = (export.folder / "README.md").read_text()
    assert told.fingerprint in card
    assert str(tiny_suite.folder) not in card + json.dumps(told.to_json())


@pytest.mark.parametrize(
    "data", [None, [], {"format": "other"}, {"format": "taskarith-provenance/1"}]
)
def test_damaged_origins_are_refused(data: object) -> None:
    with pytest.raises(ExportError, match=r"says nothing of where|is damaged"):
        Provenance.from_json(data)


def test_accuracies_are_measured_or_known(tiny_suite: Suite) -> None:
    evaluator, cache = Evaluator(tiny_suite, device="cpu"), ResultCache(on_disk=False)
    assert known_accuracies(evaluator, EDIT, cache=cache) == ()
    measured = measure_accuracies(evaluator, EDIT, n=16, cache=cache)
    assert [a.task for a in measured] == ["apples", "birds", "coins", "dice", "gardens"]
    assert known_accuracies(evaluator, EDIT, cache=cache) == measured
    control = measured[-1]
    assert (control.role, control.edited.n, control.finetuned) == ("control", 16, None)
    assert TaskAccuracy.from_json(control.to_json()) == control


def test_known_accuracies_are_of_the_same_images(tiny_suite: Suite, tmp_path: Path) -> None:
    """Explore measures one model on more images than another; the card has one n for a row."""
    evaluator, cache = Evaluator(tiny_suite, device="cpu"), ResultCache(on_disk=False)
    few = measure_accuracies(evaluator, EDIT, n=16, cache=cache)
    for longer, n in ((Edit("tiny"), 64), (Edit("tiny", {"apples": 1.0}), 40)):
        measure(evaluator, longer, tasks=["apples"], n=n, cache=cache)
    assert known_accuracies(evaluator, EDIT, cache=cache) == few
    measure(evaluator, EDIT, tasks=["apples"], n=64, cache=cache)
    row = known_accuracies(evaluator, EDIT, cache=cache)[0]
    assert row.finetuned is not None
    assert row.pretrained is not None
    assert (row.edited.n, row.pretrained.n, row.finetuned.n) == (40, 40, 40)
    again = measure_accuracies(evaluator, EDIT, n=40, cache=cache)[0]
    assert row == again
    export = export_edit(tiny_suite, EDIT, tmp_path / "m", to="open_clip", accuracies=[row])
    card = (export.folder / "README.md").read_text()
    assert "| 40 of 80 | validation |" in card
    assert " n: 64" not in card


def test_a_card_a_stranger_can_use(tiny_suite: Suite, tmp_path: Path) -> None:
    evaluator = Evaluator(tiny_suite, device="cpu")
    accuracies = measure_accuracies(evaluator, EDIT, n=16)
    export = export_edit(tiny_suite, EDIT, tmp_path / "m", to="transformers", accuracies=accuracies)
    assert export.provenance is not None
    card = model_card(export.provenance, repository="alice/two", licence="mit")
    for words in (
        "license: mit", "model-index:", "- task-arithmetic", "θ = θ₀ + 0.70·τ(apples)",
        'CLIPModel.from_pretrained("alice/two")', "16 of 80", "validation", "95 % Wilson",
        "taskarith verify hub:alice/two", "## Which λ",
    ):  # fmt: skip
        assert words in card
    import yaml

    header = yaml.safe_load(card.split("---\n")[1])
    [entry] = header["model-index"]
    metric = entry["results"][0]["metrics"][0]
    assert metric["type"] == "accuracy"
    assert metric["args"]["n"] == 16
    assert metric["args"]["low"] <= metric["value"] <= metric["args"]["high"]
