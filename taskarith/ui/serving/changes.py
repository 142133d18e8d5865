"""Images whose answer an edit changed, for the strip under the bars.

Reads answers already computed; computes none. Knows nothing of sessions.
"""

from typing import Any

import numpy as np

from taskarith.core import Edit
from taskarith.evaluation import Evaluator, ResultCache
from taskarith.tasks import SplitName
from taskarith.ui.serving.pictures import data_url

__all__ = ["changed_answers"]

SHOWN = 8


def changed_answers(
    evaluator: Evaluator,
    cache: ResultCache,
    *,
    edit: Edit,
    task: str,
    split: SplitName,
) -> dict[str, Any]:
    """The first images, in the stratified order, that `edit` answers unlike the pretrained model.

    Only as far as both have been measured; `looked` says how far that is.
    """
    suite = evaluator.suite
    after = cache.get(evaluator.key(edit, task=task, split=split))
    before = cache.get(evaluator.key(Edit(suite.name), task=task, split=split))
    looked = min(len(after), len(before))
    where = np.flatnonzero(after[:looked] != before[:looked])
    labels, names = evaluator.labels(task, split), suite.task(task).classnames
    images = []
    for position in where[:SHOWN].tolist():
        pixels = evaluator.images(task, split, start=position, stop=position + 1)[0]
        images.append(
            {
                "src": data_url(pixels.cpu().numpy()),
                "truth": names[labels[position]],
                "before": names[before[position]],
                "after": names[after[position]],
            }
        )
    return {
        "task": task,
        "title": suite.task(task).title,
        "split": split,
        "changed": len(where),
        "looked": looked,
        "images": images,
    }
