"""One CLIP through transformers and through open_clip: the same edit gives the same logits."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from taskarith.core import Recomposer, TaskVector
from taskarith.errors import AssetError, UnknownNameError, WeightsError
from taskarith.heads.zero_shot import build_head
from taskarith.models.clip.layouts import convert_vector
from taskarith.models.clip.pretrained import load_pretrained, pretrained_repository
from taskarith.models.clip.transformers import TransformersClip, load_transformers_clip
from taskarith.sources import open_tensors
from tests.clips import write_open_clip, write_transformers_clip

CLASSES, TEMPLATES = ["cat", "Dog house", "red mug"], ["a photo of a {}.", "the {}, closely"]


def files(folder: Path) -> dict[str, Path]:
    return {path.name: path for path in folder.iterdir()}


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("transformers")
    write_transformers_clip(folder)
    return folder


@pytest.fixture(scope="module")
def ours(theirs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("open-clip")
    write_open_clip(folder, open_tensors(theirs / "model.safetensors"))
    return folder


def load_theirs(folder: Path) -> TransformersClip:
    return load_transformers_clip(files(folder), open_tensors(folder / "model.safetensors"))


@pytest.fixture
def pixels() -> Tensor:
    generator = torch.Generator().manual_seed(3)
    return torch.randint(0, 256, (6, 16, 16, 3), generator=generator, dtype=torch.uint8)


def test_it_is_what_transformers_itself_computes(theirs: Path, pixels: Tensor) -> None:
    from transformers import CLIPModel, CLIPTokenizer

    model = load_theirs(theirs)
    reference = CLIPModel.from_pretrained(theirs).eval()
    tokens = CLIPTokenizer.from_pretrained(theirs)(
        ["a photo of a cat."], padding="max_length", return_tensors="pt"
    )
    values = model.normalize(pixels)
    with torch.inference_mode():
        output = reference(pixel_values=values, **tokens)
    ours = model.encode_images(pixels) @ model.encode_texts(["a photo of a cat."]).T
    torch.testing.assert_close(model.logit_scale * ours, output.logits_per_image)


def test_the_same_edit_gives_the_same_logits(theirs: Path, ours: Path, pixels: Tensor) -> None:
    one = load_theirs(theirs)
    other = load_pretrained(open_tensors(ours / "open_clip_model.safetensors"), folder=files(ours))
    torch.manual_seed(5)
    vision = {n: 0.2 * torch.randn_like(t) for n, t in one.vision_state().items()}
    bases = [{n: p.detach() for n, p in model.network.named_parameters()} for model in (one, other)]
    vectors = [TaskVector(vision), TaskVector(convert_vector(vision, base=bases[1]))]
    logits = []
    for model, base, vector in zip((one, other), bases, vectors, strict=True):
        head = build_head(model, CLASSES, TEMPLATES)
        recomposer = Recomposer(base, {"t": vector})
        recomposer.bind(model.network)
        rows = []
        for coefficient in (0.0, 1.0, -0.6):
            recomposer.recompose({"t": coefficient})
            rows.append(model.encode_images(pixels) @ head.T)
        logits.append(torch.stack(rows))
    torch.testing.assert_close(logits[0], logits[1], rtol=1e-4, atol=1e-4)
    assert not torch.allclose(logits[0][0], logits[0][1], atol=0.1)


def test_the_network_called_with_pixels_gives_embeddings_first(
    theirs: Path, pixels: Tensor
) -> None:
    """What statistics of gradients rely on, for either library."""
    model = load_theirs(theirs)
    with torch.inference_mode():
        embeddings = model.network(model.normalize(pixels))[0]
    assert torch.equal(embeddings, model.encode_images(pixels))


def changed(folder: Path, target: Path, name: str, **change: Any) -> dict[str, Path]:
    """The repository's files, with a JSON file changed."""
    data = json.loads((folder / name).read_text()) | change
    target.mkdir(exist_ok=True)
    (target / name).write_text(json.dumps(data))
    return files(folder) | {name: target / name}


@pytest.mark.parametrize(
    ("name", "change", "error", "words"),
    [
        ("config.json", {"model_type": "bert"}, AssetError, "describes a 'bert'"),
        (
            "config.json",
            {"vision_config": {"hidden_size": 10**12}},
            AssetError,
            "no model has more",
        ),
        (
            "config.json",
            {"vision_config": {"num_hidden_layers": 10**6}},
            AssetError,
            "num_hidden_layers",
        ),
        (
            "config.json",
            {"vision_config": {"hidden_size": 64, "num_attention_heads": 2}},
            WeightsError,
            "shape differs",
        ),
        ("config.json", {"vision_config": {"num_hidden_layers": 30}}, WeightsError, "missing"),
        ("config.json", {"vision_config": 3}, AssetError, "cannot build a model"),
        ("config.json", {"vision_config": {"patch_size": 0}}, AssetError, "cannot build a model"),
        (
            "preprocessor_config.json",
            {"image_std": [0, 1, 1]},
            AssetError,
            "three positive numbers",
        ),
        ("preprocessor_config.json", {"image_mean": [1]}, AssetError, "image_mean"),
    ],
)
def test_a_hostile_configuration_is_refused(
    theirs: Path, tmp_path: Path, name: str, change: dict[str, Any], error: Any, words: str
) -> None:
    described = changed(theirs, tmp_path / "changed", name, **change)
    with pytest.raises(error, match=words):
        load_transformers_clip(described, open_tensors(theirs / "model.safetensors"))


def test_a_base_without_a_tokenizer_says_so(theirs: Path) -> None:
    present = {n: p for n, p in files(theirs).items() if n not in ("vocab.json", "tokenizer.json")}
    with pytest.raises(AssetError, match="has no tokenizer"):
        load_transformers_clip(present, open_tensors(theirs / "model.safetensors"))


@pytest.mark.parametrize("name", ["vocab.json", "merges.txt"])
def test_a_tokenizer_that_is_damaged_is_said(theirs: Path, tmp_path: Path, name: str) -> None:
    shutil.copytree(theirs, tmp_path / "damaged")
    (tmp_path / "damaged" / name).write_text("{")
    with pytest.raises(AssetError, match="tokenizer cannot be read: its files are damaged"):
        load_theirs(tmp_path / "damaged")


def test_open_clips_own_names(ours: Path) -> None:
    assert pretrained_repository("ViT-B-32", "openai") == "timm/vit_base_patch32_clip_224.openai"
    with pytest.raises(UnknownNameError, match="openai"):
        pretrained_repository("ViT-B-32", "opnai")
    with pytest.raises(UnknownNameError, match="ViT-B-32"):
        pretrained_repository("ViT-B-23", "openai")
    state = open_tensors(ours / "open_clip_model.safetensors")
    with pytest.raises(WeightsError, match="shape differs"):
        load_pretrained(state, folder={}, model="ViT-B-32", tag="openai")
    with pytest.raises(AssetError, match=r"no open_clip_config\.json"):
        load_pretrained(state, folder={})
