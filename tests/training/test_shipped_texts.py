"""What is shipped of the language suites is what the training code would build."""

import json
from dataclasses import asdict

import pytest

from taskarith.sources.compact import expanded
from taskarith.sources.tensors import fingerprint, read_metadata, read_tensors
from taskarith.suites import SUITES_FOLDER, load_suite
from taskarith.training.mini_lm import MINI_LM
from taskarith.training.mini_t5 import MINI_T5
from taskarith.training.text_finetune import block_matrices
from taskarith.training.text_lessons import word_numbers
from taskarith.training.text_suite import TextSuite
from taskarith.training.word_tokenizer import tokenizer_json
from taskarith.worlds.texts import vocabulary

SUITES = pytest.mark.parametrize("made", [MINI_LM, MINI_T5], ids=lambda made: made.texts["name"])


@SUITES
def test_manifest_configuration_and_tokenizer_are_those_of_the_code(made: TextSuite) -> None:
    folder = SUITES_FOLDER / made.texts["name"]
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["tasks"] == json.loads(json.dumps(list(made.tasks)))
    assert manifest.get("recipes") == made.recipes
    assert {key: manifest[key] for key in made.texts} == made.texts
    assert json.loads((folder / "config.json").read_text(encoding="utf-8")) == made.config
    tokenizer = tokenizer_json(word_numbers(vocabulary()), starts_with_end=made.causal)
    assert json.loads((folder / "tokenizer.json").read_text(encoding="utf-8")) == tokenizer


@SUITES
def test_vectors_were_made_from_this_base_by_these_jobs(made: TextSuite) -> None:
    folder = SUITES_FOLDER / made.texts["name"]
    base = read_tensors(folder / "base.safetensors")
    names = set(block_matrices(made.fresh(None)))
    assert {path.stem for path in folder.glob("vectors/*")} == {job.name for job in made.jobs}
    for job in made.jobs:
        path = folder / "vectors" / f"{job.name}.safetensors"
        metadata = read_metadata(path)
        assert set(expanded(read_tensors(path))) == names
        assert metadata["base_fingerprint"] == fingerprint(base)
        assert json.loads(metadata["recipe"]) == asdict(job.recipe) | {"ascend": job.ascend}
        assert metadata["texts"].endswith(f" of {job.text}")


@SUITES
def test_presets_name_vectors_there_are(made: TextSuite) -> None:
    suite = load_suite(made.texts["name"])
    assert suite.control == "stories"
    for preset in suite.manifest.presets:
        for name in preset.coefficients:
            suite.weights.check(name)
