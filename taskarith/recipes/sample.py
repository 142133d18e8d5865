"""What a recipe's numbers were measured on, and the words of metrics that its sentences use.

Sentences say what was done: how many examples, what they are called, and whether test was opened.
Knows estimates; no protocol.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import fmean

from taskarith.evaluation import Estimate
from taskarith.tasks.metric import METRICS

__all__ = ["Sample", "lowest", "mean_shown", "measured_by", "to_keep"]


@dataclass(frozen=True)
class Sample:
    """Which examples a run took.

    Attributes:
        examples: what they are called: "images", "texts", or "examples" where there are both.
        n: the first n of each split's stratified order; None: all.
        rehearsal: whether test stayed closed, and was answered from validation.
        surely: whether the best edit is the one with the best lower end of its interval; results
            that were stored before that was so have the best value.
        chosen_on: of the validation split, where coefficients are chosen; None: as many as `n`.

    >>> Sample("texts", n=64).each, Sample(rehearsal=True).once
    ('the first 64 texts', 'on validation (a rehearsal: test stayed closed)')
    >>> Sample("texts", chosen_on=64).each, Sample("texts", chosen_on=64).once
    ('the first 64 texts', 'on test, measured once')
    """

    examples: str = "images"
    n: int | None = None
    rehearsal: bool = False
    surely: bool = False
    chosen_on: int | None = None

    @property
    def choosing(self) -> int | None:
        """How many examples of validation coefficients are chosen on; None: all."""
        return self.n if self.chosen_on is None else self.chosen_on

    @property
    def each(self) -> str:
        """The examples of validation that coefficients are chosen on."""
        return self._first(self.choosing)

    @property
    def by(self) -> str:
        """What "best" means where an edit is chosen, for the end of that sentence."""
        return " by the lower end of its 95 % interval" if self.surely else ""

    @property
    def final(self) -> str:
        """The split that answers for test."""
        return "validation" if self.rehearsal else "test"

    @property
    def once(self) -> str:
        """Where the last numbers come from."""
        if self.rehearsal:
            return "on validation (a rehearsal: test stayed closed)"
        taken = "" if self.n is None else f" on {self._first(self.n)} of a split"
        return f"on test, measured once{taken}"

    def _first(self, n: int | None) -> str:
        return f"all {self.examples}" if n is None else f"the first {n:,} {self.examples}"


def measured_by(estimates: Iterable[Estimate]) -> str:
    """What some estimates count: "accuracy", or "score" where they do not count the same.

    >>> measured_by([Estimate.share(correct=1, n=2, total=2, split="test")])
    'accuracy'
    """
    titles = {METRICS[estimate.metric].title for estimate in estimates}
    return titles.pop() if len(titles) == 1 else "score"


def lowest(estimates: Iterable[Estimate], *, of: str = "") -> str:
    """The words for least skill: "the lowest target accuracy", "the highest target perplexity".

    >>> lowest([Estimate(2.0, 1.5, 3.0, 9, 9, "test", "perplexity")], of="target")
    'the highest target perplexity'
    """
    every = list(estimates)
    measure = measured_by(every)
    falls = measure == "score" or METRICS[every[0].metric].higher_is_better
    return " ".join(filter(None, ("the lowest" if falls else "the highest", of, measure)))


def to_keep(floor: float, estimate: Estimate) -> str:
    """What a control floor asks: a share of the accuracy, or of what perplexity retains.

    >>> to_keep(0.95, Estimate(2.0, 1.5, 3.0, 9, 9, "test", "perplexity"))
    'retains at least 95 % (pretrained ÷ edited perplexity)'
    """
    metric = METRICS[estimate.metric]
    if metric.higher_is_better:
        return f"keeps at least {100 * floor:g} % of its pretrained {metric.title}"
    return f"retains at least {100 * floor:g} % (pretrained ÷ edited {metric.title})"


def mean_shown(estimates: Iterable[Estimate]) -> str:
    """The mean of values of one metric, in its unit; of several metrics, each of its own.

    >>> mean_shown([Estimate.share(correct=k, n=4, total=4, split="test") for k in (1, 3)])
    '50.0 %'
    """
    by_metric: dict[str, list[float]] = {}
    for estimate in estimates:
        by_metric.setdefault(estimate.metric, []).append(estimate.value)
    if len(by_metric) == 1:
        ((name, values),) = by_metric.items()
        return METRICS[name].shown(fmean(values))
    return " and ".join(
        f"{METRICS[name].shown(fmean(values))} {METRICS[name].title}"
        for name, values in by_metric.items()
    )
