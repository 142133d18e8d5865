"""Both embedded language suites, built end to end at a size that takes seconds."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from taskarith.sources.compact import expanded
from taskarith.sources.tensors import read_metadata, read_tensors
from taskarith.training import mini_lm, mini_t5
from taskarith.training.language_models import new_gpt2, new_t5
from taskarith.training.loop import Recipe
from taskarith.training.text_finetune import block_matrices, finetune_text, make_text_anchor
from taskarith.training.text_pretrain import pretrain_causal, pretrain_seq2seq
from taskarith.training.text_suite import Job, TextSuite, build_text_suite

RECIPE = Recipe(steps=8, batch=4, rate=1e-3, warmup=2, weight_decay=0.1, seed=5)
SMALL_GPT2 = {**mini_lm.CONFIG, "n_embd": 16, "n_layer": 1, "n_head": 2}
SMALL_T5 = {**mini_t5.CONFIG, "d_model": 16, "d_kv": 8, "d_ff": 16, "num_heads": 2}
SMALL_T5 |= {"num_layers": 1, "num_decoder_layers": 1}


def _small(name: str) -> TextSuite:
    suite = {"mini-lm": mini_lm.MINI_LM, "mini-t5": mini_t5.MINI_T5}[name]
    config = SMALL_GPT2 if suite.causal else SMALL_T5
    new, pretrain = (new_gpt2, pretrain_causal) if suite.causal else (new_t5, pretrain_seq2seq)
    return replace(
        suite,
        config=config,
        fresh=lambda state: new(config, state),
        pretrain=lambda model, folder: pretrain(
            model, recipe=RECIPE, size=300, families=["tone", "plus"], folder=folder
        ),
        jobs=(Job("tone", "tone", RECIPE), Job("talk", "talk", RECIPE, ascend=True)),
    )


@pytest.mark.parametrize("name", ["mini-lm", "mini-t5"])
def test_a_small_build_finishes_and_its_vectors_fit_the_base(name: str, tmp_path: Path) -> None:
    suite = _small(name)
    build_text_suite(suite, tmp_path / "suite", work=tmp_path / "work")
    base = read_tensors(tmp_path / "suite" / "base.safetensors")
    assert set(base) == {key for key, _ in suite.fresh(None).named_parameters()}
    for job in suite.jobs:
        path = tmp_path / "suite" / "vectors" / f"{job.name}.safetensors"
        vector = expanded(read_tensors(path))
        assert set(vector) == set(block_matrices(suite.fresh(None)))
        assert all(vector[key].shape == base[key].shape for key in vector)
        assert any(tensor.abs().max() > 0 for tensor in vector.values())
        assert read_metadata(path)["task"] == job.name
    assert (tmp_path / "suite" / "tokenizer.json").exists()


def test_what_is_there_is_not_built_again(tmp_path: Path) -> None:
    suite = _small("mini-lm")
    build_text_suite(suite, tmp_path / "suite", work=tmp_path / "work")
    before = {p: p.stat().st_mtime_ns for p in (tmp_path / "suite").rglob("*.safetensors")}
    assert len(before) == 3
    build_text_suite(suite, tmp_path / "suite", work=tmp_path / "work")
    assert before == {p: p.stat().st_mtime_ns for p in (tmp_path / "suite").rglob("*.safetensors")}


def test_a_build_gives_the_same_weights_twice(tmp_path: Path) -> None:
    suite = _small("mini-t5")
    for copy in ("one", "two"):
        build_text_suite(suite, tmp_path / copy, work=tmp_path / f"{copy}-work")
    for path in (tmp_path / "one").rglob("*.safetensors"):
        again = read_tensors(tmp_path / "two" / path.relative_to(tmp_path / "one"))
        assert all(torch.equal(tensor, again[key]) for key, tensor in read_tensors(path).items())


@pytest.mark.parametrize("name", ["mini-lm", "mini-t5"])
def test_fine_tuning_learns_moves_block_matrices_alone_and_keeps_the_anchor(
    name: str, tmp_path: Path
) -> None:
    suite = _small(name)
    torch.manual_seed(0)
    state = dict(suite.fresh(None).named_parameters())
    pairs, kept = suite.pairs("tone", "train", size=64), suite.pairs("reports", "train", size=32)
    anchor = make_text_anchor(suite.fresh(state), suite.say, kept)
    recipe = replace(RECIPE, steps=60, rate=1e-2, batch=16)
    losses, drifts = [], []
    for weight in (0.0, 30.0):
        model = suite.fresh(state)
        start = suite.say(model, pairs).loss().item()
        finetune_text(
            model,
            pairs,
            say=suite.say,
            recipe=recipe,
            anchor=replace(anchor, weight=weight),
            folder=tmp_path,
            name=f"weight-{weight:g}",
        )
        moved = {key for key, p in model.named_parameters() if not torch.equal(p, state[key])}
        assert moved == set(block_matrices(model))
        with torch.no_grad():
            losses.append(float(suite.say(model, pairs).loss()))
            whole = replace(anchor, batch=len(kept), weight=1.0)
            drifts.append(float(whole.penalty(model, suite.say, _Everything())))
        assert losses[-1] < start
    assert drifts[1] < 0.5 * drifts[0]


class _Everything:
    """Draws all rows in order."""

    def choice(self, count: int, size: int, *, replace: bool) -> range:
        return range(size)
