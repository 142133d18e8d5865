"""Checkpoints load in their libraries alone, in an interpreter without us, with the same logits."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from taskarith.core import Edit
from taskarith.evaluation import Evaluator
from taskarith.export.exporting import export_edit
from taskarith.models import torchvision_operators
from taskarith.sources import read_tensors
from taskarith.suites import Suite, load_suite
from tests.suites.remote_suite import write_remote_suite

LIBRARIES = ("open_clip", "transformers")
TEXTS = ["a picture of the letter q", "One small apples3", "a (stop) sign, again."]

# What a user of each library writes, and the mending of an installation that some CPU users have.
MEND = """
import json, runpy, sys, torch
keep = runpy.run_path(sys.argv[1])
keep["declare_torchvision_operators"]()
def pictures(side):
    values = torch.arange(2 * side * side * 3) * 37 % 256
    return values.view(2, side, side, 3).to(torch.uint8)
def pixels(side, mean, std):
    x = pictures(side).permute(0, 3, 1, 2).float() / 255
    return (x - torch.tensor(mean).view(3, 1, 1)) / torch.tensor(std).view(3, 1, 1)
logits = {}
"""
LOAD = {
    "open_clip": """
import open_clip
for name, folder in json.loads(sys.argv[2]).items():
    place, texts = "local-dir:" + folder, json.loads(sys.argv[3])
    model, _, preprocess = open_clip.create_model_and_transforms(place)
    model.eval()
    normalize = preprocess.transforms[-1]
    side = model.visual.image_size[0]
    with torch.no_grad():
        images = model.encode_image(pixels(side, normalize.mean, normalize.std), normalize=True)
        words = model.encode_text(open_clip.get_tokenizer(place)(texts), normalize=True)
        logits[name] = (model.logit_scale.exp() * images @ words.T).tolist()
""",
    "transformers": """
from transformers import AutoTokenizer, CLIPImageProcessor, CLIPModel
for name, folder in json.loads(sys.argv[2]).items():
    texts = json.loads(sys.argv[3])
    model, report = CLIPModel.from_pretrained(folder, output_loading_info=True)
    assert not any(report[kind] for kind in ("missing_keys", "unexpected_keys"))
    processor = CLIPImageProcessor.from_pretrained(folder)
    length = model.config.text_config.max_position_embeddings
    ids = AutoTokenizer.from_pretrained(folder)(
        texts, padding="max_length", truncation=True, max_length=length, return_tensors="pt")
    side = model.config.vision_config.image_size
    x = pixels(side, processor.image_mean, processor.image_std)
    with torch.no_grad():
        found = model(input_ids=ids.input_ids, attention_mask=ids.attention_mask, pixel_values=x)
        logits[name] = found.logits_per_image.tolist()
""",
}
TELL = "\nassert 'taskarith' not in sys.modules\nprint(json.dumps(logits))"


@pytest.fixture(scope="module")
def suites(tiny_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Suite]:
    folder = tmp_path_factory.mktemp("remote")
    (folder / "t").mkdir()
    (folder / "o").mkdir()
    return {
        "mini": load_suite("mini"),
        "tiny": load_suite(tiny_folder),
        "transformers": write_remote_suite(folder / "t", base="transformers", vectors="open_clip"),
        "open_clip": write_remote_suite(folder / "o", base="open_clip", vectors="transformers"),
    }


def edit_of(suite: Suite) -> Edit:
    first, second = suite.vectors[:2]
    return Edit(suite.name, {first: -0.6, second: 0.8})


def our_logits(suite: Suite) -> torch.Tensor:
    """What the engine and our own encoders give; nothing here was exported."""
    evaluator = Evaluator(suite, device="cpu")
    evaluator.use(edit_of(suite))
    model = evaluator.model
    side = model.image_size
    pictures = (torch.arange(2 * side * side * 3) * 37 % 256).view(2, side, side, 3)
    images = model.encode_images(pictures.to(torch.uint8))
    return model.logit_scale * images @ model.encode_texts(TEXTS).T


@pytest.mark.parametrize("library", LIBRARIES)
def test_each_library_alone_gets_the_same_logits(
    library: str, suites: dict[str, Suite], tmp_path: Path
) -> None:
    folders = {}
    for name, suite in suites.items():
        export = export_edit(suite, edit_of(suite), tmp_path / name, to=library)
        folders[name] = str(export.folder)
    script = MEND + LOAD[library] + TELL
    arguments = [torchvision_operators.__file__, json.dumps(folders), json.dumps(TEXTS)]
    done = subprocess.run(
        [sys.executable, "-I", "-c", script, *arguments],
        capture_output=True,
        text=True,
        timeout=600,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout.splitlines()[-1])
    for name, suite in suites.items():
        expected = our_logits(suite)
        assert expected.std() > 0.01  # else anything would be the same
        torch.testing.assert_close(
            torch.tensor(found[name]), expected, rtol=1e-4, atol=1e-3, msg=lambda m, n=name: n + m
        )


@pytest.mark.parametrize("library", LIBRARIES)
def test_halves(tiny_suite: Suite, tmp_path: Path, library: str) -> None:
    edit = edit_of(tiny_suite)
    for dtype in ("float16", "bfloat16"):
        export = export_edit(tiny_suite, edit, tmp_path / dtype, to=library, dtype=dtype)
        [weights] = export.folder.glob("*.safetensors")
        assert {str(t.dtype) for t in read_tensors(weights).values()} == {f"torch.{dtype}"}
