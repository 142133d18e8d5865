"""Scaling's result: the errors of every size, the laws, and whether arithmetic gets easier."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from taskarith.recipes.interval import Interval
from taskarith.recipes.result import Result, Row, Table, shown
from taskarith.recipes.sample import Sample
from taskarith.recipes.scaling.kinds import (
    ADDED,
    LAWS,
    NEGATED,
    OF_CONTROL,
    PATCHED,
    RANDOM_ADDED,
    RANDOM_NEGATED,
)
from taskarith.recipes.scaling.protocol import DRAWS, Law

__all__ = ["Rung", "ScalingResult"]


@dataclass(frozen=True)
class Rung:
    """One model.

    Attributes:
        multiply_adds: for one image and one text.
        seen: examples of pre-training.
        apart: why it takes no part in the laws; empty for one that does.
        coefficients: by way, of each vector.
        errors: by way: the mean over tasks, of `OF_CONTROL` the control's.
        gain: recovered by the sum of all vectors.
        left: of the tasks after each was negated: accuracy after ÷ before.
        null_gain, null_left: the same of random directions.
    """

    suite: str
    parameters: int
    multiply_adds: int
    seen: int
    apart: str
    fingerprint: str
    coefficients: dict[str, dict[str, float]]
    errors: dict[str, Interval]
    gain: Interval | None
    null_gain: Interval | None
    left: Interval | None
    null_left: Interval | None

    @property
    def compute(self) -> float:
        """Multiply-adds × examples seen."""
        return float(self.multiply_adds) * self.seen


@dataclass(frozen=True)
class ScalingResult(Result):
    """Several sizes of one family, smaller compute first.

    Attributes:
        opened: the suite that the recipe was run from.
        laws: one of each of `LAWS`.
        gain_by_doubling, left_by_doubling: what doubling the multiply-adds of an example does to
            gain recovered and to what negation leaves; None where sizes are all alike, or where
            fine-tuning gains nothing for one.
    """

    name: ClassVar[str] = "scaling"
    title: ClassVar[str] = "Scaling: does arithmetic get easier with size?"
    published: ClassVar[str] = (
        "OpenCLIP's scaling laws (arXiv 2212.07143): zero-shot error falls by a power of compute, "
        "in classification faster for OpenAI's models and in retrieval for those trained on LAION; "
        "of edits nothing is published there. Merging by size, PaLM-2 of 1 to 64 billion "
        "parameters (arXiv 2410.03617): larger models merge better"
    )

    collection: str
    opened: str
    tasks: tuple[str, ...]
    control: str
    rungs: tuple[Rung, ...]
    laws: tuple[Law, ...]
    gain_by_doubling: Interval | None
    left_by_doubling: Interval | None
    sample: Sample

    def of_suites(self) -> Mapping[str, str]:
        """The members' fingerprints."""
        return {rung.suite: rung.fingerprint for rung in self.rungs if rung.fingerprint}

    def chosen(self) -> list[tuple[str, dict[str, float]]]:
        """The sum and the negations of the suite that the recipe was run from."""
        for rung in self.rungs:
            if rung.suite == self.opened:
                negated = rung.coefficients[NEGATED]
                return [
                    ("added", rung.coefficients[ADDED]),
                    *((f"forgotten: {task}", {task: negated[task]}) for task in self.tasks),
                ]
        return []

    def protocol(self) -> str:
        """How it was measured."""
        law = self.laws[0]
        apart = [f"{rung.suite}, {rung.apart}" for rung in self.rungs if rung.apart]
        beside = f" Not fitted: {'; '.join(apart)}." if apart else ""
        return (
            f"{len(self.rungs)} models of {self.collection}, the same edits on {len(self.tasks)} "
            f"tasks ({', '.join(self.tasks)}). For each model λ of the sum of all vectors "
            f"(the best mean accuracy), λ of each negation ({self.control} keeps 95 %) "
            f"and α of each patch (the best mean of task and {self.control}) are chosen on "
            f"{self.sample.each} of validation in steps of "
            f"0.1{self.sample.by}; random directions of the vectors' length by layer are chosen "
            f"alike. Everything is measured {self.sample.once}. E is the mean share of wrong "
            "answers over tasks; of a negated task a high error is wanted, so that its cost "
            f"stands as the error on {self.control}. C is multiply-adds for one image and one "
            "text × examples seen in pre-training. E = a·C^b is fitted by least squares on log "
            f"axes to {', '.join(law.fitted)}, and checked on {law.largest}. Intervals are the "
            f"middle 95 % of {DRAWS:,} draws of examples, the same for all models: they hold "
            f"for these models, and say nothing of training them again.{beside}"
        )

    def tables(self) -> list[Table]:
        """Errors by model; the laws; gain and negation by size; every λ."""
        return [
            Table("Error by model", [self._errors(rung) for rung in self.rungs]),
            Table("The power laws", [self._law(law) for law in self.laws]),
            Table("Does arithmetic get easier?", [self._ratios(rung) for rung in self.rungs]),
            Table("Chosen coefficients", [self._coefficients(rung) for rung in self.rungs]),
        ]

    def findings(self) -> list[str]:
        """The laws and their check, and what size does to gain and to forgetting."""
        told = []
        for law in self.laws:
            if law.way == RANDOM_ADDED:
                continue
            verdict = "holds" if law.holds else "does not hold"
            told.append(
                f"{law.way}: E = {law.scale:.3g}·C^b with b = {shown(law.exponent)}; it {verdict} "
                f"for {law.largest}: {shown(law.predicted)} % predicted, {shown(law.measured)} % "
                f"measured"
            )
        told += [
            _slope(self.gain_by_doubling, "the gain recovered by adding all", easier=1),
            _slope(self.left_by_doubling, "what negation leaves of a task", easier=-1),
        ]
        nulls = [rung.null_gain for rung in self.rungs if rung.null_gain is not None]
        if nulls:
            told.append(
                "random directions recover "
                f"{', '.join(f'{100 * one.value:.0f} %' for one in nulls)} of the gain"
            )
        return told

    def _errors(self, rung: Rung) -> Row:
        return {
            "model": rung.suite,
            "parameters": f"{rung.parameters / 1e6:.2f} M",
            "examples seen": f"{rung.seen:,}",
            "C": f"{rung.compute:.2e}",
            **{way: rung.errors[way] for way in (*LAWS[:5], NEGATED, *OF_CONTROL)},
            "in the laws": "no" if rung.apart else "yes",
        }

    def _law(self, law: Law) -> Row:
        return {
            "way": law.way,
            "a": f"{law.scale:.3g}",
            "b": law.exponent,
            f"predicted for {law.largest}": law.predicted,
            "measured": law.measured,
            "measured ÷ predicted": law.off,
            "holds": "yes" if law.holds else "no",
        }

    def _ratios(self, rung: Rung) -> Row:
        return {
            "model": rung.suite,
            "multiply-adds": f"{rung.multiply_adds / 1e6:.1f} M",
            "gain recovered": rung.gain,
            "of random directions": rung.null_gain,
            "left after negation": rung.left,
            "after random directions": rung.null_left,
        }

    def _coefficients(self, rung: Rung) -> Row:
        def told(way: str) -> str:
            return ", ".join(f"{value:g}" for value in rung.coefficients[way].values())

        return {
            "model": rung.suite,
            "λ of the sum": rung.coefficients[ADDED][self.tasks[0]],
            "λ of random directions": next(iter(rung.coefficients[RANDOM_ADDED].values())),
            "λ of negations": told(NEGATED),
            "λ of random negations": told(RANDOM_NEGATED),
            "α of patches": told(PATCHED),
        }


def _slope(slope: Interval | None, what: str, *, easier: int) -> str:
    if slope is None:
        return (
            f"{what}: no slope, as all sizes are alike or fine-tuning gains nothing for one of them"
        )
    if slope.low <= 0 <= slope.high:
        verdict = "no sure change with size"
    else:
        verdict = "easier with size" if slope.value * easier > 0 else "harder with size"
    return (
        f"{what} changes by {slope.value:+.3f} [{slope.low:+.3f}, {slope.high:+.3f}] with each "
        f"doubling of the multiply-adds of an example: {verdict}"
    )
