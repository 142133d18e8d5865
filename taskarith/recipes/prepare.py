"""What a suite ships beside its weights: presets, measurements for the first screen, a surrogate.

Every coefficient of a preset is chosen on validation by the recipe it shows.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from tqdm import tqdm

from taskarith.core import analogy_coefficients
from taskarith.evaluation import (
    Evaluator,
    ResultCache,
    fit_surrogate,
    make_shipped,
    surrogate_error,
)
from taskarith.evaluation.plan import FINE_IMAGES
from taskarith.evaluation.shipped import SHIPPED_IMAGES
from taskarith.recipes.addition.protocol import choose_common
from taskarith.recipes.lab import Lab
from taskarith.recipes.negation.protocol import choose_negation
from taskarith.recipes.suite_lab import suite_lab
from taskarith.suites import Suite, load_suite

__all__ = ["MINILM_STORY", "MINI_STORY", "Story", "choose_presets", "prepare_suite"]


@dataclass(frozen=True)
class Story:
    """Which tasks the presets are about."""

    forget: str
    pair: tuple[str, str]
    analogy: tuple[str, str, str, str] | None = None


MINI_STORY = Story(
    forget="handwritten-digits",
    pair=("printed-digits", "textures"),
    analogy=("printed-digits", "chalk-digits", "letters", "chalk-letters"),
)
MINILM_STORY = Story(forget="news-topics", pair=("film-reviews", "question-types"))


def prepare_suite(
    folder: Path,
    *,
    story: Story,
    device: torch.device,
    n: int | None = None,
    shipped: int = SHIPPED_IMAGES,
) -> None:
    """Choose the presets of the suite in `folder`, then measure and fit what it ships.

    `n` limits the examples of each task that presets are chosen on (None: all of validation), and
    `shipped` those that the shipped measurements and the preview are made on.
    """
    cache = ResultCache()
    suite = load_suite(str(folder))
    evaluator = Evaluator(suite, device=device)
    presets = choose_presets(suite, lab=suite_lab(evaluator, cache=cache, n=n), story=story)
    _update_manifest(folder, presets=presets, start="forget", measurements=None, surrogate=None)

    evaluator = Evaluator(load_suite(str(folder)), device=device)
    with tqdm(desc="surrogate") as bar:
        surrogate = fit_surrogate(
            evaluator, images=min(shipped, FINE_IMAGES), progress=_shown_on(bar)
        )
    surrogate.save(folder / "surrogate.safetensors")
    error = surrogate_error(surrogate, evaluator, cache=cache)
    print("surrogate:", json.dumps(error.to_json()))
    with tqdm(desc="measurements") as bar:
        measured = make_shipped(evaluator, images=shipped, cache=cache, progress=_shown_on(bar))
    measured.save(folder / "measurements.json")
    _update_manifest(
        folder,
        presets=presets,
        start="forget",
        measurements="measurements.json",
        surrogate="surrogate.safetensors",
    )


def choose_presets(suite: Suite, *, lab: Lab, story: Story) -> list[dict[str, Any]]:
    """The presets of the page, as they stand in the manifest."""
    titles = {name: task.title.lower() for name, task in suite.tasks.items()}
    finetuned = {
        name: lab.score({name: 1.0}, [name], split="validation")[name] for name in suite.targets
    }

    def common(tasks: Sequence[str]) -> float:
        return choose_common(lab.score, tasks=tasks, finetuned=finetuned)

    forgotten = choose_negation(
        lab, vector=story.forget, target=story.forget, control=suite.control
    )
    one, two = story.pair
    together = common(suite.targets)
    random = f"random:{story.forget}"
    return [
        _preset(
            "forget",
            "Forget",
            f"Negate one task: the model forgets {titles[story.forget]} and keeps the control.",
            {story.forget: forgotten},
            story.forget,
        ),
        _preset(
            "add-two",
            "Add two",
            f"One model for {titles[one]} and {titles[two]}.",
            dict.fromkeys(story.pair, common(story.pair)),
            one,
        ),
        _preset(
            "add-all",
            "Add all",
            "All target tasks in one model, at the common λ that is best on validation.",
            dict.fromkeys(suite.targets, together),
            suite.targets[0],
        ),
        *([] if story.analogy is None else [_analogy(suite, story.analogy)]),
        _preset(
            "random",
            "Random",
            "A random direction of the same length, as a check: it should do next to nothing.",
            {random: forgotten},
            random,
        ),
    ]


def _analogy(suite: Suite, analogy: tuple[str, str, str, str]) -> dict[str, Any]:
    a, b, c, d = analogy
    titles = {name: suite.tasks[name].title for name in analogy}
    about = (
        f"{titles[a]} are to {titles[b].lower()} as {titles[c].lower()} are to "
        f"{titles[d].lower()}: none of the three vectors was fine-tuned on the last."
    )
    preset = _preset("analogy", "Analogy", about, analogy_coefficients(a, b, c), c)
    return preset | {"analogy": dict(zip("abcd", analogy, strict=True))}


def _preset(
    name: str, title: str, about: str, coefficients: Mapping[str, float], focus: str
) -> dict[str, Any]:
    return {
        "name": name,
        "title": title,
        "about": about,
        "coefficients": dict(coefficients),
        "focus": focus,
    }


def _update_manifest(folder: Path, **fields: Any) -> None:
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8")) | fields
    path.write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _shown_on(bar: "tqdm[Any]") -> Any:
    def progress(done: int, total: int) -> None:
        bar.total = total
        bar.update(done - bar.n)

    return progress
