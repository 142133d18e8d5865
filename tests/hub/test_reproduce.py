"""`reproduce`: our numbers beside published ones, traced to commits, gone on with."""

import json
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from torch import Tensor

from taskarith import Edit, load_suite
from taskarith.cli import main
from taskarith.evaluation import Evaluator, Measurer, ResultCache
from taskarith.evaluation.plan import Part
from taskarith.evaluation.results import ResultKey
from taskarith.recipes.reproduce import Comparison, read_published, reproduce, whole_test
from taskarith.suites.library import library_task
from taskarith.tasks import SplitName
from taskarith.tasks.metric import Metric
from tests.hub.independent import accuracy_of, squares
from tests.hub.real import needs_real_pictures, publish_pictures
from tests.hub.server import LoopbackHub
from tests.hub.test_datasets import CARD, REAL, parquet
from tests.hub.tiny_hub import BASE, TARGETS, manifest, pulled

METHODS = ("pretrained", "individual", "weight_averaging", "task_arithmetic_0.3", "ties_0.3")
REAL_TASKS = {
    "mnist": "mnist",
    "eurosat": "eurosat",
    "gtsrb": "gtsrb",
    "fashion-mnist": "fashion_mnist",
}


def write_suite(
    folder: Path,
    *,
    published: dict[str, Sequence[float]],
    known: Sequence[str] = TARGETS,
    **change: Any,
) -> None:
    """The suite of `folder` with a table: an accuracy for each method and each `known` task."""
    rows = [{"method": m, "title": m, "accuracy": list(row)} for m, row in published.items()]
    table = {"source": "made up", "tasks": list(known), "rows": rows}
    (folder / "published.json").write_text(json.dumps(table))
    described = manifest(published="published.json", **change)
    (folder / "manifest.json").write_text(json.dumps(described))


def test_both_numbers_side_by_side_and_nothing_asked_twice(
    published: dict[str, dict[str, Tensor]],
    folder: Path,
    hub: LoopbackHub,
    capsys: pytest.CaptureFixture[str],
) -> None:
    write_suite(folder, published=dict.fromkeys(METHODS, [25.0] * 4))
    pulled(folder)
    capsys.readouterr()
    assert main(["reproduce", "--suite", str(folder), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    found = answer["rows"]
    assert [(row["method"], row["task"]) for row in found] == [
        (m, t) for m in METHODS for t in TARGETS
    ]
    for row in found:
        assert row["n"] == row["total"] == 120  # the whole test split, its tenth with it
        assert row["difference"] == pytest.approx(100 * row["accuracy"] - 25.0)
        assert row["low"] <= row["accuracy"] <= row["high"]
        assert row["agrees"] is (100 * row["low"] - 0.05 <= 25 <= 100 * row["high"] + 0.05)
    assert len({row["accuracy"] for row in found}) > 1
    heads = {name: sha for (kind, name), refs in hub.refs.items() for sha in [refs["main"]]}
    assert answer["datasets"] == {
        task: {"dataset": f"pictures/{task}", "commit": heads[f"pictures/{task}"]}
        for task in TARGETS
    }
    assert answer["weights"] == {
        f"hub:{name}": heads[name] for name in (BASE, *(f"tuned/{task}" for task in TARGETS))
    }
    hub.clear()
    assert main(["reproduce", "--suite", str(folder), "--method", "ties_0.3"]) == 0
    text = capsys.readouterr().out
    assert "published: made up" in text
    assert "differs" in text
    ours = {m: [round(100 * r["accuracy"], 1) for r in found if r["method"] == m] for m in METHODS}
    write_suite(folder, published=ours)
    assert main(["reproduce", "--suite", str(folder), "--json"]) == 0
    again = json.loads(capsys.readouterr().out)["rows"]
    assert all(row["agrees"] is True and abs(row["difference"]) <= 0.0501 for row in again)
    assert [row["accuracy"] for row in again] == [row["accuracy"] for row in found]
    assert hub.requests == []
    assert main(["reproduce", "--suite", str(folder), "--method", "ties"]) == 2


@needs_real_pictures
def test_real_pictures_give_the_numbers_of_another_way(
    published: dict[str, dict[str, Tensor]],
    folder: Path,
    hub: LoopbackHub,
    base_folder: Path,
    base: dict[str, Tensor],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """MNIST, EuroSAT, GTSRB and Fashion-MNIST: transformers and PIL alone come to the same."""
    for task, place in REAL_TASKS.items():
        publish_pictures(hub, task, folder=place)
    sources = dict(zip(REAL_TASKS, ("apples", "birds", "dice", "birds"), strict=True))
    summed = dict(base)
    for source in sources.values():
        for name, tensor in published[source].items():
            summed[name] = summed[name] + 0.3 * (tensor - base[name])
    states = {"pretrained": base, "task_arithmetic_0.3": summed}
    expected: dict[tuple[str, str], float] = {}
    counts: dict[str, int] = {}
    for task, place in REAL_TASKS.items():
        [file] = (REAL / place).glob("*test*.parquet")
        images, labels = squares(file)
        counts[task] = len(labels)
        words = library_task(task)
        for method, state in states.items():
            expected[method, task] = accuracy_of(
                base_folder,
                state,
                classnames=words["classnames"],
                templates=words["templates"],
                images=images,
                labels=labels,
            )
    # Published, as it were: the same for two tasks, far off for one, nothing for the last.
    known = list(REAL_TASKS)[:3]
    table = {m: [round(100 * expected[m, task], 1) for task in known] for m in states}
    for row in table.values():
        row[1] += 20.0
    described: dict[str, Any] = {
        "tasks": [*({"use": t, "role": "target"} for t in REAL_TASKS), manifest()["tasks"][-1]],
        "vectors": [{"task": t, "source": f"tuned/{s}"} for t, s in sources.items()],
    }
    write_suite(folder, published=table, known=known, **described)
    pulled(folder)
    capsys.readouterr()
    assert main(["reproduce", "--suite", str(folder), "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert len(rows) == len(expected) == 8
    for row in rows:
        task = row["task"]
        assert row["n"] == row["total"] == counts[task] >= 1500
        # Two numbers that are nearly equal may come out the other way round for a picture.
        assert row["accuracy"] == pytest.approx(expected[row["method"], task], abs=2.5 / row["n"])
    agrees = {(row["method"], row["task"]): row["agrees"] for row in rows}
    for method in states:
        assert [agrees[method, task] for task in REAL_TASKS] == [True, False, True, None]
    assert len({row["accuracy"] for row in rows}) > 4


class Interrupted(Exception):
    """Somebody pulls the plug."""


class Counting:
    """An evaluator that notes which pictures it answers, and may be stopped after so many."""

    def __init__(self, evaluator: Evaluator, *, most: int = 10**9) -> None:
        self.evaluator = evaluator
        self.most = most
        self.answered: list[tuple[str, str, int]] = []
        self._edit = ""

    def use(self, edit: Edit) -> float:
        self._edit = edit.key()
        return self.evaluator.use(edit)

    def predict_parts(self, parts: Sequence[Part], *, split: SplitName) -> list[np.ndarray]:
        answers = self.evaluator.predict_parts(parts, split=split)
        wanted = [(self._edit, p.task, i) for p in parts for i in range(p.start, p.stop)]
        if len(self.answered) + len(wanted) > self.most:
            raise Interrupted
        self.answered += wanted
        return answers

    def labels(self, task: str, split: SplitName) -> np.ndarray:
        return self.evaluator.labels(task, split)

    def metric(self, task: str) -> Metric:
        return self.evaluator.metric(task)

    def key(self, edit: Edit, *, task: str, split: SplitName) -> ResultKey:
        return self.evaluator.key(edit, task=task, split=split)


def test_an_interrupted_run_measures_nothing_twice(
    published: dict[str, dict[str, Tensor]], folder: Path, hub: LoopbackHub
) -> None:
    """Stopped in the middle of a task: what was noted is not measured again."""
    more = {"data/test-0.parquet": parquet(1500, group=500), "data/train-0.parquet": parquet(9)}
    hub.add("pictures/birds", {"README.md": CARD, **more}, kind="datasets")
    methods = ("pretrained", "individual")
    write_suite(folder, published=dict.fromkeys(methods, [25.0] * 4))
    pulled(folder)

    def run(counting: Counting, cache: ResultCache) -> list[Comparison]:
        rows = []
        suite = counting.evaluator.suite
        measurer = Measurer(counting, cache=cache)
        with suppress(Interrupted):
            for row in reproduce(measurer, read_published(suite), suite=suite):
                rows.append(row)
        return rows

    def fresh(**how: Any) -> Counting:
        return Counting(Evaluator(whole_test(load_suite(folder)), device="cpu"), **how)

    # apples 120 and the first 1,024 of birds; the rest of birds would be too much
    first = fresh(most=1300)
    before = run(first, ResultCache())
    assert [(row.method, row.task) for row in before] == [("pretrained", "apples")]
    assert len(first.answered) == 120 + 1024
    second = fresh()
    after = run(second, ResultCache())
    total = 2 * (3 * 120 + 1500)
    assert len(after) == 8
    assert not set(first.answered) & set(second.answered)
    assert len(first.answered) + len(second.answered) == total
    assert len(set(first.answered) | set(second.answered)) == total
    third = fresh()
    assert run(third, ResultCache()) == after
    assert third.answered == []
    at_once = fresh()
    assert run(at_once, ResultCache(on_disk=False)) == after
    assert len(at_once.answered) == total
