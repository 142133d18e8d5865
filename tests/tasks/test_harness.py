"""Tasks of lm-evaluation-harness: its own prompts, and on the same model its own answers."""

import json
from pathlib import Path
from typing import Any

import pytest

from taskarith import Edit, load_suite
from taskarith.errors import AssetError, UnknownNameError
from taskarith.evaluation import Evaluator, measure
from taskarith.evaluation.plan import Part
from taskarith.suites import Suite
from taskarith.suites.home import check_visitors_data
from taskarith.suites.making.creating import create_suite
from taskarith.suites.making.text_tasks import text_task_entry
from taskarith.tasks import harness
from tests.suites.text_suite import write_text_suite

CHOICE = """
task: own_choice
output_type: multiple_choice
doc_to_text: "{{question}} "
doc_to_choice: "{{choices}}"
doc_to_target: "{{answer}}"
description: "w50 w51\\n"
metric_list:
  - metric: acc
  - metric: acc_norm
"""
CLOZE = """
task: own_cloze
output_type: loglikelihood
doc_to_text: "{{question}}"
doc_to_target: " {{choices[0]}}"
metric_list:
  - metric: perplexity
  - metric: acc
"""


def write_tasks(folder: Path) -> None:
    """Two tasks in files as the harness has them, on local data."""
    for number, split in enumerate(("validation", "test")):
        rows = [
            {
                "question": " ".join(f"w{(7 * i + 3 * k + number) % 50}" for k in range(1 + i % 6)),
                "choices": [f"w{(i + 11 * k) % 50}" + f" w{k}" * (k % 2) for k in range(2 + i % 3)],
                "answer": i % 2,
            }
            for i in range(30)
        ]
        lines = "\n".join(json.dumps(row) for row in rows)
        (folder / f"{split}.jsonl").write_text(lines, encoding="utf-8")
    for name, text in (("choice", CHOICE), ("cloze", CLOZE)):
        splits = ["test"] if name == "cloze" else ["validation", "test"]
        text += "dataset_path: json\ndataset_kwargs:\n  data_files:\n"
        text += "".join(f"    {split}: {folder / split}.jsonl\n" for split in splits)
        text += "".join(f"{split}_split: {split}\n" for split in splits)
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")


@pytest.fixture(scope="module", params=["causal", "t5"])
def suite(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A tiny suite of both tasks; the harness looks for its tasks in a folder of ours alone."""
    tasks = pytest.importorskip("lm_eval.tasks", reason="needs pip install 'taskarith[lm-eval]'")
    folder = tmp_path_factory.mktemp(request.param)
    (folder / "tasks").mkdir()
    write_tasks(folder / "tasks")
    write_text_suite(folder / "parts", request.param)
    own = folder / "own"
    create_suite(
        own,
        name="own",
        base=f"file:{folder / 'parts' / 'base'}",
        kind=request.param,
        tasks=[text_task_entry("apples", "lm-eval:own_choice", folder=own, head="words")],
        vectors={"apples": f"file:{folder / 'parts' / 'apples'}"},
        control=text_task_entry("rest", "lm-eval:own_cloze", folder=own, head="words"),
    )
    manager = tasks.TaskManager(include_path=folder / "tasks", include_defaults=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(harness, "_manager", lambda: manager)
        yield load_suite(own), manager


def test_its_answers_are_ours(suite: tuple[Suite, Any]) -> None:
    import lm_eval
    from lm_eval.models.huggingface import HFLM

    own, manager = suite
    evaluator = Evaluator(own, device="cpu")
    network, tokenizer = evaluator.model.network, evaluator.model.tokenizer._tokenizer
    for coefficients in ({}, {"apples": 1.0}):
        edit = Edit("own", coefficients)
        found = measure(evaluator, edit, tasks=["apples", "rest"], split="test")
        network.config.pad_token_id = 0
        theirs = lm_eval.simple_evaluate(
            HFLM(network, tokenizer=tokenizer, batch_size=7, max_length=evaluator.model.context),
            tasks=["own_choice", "own_cloze"],
            task_manager=manager,
            bootstrap_iters=0,
        )
        network.config.pad_token_id = None
        samples = theirs["samples"]
        right = [one["acc"] for one in sorted(samples["own_choice"], key=lambda s: s["doc_id"])]
        part = Part("apples", 0, len(right))
        rows = evaluator.predict_parts([part], split="test")[0]
        order = evaluator._examples.of("apples", "test").order.tolist()
        assert [right[place] for place in order] == (rows == 0).tolist()
        assert 0 < sum(right) < len(right)
        assert found["apples"].value == pytest.approx(theirs["results"]["own_choice"]["acc,none"])
        # Of a task with one split nine tenths are test.
        greedy = {one["doc_id"]: one["acc"] for one in samples["own_cloze"]}
        assert found["rest"].n == 27
        kept = [greedy[place] for place in range(30) if place % 10]
        assert found["rest"].value == pytest.approx(sum(kept) / 27)


def test_validation_is_its_own_split(suite: tuple[Suite, Any]) -> None:
    own, _ = suite
    validation, test = (own.split("apples", split) for split in ("validation", "test"))  # type: ignore[arg-type]
    assert (len(validation), len(test)) == (30, 30)
    assert validation.fingerprint != test.fingerprint
    assert test.shown(0)["text"].startswith("w50 w51\nw1")
    assert len(own.split("rest", "validation")) == 3
    assert own.task("apples").chance is None


def test_what_is_refused(suite: tuple[Suite, Any]) -> None:
    own, _ = suite
    with pytest.raises(AssetError, match="lm-eval has no task 'own_choise'; near it are: own_cho"):
        harness.harness_texts({"task": "own_choise"}, "test")
    with pytest.raises(UnknownNameError, match="measure of lm-eval's 'own_choice' 'f1'"):
        harness.harness_texts({"task": "own_choice", "measure": "f1"}, "test")
    with pytest.raises(AssetError, match="has no train examples"):
        harness.harness_texts({"task": "own_choice"}, "train")
    with pytest.raises(AssetError, match="only who runs this server adds such a suite"):
        check_visitors_data(own.manifest, where="owner/suite")
    assert len(harness.harness_texts({"task": "own_choice", "texts": 4}, "test")) == 4
