"""A suite's report as Markdown. Knows words and tables; measures nothing."""

import json
from collections.abc import Iterable, Sequence
from statistics import fmean

import numpy as np

from taskarith.evaluation import Estimate
from taskarith.recipes.negation import CONTROL_FLOOR, NEGATION_GRID, Negation
from taskarith.recipes.ratios import normalized_and_gain, ratio_of_means
from taskarith.recipes.report import Report

__all__ = ["markdown"]


def markdown(report: Report) -> str:
    """The whole report."""
    sections = [
        _head(report),
        _tasks(report),
        _negation(report),
        _crossed(report),
        _addition(report),
        _pairs(report),
        _analogies(report),
        _cosines(report),
        _surrogate(report),
        _recipe_models(report),
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def _head(report: Report) -> str:
    suite = report.suite
    recipes = f" --recipes {' '.join(report.recipes)}" if report.recipes else ""
    return f"""# Report: {suite.title}

Written by `python -m taskarith report {suite.name}{recipes}`; suite fingerprint
`{suite.fingerprint}`, measured on {report.device} in float32. {suite.manifest.about}

Every λ was chosen on the validation split; every number below is from the test split, measured
once with these weights, unless it says otherwise. Brackets hold 95 % intervals: Wilson's for an
accuracy, Fieller's over images for ratios of means. They hold for edits chosen beforehand, as
these are. A pretrained model already scores well on normalized accuracy, so the gain recovered,
(edited − zero-shot) ÷ (fine-tuned − zero-shot), and the control stand beside it."""


def _tasks(report: Report) -> str:
    suite = report.suite
    rows = []
    for name, task in suite.tasks.items():
        finetuned, control = report.finetuned.get(name), report.finetuned_control.get(name)
        rows.append(
            [
                task.title,
                task.role,
                str(len(task.classnames)),
                str(report.pretrained[name].n),
                _estimate(report.pretrained[name]),
                _estimate(finetuned) if finetuned else "–",
                _estimate(control) if control else "–",
            ]
        )
    zero = fmean(report.pretrained[name].value for name in suite.targets)
    tuned = fmean(report.finetuned[name].value for name in suite.targets)
    rows.append(["**mean of the targets**", "", "", "", _percent(zero), _percent(tuned), ""])
    header = ["task", "role", "classes", "n", "zero-shot", "fine-tuned", "control then"]
    return "## Tasks\n\n" + _table(header, rows) + _making(report)


def _making(report: Report) -> str:
    """How the vectors were fine-tuned, where their files say so."""
    made = {
        json.dumps([metadata[key] for key in ("recipe", "excluded", "anchor")])
        for metadata in report.making
        if metadata.keys() >= {"recipe", "excluded", "anchor"}
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


def _negation(report: Report) -> str:
    suite = report.suite
    rows = []
    for name, trio in report.negations.items():
        own, random, permuted = trio
        rows.append(
            [
                suite.tasks[name].title,
                f"{own.coefficient:.2f}",
                _estimate(report.pretrained[name]),
                _estimate(own.target),
                *(_estimate(estimate) for estimate in own.controls.values()),
                f"{_estimate(random.target)} at {random.coefficient:.2f}",
                f"{_estimate(permuted.target)} at {permuted.coefficient:.2f}",
            ]
        )
    controls = list(next(iter(report.negations.values()))[0].controls)
    header = ["task", "λ", "zero-shot", "negated", *(suite.tasks[c].title for c in controls)]
    header += ["random vector", "permuted vector"]
    summary = [
        _ratio_line(report, which, label)
        for which, label in enumerate(("task vector", "random vector", "permuted vector"))
    ]
    kept = [_controls_line(report, control) for control in controls]
    return (
        "## Negation: forgetting\n\n"
        f"λ from {NEGATION_GRID[-1]:g} to 0 in steps of 0.05, the lowest target accuracy on "
        f"validation whose control (validation, all images) keeps at least "
        f"{100 * CONTROL_FLOOR:g} % of its pretrained accuracy. The nulls choose their own λ by "
        "the same rule. The last control was seen by no choice.\n\n"
        + _table(header, rows)
        + "\n\n"
        + "\n".join(f"- {line}" for line in summary + kept)
    )


def _ratio_line(report: Report, which: int, label: str) -> str:
    before = {name: report.pretrained[name] for name in report.suite.targets}
    after = {name: trio[which].target for name, trio in report.negations.items()}
    low, high = ratio_of_means(after, before=before)
    ratio = _mean(after.values()) / _mean(before.values())
    return (
        f"{label}: mean target accuracy {_percent(_mean(after.values()))} of "
        f"{_percent(_mean(before.values()))} zero-shot, ratio **{ratio:.2f}** "
        f"[{low:.2f}, {high:.2f}]"
    )


def _controls_line(report: Report, control: str) -> str:
    own: list[Negation] = [trio[0] for trio in report.negations.values()]
    kept = fmean(n.controls[control].value for n in own)
    before = report.pretrained[control].value
    title = report.suite.tasks[control].title
    return (
        f"{title}: {_percent(kept)} on average after negation of {_percent(before)} before, "
        f"{100 * kept / before:.1f} % of it"
    )


def _crossed(report: Report) -> str:
    targets = report.suite.targets
    titles = {name: report.suite.tasks[name].title for name in targets}
    rows = [
        [
            f"− {titles[negated]} ({report.negations[negated][0].coefficient:.2f})",
            *(f"{100 * (on[name].value - report.pretrained[name].value):+.1f}" for name in targets),
        ]
        for negated, on in report.crossed.items()
    ]
    return (
        "## What negating one task does to the others\n\n"
        "Change of test accuracy against the pretrained model, in points.\n\n"
        + _table(["negated (λ)", *titles.values()], rows)
    )


def _addition(report: Report) -> str:
    suite, together = report.suite, report.together
    rows = [
        [
            suite.tasks[name].title,
            _estimate(report.pretrained[name]),
            _estimate(estimate),
            _estimate(report.finetuned[name]) if name in report.finetuned else "–",
        ]
        for name, estimate in together.accuracies.items()
    ]
    own = {name: together.accuracies[name] for name in together.tasks}
    before = {name: report.pretrained[name] for name in together.tasks}
    tuned = {name: report.finetuned[name] for name in together.tasks}
    normalized, gain = normalized_and_gain(own, pretrained=before, finetuned=tuned)
    nothing = fmean(before[name].value / tuned[name].value for name in together.tasks)
    return (
        f"## Addition: all {len(together.tasks)} targets\n\n"
        "One common λ from 0 to 1 in steps of 0.05, the best mean normalized accuracy on "
        f"validation: **λ = {together.coefficient:.2f}**.\n\n"
        + _table(["task", "zero-shot", "all added", "fine-tuned alone"], rows)
        + f"\n\n- mean normalized accuracy **{together.normalized:.3f}** "
        f"[{normalized.low:.3f}, {normalized.high:.3f}]; doing nothing gives {nothing:.3f}\n"
        f"- gain recovered **{together.gain:.3f}** [{gain.low:.3f}, {gain.high:.3f}]; "
        "doing nothing gives 0"
    )


def _pairs(report: Report) -> str:
    titles = {name: task.title for name, task in report.suite.tasks.items()}
    rows = []
    for pair in report.pairs:
        one, two = pair.tasks
        rows.append(
            [
                f"{titles[one]} + {titles[two]}",
                f"{pair.coefficient:.2f}",
                _estimate(pair.accuracies[one]),
                _estimate(pair.accuracies[two]),
                f"{pair.normalized:.3f}",
                f"{pair.gain:.3f}",
            ]
        )
    if not rows:
        return ""
    nothing = fmean(
        report.pretrained[name].value / report.finetuned[name].value
        for name in report.suite.targets
    )
    return (
        "## Addition: pairs\n\nλ is common to the two and chosen for each pair on validation.\n\n"
        + _table(["pair", "λ", "first", "second", "normalized", "gain recovered"], rows)
        + f"\n\n- mean normalized accuracy **{fmean(p.normalized for p in report.pairs):.3f}**; "
        f"doing nothing gives {nothing:.3f}\n"
        f"- mean gain recovered **{fmean(p.gain for p in report.pairs):.3f}**"
    )


def _analogies(report: Report) -> str:
    titles = {name: task.title for name, task in report.suite.tasks.items()}
    rows = [
        [
            "{} : {} :: {} : {}".format(*(titles[name] for name in analogy.tasks)),
            _estimate(analogy.pretrained),
            _estimate(analogy.auxiliary),
            _estimate(analogy.analogy),
            _estimate(analogy.finetuned),
        ]
        for analogy in report.analogies
    ]
    if not rows:
        return ""
    return (
        "## Analogy\n\nAccuracy on the fourth task. All coefficients are 1, chosen by nobody; "
        "none of the three vectors was fine-tuned on the fourth task.\n\n"
        + _table(["A : B :: C : D", "zero-shot", "τ_C", "τ_C + (τ_B − τ_A)", "true τ_D"], rows)
    )


def _cosines(report: Report) -> str:
    targets = report.suite.targets
    titles = {name: report.suite.tasks[name].title for name in targets}
    rows = [
        [titles[one], *(f"{round(report.cosines[one, two], 2) + 0.0:.2f}" for two in targets)]
        for one in targets
    ]
    return "## Cosines between task vectors\n\n" + _table(["", *titles.values()], rows)


def _surrogate(report: Report) -> str:
    error = report.surrogate
    if error is None:
        return ""
    return (
        "## The preview while dragging\n\n"
        f"The quadratic surrogate against measurements of the same validation images, at "
        f"{error.settings} random settings: off by **{error.mean:.2f}** points on average, "
        f"{error.p95:.1f} at the 95th percentile; showing no change would be off by "
        f"{error.nothing:.1f}."
    )


def _recipe_models(report: Report) -> str:
    """How the models that only recipes use were fine-tuned, where their files say so."""
    rows = []
    for name, metadata in report.recipe_making.items():
        made = json.loads(metadata.get("recipe", "{}"))
        if made:
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
    if not rows or not report.recipes:
        return ""
    changed, total = report.compact
    return (
        "## Models that only recipes use\n\nFine-tuned from the same base: steps × images a step, "
        "how many different images there were, the learning rate, and by how many pixels pictures "
        "are moved at random. Ascent climbs the loss. Their vectors are stored in eight bits a "
        f"number: the targets' own vectors stored so change {changed} of {total} answers of the "
        "fine-tuned models (validation).\n\n"
        + _table(["model", "steps", "images", "rate", "moved", "seed", "anchor"], rows)
    )


def _mean(estimates: Iterable[Estimate]) -> float:
    return float(np.mean([estimate.value for estimate in estimates]))


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _estimate(estimate: Estimate) -> str:
    return f"{100 * estimate.value:.1f} [{100 * estimate.low:.1f}, {100 * estimate.high:.1f}]"


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines: list[Sequence[str]] = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
