"""What recipes need beyond the suite's own vectors: analogies, patches, soups and baselines.

Trained on the same base, stored in eight bits a number. Every vector is skipped when it is there
already, so an interrupted build goes on where it stopped. Rebuild with
`python -m taskarith train mini --recipes`.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import permutations
from pathlib import Path
from typing import Any

import torch

from taskarith.evaluation import stratified_order
from taskarith.heads.zero_shot import build_head
from taskarith.sources import base_fingerprint
from taskarith.sources.tensors import write_tensors
from taskarith.suites import Quadruple, RecipeBook, Soup, Suite
from taskarith.tasks import Task, load_split
from taskarith.tasks.examples import as_images
from taskarith.training.finetune import Lesson
from taskarith.training.loop import Recipe
from taskarith.training.mini import FINETUNING, VectorMaker, web_anchor
from taskarith.worlds.images import FAMILIES

__all__ = ["Job", "enter", "jobs", "make_vectors", "recipe_book", "recipe_tasks", "train_recipes"]

FOLDER = "recipes"
DOMAINS = ("chalk", "neon", "stencil")
# Sub-populations: a name for each half of the classes of a family.
HALVES = {
    "printed-digits": ("printed-low-digits", "printed-high-digits"),
    "chalk-digits": ("chalk-low-digits", "chalk-high-digits"),
    "letters": ("early-letters", "late-letters"),
    "chalk-letters": ("chalk-early-letters", "chalk-late-letters"),
}
PATCHED, NEUTRAL = "typographic", "neutral-tags"
PATCHING = (PATCHED, "counting", "handwritten-digits")
# Fine-tuned hard on few images and without an anchor: what WiSE-FT is for.
PLAIN = replace(FINETUNING, rate=1e-3, steps=200, batch=64, warmup=20, reach=0)
PLAIN_IMAGES = 480
SHIFTED = ("textures", "sketches")
SOUP_TASK = "textures"
# The ingredients were exchanged once, after a look at how the first ones did on test: soups choose
# and are measured on pictures that nobody had seen before.
SOUP_PICTURES = "fresh-textures"
UNLEARNT = (NEUTRAL, SOUP_PICTURES)  # there to look at, not to learn
# Different in seed, rate and reach, alike in strength: where one has the widest reach, none of its
# averages is as robust as that one.
INGREDIENTS = tuple(
    replace(FINETUNING, seed=seed, rate=rate, reach=reach)
    for seed, rate, reach in (
        (203, 4e-4, 8),
        (205, 3e-4, 10),
        (207, 4e-4, 10),
        (208, 4e-4, 6),
        (209, 6e-4, 8),
        (210, 6e-4, 10),
        (211, 6e-4, 6),
        (212, 8e-4, 8),
    )
)
# As many steps for each of the eight targets as its own vector had.
JOINT = replace(FINETUNING, steps=8 * FINETUNING.steps)
ASCENT = replace(FINETUNING, steps=100, warmup=20)


@dataclass(frozen=True)
class Job:
    """One vector to make: its name, the tasks it learns, and how."""

    name: str
    tasks: tuple[str, ...]
    recipe: Recipe = FINETUNING
    images: int | None = None  # the first of the stratified order; None for all
    anchored: bool = True
    ascend: bool = False


def train_recipes(suite: Suite, *, work: Path, device: torch.device) -> None:
    """Train everything recipes need on the base of `suite` and enter it into its manifest."""
    model = suite.model()
    tasks = {task.name: task for task in recipe_tasks()}
    heads = {name: build_head(model, t.classnames, t.templates) for name, t in tasks.items()}
    folder = suite.folder / FOLDER
    state = suite.base_state()
    stated = {"base_fingerprint": base_fingerprint(state, {name: name for name in state})}
    write_tensors(folder / "heads.safetensors", heads, stated)
    maker = VectorMaker(
        suite.base_state(),
        suite.model,
        anchor=web_anchor(model, work=work),
        work=work,
        device=device,
    )
    make_vectors(suite, jobs(suite), maker=maker, tasks=tasks, heads=heads)
    enter(suite, tasks=list(tasks.values()), wanted=jobs(suite))


def recipe_tasks() -> list[Task]:
    """The tasks that only recipes use."""
    whole = [f"{domain}-{kind}" for domain in DOMAINS[1:] for kind in ("digits", "letters")]
    tasks = [_task(name, family=name) for name in (*whole, PATCHED, *UNLEARNT)]
    for family, names in HALVES.items():
        count = len(FAMILIES[family].classnames)
        halves = (range(count // 2), range(count // 2, count))
        for name, half in zip(names, halves, strict=True):
            tasks.append(_task(name, family=family, classes=list(half)))
    return tasks


def jobs(suite: Suite) -> list[Job]:
    """Every vector to make, in the order in which they are trained."""
    own = [Job(task.name, (task.name,)) for task in recipe_tasks() if task.name not in UNLEARNT]
    return [
        *own,
        *(
            Job(f"plain-{name}", (name,), PLAIN, images=PLAIN_IMAGES, anchored=False)
            for name in SHIFTED
        ),
        *(
            Job(f"soup-{SOUP_TASK}-{number:02d}", (SOUP_TASK,), recipe, anchored=False)
            for number, recipe in enumerate(INGREDIENTS)
        ),
        Job("joint", suite.targets, JOINT),
        *(
            Job(f"ascent-{name}", (name,), ASCENT, anchored=False, ascend=True)
            for name in suite.targets
        ),
    ]


def make_vectors(
    suite: Suite,
    wanted: Sequence[Job],
    *,
    maker: VectorMaker,
    tasks: Mapping[str, Task],
    heads: Mapping[str, torch.Tensor],
) -> None:
    """Train each of `wanted` that is not there yet; `tasks` and `heads` are those of recipes."""
    plain = replace(maker, anchor=None)

    def lesson(name: str, count: int | None) -> Lesson:
        task = tasks[name] if name in tasks else suite.task(name)
        split = as_images(load_split(task, "train"), of=name)
        head = heads[name] if name in heads else suite.class_weights(name)
        if count is None:
            return Lesson(split.pixels, split.labels, head)
        rows = torch.from_numpy(stratified_order(split.labels.numpy())[:count])
        return Lesson(split.pixels[rows], split.labels[rows], head)

    for job in wanted:
        path = suite.folder / _weights(job.name)
        if not path.exists():
            (maker if job.anchored else plain).make(
                job.name,
                [lesson(name, job.images) for name in job.tasks],
                path=path,
                recipe=job.recipe,
                ascend=job.ascend,
                compact=True,
            )


def recipe_book(suite: Suite) -> RecipeBook:
    """What belongs together."""
    return RecipeBook(
        analogies=_quadruples(),
        patching=PATCHING,
        patching_neutral={PATCHED: NEUTRAL},
        shifted={name: f"plain-{name}" for name in SHIFTED},
        soup=Soup(
            SOUP_PICTURES,
            tuple(f"soup-{SOUP_TASK}-{number:02d}" for number in range(len(INGREDIENTS))),
        ),
        joint="joint",
        ascent={name: f"ascent-{name}" for name in suite.targets},
    )


def _quadruples() -> tuple[Quadruple, ...]:
    """From print to each domain and between any two of those, both ways; and for halves of classes.

    Nothing leads to print: the pretrained model knows that best.
    """
    printed = ("printed-digits", "letters")
    drawn = {domain: (f"{domain}-digits", f"{domain}-letters") for domain in DOMAINS}
    pairs = [("domain × task", new, printed, drawn[new]) for new in DOMAINS]
    pairs += [
        ("domain × task", new, drawn[old], drawn[new]) for old, new in permutations(DOMAINS, 2)
    ]
    pairs += [
        ("sub-population", "chalk", HALVES[old], HALVES[new])
        for old, new in zip(printed, drawn["chalk"], strict=True)
    ]
    return tuple(
        Quadruple(kind, relation, old[one], new[one], old[other], new[other])
        for kind, relation, old, new in pairs
        for one, other in ((0, 1), (1, 0))
    )


def enter(suite: Suite, *, tasks: Sequence[Task], wanted: Sequence[Job]) -> None:
    """Write the section `recipes` of the suite's manifest."""
    path = suite.folder / "manifest.json"
    manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    manifest["recipes"] = {
        "heads": f"{FOLDER}/heads.safetensors",
        "tasks": [_described(task) for task in tasks],
        "vectors": [
            {"name": job.name, "weights": _weights(job.name), "task": job.tasks[0]}
            for job in wanted
        ],
        "book": asdict(recipe_book(suite)),
    }
    path.write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _weights(name: str) -> str:
    return f"{FOLDER}/{name}.safetensors"


def _task(name: str, *, family: str, classes: list[int] | None = None) -> Task:
    drawn = FAMILIES[family]
    data: dict[str, Any] = {"kind": "world", "family": family}
    return Task(
        name=name,
        title=drawn.title if classes is None else name.replace("-", " ").capitalize(),
        role="recipe",
        classnames=drawn.classnames,
        templates=drawn.templates,
        data=data if classes is None else data | {"classes": classes},
    )


def _described(task: Task) -> dict[str, Any]:
    described = asdict(task) | {"data": dict(task.data)}
    del described["metric"]  # which is the head's own
    return described
