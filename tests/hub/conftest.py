"""Fixtures of the tests that talk to the loopback Hub."""

import json
from pathlib import Path

import pytest
from torch import Tensor

from taskarith.sources import open_tensors, write_tensors
from tests.clips import write_transformers_clip
from tests.hub.finetuned import MOVED, NAME
from tests.hub.server import LoopbackHub
from tests.hub.tiny_hub import manifest, publish


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """A Hub cache of the test's own."""
    return tmp_path / "hub-cache"


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test waits as long as a person's connection deserves."""
    import huggingface_hub.constants

    import taskarith.sources.download

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_DOWNLOAD_TIMEOUT", 2)
    monkeypatch.setattr(taskarith.sources.download, "PAUSE", 0.01)


@pytest.fixture(scope="session")
def base_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("base")
    write_transformers_clip(folder)
    return folder


@pytest.fixture(scope="session")
def base(base_folder: Path) -> dict[str, Tensor]:
    return dict(open_tensors(base_folder / "model.safetensors"))


@pytest.fixture
def published(
    hub: LoopbackHub,
    base_folder: Path,
    base: dict[str, Tensor],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> dict[str, dict[str, Tensor]]:
    """The Hub with everything on it; gives each task's fine-tuned vision tower."""
    import huggingface_hub.constants

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "hub-cache"))
    monkeypatch.setenv("TASKARITH_SUITES", str(tmp_path / "suites-home"))
    huggingface_hub.HfFileSystem.clear_instance_cache()
    return publish(hub, base_folder, base, folder=tmp_path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "tiny-hub"
    folder.mkdir()
    (folder / "manifest.json").write_text(json.dumps(manifest()))
    return folder


@pytest.fixture
def weights(tmp_path: Path) -> bytes:
    write_tensors(tmp_path / "w", MOVED)
    return (tmp_path / "w").read_bytes()


@pytest.fixture
def repo(hub: LoopbackHub, weights: bytes) -> str:
    """A fine-tuned checkpoint, as people upload it."""
    card = {"base_model": "openai/clip-vit-base-patch32", "license": "mit"}
    files = {"model.safetensors": weights, "config.json": b"{}", "README.md": b"# hello"}
    return hub.add(NAME, files, card=card)
