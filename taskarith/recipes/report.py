"""The report of a suite: negation, addition, analogy and geometry by the paper's protocol.

Every coefficient is chosen on validation; every edit that is reported is then measured on test
once. Knows what to measure; how it reads is `report_text`'s business.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path

import torch
from tqdm import tqdm

from taskarith.core import Edit, TaskVector, analogy_coefficients
from taskarith.evaluation import (
    Estimate,
    Evaluator,
    Part,
    ResultCache,
    SurrogateError,
    describe_device,
    load_surrogate,
    surrogate_error,
)
from taskarith.recipes.addition import Addition, add, choose_common
from taskarith.recipes.negation import Negation, negate
from taskarith.recipes.score import Score
from taskarith.recipes.scoring import suite_score
from taskarith.recipes.sections import recipe_sections
from taskarith.sources.compact import compacted, expanded
from taskarith.sources.tensors import read_metadata
from taskarith.suites import Preset, Suite

__all__ = ["Analogy", "Report", "make_report", "write_report"]

NULL_SEED = 0
COMPACT = "compact"  # what a vector in eight bits is called while it is measured


@dataclass(frozen=True)
class Analogy:
    """A is to B as C is to D, measured on D's test images; no coefficient was chosen on D."""

    tasks: tuple[str, str, str, str]
    coefficients: dict[str, float]
    pretrained: Estimate
    auxiliary: Estimate
    analogy: Estimate
    finetuned: Estimate


@dataclass(frozen=True)
class Report:
    """Everything measured of a suite; accuracies are on test unless they say otherwise.

    Attributes:
        negations: by task: its own vector, then the random and the permuted one.
        crossed: accuracy of every target (inner key) when one target (outer key) is negated.
        cosines: between the vectors of the targets, by pair of names.
        making: what the files of the targets' vectors say of themselves; recipe_making: those of
            the vectors that recipes need, by name.
        compact: how many answers of the fine-tuned targets change with their vectors in eight bits,
            as recipes' vectors are stored, and of how many, on validation.
        recipes: whose sections follow.
    """

    suite: Suite
    device: str
    pretrained: dict[str, Estimate]
    finetuned: dict[str, Estimate]
    finetuned_control: dict[str, Estimate]
    negations: dict[str, tuple[Negation, Negation, Negation]]
    crossed: dict[str, dict[str, Estimate]]
    pairs: list[Addition]
    together: Addition
    analogies: list[Analogy]
    cosines: dict[tuple[str, str], float]
    surrogate: SurrogateError | None
    making: list[dict[str, str]]
    recipe_making: dict[str, dict[str, str]]
    compact: tuple[int, int]
    recipes: tuple[str, ...] = ()


def write_report(
    suite: Suite, path: Path, *, device: torch.device, recipes: Sequence[str] = ()
) -> None:
    """Measure `suite` and write its report as Markdown to `path`, with a section for each recipe.

    Raises UnknownNameError for a recipe that the suite has not what it takes for.
    """
    from taskarith.recipes.report_text import markdown

    evaluator = Evaluator(suite, device=device)
    sections = list(recipe_sections(evaluator, recipes, cache=ResultCache()))
    report = replace(make_report(suite, device=device), recipes=tuple(recipes))
    text = [markdown(report), *sections]
    path.write_text("\n\n".join(part.strip() for part in text) + "\n", encoding="utf-8")


def make_report(suite: Suite, *, device: torch.device) -> Report:
    """Choose on validation, measure on test. Results are cached, so a stopped report goes on."""
    evaluator = Evaluator(suite, device=device)
    cache = ResultCache()
    score = suite_score(evaluator, cache=cache, seed=NULL_SEED)
    targets, controls = suite.targets, _controls(suite)
    everything = [*targets, *suite.auxiliaries, *controls]
    pretrained = dict(score({}, everything, split="test"))
    finetuned, on_validation, on_control = {}, {}, {}
    for name in suite.vectors:
        measured = score({name: 1.0}, [name, suite.control], split="test")
        finetuned[name], on_control[name] = measured[name], measured[suite.control]
        on_validation[name] = score({name: 1.0}, [name], split="validation")[name]

    negations = {
        name: _negations(score, suite, task=name) for name in tqdm(targets, desc="negation")
    }
    crossed = {
        name: dict(score({name: own.coefficient}, targets, split="test"))
        for name, (own, _, _) in negations.items()
    }

    def added(tasks: tuple[str, ...], *, also: tuple[str, ...] = ()) -> Addition:
        chosen = choose_common(score, tasks=tasks, finetuned=on_validation)
        return add(
            score,
            tasks=tasks,
            coefficient=chosen,
            pretrained=pretrained,
            finetuned=finetuned,
            also=also,
        )

    pairs = [added(pair) for pair in tqdm(list(combinations(targets, 2)), desc="pairs")]
    surrogate = load_surrogate(suite)
    return Report(
        suite=suite,
        device=describe_device(device),
        pretrained=pretrained,
        finetuned=finetuned,
        finetuned_control=on_control,
        negations=negations,
        crossed=crossed,
        pairs=pairs,
        together=added(targets, also=controls),
        analogies=[_analogy(score, preset) for preset in suite.manifest.presets if preset.analogy],
        cosines=_cosines(suite),
        surrogate=surrogate_error(surrogate, evaluator, cache=cache) if surrogate else None,
        making=[read_metadata(suite.path(suite.manifest.vectors[name])) for name in targets],
        recipe_making={
            name: read_metadata(suite.path(file))
            for name, file in suite.manifest.recipe_vectors.items()
        },
        compact=_compact(evaluator, targets),
    )


def _compact(evaluator: Evaluator, tasks: Sequence[str]) -> tuple[int, int]:
    """Answers that change when each task's own vector is stored in eight bits; all answers."""
    changed = total = 0
    for task in tasks:
        part = Part(task, 0, evaluator.total(task, "validation"))
        small = TaskVector(expanded(compacted(evaluator.suite.vector(task))))
        evaluator.add_vector(COMPACT, small)
        answers = []
        for vector in (task, COMPACT):
            evaluator.use(Edit(evaluator.suite.name, {vector: 1.0}))
            answers += evaluator.predict_parts([part], split="validation")
        evaluator.remove_vector(COMPACT)
        changed += int((answers[0] != answers[1]).sum())
        total += part.stop
    return changed, total


def _controls(suite: Suite) -> tuple[str, ...]:
    return (suite.control, suite.second_control) if suite.second_control else (suite.control,)


def _negations(score: Score, suite: Suite, *, task: str) -> tuple[Negation, Negation, Negation]:
    def negated(vector: str) -> Negation:
        return negate(
            score,
            vector=vector,
            task=task,
            control=suite.control,
            unseen_controls=_controls(suite)[1:],
        )

    return negated(task), negated(f"random:{task}"), negated(f"permuted:{task}")


def _analogy(score: Score, preset: Preset) -> Analogy:
    assert preset.analogy is not None
    a, b, c, d = (preset.analogy[letter] for letter in "abcd")

    def on_target(coefficients: dict[str, float]) -> Estimate:
        return score(coefficients, [d], split="test")[d]

    coefficients = analogy_coefficients(a, b, c)
    return Analogy(
        tasks=(a, b, c, d),
        coefficients=coefficients,
        pretrained=on_target({}),
        auxiliary=on_target({c: 1.0}),
        analogy=on_target(coefficients),
        finetuned=on_target({d: 1.0}),
    )


def _cosines(suite: Suite) -> dict[tuple[str, str], float]:
    vectors = {name: suite.vector(name) for name in suite.targets}
    return {(one, two): vectors[one].cosine(vectors[two]) for one in vectors for two in vectors}
