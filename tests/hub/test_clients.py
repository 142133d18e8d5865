"""The real clients, unmodified, on the loopback Hub: what they get from the real one, they get."""

from pathlib import Path

import pytest
import torch

from taskarith.models.clip.open_clip import import_open_clip
from taskarith.models.torchvision_operators import declare_torchvision_operators
from taskarith.sources import open_tensors
from tests.clips import write_open_clip, write_transformers_clip
from tests.hub.server import LoopbackHub
from tests.hub.test_datasets import CARD, parquet


@pytest.fixture(scope="module")
def clip_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clip")
    write_transformers_clip(folder)
    return folder


def test_huggingface_hub_lists_and_downloads(hub: LoopbackHub, tmp_path: Path) -> None:
    import huggingface_hub

    files = {"a.txt": b"small", "sub/b.bin": bytes(range(256)) * 100}
    commit = hub.add("owner/name", files, card={"license": "mit"})
    info = huggingface_hub.HfApi().model_info("owner/name", files_metadata=True)
    assert info.sha == commit
    assert {s.rfilename: s.size for s in info.siblings or []} == {"a.txt": 5, "sub/b.bin": 25_600}
    assert info.card_data is not None
    assert info.card_data.license == "mit"
    tree = huggingface_hub.HfApi().list_repo_tree("owner/name", recursive=True)
    assert {entry.path for entry in tree} >= {"a.txt", "sub/b.bin"}
    folder = huggingface_hub.snapshot_download("owner/name", cache_dir=tmp_path)
    assert {f: (Path(folder) / f).read_bytes() for f in files} == files
    with pytest.raises(huggingface_hub.errors.EntryNotFoundError):
        huggingface_hub.hf_hub_download("owner/name", "missing.txt", cache_dir=tmp_path)
    with pytest.raises(huggingface_hub.errors.RepositoryNotFoundError):
        huggingface_hub.hf_hub_download("owner/other", "a.txt", cache_dir=tmp_path)


def test_huggingface_hub_reads_ranges(hub: LoopbackHub) -> None:
    import huggingface_hub

    huggingface_hub.HfFileSystem.clear_instance_cache()
    data = bytes(range(256)) * 100
    hub.add("owner/data", {"x.bin": data}, kind="datasets")
    hub.sent = 0
    system = huggingface_hub.HfFileSystem()
    with system.open("hf://datasets/owner/data/x.bin", "rb", cache_type="none") as file:
        file.seek(1_000)
        assert file.read(50) == data[1_000:1_050]
    assert hub.sent == 50


def test_transformers_loads_a_model(hub: LoopbackHub, clip_folder: Path, tmp_path: Path) -> None:
    declare_torchvision_operators()
    from transformers import CLIPModel, CLIPTokenizer

    hub.add_folder("openai/clip-tiny", clip_folder)
    model = CLIPModel.from_pretrained("openai/clip-tiny", cache_dir=tmp_path)
    expected = open_tensors(clip_folder / "model.safetensors")
    for name, parameter in model.named_parameters():
        assert torch.equal(parameter, expected[name]), name
    tokenizer = CLIPTokenizer.from_pretrained("openai/clip-tiny", cache_dir=tmp_path)
    assert tokenizer("a red mug")["input_ids"][0] == 49_406


def test_open_clip_loads_a_model(hub: LoopbackHub, clip_folder: Path, tmp_path: Path) -> None:
    write_open_clip(tmp_path / "open-clip", open_tensors(clip_folder / "model.safetensors"))
    hub.add_folder("laion/clip-tiny", tmp_path / "open-clip")
    model = import_open_clip().create_model(
        "hf-hub:laion/clip-tiny", cache_dir=str(tmp_path / "cache"), load_weights=True
    )
    expected = open_tensors(tmp_path / "open-clip" / "open_clip_model.safetensors")
    for name, parameter in model.named_parameters():
        assert torch.equal(parameter, expected[name]), name


def test_datasets_loads_a_dataset(hub: LoopbackHub, tmp_path: Path) -> None:
    import datasets
    import huggingface_hub

    huggingface_hub.HfFileSystem.clear_instance_cache()
    files = {
        "README.md": CARD,
        "data/test-0.parquet": parquet(40),
        "data/train-0.parquet": parquet(9),
    }
    hub.add("someone/set", files, kind="datasets")
    whole = datasets.load_dataset("someone/set", split="test", cache_dir=str(tmp_path))
    assert len(whole) == 40
    assert whole[5]["label"] == 1
    stream = datasets.load_dataset("someone/set", split="train", streaming=True)
    assert [row["label"] for row in stream] == [i % 4 for i in range(9)]


def test_a_token_opens_a_gated_repository(hub: LoopbackHub, tmp_path: Path) -> None:
    import huggingface_hub

    hub.add("meta/gated", {"a.txt": b"secret"})
    hub.gated.add("meta/gated")
    with pytest.raises(huggingface_hub.errors.GatedRepoError):
        huggingface_hub.hf_hub_download("meta/gated", "a.txt", cache_dir=tmp_path)
    path = huggingface_hub.hf_hub_download(
        "meta/gated", "a.txt", cache_dir=tmp_path, token="hf_made_up"
    )
    assert Path(path).read_bytes() == b"secret"
