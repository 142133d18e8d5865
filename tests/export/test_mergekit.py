"""Edits as mergekit recipes: what mergekit makes of them is what we make, or it is refused."""

import json
import os
import shutil
from pathlib import Path

import pytest
import torch
import yaml

from taskarith.core import METHODS, Edit
from taskarith.errors import ExportError
from taskarith.export.exporting import export_edit
from taskarith.export.mergekit import mergekit_yaml, recipe_models
from taskarith.models.torchvision_operators import declare_torchvision_operators
from taskarith.sources import read_tensors, write_tensors
from taskarith.suites import Suite, load_suite
from tests.suites.text_suite import write_text_suite

TWO = {"apples": 0.7, "birds": -0.4}
SAME = {"apples": 0.6, "birds": 0.6, "coins": 0.6}
ONES = {"apples": 1.0, "birds": 1.0}
BY_LAYER = {"layers": {"apples": {"visual.transformer.resblocks.1": 0.5}}}

MISSING = "needs mergekit: pip install 'taskarith[slow]'"
EQUAL = [
    Edit("tiny", TWO),
    Edit("tiny", TWO, settings=BY_LAYER),
    Edit("tiny", TWO, method="average"),
    Edit("tiny", ONES, method="average"),
    Edit("tiny", TWO, method="expo", settings={"extrapolation": 0.25, "scale": 0.8}),
    Edit("tiny", SAME, method="ties-per-tensor", settings={"density": 0.33, "scale": 0.8}),
    Edit("tiny", {"apples": -0.5, "birds": -0.5}, method="ties-per-tensor"),
    Edit("tiny", TWO, method="ties-per-tensor-sum", settings={"density": 0.2037, "scale": 0.5}),
    Edit("tiny", TWO, method="breadcrumbs", settings={"density": 0.207, "outliers": 0.013}),
]


@pytest.fixture(scope="module")
def suite(tiny_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Suite:
    """The tiny suite with numbers that add exactly and of which no two are equally large.

    Then θ₀ + τ − θ₀ is τ, and what is trimmed or elected does not hang on a rounding or a tie:
    no sum of up to three of them is exactly 0 either.
    """
    folder = tmp_path_factory.mktemp("exact") / "tiny"
    shutil.copytree(tiny_folder, folder)
    path = folder / "base.safetensors"
    base = read_tensors(path, dtype=torch.float32)
    write_tensors(path, {name: (t * 4096).round() / 4096 for name, t in base.items()})
    generator = torch.Generator().manual_seed(7)
    for path in (folder / "vectors").iterdir():
        tensors = {}
        for name, tensor in read_tensors(path).items():
            rest = {"apples": 1, "birds": 2, "coins": 4}.get(path.stem, 0)
            sizes = 8 * (1 + torch.randperm(tensor.numel(), generator=generator)) + rest
            signs = 2 * torch.randint(0, 2, (tensor.numel(),), generator=generator) - 1
            tensors[name] = (sizes * signs / 65536).view(tensor.shape).float()
        write_tensors(path, tensors)
    return load_suite(folder)


@pytest.mark.slow
@pytest.mark.parametrize("edit", EQUAL, ids=lambda edit: edit.formula())
def test_mergekit_makes_the_same_weights(
    suite: Suite, edit: Edit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("mergekit", reason=MISSING)
    declare_torchvision_operators()  # an installation that some CPU users have
    from mergekit.graph import Executor
    from mergekit.options import MergeOptions
    from mergekit.scripts.merge_raw_pytorch import (
        RawPyTorchMergeConfig,
        SimpleLoaderCache,
        plan_flat_merge,
    )

    folder = export_edit(suite, edit, tmp_path / "recipe", to="mergekit").folder
    ours = export_edit(suite, edit, tmp_path / "ours", to="transformers").folder
    monkeypatch.chdir(folder)
    SimpleLoaderCache._instance = None
    recipe = RawPyTorchMergeConfig.model_validate(yaml.safe_load(Path("merge.yml").read_text()))
    options = MergeOptions(quiet=True)
    tasks = plan_flat_merge(recipe, "merged", False, False, options)
    Executor(tasks, math_device="cpu", storage_device="cpu").execute()
    [path] = Path("merged").glob("*.safetensors")
    found, expected = read_tensors(path), read_tensors(ours / "model.safetensors")
    assert found.keys() == expected.keys()
    base = read_tensors(folder / "base.safetensors")
    assert any(not torch.equal(base[name], expected[name]) for name in expected)
    for name in expected:
        torch.testing.assert_close(found[name], expected[name], rtol=0, atol=1e-6, msg=name)


def test_model_stock(suite: Suite) -> None:
    """Of vectors that point the same way; where they point apart mergekit does something else."""
    edit = Edit("tiny", {"apples": 1.0, "birds": 1.0}, method="model-stock")
    with pytest.raises(ExportError, match="point apart"):
        mergekit_yaml(suite, edit)
    with pytest.raises(ExportError, match="no weights; give at least two vectors, all with λ = 1"):
        mergekit_yaml(suite, Edit("tiny", TWO, method="model-stock"))


@pytest.mark.slow
def test_model_stock_of_vectors_that_agree(
    suite: Suite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("mergekit", reason=MISSING)
    folder = tmp_path / "tiny"
    shutil.copytree(suite.folder, folder)
    apples = read_tensors(folder / "vectors" / "apples.safetensors")
    write_tensors(
        folder / "vectors" / "birds.safetensors",
        {name: tensor + 0.25 * tensor.flip(0) for name, tensor in apples.items()},
    )
    edit = Edit("tiny", ONES, method="model-stock")
    test_mergekit_makes_the_same_weights(load_suite(folder), edit, tmp_path, monkeypatch)


def test_what_the_recipe_says(suite: Suite) -> None:
    text = mergekit_yaml(suite, Edit("tiny", TWO))
    assert text.startswith("# θ = θ₀ + 0.70·τ(apples) − 0.40·τ(birds)\n# In this folder: mergekit-")
    assert yaml.safe_load(text) == {
        "merge_method": "task_arithmetic",
        "base_model": "./base.safetensors",
        "models": [
            {"model": "./apples.safetensors", "parameters": {"weight": 0.7}},
            {"model": "./birds.safetensors", "parameters": {"weight": -0.4}},
        ],
        "parameters": {"normalize": False},
        "dtype": "float32",
    }
    recipe = yaml.safe_load(mergekit_yaml(suite, EQUAL[5]))
    assert recipe["parameters"]["normalize"] is True
    assert recipe["parameters"]["lambda"] == pytest.approx(0.48)


def test_every_other_method_is_refused_with_the_reason(suite: Suite) -> None:
    said = {edit.method for edit in EQUAL} | {"model-stock"}
    for method in set(METHODS) - said:
        with pytest.raises(ExportError, match=r"mergekit cannot make this edit: .*checkpoint"):
            mergekit_yaml(suite, Edit("tiny", TWO, method=method))
    with pytest.raises(ExportError, match="weighed by λ in mergekit"):
        mergekit_yaml(suite, Edit("tiny", TWO, method="ties-per-tensor"))
    with pytest.raises(ExportError, match="every λ is 0"):
        mergekit_yaml(suite, Edit("tiny"))


def test_matrices_in_one_tensor_are_not_merged_as_one(tmp_path: Path) -> None:
    """Query, key and value of such a model are one tensor to mergekit, and three to this edit."""
    suite = write_text_suite(tmp_path, "causal")
    terms = {"apples": 1.0, "birds": 1.0}
    assert "task_arithmetic" in mergekit_yaml(suite, Edit("texts", terms))
    with pytest.raises(ExportError, match=r"c_attn.* holds several matrices"):
        mergekit_yaml(suite, Edit("texts", terms, method="ties-per-tensor"))


def test_no_two_models_share_a_file() -> None:
    names = ("base", "base-vector", "letters", "random-letters", "random:letters", "random:base")
    files = recipe_models(Edit("tiny", dict.fromkeys(names, 0.5), seed=3))
    assert len(files) == len(names) + 1
    assert files["base.safetensors"].coefficients == {}
    assert files["random_letters.safetensors"] == Edit("tiny", {"random:letters": 1.0}, seed=3)


def test_the_parents_stand_beside_the_recipe(suite: Suite, tmp_path: Path) -> None:
    edit = Edit("tiny", TWO | {"random:coins": 1})
    export = export_edit(suite, edit, tmp_path / "r", to="mergekit")
    weights = {name for name in export.files if name.endswith(".safetensors")}
    assert weights == {
        "base.safetensors", "apples.safetensors", "birds.safetensors", "random_coins.safetensors",
    }  # fmt: skip
    assert {"config.json", "tokenizer.json", "merge.yml", "provenance.json"} <= set(export.files)
    assert str(tmp_path) not in (export.folder / "merge.yml").read_text()
    told = json.loads((export.folder / "provenance.json").read_text())
    assert os.fspath(tmp_path) not in json.dumps(told)
