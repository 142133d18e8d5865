"""Bases and vectors tensor by tensor are those that come whole."""

import os
import shutil
from pathlib import Path

import pytest
import torch

from taskarith.core import TaskVector, VectorInfo
from taskarith.errors import UnknownNameError, WeightsError
from taskarith.sources import base_fingerprint, write_tensors
from taskarith.sources.compact import compacted, expanded, low_rank
from taskarith.suites import Suite, load_suite
from tests.suites.remote_suite import write_remote_suite


def assert_same(suite: Suite) -> None:
    base = suite.weights.base()
    whole = suite.base_state()
    assert set(base) == set(whole)
    assert all(torch.equal(base[name], whole[name]) for name in whole)
    for name in (*suite.vectors, *suite.recipe_vectors, f"random:{suite.vectors[0]}"):
        lazy, vector = suite.weights.vector(name, base=base, seed=3), suite.vector(name, seed=3)
        assert set(lazy) == set(vector)
        for parameter in vector:
            assert lazy.shape(parameter) == vector[parameter].shape
            assert torch.equal(lazy[parameter], vector[parameter]), (name, parameter)


def test_a_suite_of_files(tiny_suite: Suite) -> None:
    assert_same(tiny_suite)


def test_eight_bits_a_number(tiny_suite: Suite, tmp_path: Path) -> None:
    folder = tmp_path / "tiny"
    shutil.copytree(tiny_suite.folder, folder)
    path = folder / "vectors" / "apples.safetensors"
    write_tensors(path, compacted(tiny_suite.vector("apples")))
    assert_same(load_suite(folder))


@pytest.mark.parametrize("base", ["transformers", "open_clip"])
@pytest.mark.parametrize("vectors", ["transformers", "open_clip"])
def test_a_suite_of_references(tmp_path: Path, base: str, vectors: str) -> None:
    assert_same(write_remote_suite(tmp_path, base=base, vectors=vectors))


def test_a_text_tower_that_moved_is_in_the_vector(tmp_path: Path) -> None:
    suite = write_remote_suite(tmp_path, base="transformers", vectors="transformers")
    state = suite.base_state()
    moved = {name: t + 0.01 for name, t in state.items() if name != "logit_scale"}
    write_tensors(tmp_path / "apples.safetensors", {**state, **moved})
    vector = suite.vector("apples")
    assert set(vector) == set(state)
    assert vector["text_projection.weight"].abs().max() > 0


def test_what_does_not_fit_is_refused(tiny_suite: Suite, tmp_path: Path) -> None:
    folder = tmp_path / "tiny"
    shutil.copytree(tiny_suite.folder, folder)
    write_tensors(folder / "vectors" / "apples.safetensors", {"visual.proj": torch.ones(2, 2)})
    suite = load_suite(folder)
    with pytest.raises(WeightsError, match=r"'apples' does not fit its base: visual\.proj"):
        suite.weights.vector("apples", base=suite.weights.base())
    with pytest.raises(UnknownNameError, match="did you mean 'birds'"):
        suite.weights.vector("birdz", base=suite.weights.base())


def test_a_vector_of_another_base_is_refused_with_both_fingerprints(
    tiny_suite: Suite, tmp_path: Path
) -> None:
    folder = tmp_path / "tiny"
    shutil.copytree(tiny_suite.folder, folder)
    path = folder / "vectors" / "apples.safetensors"
    base, vector = tiny_suite.base_state(), tiny_suite.vector("apples")
    names = {name: name for name in vector}
    other = {name: tensor + 1 for name, tensor in base.items()}
    for state in (base, other):
        info = VectorInfo(base_fingerprint=base_fingerprint(state, names))
        TaskVector(dict(vector)).save(tmp_path / "made", info=info)
        shutil.copy(tmp_path / "made" / "task_vector.safetensors", path)
        suite = load_suite(folder)
        if state is base:
            assert set(suite.vector("apples")) == set(vector)
            continue
        with pytest.raises(WeightsError, match="'apples' was made from another base") as raised:
            suite.vector("apples")
        for one in (base, other):
            assert base_fingerprint(one, names) in str(raised.value)


@pytest.mark.parametrize("name", ["config.json", "preprocessor_config.json", "model.safetensors"])
def test_the_fingerprint_sees_every_file_of_a_local_base(name: str, tmp_path: Path) -> None:
    """Also where size and time stay what they were."""
    suite = write_remote_suite(tmp_path, base="transformers", vectors="transformers")
    path = tmp_path / "transformers" / name
    shutil.copy(tmp_path / "apples.safetensors", tmp_path / "gardens.safetensors")
    before, times = suite.fingerprint, path.stat()
    assert load_suite(tmp_path).fingerprint == before
    content = bytearray(path.read_bytes())
    content[-3] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert load_suite(tmp_path).fingerprint != before


def test_a_vector_of_low_rank_is_its_product(tiny_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "low"
    shutil.copytree(tiny_folder, folder)
    vector = load_suite(folder).vector("apples")
    factors = low_rank(vector, rank=4)
    write_tensors(folder / "vectors" / "apples.safetensors", factors, {"task": "apples"})
    found = load_suite(folder).vector("apples")
    assert found.keys() == vector.keys()
    for name, tensor in expanded(factors).items():
        assert torch.equal(found[name], tensor)
    assert 0.1 < found.cosine(vector) < 1
