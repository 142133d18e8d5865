"""Builds `mini` in further sizes: one ladder, every rung trained on equally many examples.

Corpus, losses and anchor are those of `mini`; only widths differ. A rung sees a tenth of the
examples that the shipped `mini` saw, so the ladder has a rung of mini's own shape too, and mini
stands apart in the collection that is written beside them.
Every stage writes its result and is skipped when it is there. Rebuild one with
`python -m taskarith train mini --size quarter`.
"""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from taskarith.core import TaskVector
from taskarith.evaluation import Evaluator
from taskarith.evaluation.rounding import changed_answers
from taskarith.heads.zero_shot import build_head
from taskarith.models.clip.open_clip import build_clip, load_clip
from taskarith.sources import base_fingerprint
from taskarith.sources.compact import compacted, expanded, low_rank
from taskarith.sources.tensors import read_metadata, read_tensors, write_tensors
from taskarith.suites import load_suite
from taskarith.tasks import Task, load_split
from taskarith.tasks.examples import as_images
from taskarith.training.anchor import make_anchor
from taskarith.training.corpus import build_corpus, corpus_vocabulary
from taskarith.training.finetune import Lesson
from taskarith.training.loop import Recipe
from taskarith.training.mini import CONFIG, SEED, VectorMaker, drawn_suite, mini_task
from taskarith.training.mini import PRETRAINING as MINI_PRETRAINING
from taskarith.training.pretrain import pretrain

__all__ = ["SIZES", "Size", "storage_effect", "store", "train_size"]

CORPUS_SIZE = 64_000  # the first of mini's own
ANCHOR_PICTURES = 4_000
ANCHOR_BATCH = 32
PRETRAINING = Recipe(steps=1_000, batch=128, rate=1e-3, warmup=100, weight_decay=0.1, seed=SEED)
FINETUNING = Recipe(steps=120, batch=64, rate=2e-4, warmup=20, weight_decay=0.0, seed=SEED)
RANK = 16  # of a stored vector's matrices

TARGETS = ("handwritten-digits", "textures", "signs", "land-cover")
CONTROLS = ("objects", "everyday")


@dataclass(frozen=True)
class Size:
    """One rung: the widths of both towers, and how many of mini's parameters that is, in words."""

    vision: int
    text: int
    share: str

    def config(self) -> dict[str, Any]:
        """Mini's configuration at these widths; depth, heads' width and tokens stay."""
        heads = self.text // CONFIG["vision_cfg"]["head_width"]
        return {
            **CONFIG,
            "vision_cfg": {**CONFIG["vision_cfg"], "width": self.vision},
            "text_cfg": {**CONFIG["text_cfg"], "width": self.text, "heads": heads},
        }


SIZES: dict[str, Size] = {
    "quarter": Size(vision=96, text=64, share="about a quarter of mini's parameters"),
    "half": Size(vision=128, text=96, share="about half of mini's parameters"),
    "whole": Size(vision=192, text=128, share="mini's own shape"),
    "double": Size(vision=288, text=160, share="about twice mini's parameters"),
}


def train_size(size: str, output: Path, *, work: Path, device: torch.device) -> None:
    """Build the rung called `size` in `output`; corpus, checkpoints and logs go to `work`."""
    rung, own = SIZES[size], work / size
    output.mkdir(parents=True, exist_ok=True)
    tasks = [mini_task(name) for name in (*TARGETS, *CONTROLS)]
    if not (output / "base.safetensors").exists():
        _make_base(rung, output, work=work, own=own, device=device)
    vocabulary = json.loads((output / "vocabulary.json").read_text())
    # Fine-tuning starts from the stored eight-bit base: λ = 0 must be exactly what ships.
    state = {n: t.float() for n, t in expanded(read_tensors(output / "base.safetensors")).items()}
    base = load_clip(rung.config(), state, vocabulary)
    heads = {task.name: build_head(base, task.classnames, task.templates) for task in tasks}
    stated = {"base_fingerprint": base_fingerprint(state, {name: name for name in state})}
    write_tensors(output / "heads.safetensors", heads, stated)
    fresh = build_corpus(work / "anchor", size=ANCHOR_PICTURES, seed=SEED + 1, workers=1)
    maker = VectorMaker(
        state,
        lambda: load_clip(rung.config(), state, vocabulary),
        anchor=make_anchor(base, fresh.pictures, batch=ANCHOR_BATCH),
        work=own,
        device=device,
        recipe=FINETUNING,
    )
    for task in tasks:
        whole = own / "vectors" / f"{task.name}.safetensors"
        if task.name in TARGETS and not whole.exists():
            split = as_images(load_split(task, "train"), of=task.name)
            lesson = Lesson(split.pixels, split.labels, heads[task.name])
            maker.make(task.name, [lesson], path=whole)
        if task.name in TARGETS:
            store(whole, output / "vectors" / whole.name, rank=RANK)
    effect_file = output / "logs" / "storage.json"
    if not effect_file.exists():
        _write_manifest(size, output / "manifest.json", tasks, state, stored="")
        effect = storage_effect(output, own, device=device)
        effect_file.parent.mkdir(exist_ok=True)
        effect_file.write_text(json.dumps(effect, indent=1) + "\n")
    effect = json.loads(effect_file.read_text())
    for log in sorted(own.glob("*.log")):
        shutil.copyfile(log, output / "logs" / log.name)
    _write_collection(work / "mini-sizes.json")
    told = (
        f" The base is stored in eight bits ({_share(effect, 'base')} of validation answers change"
        f"), vectors at rank {RANK} ({_share(effect, 'vectors')} change at λ = 1)."
    )
    _write_manifest(size, output / "manifest.json", tasks, state, stored=told)


def storage_effect(output: Path, own: Path, *, device: torch.device) -> dict[str, dict[str, int]]:
    """How many validation answers the stored base and vectors change, against those as trained.

    The base on all tasks, with heads of its own words; each vector whole (λ = 1) on its own task.
    """
    suite = load_suite(output)
    evaluator = Evaluator(suite, device=device)
    vectors = {"changed": 0, "total": 0}
    for task in suite.targets:
        whole = read_tensors(own / "vectors" / f"{task}.safetensors", dtype=torch.float32)
        found = changed_answers(evaluator, TaskVector(whole), suite.vector(task), tasks=[task])
        vectors["changed"] += found.changed
        vectors["total"] += found.total
    base = {"changed": 0, "total": 0, "right as trained": 0, "right as stored": 0}
    words = json.loads((output / "vocabulary.json").read_text())
    config = json.loads((output / "config.json").read_text())
    trained = load_clip(config, read_tensors(own / "base.safetensors"), words)
    stored = suite.model()
    for asked in suite.tasks.values():
        split = as_images(load_split(asked, "validation"), of=asked.name)
        answers = [
            torch.cat([model.encode_images(part) for part in split.pixels.split(256)])
            @ build_head(model, asked.classnames, asked.templates).T
            for model in (trained, stored)
        ]
        one, other = (logits.argmax(1) for logits in answers)
        base["changed"] += int((one != other).sum())
        base["total"] += len(split.labels)
        base["right as trained"] += int((one == split.labels).sum())
        base["right as stored"] += int((other == split.labels).sum())
    return {"base": base, "vectors": vectors}


def _share(effect: Mapping[str, Mapping[str, int]], part: str) -> str:
    return f"{100 * effect[part]['changed'] / effect[part]['total']:.1f} %"


def store(whole: Path, path: Path, *, rank: int) -> None:
    """Write the vector in `whole` to `path` as products of two matrices of `rank`, in 16 bits."""
    vector = {name: tensor.float() for name, tensor in read_tensors(whole).items()}
    factors = {name: factor.half() for name, factor in low_rank(vector, rank=rank).items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    write_tensors(path, factors, {**read_metadata(whole), "storage_rank": str(rank)})


def _make_base(rung: Size, output: Path, *, work: Path, own: Path, device: torch.device) -> None:
    corpus = build_corpus(work / "corpus", size=CORPUS_SIZE, seed=SEED, workers=1)
    vocabulary = corpus_vocabulary(corpus)
    torch.manual_seed(SEED)
    model = build_clip(rung.config(), vocabulary).to(device)
    pretrain(model, corpus, recipe=PRETRAINING, folder=own)
    state = {name: p.detach().float().cpu() for name, p in model.network.named_parameters()}
    write_tensors(own / "base.safetensors", state, {"seed": str(SEED), "maker": "taskarith"})
    matrices = {name: tensor for name, tensor in state.items() if tensor.ndim == 2}
    rest = {name: tensor.half() for name, tensor in state.items() if tensor.ndim != 2}
    (output / "config.json").write_text(json.dumps(rung.config(), indent=2) + "\n")
    (output / "vocabulary.json").write_text(json.dumps(vocabulary, indent=0) + "\n")
    stated = {"seed": str(SEED), "maker": "taskarith", "storage_dtype": "int8"}
    write_tensors(output / "base.safetensors", compacted(matrices) | rest, stated)


def _write_collection(path: Path) -> None:
    """What `recipe scaling --collection` takes once all sizes are made and added."""
    seen = PRETRAINING.steps * PRETRAINING.batch
    whole = MINI_PRETRAINING.steps * MINI_PRETRAINING.batch
    collection = {
        "format": 1,
        "name": "mini-sizes",
        "title": "mini in several sizes",
        "about": f"Mini's shape at several widths, each trained on the same {seen:,} examples.",
        "tasks": list(TARGETS),
        "controls": list(CONTROLS),
        "members": [
            *({"suite": f"mini-{size}", "seen": seen, "listed": False} for size in SIZES),
            {"suite": "mini", "seen": whole, "apart": f"trained on {whole:,} examples"},
        ],
    }
    path.write_text(json.dumps(collection, indent=1) + "\n", encoding="utf-8")


def _write_manifest(
    size: str, path: Path, tasks: list[Task], state: Mapping[str, Any], *, stored: str
) -> None:
    seen = PRETRAINING.steps * PRETRAINING.batch
    million = sum(tensor.numel() for tensor in state.values()) / 1e6
    manifest = drawn_suite(
        f"mini-{size}",
        title=f"mini, {size}: {million:.2g} million parameters, briefly trained",
        about=f"A rung of the ladder that the recipe scaling climbs: {SIZES[size].share}, "
        f"pre-trained for {PRETRAINING.steps:,} steps of {PRETRAINING.batch} ({seen:,} examples), "
        f"a tenth of what the shipped mini saw. Works offline.{stored}",
        tasks=tasks,
        vectors=TARGETS,
    )
    path.write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
