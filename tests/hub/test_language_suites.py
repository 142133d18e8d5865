"""Suites of text models on the Hub, with tiny models in the layout of the real ones."""

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch

from taskarith import Edit, load_suite
from taskarith.cli import main
from taskarith.evaluation import Evaluator, Measurer, ResultCache, measure
from taskarith.models.library import import_transformers
from taskarith.recipes.reproduce import origins, read_published, reproduce, whole_test
from taskarith.suites import Suite
from tests.hub.server import LoopbackHub
from tests.text_models import SIZE, new_network, write_words

WHOLE, LORA = "flan-t5-base-glue", "flan-t5-base-glue-lora16"
LARGE = "flan-t5-large-glue-lora16"
BASE = "google/flan-t5-base"
TASKS = ("cola", "mnli", "mrpc", "qnli", "qqp", "rte", "sst2", "stsb")
FLAN = {"feed_forward_proj": "gated-gelu", "tie_word_embeddings": False}


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def new_flan(folder: Path, *, moved: float = 0.0) -> Any:
    network = new_network("AutoModelForSeq2SeqLM", "t5", **FLAN)
    network.lm_head.weight = torch.nn.Parameter(network.shared.weight.detach() * 0.5)
    network.config.tie_word_embeddings = False
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(moved * torch.randn(parameter.shape, generator=generator))
    network.save_pretrained(folder)
    write_words(folder, ends="end")
    return network


def parquet(**columns: list[Any]) -> bytes:
    stream = io.BytesIO()
    pq.write_table(pa.table(columns), stream)
    return stream.getvalue()


def publish_texts(hub: LoopbackHub) -> None:
    count = 40
    pairs = {
        "sentence1": [f"w{i % 60} w1 w3" for i in range(count)],
        "sentence2": [f"w2 w{i % 50}" for i in range(count)],
        "label": [i % 2 for i in range(count)],
    }
    scored = {**pairs, "label": [i % 26 / 5 for i in range(count)]}
    card = "---\nconfigs:\n"
    for name in ("rte", "stsb"):
        card += f"- config_name: {name}\n  data_files:\n  - split: validation\n"
        card += f"    path: {name}/validation-*\n"
    files = {
        "README.md": f"{card}---\n".encode(),
        "rte/validation-00000-of-00001.parquet": parquet(**pairs),
        "stsb/validation-00000-of-00001.parquet": parquet(**scored),
    }
    hub.add("nyu-mll/glue", files, kind="datasets")
    card = (
        "---\nconfigs:\n- config_name: wikitext-103-raw-v1\n  data_files:\n"
        "  - split: test\n    path: wikitext-103-raw-v1/test-*\n"
        "  - split: validation\n    path: wikitext-103-raw-v1/validation-*\n---\n"
    )
    lines = {"text": ["", *(f"w{i} w{i + 1} w{i + 2} w{i + 3}" for i in range(30))]}
    files = {
        "README.md": card.encode(),
        **{
            f"wikitext-103-raw-v1/{split}-00000-of-00001.parquet": parquet(**lines)
            for split in ("validation", "test")
        },
    }
    hub.add("Salesforce/wikitext", files, kind="datasets")


@pytest.mark.parametrize("name", [WHOLE, LORA, LARGE])
def test_the_manifests_hold_together(name: str) -> None:
    suite = load_suite(name)
    assert suite.targets == TASKS
    size = "large" if name == LARGE else "base"
    assert suite.references()[0] == f"hub:google/flan-t5-{size}"
    prompts = [suite.task(task).data["prompt"] for task in TASKS]
    # As the models were trained, misspelling and all.
    assert sum("Answere with" in prompt or "Answere '" in prompt for prompt in prompts) == 4
    assert suite.task("rte").classnames == ("yes", "no")
    assert suite.task("qqp").classnames == ("no", "yes")
    source = suite.manifest.vectors["rte"]
    kind = "hub" if name == WHOLE else "peft"
    assert source.startswith(f"{kind}:tanganke/flan-t5-{size}_glue-rte")


@pytest.mark.parametrize("name", [WHOLE, LORA])
def test_from_nothing_to_answers(name: str, hub: LoopbackHub, tmp_path: Path) -> None:
    new_flan(tmp_path / "base")
    hub.add(BASE, contents(tmp_path / "base"))
    publish_texts(hub)
    transformers = import_transformers()
    if name == WHOLE:
        expected = new_flan(tmp_path / "rte", moved=0.05)
        for number, task in enumerate(TASKS):
            if task != "rte":
                new_flan(tmp_path / task, moved=0.01 * (number + 1))
            hub.add(f"tanganke/flan-t5-base_glue-{task}", contents(tmp_path / task))
    else:
        import peft

        for task in TASKS:
            start = transformers.T5ForConditionalGeneration.from_pretrained(tmp_path / "base")
            adapted = peft.get_peft_model(
                start, peft.LoraConfig(r=4, lora_alpha=8, target_modules=["q", "v"])
            )
            torch.manual_seed(len(task))
            for key, parameter in adapted.named_parameters():
                if "lora_" in key:
                    torch.nn.init.normal_(parameter, std=0.3)
            adapted.save_pretrained(tmp_path / task)
            hub.add(f"tanganke/flan-t5-base_glue-{task}_lora-16", contents(tmp_path / task))
            if task == "rte":
                expected = adapted.merge_and_unload()
    assert main(["suites", "pull", name, "--yes"]) == 0
    suite = load_suite(name)
    asked = suite.split("rte", "test").texts
    assert (
        asked[0] == "Does the text: 'w1 w1 w3' entail that 'w2 w1' is true? Provide 'yes' or 'no'."
    )
    evaluator = Evaluator(suite, device="cpu")
    asked_of = ["rte", "stsb", "wikitext"]
    before, after = (
        measure(evaluator, Edit(name, {"rte": value}), tasks=asked_of, split="test")
        for value in (0.0, 1.0)
    )
    assert (before["rte"].n, before["wikitext"].n) == (36, 30)
    assert (before["stsb"].n, before["stsb"].metric) == (36, "spearman")
    assert suite.split("stsb", "test").answers is not None
    assert before["wikitext"].value != after["wikitext"].value
    theirs = dict(expected.named_parameters())
    ours = dict(evaluator.model.network.named_parameters())
    assert ours["shared.weight"].shape == (SIZE, 32)
    for key, parameter in ours.items():
        torch.testing.assert_close(parameter, theirs[key].detach(), rtol=1e-4, atol=1e-5)
    if name == WHOLE:
        few = replace(
            suite.manifest,
            tasks=tuple(task for task in suite.manifest.tasks if task.name in asked_of),
            vectors={task: suite.manifest.vectors[task] for task in ("rte", "stsb")},
        )
        whole = whole_test(Suite(suite.folder, few))
        published = read_published(whole)
        measurer = Measurer(Evaluator(whole, device="cpu"), cache=ResultCache())
        rows = list(reproduce(measurer, published, suite=whole, methods=["individual"]))
        # The whole of GLUE's validation, its tenth with it, by each task's own metric.
        assert [(row.task, row.ours.n, row.published) for row in rows] == [
            ("rte", 40, 85.9),
            ("stsb", 40, 88.7),
        ]
        assert (
            origins(whole)["datasets"]["rte"]["commit"]
            == hub.refs["datasets", "nyu-mll/glue"]["main"]
        )


@pytest.mark.parametrize("name", [WHOLE, LORA, LARGE, "gpt2-glue"])
def test_published_numbers_are_of_all_targets_and_of_edits(name: str) -> None:
    suite = load_suite(name)
    published = read_published(suite)
    assert {"pretrained", "individual", "task_arithmetic_0.3"} <= published.accuracies.keys()
    for row in published.accuracies.values():
        assert tuple(row) == suite.targets
        assert all(20 < value < 100 for value in row.values())
