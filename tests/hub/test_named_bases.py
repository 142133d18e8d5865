"""Bases by OpenCLIP's own names: what its real client gets from the loopback Hub, we get."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from taskarith import load_suite
from taskarith.cli import main
from taskarith.errors import AssetError, SourceError, UnknownNameError
from taskarith.models.clip.named import OpenClipName
from taskarith.models.clip.open_clip import import_open_clip
from taskarith.sources import VISITOR, write_tensors
from taskarith.suites import Suite
from taskarith.suites.making.assembling import assemble
from taskarith.suites.making.named_bases import base_reference, named_base
from taskarith.suites.making.planning import Asked, AskedTask, AskedVector, plan_assembly
from tests.clips import ALL_WORDS, OPEN_CLIP_CONFIG, write_open_clip
from tests.hub.server import LoopbackHub
from tests.hub.tiny_hub import CLASSES

REPO = "laion/clip-tiny-named"
NAME = "open_clip:tiny-clip/mine"


@pytest.fixture
def repository(
    hub: LoopbackHub,
    published: dict[str, dict[str, Tensor]],
    base: dict[str, Tensor],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """A model that OpenCLIP knows by name, with its weights on the Hub: the repository's files."""
    open_clip = import_open_clip()
    text = {**OPEN_CLIP_CONFIG["text_cfg"], "vocab_size": ALL_WORDS}
    config = {**OPEN_CLIP_CONFIG, "text_cfg": text}
    weights = {
        "hf_hub": f"{REPO}/", "mean": (0.4, 0.5, 0.6), "std": (0.2, 0.3, 0.25), "quick_gelu": True,
    }  # fmt: skip
    monkeypatch.setitem(open_clip.factory._MODEL_CONFIGS, "tiny-clip", config)
    monkeypatch.setitem(open_clip.pretrained._PRETRAINED, "tiny-clip", {"mine": weights})
    folder = tmp_path / "named"
    write_open_clip(folder, base)
    (folder / "open_clip_config.json").unlink()  # its shape is known by name
    hub.add_folder(REPO, folder)
    return folder


def created(tmp_path: Path, *, name: str) -> Suite:
    """A suite on the named base, made by the command line, with its weights here."""
    (tmp_path / "classes.txt").write_text("\n".join(CLASSES))
    words = [f"{task}={tmp_path / 'classes.txt'}" for task in ("birds", "gardens")]
    create = [
        "suites", "create", str(tmp_path / name), "--base", NAME,
        "--task", "birds=hub:pictures/birds", "--vector", "birds=hub:tuned/birds",
        "--control", "gardens=hub:pictures/gardens",
        "--classnames", words[0], "--classnames", words[1],
    ]  # fmt: skip
    assert main(create) == 0
    assert main(["suites", "pull", name, "--yes"]) == 0
    return load_suite(name)


def check_as_the_client(suite: Suite, cache: Path) -> None:
    """Weights and embeddings are those of OpenCLIP's own client."""
    pictures = suite.split("gardens", "test").pixels
    theirs: Any = import_open_clip().create_model(
        "tiny-clip", pretrained="mine", cache_dir=str(cache)
    )
    state = suite.base_state()
    streamed = suite.weights.base()
    assert set(state) == set(streamed) >= {name for name, _ in theirs.named_parameters()}
    for name, parameter in theirs.named_parameters():
        assert torch.equal(state[name], parameter), name
        assert torch.equal(streamed[name], parameter), name
    values = (pictures.float() / 255 - torch.tensor([0.4, 0.5, 0.6])) / torch.tensor(
        [0.2, 0.3, 0.25]
    )
    with torch.inference_mode():
        expected = theirs.eval().encode_image(values.permute(0, 3, 1, 2), normalize=True)
        found = suite.model().encode_images(pictures)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)


def test_a_suite_on_a_named_base(repository: Path, tmp_path: Path) -> None:
    suite = created(tmp_path, name="named-suite")
    described = json.loads((suite.folder / "manifest.json").read_text())["base"]
    assert described == {
        "kind": "open_clip", "model": "tiny-clip", "pretrained": "mine",
    }  # fmt: skip
    assert suite.references()[0] == f"hub:{REPO}"
    check_as_the_client(suite, tmp_path / "client")


def test_weights_in_the_layout_of_transformers_will_do(
    repository: Path, base: dict[str, Tensor], hub: LoopbackHub, tmp_path: Path
) -> None:
    """OpenCLIP's repositories often have both; a plan takes `model.safetensors` first."""
    old = {**base, "vision_model.embeddings.position_ids": torch.arange(5)[None]}
    write_tensors(repository / "model.safetensors", old)
    hub.add_folder(REPO, repository)
    suite = created(tmp_path, name="both")
    assert [name for name in suite.weights.base_files().files if name.endswith("tensors")] == [
        "model.safetensors"
    ]
    check_as_the_client(suite, tmp_path / "client")


def test_the_page_makes_one_at_a_commit(repository: Path, hub: LoopbackHub, tmp_path: Path) -> None:
    birds = AskedTask("birds", "hub:pictures/birds", tuple(CLASSES))
    gardens = AskedTask("gardens", "hub:pictures/gardens", tuple(CLASSES))
    asked = Asked("own", (AskedVector("tuned/birds", birds),), base=NAME, control=gardens)
    assembly = plan_assembly(asked, limits=VISITOR, picked=tmp_path / "picked")
    commit = hub.refs["models", REPO]["main"]
    assert str(assembly.before[0].reference) == f"hub:{REPO}@{commit}"
    assemble(assembly, report=lambda *_: None)
    suite = load_suite("own")
    own = suite.manifest.base
    assert (own.model, own.pretrained) == ("tiny-clip", "mine")
    assert suite.references()[0] == f"hub:{REPO}@{commit}"
    check_as_the_client(suite, tmp_path / "client")


def test_names_that_are_none(hub: LoopbackHub) -> None:
    assert named_base("openai/clip") is None
    assert base_reference("openai/clip") == "hub:openai/clip"
    for text in ("open_clip:", "open_clip:ViT-B-32", "open_clip:/openai", "open_clip:ViT-B-32/"):
        with pytest.raises(AssetError, match="write open_clip:MODEL/TAG"):
            named_base(text)
    with pytest.raises(UnknownNameError, match="did you mean 'openai'"):
        base_reference("open_clip:ViT-B-32/opnai")
    with pytest.raises(UnknownNameError, match="did you mean 'ViT-B-32'"):
        base_reference("open_clip:ViT-B-23/openai")


def test_openais_own_weights_are_looked_for_where_openclip_has_them(
    published: dict[str, dict[str, Tensor]], tmp_path: Path
) -> None:
    """As far as it goes without them: nobody has put them on the loopback Hub."""
    named = OpenClipName("ViT-B-32", "openai")
    assert named.entry() == {
        "kind": "open_clip", "model": "ViT-B-32", "pretrained": "openai",
    }  # fmt: skip
    birds = AskedTask("birds", "hub:pictures/birds", tuple(CLASSES))
    gardens = AskedTask("gardens", "hub:pictures/gardens", tuple(CLASSES))
    vector = AskedVector("tuned/birds", birds)
    asked = Asked("own", (vector,), base="open_clip:ViT-B-32/openai", control=gardens)
    with pytest.raises(SourceError, match=r"knows no timm/vit_base_patch32_clip_224\.openai"):
        plan_assembly(asked)
