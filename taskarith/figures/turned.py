"""What an edit turned a task's classes into, as a figure: the confusions it gained and lost."""

from typing import TYPE_CHECKING, Any

import numpy as np

from taskarith.figures.style import COLOURS, Theme, figure, titled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from taskarith.evaluation import PairedDifference
    from taskarith.recipes.lab import Answers

    Confusions = Sequence[Sequence[int]]

__all__ = ["confusion_figure", "counted_figure"]


def confusion_figure(
    before: "Answers",
    after: "Answers",
    classnames: "Sequence[str]",
    *,
    title: str = "",
    theme: Theme = "light",
) -> Any:
    """How much more often each class (row) is taken for each (column), in shares of its images.

    More right and fewer wrong answers are blue, the opposite orange.

    Raises:
        MissingDependencyError: plotly is not installed.
    """
    return counted_figure(
        before.confusion(len(classnames)),
        after.confusion(len(classnames)),
        classnames,
        difference=after.against(before),
        split=after.split,
        title=title,
        theme=theme,
    )


def counted_figure(
    before: "Confusions",
    after: "Confusions",
    classnames: "Sequence[str]",
    *,
    difference: "PairedDifference",
    split: str,
    called: str = "images",
    title: str = "",
    theme: Theme = "light",
) -> Any:
    """`confusion_figure` from counts: rows are true classes, columns are answers."""
    colours = COLOURS[theme]
    names = list(classnames)
    counts = [np.array(one) for one in (before, after)]
    images = np.maximum(counts[1].sum(1, keepdims=True), 1)
    change = (counts[1] - counts[0]) / images
    good = np.where(np.eye(len(names), dtype=bool), change, -change)
    trace = {
        "type": "heatmap",
        "x": names,
        "y": names,
        "z": (np.sign(good) * np.sqrt(np.abs(good))).tolist(),
        "zmin": -1,
        "zmax": 1,
        "colorscale": [[0, colours["pinned"]], [0.5, colours["paper"]], [1, colours["target"]]],
        "showscale": False,
        "customdata": np.stack(counts, axis=2).tolist(),
        "hovertemplate": "%{y} taken for %{x}: %{customdata[0]} → %{customdata[1]}<extra></extra>",
        "xgap": 1,
        "ygap": 1,
    }
    frame = titled(
        title or "What the classes turned into",
        f"{100 * difference.difference:+.1f} points ({100 * difference.low:+.1f} to "
        f"{100 * difference.high:+.1f}), {difference.n} {split} {called}; blue is better",
        x="answer",
        y="shown",
        theme=theme,
        height=min(900, max(320, 200 + 26 * len(names))),
    )
    frame["yaxis"] |= {"tickformat": None, "dtick": None, "type": "category"}
    frame["yaxis"] |= {"range": None, "autorange": "reversed"}
    return figure([trace], frame)
