"""Builds an embedded suite of texts: the base, its tokenizer, and its task vectors.

Knows stages and files; what is learned is said by jobs. Every stage writes its result and is
skipped where it is there, so an interrupted build goes on where it stopped.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch

from taskarith.core import TaskVector
from taskarith.sources.compact import compacted
from taskarith.sources.tensors import fingerprint, read_tensors, write_tensors
from taskarith.training.loop import Recipe
from taskarith.training.text_finetune import Say, finetune_text, make_text_anchor
from taskarith.training.text_lessons import (
    Pair,
    pairs_of_examples,
    pairs_of_stretches,
    word_numbers,
)
from taskarith.training.text_manifest import write_manifest
from taskarith.training.word_tokenizer import write_tokenizer
from taskarith.worlds.texts import RUNNING, vocabulary, world_stretches, world_texts

__all__ = ["ANCHOR_TEXTS", "FINETUNING", "LONGER", "SEED", "Job", "TextSuite", "build_text_suite"]

SEED = 2026
FINETUNING = Recipe(steps=200, batch=32, rate=3e-4, warmup=25, weight_decay=0.0, seed=SEED)
LONGER = replace(FINETUNING, steps=450, rate=4e-4)  # for what is slow to learn
# Running text that no task and no control is drawn from.
ANCHOR_TEXTS = ("reports", "notices")
ANCHOR_STRETCHES = 400  # of each kind


@dataclass(frozen=True)
class Job:
    """One vector to make: its name, the family or running text it learns, and how."""

    name: str
    text: str
    recipe: Recipe = FINETUNING
    anchored: bool = True
    ascend: bool = False


@dataclass(frozen=True)
class TextSuite:
    """What one suite of texts is made of.

    Attributes:
        config: the base's configuration, as transformers writes it.
        seed: draws the untrained weights.
        fresh: a new model of that configuration, with the given weights or untrained.
        pretrain: trains an untrained model in place, resumable through the folder it is given.
        say: what the model says at the targets of some pairs.
        causal: whether a text is all target, behind an end token, or a first and a second half.
        jobs: the vectors.
        texts, kind, tasks, recipes: what its manifest says, see `write_manifest`.
    """

    config: Mapping[str, Any]
    seed: int
    fresh: Callable[[Mapping[str, torch.Tensor] | None], torch.nn.Module]
    pretrain: Callable[[torch.nn.Module, Path], None]
    say: Say
    causal: bool
    jobs: Sequence[Job]
    texts: Mapping[str, str]
    kind: str
    tasks: Sequence[Mapping[str, Any]]
    recipes: Mapping[str, Any] | None = None

    def pairs(self, text: str, split: str, *, size: int | None = None) -> list[Pair]:
        """The pairs that a family or a kind of running text teaches."""
        numbers = word_numbers(vocabulary())
        if text in RUNNING:
            stretches = world_stretches(text, split, size=size)
            return pairs_of_stretches(stretches, numbers, split=not self.causal)
        examples = world_texts(text, split, size=size)
        return pairs_of_examples(examples, numbers, closed=not self.causal)


def build_text_suite(suite: TextSuite, output: Path, *, work: Path) -> None:
    """Write base, tokenizer and vectors to `output`; corpus, checkpoints and logs go to `work`."""
    output.mkdir(parents=True, exist_ok=True)
    base = output / "base.safetensors"
    if not base.exists():
        torch.manual_seed(suite.seed)
        model = suite.fresh(None)
        suite.pretrain(model, work)
        state = {name: p.detach().half() for name, p in model.named_parameters()}
        write_tensors(base, state, {"seed": str(suite.seed), "maker": "taskarith"})
    text = json.dumps(dict(suite.config), indent=2) + "\n"
    (output / "config.json").write_text(text, encoding="utf-8")
    write_tokenizer(output, word_numbers(vocabulary()), starts_with_end=suite.causal)
    # Fine-tuning starts from the stored half-precision base: λ = 0 must be exactly what ships.
    _make_vectors(suite, read_tensors(base), output / "vectors", work=work)
    write_manifest(
        output / "manifest.json",
        texts=suite.texts,
        kind=suite.kind,
        tasks=suite.tasks,
        recipes=suite.recipes,
    )


def _make_vectors(
    suite: TextSuite, state: Mapping[str, torch.Tensor], folder: Path, *, work: Path
) -> None:
    anchor_pairs = [
        pair for kind in ANCHOR_TEXTS for pair in suite.pairs(kind, "train", size=ANCHOR_STRETCHES)
    ]
    anchor = make_text_anchor(suite.fresh(state), suite.say, anchor_pairs)
    for job in _missing(suite.jobs, folder):
        model = suite.fresh(state)
        pairs = suite.pairs(job.text, "train")
        finetuned = finetune_text(
            model,
            pairs,
            say=suite.say,
            recipe=job.recipe,
            anchor=anchor if job.anchored else None,
            ascend=job.ascend,
            folder=work,
            name=f"finetune-{job.name}",
        )
        pretrained = {name: state[name].float() for name in finetuned}
        vector = TaskVector.from_states(pretrained, finetuned)
        metadata = {
            "task": job.name,
            "base_fingerprint": fingerprint(state),
            "storage_dtype": "int8",
            "subtraction_dtype": "float32",
            "excluded": "all but the matrices of the blocks",
            "recipe": json.dumps(asdict(job.recipe) | {"ascend": job.ascend}),
            "texts": f"{len(pairs)} of {job.text}",
            "anchor": anchor.described() if job.anchored else "none",
            "maker": "taskarith",
        }
        folder.mkdir(parents=True, exist_ok=True)
        write_tensors(folder / f"{job.name}.safetensors", compacted(vector), metadata)


def _missing(jobs: Iterable[Job], folder: Path) -> list[Job]:
    return [job for job in jobs if not (folder / f"{job.name}.safetensors").exists()]
