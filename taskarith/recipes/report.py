"""The report of a suite: its tasks, a section for each recipe, angles, how models were made.

What a section measures and how it reads is its recipe's business. Every coefficient is chosen on
validation; what is reported is measured on test once. Results are cached: a stopped report goes on.
"""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from taskarith.core import TaskVector
from taskarith.errors import AssetError
from taskarith.evaluation import (
    Estimate,
    Evaluator,
    ResultCache,
    load_surrogate,
    surrogate_error,
)
from taskarith.evaluation.rounding import changed_answers
from taskarith.heads.generation import Samples
from taskarith.recipes.addition.result import AdditionResult
from taskarith.recipes.amending import with_section
from taskarith.recipes.lab import Lab
from taskarith.recipes.report_recipes import (
    WHOLE,
    Extent,
    left_out,
    recipe_results,
    reported_recipes,
)
from taskarith.recipes.result import Result, as_markdown
from taskarith.recipes.sample import Sample, mean_shown
from taskarith.recipes.shortfalls import shortfalls
from taskarith.recipes.stored import FOLDER, read_result, write_result
from taskarith.recipes.suite_lab import suite_lab
from taskarith.recipes.written_answers import OWN, written_answers
from taskarith.sources.compact import compacted, expanded
from taskarith.sources.tensors import read_metadata
from taskarith.suites import Suite

__all__ = ["add_to_report", "write_report"]


def write_report(
    evaluator: Evaluator,
    path: Path,
    *,
    recipes: Sequence[str] | None = None,
    extent: Extent = WHOLE,
) -> None:
    """Measure the evaluator's suite, write its report as Markdown to `path`, its results beside.

    With a section for each of `recipes` (None: all that choose on validation and measure on test).
    Raises UnknownNameError for a recipe that the suite has not what it takes for.
    """
    suite, cache = evaluator.suite, ResultCache()
    names = reported_recipes(suite) if recipes is None else recipes
    results = list(recipe_results(evaluator, names, cache=cache, extent=extent))
    lab = suite_lab(
        evaluator, cache=cache, n=extent.n, choose_on=extent.choose_on, rehearse=extent.rehearse
    )
    asked = "" if recipes is None else f" --recipes {' '.join(recipes)}"
    parts = [
        _head(evaluator, sample=lab.sample, asked=asked + extent.options()),
        _tasks(suite, lab),
        written_answers(evaluator, lab.sample, edits=_edits(results)),
        *map(as_markdown, results),
        shortfalls(suite, results),
        _without(suite) if recipes is None else "",
        _cosines(suite),
        _preview(evaluator, cache),
        _text_models(suite),
        _recipe_models(evaluator) if names else "",
    ]
    text = "\n\n".join(part.strip() for part in parts if part)
    for result in results:
        write_result(result, path.parent / FOLDER / f"{result.name}.json", suite=suite)
    path.write_text(text + "\n", encoding="utf-8")


def add_to_report(
    evaluator: Evaluator,
    path: Path,
    *,
    recipes: Sequence[str],
    extent: Extent = WHOLE,
) -> None:
    """Measure `recipes` alone, and put their sections and results into the report at `path`.

    The rest of it stays as it is. Raises AssetError where there is no report, UnknownNameError for
    a recipe that the suite has not what it takes for. What came out of what was hoped for is told
    anew, from the results beside the report.
    """
    if not path.is_file():
        raise AssetError(f"there is no report {path.name} to add to; write a whole one first")
    suite, cache = evaluator.suite, ResultCache()
    for name in recipes:
        (result,) = recipe_results(evaluator, [name], cache=cache, extent=extent)
        heading, _, rest = as_markdown(result).partition("\n")
        note = (
            f"Written by `python -m taskarith report {suite.name} --add {name}{extent.options()}`, "
            f"measured on {evaluator.described} in float32."
        )
        section = f"{heading}\n\n{note}\n{rest}"
        write_result(result, path.parent / FOLDER / f"{result.name}.json", suite=suite)
        amended = with_section(path.read_text(encoding="utf-8"), section)
        path.write_text(amended, encoding="utf-8")
    if told := shortfalls(suite, _stored(suite, path.parent / FOLDER)):
        path.write_text(with_section(path.read_text(encoding="utf-8"), told), encoding="utf-8")


def _stored(suite: Suite, folder: Path) -> list[Result]:
    """The results of the suite's recipes that are in a folder."""
    files = [folder / f"{name}.json" for name in reported_recipes(suite)]
    return [read_result(file, suite=suite) for file in files if file.exists()]


def _head(evaluator: Evaluator, *, sample: Sample, asked: str) -> str:
    suite = evaluator.suite
    return f"""# Report: {suite.title}

Written by `python -m taskarith report {suite.name}{asked}`; suite fingerprint
`{suite.fingerprint}`, measured on {evaluator.described} in float32. {suite.manifest.about}

Every coefficient was chosen on the validation split, from {sample.each}; every number below is
{sample.once}, unless it says otherwise. Brackets hold 95 % intervals: Wilson's for a share,
Fieller's for ratios of means, over texts for a perplexity. They hold for edits chosen beforehand,
as these are. A pretrained model already scores well on normalized accuracy, so the gain recovered,
(edited − pretrained) ÷ (fine-tuned − pretrained), and the control stand beside it."""


def _edits(results: Sequence[Result]) -> dict[str, dict[str, float]]:
    """The models that a task's answers are looked at under, by what they are."""
    edits: dict[str, dict[str, float]] = {"pretrained": {}, "fine-tuned": {OWN: 1.0}}
    for result in results:
        if isinstance(result, AdditionResult):
            edits["all tasks, one λ"] = result.together.coefficients
    return edits | {"negated, λ = −1": {OWN: -1.0}}


def _without(suite: Suite) -> str:
    needs = [f"- {name}: {needed}" for name, needed in left_out(suite).items()]
    if not needs:
        return ""
    return "## Recipes left out\n\nThe suite's manifest names nothing for them to be about:\n\n" + (
        "\n".join(needs)
    )


def _tasks(suite: Suite, lab: Lab) -> str:
    """Every task by the pretrained model and, where it has a vector, by its own."""
    pretrained = lab.score({}, list(_shown_tasks(suite)), split="test")
    finetuned = {
        name: lab.score({name: 1.0}, [name, suite.control], split="test") for name in suite.vectors
    }
    rows = []
    for name in _shown_tasks(suite):
        task, own = suite.tasks[name], finetuned.get(name)
        rows.append(
            [
                task.title,
                task.role,
                task.metric.title,
                str(len(task.classnames) or "–"),
                str(pretrained[name].n),
                pretrained[name].shown(),
                own[name].shown() if own else "–",
                own[suite.control].shown() if own else "–",
            ]
        )
    tuned: list[Estimate] = [finetuned[name][name] for name in suite.targets]
    means = [mean_shown(pretrained[name] for name in suite.targets), mean_shown(tuned)]
    rows.append(["**mean of the targets**", "", "", "", "", *means, ""])
    header = ["task", "role", "metric", "classes", "n", "pretrained", "fine-tuned", "control then"]
    return "## Tasks\n\n" + _table(header, rows) + _samples(suite) + _making(suite)


def _samples(suite: Suite) -> str:
    """How continuations are drawn and judged, where there are any."""
    lines = [
        f"{task.title}: each opening is continued once, by at most {head.most} tokens at "
        f"temperature {head.temperature:g}, seed {head.seed}; the judge is a list of "
        f"{len(head.words)} words."
        for task, head in ((suite.tasks[name], suite.head(name)) for name in _shown_tasks(suite))
        if isinstance(head, Samples)
    ]
    return "".join(f"\n\n{line}" for line in lines)


def _shown_tasks(suite: Suite) -> Iterable[str]:
    return (name for name, task in suite.tasks.items() if task.role != "recipe")


def _making(suite: Suite) -> str:
    """How the vectors were fine-tuned, where their files say so."""
    files = [read_metadata(suite.path(suite.manifest.vectors[name])) for name in suite.targets]
    made = {
        json.dumps([metadata[key] for key in ("recipe", "excluded", "anchor")])
        for metadata in files
        if metadata.keys() >= {"recipe", "excluded", "anchor"} and "texts" not in metadata
    }
    if len(made) != 1:
        return ""
    recipe, excluded, anchor = json.loads(made.pop())
    steps = json.loads(recipe)
    return (
        f"\n\nEach vector: {steps['steps']} steps of {steps['batch']} images at a learning rate of "
        f"{steps['rate']:g}, seed {steps['seed']}; {excluded} stayed as they were. "
        f"Anchor: {anchor}. "
        "The anchor asks the fine-tuned model to keep the embeddings of pre-training pictures "
        "(arXiv 1606.09282, 2308.13320); published task vectors were mostly made without one, and "
        "add with more loss."
    )


def _cosines(suite: Suite) -> str:
    vectors = {name: suite.vector(name) for name in suite.targets}
    titles = {name: suite.tasks[name].title for name in vectors}
    rows = [
        [titles[one], *(f"{round(own.cosine(two), 2) + 0.0:.2f}" for two in vectors.values())]
        for one, own in vectors.items()
    ]
    return "## Cosines between task vectors\n\n" + _table(["", *titles.values()], rows)


def _preview(evaluator: Evaluator, cache: ResultCache) -> str:
    surrogate = load_surrogate(evaluator.suite)
    if surrogate is None:
        return ""
    error = surrogate_error(surrogate, evaluator, cache=cache)
    return (
        "## The preview while dragging\n\n"
        f"The quadratic surrogate against measurements of the same validation images, at "
        f"{error.settings} random settings: off by **{error.mean:.2f}** points on average, "
        f"{error.p95:.1f} at the 95th percentile; showing no change would be off by "
        f"{error.nothing:.1f}."
    )


def _text_models(suite: Suite) -> str:
    """How vectors that texts made were fine-tuned, where their files say so."""
    rows, kept = [], set()
    for name, file in {**suite.manifest.vectors, **suite.manifest.recipe_vectors}.items():
        metadata = read_metadata(suite.path(file))
        if metadata.keys() >= {"recipe", "texts", "excluded", "anchor"}:
            made = json.loads(metadata["recipe"])
            kept.add(metadata["excluded"])
            rows.append(
                [
                    name,
                    metadata["texts"],
                    f"{made['steps']} × {made['batch']}",
                    f"{made['rate']:g}",
                    str(made["seed"]),
                    "climbed" if made.get("ascend") else "descended",
                    metadata["anchor"],
                ]
            )
    if not rows:
        return ""
    header = ["vector", "texts", "steps", "rate", "seed", "the loss is", "anchor"]
    return (
        "## How the vectors were made\n\n"
        f"Fine-tuned from the base; {', '.join(sorted(kept))} stayed as they were. The anchor asks "
        "the model to keep what it says of running text that no task and no control is drawn from "
        "(arXiv 1606.09282); published task vectors were mostly made without one, and add with "
        "more loss.\n\n" + _table(header, rows)
    )


def _recipe_models(evaluator: Evaluator) -> str:
    """How the models that only recipes use were fine-tuned, where their files say so."""
    suite, rows = evaluator.suite, []
    for name, file in suite.manifest.recipe_vectors.items():
        metadata = read_metadata(suite.path(file))
        made = json.loads(metadata.get("recipe", "{}"))
        if made and "texts" not in metadata:
            rows.append(
                [
                    name,
                    f"{made['steps']} × {made['batch']}",
                    metadata.get("images", "all"),
                    f"{made['rate']:g}",
                    str(made["reach"]),
                    str(made["seed"]),
                    metadata.get("anchor", "none"),
                ]
            )
    if not rows:
        return ""
    changed, total = _compact(evaluator)
    return (
        "## Models that only recipes use\n\nFine-tuned from the same base: steps × images a step, "
        "how many different images there were, the learning rate, and by how many pixels pictures "
        "are moved at random. Ascent climbs the loss. Their vectors are stored in eight bits a "
        f"number: the targets' own vectors stored so change {changed} of {total} answers of the "
        "fine-tuned models (validation).\n\n"
        + _table(["model", "steps", "images", "rate", "moved", "seed", "anchor"], rows)
    )


def _compact(evaluator: Evaluator) -> tuple[int, int]:
    """Answers that change when each target's vector is stored in eight bits; all answers."""
    changed = total = 0
    for task in evaluator.suite.targets:
        vector = evaluator.suite.vector(task)
        found = changed_answers(
            evaluator, vector, TaskVector(expanded(compacted(vector))), tasks=[task]
        )
        changed, total = changed + found.changed, total + found.total
    return changed, total


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines: list[Sequence[str]] = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
