"""Examples whose answer an edit changed, for the strip under the bars.

Reads answers already computed; computes none. Knows nothing of sessions.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from taskarith.core import Edit
from taskarith.evaluation import Evaluator, ResultCache
from taskarith.tasks import SplitName
from taskarith.ui.serving.png import data_url

__all__ = ["changed_answers"]

SHOWN = 8
MORE_SHOWN = 64  # where more are asked for: half a megabyte of pictures
NOWHERE = np.empty(0, dtype=np.int64)  # losses change everywhere: no answer does


def changed_answers(
    evaluator: Evaluator,
    *,
    cache: ResultCache,
    edit: Edit,
    task: str,
    split: SplitName,
    start: int = 0,
) -> dict[str, Any]:
    """The first examples, in the stratified order, that `edit` answers unlike the pretrained model.

    Only as far as both have been measured; `looked` says how far that is, `gained` and `lost` how
    many of them turned right and wrong. From `start` on, `MORE_SHOWN` more of them are shown.
    """
    suite = evaluator.suite
    after = cache.get(evaluator.key(edit, task=task, split=split))
    before = cache.get(evaluator.key(Edit(suite.name), task=task, split=split))
    looked = min(len(after), len(before))
    is_share = suite.task(task).metric.kind == "share"
    where = np.flatnonzero(after[:looked] != before[:looked]) if is_share else NOWHERE
    labels, names = evaluator.labels(task, split), suite.task(task).classnames
    right = labels[where]
    gained = int(np.count_nonzero(after[where] == right)) if is_share else 0
    lost = int(np.count_nonzero(before[where] == right)) if is_share else 0
    shown = [
        {
            **_sent(evaluator.shown(task, split, position)),
            "truth": _name(names, labels[position]),
            "before": _name(names, before[position]),
            "after": _name(names, after[position]),
        }
        for position in where[start:][: MORE_SHOWN if start else SHOWN].tolist()
    ]
    return {
        "task": task,
        "title": suite.task(task).title,
        "split": split,
        "changed": len(where),
        "looked": looked,
        "gained": gained,
        "lost": lost,
        "start": start,
        "examples": shown,
    }


def _sent(example: Mapping[str, Any]) -> dict[str, Any]:
    """An example as it travels to the browser."""
    if example["kind"] == "picture":
        return {"kind": "picture", "src": data_url(example["pixels"])}
    return dict(example)


def _name(names: Sequence[str], answer: int) -> str:
    """What an answer is called; one outside the classes is none of them.

    Without classes an answer is counted or it is not, and 0 is what is counted.
    """
    if not names:
        return "yes" if answer == 0 else "no"
    return names[answer] if 0 <= answer < len(names) else "something else"
