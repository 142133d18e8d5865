import json
import os
import shutil
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest
import torch
from torch import Tensor

from taskarith.core import Edit, Recomposer, permuted_vector, random_vector
from taskarith.errors import AssetError, UnknownNameError, WeightsError
from taskarith.sources import read_tensors, write_tensors
from taskarith.suites import Suite, list_suites, load_suite, suite
from tests import tiny


@pytest.fixture
def folder(tiny_folder: Path, tmp_path: Path) -> Path:
    """A copy of the tiny suite that a test may spoil."""
    return Path(shutil.copytree(tiny_folder, tmp_path / "suites" / "tiny"))


def test_a_suite_knows_its_tasks_by_role(tiny_suite: Suite) -> None:
    assert tiny_suite.name == "tiny"
    assert tiny_suite.targets == tiny.TARGETS
    assert tiny_suite.auxiliaries == tiny.AUXILIARIES
    assert tiny_suite.control == tiny.CONTROL
    assert tiny_suite.second_control == tiny.SECOND_CONTROL
    assert tiny_suite.vectors == tiny.TARGETS + tiny.AUXILIARIES
    assert tiny_suite.tasks["apples"].title == "Apples"


def test_opening_reads_no_weights(folder: Path) -> None:
    for file in folder.rglob("*.safetensors"):
        file.unlink()
    opened = load_suite(folder)
    with pytest.raises(AssetError, match=r"base\.safetensors"):
        opened.base_state()


def test_the_model_computes_with_the_base_weights(tiny_suite: Suite) -> None:
    model, base = tiny_suite.model(), tiny_suite.base_state()
    parameters = dict(model.network.named_parameters())
    assert parameters.keys() == base.keys()
    assert all(torch.equal(parameters[name], base[name]) for name in base)
    assert {tensor.dtype for tensor in base.values()} == {torch.float32}


def test_every_model_is_its_own(tiny_suite: Suite) -> None:
    first, second = tiny_suite.model(), tiny_suite.model()
    first.network.visual.proj.data.zero_()
    assert second.network.visual.proj.count_nonzero() > 0
    assert tiny_suite.base_state()["visual.proj"].count_nonzero() > 0


def test_a_vector_covers_a_part_of_the_base_in_float32(tiny_suite: Suite) -> None:
    vector = tiny_suite.vector("apples")
    assert set(vector) < set(tiny_suite.base_state())
    assert {tensor.dtype for tensor in vector.values()} == {torch.float32}
    stored = read_tensors(tiny_suite.path("vectors/apples.safetensors"))
    assert all(torch.equal(vector[name], stored[name].float()) for name in stored)


def test_nulls_have_names(tiny_suite: Suite) -> None:
    vector = tiny_suite.vector("apples")
    for name, null in (("random", random_vector), ("permuted", permuted_vector)):
        found = tiny_suite.vector(f"{name}:apples", seed=5)
        expected = null(vector, 5)
        assert all(torch.equal(found[key], expected[key]) for key in vector)


@pytest.mark.parametrize("name", ["aples", "gardens", "random:gardens", "lucky:apples", "", ":"])
def test_an_unknown_vector_is_refused_with_those_there_are(tiny_suite: Suite, name: str) -> None:
    with pytest.raises(UnknownNameError, match="There are: apples, birds"):
        tiny_suite.vector(name)
    with pytest.raises(UnknownNameError, match="There are: apples, birds"):
        tiny_suite.check_edit(Edit(suite="tiny", coefficients={name or "-": 1.0}))


def test_an_edit_of_the_suite_passes_and_one_of_another_does_not(tiny_suite: Suite) -> None:
    tiny_suite.check_edit(Edit(suite="tiny", coefficients={"apples": 1.0, "random:dice": 0.5}))
    with pytest.raises(UnknownNameError, match=r"'mini'.* There are: tiny"):
        tiny_suite.check_edit(Edit(suite="mini"))


def test_unknown_tasks_are_refused_with_a_suggestion(tiny_suite: Suite) -> None:
    for attempt in (tiny_suite.task, tiny_suite.head, lambda n: tiny_suite.split(n, "test")):
        with pytest.raises(UnknownNameError, match="'brids'; did you mean 'birds'"):
            attempt("brids")


def test_a_split_is_loaded_once(tiny_suite: Suite) -> None:
    first = tiny_suite.split("apples", "validation")
    assert tiny_suite.split("apples", "validation") is first
    assert len(first) == tiny.SIZES["validation"]


def test_while_one_split_is_fetched_others_can_be_had(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, begun, go_on = load_suite(folder), threading.Event(), threading.Event()
    real, calls = suite.load_split, []

    def slow(task: Any, split: Any, **options: Any) -> Any:
        calls.append(task.name)
        if task.name == "apples":
            begun.set()
            assert go_on.wait(60)
        return real(task, split, **options)

    monkeypatch.setattr(suite, "load_split", slow)
    with ThreadPoolExecutor() as pool:
        apples = [pool.submit(opened.split, "apples", "validation") for _ in range(2)]
        assert begun.wait(60)
        birds = pool.submit(opened.split, "birds", "validation")
        assert len(birds.result(timeout=60)) == tiny.SIZES["validation"]
        assert not any(future.done() for future in apples)
        go_on.set()
        one, other = (future.result(timeout=60) for future in apples)
    assert one is other
    assert sorted(calls) == ["apples", "birds"]


def test_splits_leave_when_the_budget_is_spent(
    tiny_suite: Suite, monkeypatch: pytest.MonkeyPatch
) -> None:
    apples = tiny_suite.split("apples", "validation")
    birds = tiny_suite.split("birds", "validation")
    monkeypatch.setattr(suite, "SPLITS_BUDGET", 2 * apples.pixels.nbytes)
    assert tiny_suite.split("apples", "validation") is apples  # now birds is the oldest
    tiny_suite.split("coins", "validation")
    assert tiny_suite.split("apples", "validation") is apples
    assert tiny_suite.split("birds", "validation") is not birds


def accuracy(opened: Suite, task: str, coefficients: dict[str, float]) -> float:
    model = opened.model()
    vectors = {name: opened.vector(name) for name in coefficients}
    engine = Recomposer(opened.base_state(), vectors)
    engine.bind(model.network)
    engine.recompose(coefficients)
    split = opened.split(task, "test")
    logits = model.encode_images(split.pixels) @ opened.class_weights(task).T
    return float((logits.argmax(1) == split.labels).float().mean())


def test_the_tiny_suite_has_effects_to_test_with(tiny_suite: Suite) -> None:
    means = {}
    for value in (-1.0, 0.0, 1.0):
        means[value] = fmean(accuracy(tiny_suite, t, {t: value}) for t in tiny_suite.targets)
    assert means[-1.0] < means[0.0] - 0.05
    assert means[1.0] > means[0.0] + 0.2
    assert accuracy(tiny_suite, tiny_suite.control, {}) > 0.4


def test_a_path_cannot_leave_the_folder(tiny_suite: Suite, folder: Path) -> None:
    for outside in ("../x", "/etc/passwd", "vectors/../../x"):
        with pytest.raises(AssetError, match="leads out of the folder"):
            tiny_suite.path(outside)
    os.symlink("/etc/passwd", folder / "link")
    with pytest.raises(AssetError, match="leads out of the folder"):
        load_suite(folder).path("link")


def test_a_manifest_cannot_reach_outside_through_a_link(folder: Path, tmp_path: Path) -> None:
    (folder / "base.safetensors").rename(tmp_path / "base.safetensors")
    (folder / "base.safetensors").symlink_to(tmp_path / "base.safetensors")
    with pytest.raises(AssetError, match="leads out of the folder"):
        load_suite(folder).base_state()


def rewrite(path: str, **tensors: Tensor) -> Callable[[Path], None]:
    return lambda folder: write_tensors(folder / path, tensors)


def cut(path: str) -> Callable[[Path], None]:
    def apply(folder: Path) -> None:
        content = (folder / path).read_bytes()
        (folder / path).write_bytes(content[: len(content) // 2])

    return apply


def text(path: str, content: str) -> Callable[[Path], None]:
    def apply(folder: Path) -> None:
        (folder / path).write_text(content)

    return apply


DAMAGE: dict[str, tuple[Callable[[Path], None], Callable[[Suite], Any], type[Exception]]] = {
    "base is cut": (cut("base.safetensors"), Suite.model, AssetError),
    "base is of another model": (rewrite("base.safetensors"), Suite.model, WeightsError),
    "vector is cut": (cut("vectors/apples.safetensors"), lambda s: s.vector("apples"), AssetError),
    "vector is of another model": (
        rewrite("vectors/apples.safetensors", other=torch.zeros(1)),
        lambda s: s.vector("apples"),
        WeightsError,
    ),
    "heads are cut": (cut("heads.safetensors"), lambda s: s.class_weights("apples"), AssetError),
    "head is missing": (
        rewrite("heads.safetensors"),
        lambda s: s.class_weights("apples"),
        AssetError,
    ),
    "head has other classes": (
        rewrite("heads.safetensors", apples=torch.zeros(3, 16)),
        lambda s: s.class_weights("apples"),
        AssetError,
    ),
    "config is no JSON": (text("config.json", "{"), Suite.model, AssetError),
    "config is a list": (text("config.json", "[]"), Suite.model, AssetError),
    "config is empty": (text("config.json", "{}"), Suite.model, AssetError),
    "vocabulary is no list": (text("vocabulary.json", "{}"), Suite.model, AssetError),
    "vocabulary holds numbers": (text("vocabulary.json", "[1, 2]"), Suite.model, AssetError),
    "pictures are cut": (
        cut("pictures/apples.safetensors"),
        lambda s: s.split("apples", "test"),
        AssetError,
    ),
    "vector is gone, for the fingerprint": (
        lambda folder: (folder / "vectors/apples.safetensors").unlink(),
        lambda s: s.fingerprint,
        AssetError,
    ),
}


@pytest.mark.parametrize(("damage", "use", "error"), DAMAGE.values(), ids=list(DAMAGE))
def test_damaged_files_give_a_clear_error(
    folder: Path,
    damage: Callable[[Path], None],
    use: Callable[[Suite], Any],
    error: type[Exception],
) -> None:
    damage(folder)
    with pytest.raises(error) as caught:
        use(load_suite(folder))
    assert len(str(caught.value)) > 40


def set_manifest(key: str, value: object) -> Callable[[Path], None]:
    def apply(folder: Path) -> None:
        file = folder / "manifest.json"
        file.write_text(json.dumps({**json.loads(file.read_text()), key: value}))

    return apply


def test_the_fingerprint_is_of_what_results_depend_on(folder: Path, tiny_suite: Suite) -> None:
    assert load_suite(folder).fingerprint == tiny_suite.fingerprint
    set_manifest("title", "another title")(folder)
    assert load_suite(folder).fingerprint == tiny_suite.fingerprint
    seen = {tiny_suite.fingerprint}
    for path in ("base", "heads", "vectors/apples", "pictures/apples"):
        rewrite(f"{path}.safetensors", x=torch.zeros(1))(folder)
        seen.add(load_suite(folder).fingerprint)
    assert len(seen) == 5
    assert all(len(fingerprint) == 16 for fingerprint in seen)


def test_suites_load_by_folder_file_and_name(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_suite(folder).name == load_suite(str(folder / "manifest.json")).name == "tiny"
    monkeypatch.setattr(suite, "SUITES_FOLDER", folder.parent)
    assert load_suite("tiny").folder == folder.resolve()
    assert [found.name for found in list_suites()] == ["tiny"]
    with pytest.raises(UnknownNameError, match="'tinny'; did you mean 'tiny'"):
        load_suite("tinny")


def test_a_damaged_suite_does_not_hide_the_others(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(folder, folder.parent / "broken")
    text("manifest.json", "{")(folder.parent / "broken")
    monkeypatch.setattr(suite, "SUITES_FOLDER", folder.parent)
    with pytest.warns(UserWarning, match="broken"):
        found = list_suites()
    assert [one.name for one in found] == ["tiny"]


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(AssetError, match="nowhere"):
        load_suite(tmp_path / "nowhere")
