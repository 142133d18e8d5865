"""Suites of text models: base and vectors under the model's own names, heads kept apart."""

from pathlib import Path

import pytest
import torch

from taskarith.core import Edit, Recomposer
from taskarith.errors import ExportError, WeightsError
from taskarith.export.exporting import export_edit
from taskarith.models.library import import_transformers
from taskarith.sources import read_tensors, write_tensors
from tests.suites.test_weights import assert_same
from tests.suites.text_suite import BUILT, TASKS, write_text_suite


@pytest.mark.parametrize("kind", BUILT)
def test_base_and_vectors(tmp_path: Path, kind: str) -> None:
    suite = write_text_suite(tmp_path, kind)
    assert_same(suite)
    base, model = suite.base_state(), suite.model()
    own = dict(model.network.named_parameters())
    assert set(base) == set(own)
    assert all(torch.equal(base[name], own[name]) for name in own)
    [*_, last] = suite.weights.family.trained({n: t.shape for n, t in base.items()}, "blocks")
    assert suite.vector("apples")[last].abs().max() > 0


@pytest.mark.parametrize("kind", ["causal", "encoder"])
def test_bodies_are_merged_and_each_task_keeps_its_head(tmp_path: Path, kind: str) -> None:
    suite = write_text_suite(tmp_path, kind, classifiers=True)
    for task in TASKS:
        saved = read_tensors(tmp_path / task / "model.safetensors")
        head = suite.weights.head(task)
        assert set(head) == {n for n in saved if n.startswith(("classifier", "score"))}
        assert all(torch.equal(head[name], saved[name]) for name in head)
        vector = suite.vector(task)
        assert set(vector) <= set(suite.base_state())
        assert len(vector) == len(saved) - len(head)
    first, second = (suite.weights.head(task) for task in TASKS)
    assert first.keys() == second.keys()  # the same names, and different heads


@pytest.mark.parametrize("kind", BUILT)
def test_an_edit_leaves_for_the_library_alone(tmp_path: Path, kind: str) -> None:
    suite = write_text_suite(tmp_path, kind)
    edit = Edit("texts", {"apples": 0.5, "birds": -0.3})
    export_edit(suite, edit, tmp_path / "out", to="transformers")
    auto = getattr(import_transformers(), BUILT[kind][0])
    loaded = dict(auto.from_pretrained(tmp_path / "out").named_parameters())
    expected = edit_of(suite, edit)
    assert set(loaded) == set(expected)
    for name, tensor in expected.items():
        torch.testing.assert_close(loaded[name], tensor, rtol=1e-6, atol=1e-6)
    import_transformers().AutoTokenizer.from_pretrained(tmp_path / "out")
    card = (tmp_path / "out" / "README.md").read_text()
    assert suite.weights.family.pipeline in card
    assert "CLIP" not in card
    with pytest.raises(ExportError, match="open_clip has no place for"):
        export_edit(suite, edit, tmp_path / "no", to="open_clip")


def edit_of(suite: object, edit: Edit) -> dict[str, torch.Tensor]:
    state = dict(suite.base_state())  # type: ignore[attr-defined]
    for name, value in edit.coefficients.items():
        state = suite.vector(name).apply_to(state, value)  # type: ignore[attr-defined]
    return state


@pytest.mark.parametrize("kind", BUILT)
def test_the_live_model_is_the_edited_one(tmp_path: Path, kind: str) -> None:
    """Recomposed in place, tied words too, it answers as a model that is loaded with the edit."""
    suite = write_text_suite(tmp_path, kind)
    coefficients = {"apples": 0.7, "birds": -0.4}
    base = suite.base_state()
    recomposer = Recomposer(base, {name: suite.vector(name) for name in coefficients})
    live = suite.model()
    recomposer.bind(live.network)
    recomposer.recompose(coefficients)
    expected = edit_of(suite, Edit("texts", coefficients))
    own = dict(live.network.named_parameters(remove_duplicate=False))
    for name, alias in suite.weights.family.aliases(suite.weights.base_files()).items():
        assert own[name].data_ptr() == own[alias].data_ptr()
    again = suite.weights.family.load(suite.weights.base_files(), expected)
    tokens = live.tokenize(["w1 w2 w3", "w4 w5 w6 w7 w8"])
    with torch.inference_mode():
        verbs = [m.embed if kind == "encoder" else m.losses for m in (live, again)]
        torch.testing.assert_close(verbs[0](tokens), verbs[1](tokens), rtol=1e-4, atol=1e-4)
        if kind == "causal":
            assert live.generate(tokens, most=5) == again.generate(tokens, most=5)


def test_another_vocabulary_is_refused_by_both_sizes(tmp_path: Path) -> None:
    suite = write_text_suite(tmp_path, "causal")
    path = tmp_path / "apples" / "model.safetensors"
    state = read_tensors(path)
    words = state["transformer.wte.weight"]
    write_tensors(path, {**state, "transformer.wte.weight": torch.cat([words, words[:1]])})
    said = (
        f"rows for {len(words) + 1} words, the base for {len(words)}: it knows the words 65 to 65"
    )
    with pytest.raises(WeightsError, match=said):
        suite.vector("apples")


def test_a_head_of_tied_words_is_one_tensor(tmp_path: Path) -> None:
    """A file that holds both names of tied words says the same twice; the vector has it once."""
    suite = write_text_suite(tmp_path, "causal")
    path = tmp_path / "apples" / "model.safetensors"
    state = read_tensors(path)
    assert "lm_head.weight" not in state
    write_tensors(path, {**state, "lm_head.weight": state["transformer.wte.weight"].clone()})
    vector = suite.vector("apples")
    assert "lm_head.weight" not in vector
    assert "transformer.wte.weight" in vector
