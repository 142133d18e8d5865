"""Builds the embedded `mini` suite: corpus, base, heads, task vectors and manifest.

Every stage writes its result and is skipped when it is already there, so an interrupted build
goes on where it stopped. Rebuild everything with `python -m taskarith train mini`.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from taskarith.core import TaskVector
from taskarith.heads.zero_shot import build_head
from taskarith.models.clip.open_clip import ClipModel, build_clip, load_clip
from taskarith.sources import base_fingerprint
from taskarith.sources.compact import compacted
from taskarith.sources.tensors import read_tensors, write_tensors
from taskarith.tasks import Role, Task, load_split
from taskarith.tasks.examples import as_images
from taskarith.training.anchor import Anchor, make_anchor
from taskarith.training.corpus import build_corpus, corpus_vocabulary
from taskarith.training.finetune import Lesson, finetune, trained_names
from taskarith.training.loop import Recipe
from taskarith.training.pretrain import pretrain
from taskarith.worlds.images import FAMILIES

__all__ = ["VectorMaker", "drawn_suite", "mini_task", "task_entry", "train_mini", "web_anchor"]

SEED = 2026
CORPUS_SIZE = 360_000
PRETRAINING = Recipe(steps=2_600, batch=512, rate=1e-3, warmup=500, weight_decay=0.1, seed=SEED)
FINETUNING = Recipe(steps=300, batch=128, rate=6e-5, warmup=100, weight_decay=0.0, seed=SEED)
ANCHOR_PICTURES = 4_000

# 17 tokens of width 192 through 4 layers: 65 MFLOP a picture, live on two slow cores.
CONFIG: dict[str, Any] = {
    "embed_dim": 128,
    "vision_cfg": {
        "image_size": 64,
        "patch_size": 16,
        "width": 192,
        "layers": 4,
        "head_width": 32,
    },
    "text_cfg": {"context_length": 16, "width": 128, "heads": 4, "layers": 2},
}

ROLES: dict[str, Role] = {
    "chalk-digits": "auxiliary",
    "chalk-letters": "auxiliary",
    "objects": "control",
    "everyday": "second-control",
}


def train_mini(output: Path, *, work: Path, device: torch.device) -> None:
    """Build the suite's weights and manifest in `output`; corpus and checkpoints go to `work`."""
    tasks = [mini_task(name) for name, family in FAMILIES.items() if family.on_web]
    output.mkdir(parents=True, exist_ok=True)
    if not (output / "base.safetensors").exists():
        _make_base(output, work=work, device=device)
    vocabulary = json.loads((output / "vocabulary.json").read_text())
    # Fine-tuning starts from the stored half-precision base: λ = 0 must be exactly what ships.
    state = read_tensors(output / "base.safetensors")
    base = load_clip(CONFIG, state, vocabulary)
    heads = {task.name: build_head(base, task.classnames, task.templates) for task in tasks}
    stated = {"base_fingerprint": base_fingerprint(state, {name: name for name in state})}
    write_tensors(output / "heads.safetensors", heads, stated)
    maker = VectorMaker(
        state,
        lambda: load_clip(CONFIG, state, vocabulary),
        anchor=web_anchor(base, work=work),
        work=work,
        device=device,
    )
    vectors = [task.name for task in tasks if task.role in ("target", "auxiliary")]
    for task in tasks:
        path = output / "vectors" / f"{task.name}.safetensors"
        if task.name in vectors and not path.exists():
            split = as_images(load_split(task, "train"), of=task.name)
            maker.make(task.name, [Lesson(split.pixels, split.labels, heads[task.name])], path=path)
    _write_manifest(output / "manifest.json", tasks, vectors)


def web_anchor(base: ClipModel, *, work: Path) -> Anchor:
    """The base as it is on fresh pictures of the kind that pre-training saw."""
    fresh = build_corpus(work / "anchor", size=ANCHOR_PICTURES, seed=SEED + 1)
    return make_anchor(base, fresh.pictures)


def mini_task(name: str) -> Task:
    """The task on the drawn pictures of the family `name`."""
    family = FAMILIES[name]
    return Task(
        name=name,
        title=family.title,
        role=ROLES.get(name, "target"),
        classnames=family.classnames,
        templates=family.templates,
        data={"kind": "world", "family": name},
    )


def _make_base(output: Path, *, work: Path, device: torch.device) -> None:
    corpus = build_corpus(work / "corpus", size=CORPUS_SIZE, seed=SEED)
    vocabulary = corpus_vocabulary(corpus)
    torch.manual_seed(SEED)
    model = build_clip(CONFIG, vocabulary).to(device)
    pretrain(model, corpus, recipe=PRETRAINING, folder=work)
    state = {name: p.detach().half().cpu() for name, p in model.network.named_parameters()}
    (output / "config.json").write_text(json.dumps(CONFIG, indent=2) + "\n")
    (output / "vocabulary.json").write_text(json.dumps(vocabulary, indent=0) + "\n")
    write_tensors(output / "base.safetensors", state, {"seed": str(SEED), "maker": "taskarith"})


@dataclass(frozen=True)
class VectorMaker:
    """Fine-tunes a fresh copy of one base per task and stores the task vectors.

    Attributes:
        state: the base's weights by name.
        fresh: gives a new model with those weights.
        anchor: what every fine-tuned model must keep, if anything.
    """

    state: Mapping[str, torch.Tensor]
    fresh: Callable[[], ClipModel]
    anchor: Anchor | None
    work: Path
    device: torch.device
    recipe: Recipe = FINETUNING

    def make(
        self,
        name: str,
        lessons: Sequence[Lesson],
        *,
        path: Path,
        recipe: Recipe | None = None,
        ascend: bool = False,
        compact: bool = False,
    ) -> None:
        """Fine-tune on `lessons` and write the vector called `name` to `path`.

        Args:
            recipe: the maker's own if None.
            ascend: climb the loss.
            compact: store eight bits a number, not sixteen.
        """
        recipe = recipe or self.recipe
        model = self.fresh().to(self.device)
        names = trained_names(model, attention_only=False)
        finetuned = finetune(
            model,
            lessons,
            names=names,
            recipe=recipe,
            anchor=self.anchor,
            ascend=ascend,
            folder=self.work,
            name=f"finetune-{name}",
        )
        pretrained = {name: self.state[name].float() for name in names}
        vector = TaskVector.from_states(pretrained, {n: t.cpu() for n, t in finetuned.items()})
        metadata = {
            "task": name,
            "base_fingerprint": base_fingerprint(self.state, {name: name for name in names}),
            "storage_dtype": "int8" if compact else "float16",
            "subtraction_dtype": "float32",
            "excluded": "all but the block matrices of the vision tower",
            "recipe": json.dumps(asdict(recipe) | {"ascend": ascend}),
            "images": str(sum(len(lesson.images) for lesson in lessons)),
            "anchor": self.anchor.described() if self.anchor is not None else "none",
            "maker": "taskarith",
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        halves = {name: vector[name].half() for name in names}
        write_tensors(path, compacted(vector) if compact else halves, metadata)


def _write_manifest(path: Path, tasks: list[Task], vectors: list[str]) -> None:
    manifest = drawn_suite(
        "mini",
        title="mini: a small CLIP trained for this project",
        about="A 2.4-million-parameter CLIP, pre-trained and fine-tuned on drawn pictures "
        "and scikit-learn's handwritten digits; fine-tuning was anchored to pre-training pictures. "
        "Works offline.",
        tasks=tasks,
        vectors=vectors,
    )
    if path.exists():  # what recipes need is another command's to write
        manifest["recipes"] = json.loads(path.read_text(encoding="utf-8")).get("recipes")
    path.write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def drawn_suite(
    name: str, *, title: str, about: str, tasks: Sequence[Task], vectors: Sequence[str]
) -> dict[str, Any]:
    """The manifest of a suite of drawn pictures whose base and vectors lie in its own folder."""
    return {
        "format": 1,
        "name": name,
        "title": title,
        "about": about,
        "licence": "Apache-2.0",
        "base": {
            "kind": "open_clip",
            "config": "config.json",
            "weights": "base.safetensors",
            "vocabulary": "vocabulary.json",
        },
        "heads": "heads.safetensors",
        "tasks": [task_entry(task) for task in tasks],
        "vectors": [{"task": one, "weights": f"vectors/{one}.safetensors"} for one in vectors],
        "surrogate": None,
        "measurements": None,
        "presets": [],
        "start": None,
    }


def task_entry(task: Task) -> dict[str, Any]:
    """A task of pictures and class names as a manifest has it."""
    return {
        "name": task.name,
        "title": task.title,
        "role": task.role,
        "classnames": list(task.classnames),
        "templates": list(task.templates),
        "data": dict(task.data),
    }
