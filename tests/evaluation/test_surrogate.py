import base64
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from taskarith.core import Edit
from taskarith.errors import AssetError, UnknownNameError, WeightsError
from taskarith.evaluation.evaluator import Evaluator
from taskarith.evaluation.fitting import fit_surrogate
from taskarith.evaluation.surrogate import Surrogate, load_surrogate, quadratic_terms
from taskarith.suites import Suite, load_suite


@given(st.integers(1, 9), st.integers(0, 99))
def test_the_terms_are_every_product_of_up_to_two(count: int, seed: int) -> None:
    setting = np.random.default_rng(seed).normal(size=count)
    terms = quadratic_terms(setting)[0]
    with_one = np.array([1.0, *setting])
    products = np.outer(with_one, with_one)[np.triu_indices(count + 1)]
    assert sorted(terms) == pytest.approx(sorted(products))
    assert len(terms) == 1 + 2 * count + count * (count - 1) // 2


@pytest.fixture
def hand_made() -> Surrogate:
    """Two vectors; one task of two images. Image 0 is wrong where a > 0.5, image 1 where ab > 1."""
    margins = torch.tensor([[[-0.5, 1, 0, 0, 0, 0]], [[-1, 0, 0, 0, 0, 1]]]).half()
    return Surrogate("fingerprint", "validation", ("a", "b"), {"task": margins})


@pytest.mark.parametrize(
    ("coefficients", "accuracy"),
    [({}, 1.0), ({"a": 0.6}, 0.5), ({"a": 0.5}, 1.0), ({"a": 2, "b": 2}, 0), ({"b": 3}, 1.0)],
)
def test_an_answer_is_right_where_no_rival_is_ahead(
    hand_made: Surrogate, coefficients: dict[str, float], accuracy: float
) -> None:
    assert hand_made.accuracy(coefficients) == {"task": accuracy}


def test_it_knows_only_its_vectors(hand_made: Surrogate) -> None:
    assert hand_made.covers(Edit("tiny", {"a": 1}))
    assert not hand_made.covers(Edit("tiny", {"a": 1, "c": 1}))
    with pytest.raises(UnknownNameError, match="'c'"):
        hand_made.accuracy({"c": 1})


def test_the_browser_gets_the_same_numbers(tiny_suite: Suite) -> None:
    surrogate = fit_surrogate(Evaluator(tiny_suite, device="cpu"), images=20)
    payload = json.loads(json.dumps(surrogate.payload()))
    halves = np.frombuffer(base64.b64decode(payload["data"]), dtype="<f2").astype(np.float32)
    setting = {"apples": -0.4, "dice": 0.7}
    terms = quadratic_terms(np.array([setting.get(v, 0) for v in payload["vectors"]]))[0]
    start = 0
    for task in payload["tasks"]:
        shape = (task["images"], task["rivals"], payload["terms"])
        block = halves[start : start + np.prod(shape)].reshape(shape)
        start += block.size
        right = (block @ terms.astype(np.float32)).max(axis=1) <= 0
        assert right.mean() == pytest.approx(surrogate.accuracy(setting)[task["name"]])
    assert start == len(halves)


@pytest.fixture
def suite_with(tiny_folder: Path, tmp_path: Path) -> Path:
    """A copy of the tiny suite that comes with a surrogate."""
    folder = Path(shutil.copytree(tiny_folder, tmp_path / "tiny"))
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["surrogate"] = "surrogate.safetensors"
    (folder / "manifest.json").write_text(json.dumps(manifest))
    suite = load_suite(folder)
    surrogate = fit_surrogate(Evaluator(suite, device="cpu"), images=10, candidates=3)
    surrogate.save(folder / "surrogate.safetensors")
    return folder


def test_it_survives_being_saved(suite_with: Path) -> None:
    suite = load_suite(suite_with)
    loaded = load_surrogate(suite)
    assert loaded is not None
    assert (loaded.vectors, loaded.split) == (suite.targets, "validation")
    assert list(loaded.margins) == [*suite.targets, suite.control]
    assert {tuple(m.shape) for m in loaded.margins.values()} == {(10, 2, 15)}
    again = fit_surrogate(Evaluator(suite, device="cpu"), images=10, candidates=3)
    for task, margins in loaded.margins.items():
        assert torch.equal(margins, again.margins[task])


def test_a_suite_may_come_without_one(tiny_suite: Suite) -> None:
    assert load_surrogate(tiny_suite) is None


def test_a_surrogate_of_other_weights_is_refused(suite_with: Path) -> None:
    surrogate = load_surrogate(load_suite(suite_with))
    assert surrogate is not None
    stranger = Surrogate("0" * 16, "validation", surrogate.vectors, surrogate.margins)
    stranger.save(suite_with / "surrogate.safetensors")
    suite = load_suite(suite_with)
    with pytest.raises(AssetError, match=f"{'0' * 16}.*{suite.fingerprint}.*fit it again"):
        load_surrogate(suite)


@pytest.mark.parametrize("damage", ["missing", "cut off", "shape", "no metadata"])
def test_a_damaged_surrogate_is_refused(suite_with: Path, damage: str) -> None:
    file = suite_with / "surrogate.safetensors"
    surrogate = load_surrogate(load_suite(suite_with))
    assert surrogate is not None
    if damage == "missing":
        file.unlink()
    elif damage == "cut off":
        file.write_bytes(file.read_bytes()[:-50])
    elif damage == "shape":
        margins = {task: m[..., :-1] for task, m in surrogate.margins.items()}
        Surrogate(surrogate.suite, "validation", surrogate.vectors, margins).save(file)
    else:
        from taskarith.sources.tensors import write_tensors

        write_tensors(file, surrogate.margins)
    with pytest.raises(AssetError, match=r"surrogate\.safetensors.*fit it again"):
        load_surrogate(load_suite(suite_with))


def test_a_surrogate_that_cannot_be_written_says_so(hand_made: Surrogate, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(WeightsError, match="could not write"):
        hand_made.save(tmp_path / "file" / "surrogate.safetensors")
