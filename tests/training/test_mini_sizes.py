"""Mini in further sizes: a few steps make a whole suite, and a second run makes nothing anew."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from taskarith.sources.compact import SCALE
from taskarith.sources.tensors import read_metadata, read_tensors
from taskarith.suites import load_suite
from taskarith.suites.collection import read_collection
from taskarith.tasks import Task
from taskarith.training import corpus, mini_sizes
from taskarith.training.corpus import Corpus
from taskarith.training.mini import CONFIG, mini_task
from taskarith.training.mini_sizes import SIZES, train_size
from taskarith.worlds.images import splits

SEEN = 16


def few(folder: Path, *, size: int, seed: int, workers: int) -> Corpus:
    del folder, size, workers
    pictures, captions, meanings = corpus._draw_shard((seed, 0), SEEN)
    return Corpus(pictures, captions, np.asarray(meanings))


def with_one_template(name: str) -> Task:
    task = mini_task(name)
    return replace(task, templates=task.templates[:1])


def test_sizes_differ_from_mini_in_width_alone() -> None:
    assert SIZES["whole"].config() == CONFIG
    for size in SIZES.values():
        config = size.config()
        assert config["vision_cfg"] | {"width": 192} == CONFIG["vision_cfg"]
        assert config["text_cfg"] | {"width": 128, "heads": 4} == CONFIG["text_cfg"]
        assert config["text_cfg"]["width"] % config["text_cfg"]["heads"] == 0


def test_a_size_is_made_and_not_made_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mini_sizes, "build_corpus", few)
    monkeypatch.setattr(splits, "_SIZES", {})
    for split in splits.SPLIT_SIZES:
        monkeypatch.setitem(splits.SPLIT_SIZES, split, 120)
    monkeypatch.setattr(mini_sizes, "CONTROLS", ("objects",))
    monkeypatch.setattr(mini_sizes, "mini_task", with_one_template)
    monkeypatch.setattr(mini_sizes, "ANCHOR_BATCH", 4)
    monkeypatch.setattr(mini_sizes, "RANK", 4)
    monkeypatch.setattr(mini_sizes, "TARGETS", ("textures",))
    for name in ("PRETRAINING", "FINETUNING"):
        recipe = replace(getattr(mini_sizes, name), steps=1, batch=4, warmup=1)
        monkeypatch.setattr(mini_sizes, name, recipe)
    output, device = tmp_path / "suite", torch.device("cpu")
    train_size("quarter", output, work=tmp_path / "work", device=device)
    suite = load_suite(output)
    assert suite.name == "mini-quarter"
    assert "1 steps of 4 (4 examples)" in suite.manifest.about
    stored = read_tensors(output / "base.safetensors")
    assert stored["token_embedding.weight"].dtype == torch.int8
    assert "token_embedding.weight" + SCALE in stored
    base = suite.base_state()
    kept = read_tensors(tmp_path / "work" / "quarter" / "base.safetensors")
    assert set(base) == set(kept)
    assert all(torch.allclose(base[n], kept[n], atol=0.02, rtol=0.02) for n in base)
    vector = suite.vector("textures")
    assert all(torch.linalg.matrix_rank(tensor) <= 4 for tensor in vector.values())
    told = read_metadata(output / "vectors" / "textures.safetensors")
    assert told["storage_rank"] == "4"
    assert "4 a step" in told["anchor"]
    effect = json.loads((output / "logs" / "storage.json").read_text())
    assert effect["base"]["total"] == len(suite.split("textures", "validation").labels) + len(
        suite.split("objects", "validation").labels
    )
    assert 0 <= effect["vectors"]["changed"] <= effect["vectors"]["total"]
    assert "vectors at rank 4 (" in suite.manifest.about
    assert (output / "logs" / "pretrain.log").read_text().count("\n") == 1
    written = read_collection(tmp_path / "work" / "mini-sizes.json")
    assert written.suites == (*(f"mini-{size}" for size in SIZES), "mini")
    assert [member.seen for member in written.members] == [4, 4, 4, 4, 1_331_200]
    files = sorted(output.rglob("*.safetensors"))
    before = [file.stat().st_mtime_ns for file in files if file.name == "base.safetensors"]
    train_size("quarter", output, work=tmp_path / "work", device=device)
    assert before == [f.stat().st_mtime_ns for f in files if f.name == "base.safetensors"]
