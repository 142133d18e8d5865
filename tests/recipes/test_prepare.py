import json
import shutil
from pathlib import Path

import torch

from taskarith.evaluation import load_shipped, load_surrogate
from taskarith.recipes.prepare import Story, prepare_suite
from taskarith.suites import Suite, load_suite


def test_a_prepared_suite_ships_presets_measurements_and_a_surrogate(
    tiny_suite: Suite, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(tiny_suite.folder, tmp_path / "tiny"))
    a, b, *_ = tiny_suite.targets
    story = Story(forget=a, pair=(a, b), analogy=(a, b, *tiny_suite.auxiliaries))
    prepare_suite(folder, story=story, device=torch.device("cpu"))

    prepared = load_suite(str(folder))
    presets = {preset.name: preset for preset in prepared.manifest.presets}
    assert list(presets) == ["forget", "add-two", "add-all", "analogy", "random"]
    assert presets["forget"].coefficients.get(a, 0) <= 0
    assert presets["random"].focus == f"random:{a}"
    assert set(presets["add-all"].coefficients) == set(tiny_suite.targets)
    assert prepared.manifest.start == "forget"

    shipped, surrogate = load_shipped(prepared), load_surrogate(prepared)
    assert shipped is not None
    assert surrogate is not None
    assert surrogate.vectors == prepared.targets
    manifest = json.loads((prepared.folder / "manifest.json").read_text())
    assert manifest["measurements"] == "measurements.json"
