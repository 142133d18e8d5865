"""What did not come out: bars of the written world's suites beside what was measured, and why.

The bars were set before any of these models was trained. What was measured is read off results, and
reasons off the vectors themselves; where none was found, none is given.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from statistics import fmean

import numpy as np

from taskarith.evaluation import Estimate
from taskarith.evaluation.rank import rank_correlation
from taskarith.recipes.addition.protocol import Addition
from taskarith.recipes.addition.result import AdditionResult
from taskarith.recipes.analogy.protocol import AUXILIARY, BASELINES
from taskarith.recipes.analogy.result import TRUE, AnalogyResult
from taskarith.recipes.negation.protocol import NEGATION_GRID
from taskarith.recipes.negation.result import NEGATED, PRETRAINED, NegationResult
from taskarith.recipes.result import Result
from taskarith.suites import Suite

__all__ = ["HEADING", "shortfalls"]

HEADING = "## What was hoped for, and what came out"
WORLD = "written-world"
WAY = (0.35, 0.65)  # of the pretrained model between chance and 1
ALONE, PAIR, ALL, GAIN = 0.9, 0.95, 0.75, 0.45
FORGOTTEN, RATE_LEFT, RETAINED = 0.6, 0.3, 0.95  # of what the pretrained model has

Bar = tuple[str, str, bool]  # what was hoped for, what was found, whether it came out


def shortfalls(suite: Suite, results: Sequence[Result]) -> str:
    """The section as Markdown; empty for a suite that no bars were set for."""
    if any(suite.tasks[name].data.get("kind") != WORLD for name in suite.targets):
        return ""
    bars: list[Bar] = []
    reasons: list[str] = []
    for result in results:
        if isinstance(result, AdditionResult):
            bars += _of_addition(suite, result)
            reasons += _why_pairs_lose(suite, result)
        elif isinstance(result, NegationResult):
            bars += _of_negation(result)
            reasons += _why_much_stays(suite, result)
        elif isinstance(result, AnalogyResult):
            bars += _of_analogy(result)
            reasons += _why_no_better(suite, result)
    if not bars:
        return ""
    header = ["| hoped for | found | came out |", "| --- | --- | --- |"]
    rows = [f"| {hoped} | {found} | {'yes' if held else 'no'} |" for hoped, found, held in bars]
    return "\n".join(
        [
            HEADING,
            "",
            "The bars were set before any of these models was trained. Found is what the sections "
            "above say, on test; what is said of vectors was computed from them.",
            "",
            *header,
            *rows,
            "",
            *(f"- {reason}" for reason in reasons),
        ]
    ).strip()


def _of_addition(suite: Suite, result: AdditionResult) -> Iterator[Bar]:
    way = _way(suite, result.pretrained)
    low, high = WAY
    yield (
        f"pretrained, {_percent(low)} to {_percent(high)} of the way from chance in the mean",
        _percent(way),
        low <= way <= high,
    )
    weak = {task: each.skill for task, each in result.finetuned.items() if each.skill < ALONE}
    yield f"fine-tuned, {_percent(ALONE)} at least", _each(weak, _percent), not weak
    below = {_sum(one): one.normalized for one in _pairs(result) if one.normalized < PAIR}
    yield f"pairs, {PAIR:g} normalized at least", _each(below, "{:.2f}".format), not below
    whole = result.together
    yield (
        f"all {len(whole.tasks)} at one λ, {ALL:g} normalized and {GAIN:g} of the gain at least",
        f"{whole.normalized:.2f} and {whole.gain:.2f}",
        whole.normalized >= ALL and whole.gain >= GAIN,
    )


def _why_pairs_lose(suite: Suite, result: AdditionResult) -> Iterator[str]:
    pairs = _pairs(result)
    if not any(one.normalized < PAIR for one in pairs):
        return
    vectors = {task: suite.vector(task) for task in result.together.tasks}
    cosines = [vectors[one.tasks[0]].cosine(vectors[one.tasks[1]]) for one in pairs]
    kept = [one.normalized for one in pairs]
    rho, least, most = rank_correlation(np.array([cosines, kept]).T)
    worst = min(range(len(pairs)), key=lambda i: kept[i])
    yield (
        f"Pairs: over {len(pairs)} of them, a pair's normalized score goes with the cosine of its "
        f"vectors by a rank correlation of {rho:+.2f} [{least:+.2f}, {most:+.2f}]. The worst, "
        f"{_sum(pairs[worst])}, has a cosine of {cosines[worst]:.2f}."
    )


def _of_negation(result: NegationResult) -> Iterator[Bar]:
    before = [one.models[PRETRAINED] for one in result.tasks]
    after = [one.models[NEGATED] for one in result.tasks]
    ratio = _ratio([one.target for one in after], [one.target for one in before])
    kept = _ratio(
        [one.controls[result.control] for one in after],
        [one.controls[result.control] for one in before],
    )
    yield (
        f"negated, {FORGOTTEN:g} of the pretrained score at most, {_percent(RETAINED)} of the "
        "control retained",
        f"{ratio:.2f}, {_percent(kept)}",
        ratio <= FORGOTTEN and kept >= RETAINED,
    )
    for old, new in zip(before, after, strict=True):
        if old.target.metric == "rate" and old.target.value:
            left = new.target.value / old.target.value
            yield f"{old.task}, {RATE_LEFT:g} of its rate at most", f"{left:.2f}", left <= RATE_LEFT


def _why_much_stays(suite: Suite, result: NegationResult) -> Iterator[str]:
    before = {one.task: one.models[PRETRAINED].target for one in result.tasks}
    after = {one.task: one.models[NEGATED].target for one in result.tasks}
    chances = _chances(suite, before)
    if not chances:
        return
    old, new, chance = (
        fmean(values)
        for values in (
            [before[task].value for task in chances],
            [after[task].value for task in chances],
            chances.values(),
        )
    )
    ends = [
        one.task for one in result.tasks if one.models[NEGATED].coefficient == min(NEGATION_GRID)
    ]
    yield (
        f"Negation: of {len(chances)} targets with a chance level, a model that guesses has "
        f"{chance / old:.2f} of the pretrained score ({_percent(chance)} of {_percent(old)}); "
        f"negation ends at {new / old:.2f}, {_percent((old - new) / (old - chance))} of the way "
        f"there. {len(ends)} of {len(result.tasks)} tasks were negated as far as the protocol "
        f"goes, at λ = {min(NEGATION_GRID):g}"
        + (
            ", with their control above its floor: not it, but the grid ends there."
            if ends
            else "."
        )
    )


def _of_analogy(result: AnalogyResult) -> Iterator[Bar]:
    for rival in BASELINES:
        gain = result.gain_over(rival)
        yield (
            f"the analogy above {rival}",
            f"{100 * gain.value:+.1f} points [{100 * gain.low:+.1f}, {100 * gain.high:+.1f}]",
            gain.low > 0,
        )


def _why_no_better(suite: Suite, result: AnalogyResult) -> Iterator[str]:
    if result.gain_over(AUXILIARY).low > 0:
        return
    alone = fmean(one.standing(one.on_d[AUXILIARY]) for one in result.analogies)
    true = fmean(one.standing(one.on_d[TRUE]) for one in result.analogies)
    bridges, kin, own = [], [], []
    for one in result.analogies:
        a, b, c, d = (suite.vector(name) for name in one.quadruple.tasks)
        bridge, wanted = b - a, d - c
        bridges.append(bridge.cosine(wanted))
        own.append(bridge.norm() / wanted.norm())
        kin.append(c.cosine(d))
    yield (
        f"Analogy: τ_C alone has {_percent(alone)} of D right and the true vector "
        f"{_percent(true)}, so there are {100 * (true - alone):.1f} points to gain. The bracket "
        f"hardly says what is missing: the cosine of τ_B − τ_A with τ_D − τ_C is "
        f"{_range(bridges)}, of τ_C with τ_D {_range(kin)}; it is {_range(own)} times as long."
    )


def _chances(suite: Suite, measured: Mapping[str, Estimate]) -> dict[str, float]:
    """By task, the share that guessing has right, where shares are counted and can be guessed."""
    found = {}
    for task, estimate in measured.items():
        chance = suite.tasks[task].chance
        if estimate.metric == "accuracy" and chance is not None:
            found[task] = chance
    return found


def _way(suite: Suite, pretrained: Mapping[str, Estimate]) -> float:
    chances = _chances(suite, pretrained)
    return fmean((pretrained[task].value - c) / (1 - c) for task, c in chances.items())


def _pairs(result: AdditionResult) -> list[Addition]:
    return [one for one in result.sums if len(one.tasks) == 2]


def _sum(addition: Addition) -> str:
    return " + ".join(addition.tasks)


def _ratio(after: Sequence[Estimate], before: Sequence[Estimate]) -> float:
    return sum(one.skill for one in after) / sum(one.skill for one in before)


def _each(values: Mapping[str, float], shown: Callable[[float], str]) -> str:
    return ", ".join(f"{name} {shown(value)}" for name, value in values.items()) or "all"


def _range(values: Sequence[float]) -> str:
    return f"{min(values):.2f} to {max(values):.2f}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
