"""Suites of classifiers on the Hub: bodies are merged, each task keeps the head it came with."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from scipy.stats import spearmanr

from taskarith import Edit, load_suite
from taskarith.cli import main
from taskarith.errors import AssetError
from taskarith.evaluation import Evaluator, measure
from taskarith.evaluation.asking import ask
from taskarith.tasks import Texts
from tests.hub.server import LoopbackHub
from tests.hub.test_language_suites import contents, parquet, publish_texts
from tests.text_models import new_network, write_words

SUITES = {
    "gpt2-glue": ("gpt2", "AutoModelForCausalLM", "none"),
    "bert-base-glue": ("bert", "AutoModel", "both"),
}
NAMED = {"rte": ["not_entailment", "entailment"]}  # as the checkpoint numbers them


def publish_news(hub: LoopbackHub) -> None:
    rows = {"text": [f"w{i % 60} w{i % 4}" for i in range(60)], "label": [i % 4 for i in range(60)]}
    files = {f"data/{split}-00000-of-00001.parquet": parquet(**rows) for split in ("train", "test")}
    hub.add("fancyzhx/ag_news", files, kind="datasets")


def new_checkpoint(folder: Path, kind: str, base: Any, *, task: str, classes: int) -> Any:
    network = new_network(
        "AutoModelForSequenceClassification", kind, num_labels=classes, seed=len(task)
    )
    generator = torch.Generator().manual_seed(7)
    own = dict(base.named_parameters())
    for name, parameter in network.base_model.named_parameters():
        parameter.copy_(own[name] + 0.05 * torch.randn(parameter.shape, generator=generator))
    if task in NAMED:
        network.config.id2label = dict(enumerate(NAMED[task]))
    network.save_pretrained(folder)
    return network


@pytest.mark.parametrize("name", SUITES)
def test_from_nothing_to_answers(name: str, hub: LoopbackHub, tmp_path: Path) -> None:
    kind, auto, ends = SUITES[name]
    suite = load_suite(name)
    base = new_network(auto, kind)
    base.save_pretrained(tmp_path / "base")
    write_words(tmp_path / "base", ends=ends)
    hub.add(suite.references()[0].removeprefix("hub:"), contents(tmp_path / "base"))
    networks = {}
    for task, source in suite.manifest.vectors.items():
        classes = max(1, len(suite.task(task).classnames))  # a regression has one output
        networks[task] = new_checkpoint(
            tmp_path / task, kind, base.base_model, task=task, classes=classes
        )
        hub.add(source.removeprefix("hub:"), contents(tmp_path / task))
    publish_texts(hub)
    publish_news(hub)
    assert main(["suites", "pull", name, "--yes"]) == 0

    suite = load_suite(name)
    assert suite.head("rte").order == (1, 0)  # by the checkpoint's own names
    own_order = suite.head("wnli" if kind == "bert" else "cola")
    assert own_order.order == (0, 1)  # says nothing; the manifest says what it is then
    evaluator = Evaluator(suite, device="cpu")
    control = next(t for t, one in suite.tasks.items() if one.role == "control")
    found = measure(evaluator, Edit(name, {"rte": 1.0}), tasks=["rte", control], split="test")
    texts = suite.split("rte", "test")
    assert texts.second is not None
    assert texts.shown(0)["text"] == f"{texts.texts[0]}\n{texts.second[0]}"
    right = 0
    for first, second, label in zip(texts.texts, texts.second, texts.labels, strict=True):
        encoded = evaluator.model.tokenizer._tokenizer(first, second, return_tensors="pt")
        if kind == "bert":
            start = len(evaluator.model.tokenizer._tokenizer(first)["input_ids"])
            length = encoded["input_ids"].shape[1]
            encoded["token_type_ids"] = torch.arange(length)[None].ge(start).long()
        said = int(networks["rte"](**encoded).logits.argmax())
        right += NAMED["rte"][said] == suite.task("rte").data["labels"][int(label)]
    assert found["rte"].n == len(texts)
    assert found["rte"].value == pytest.approx(right / len(texts))
    assert found[control].n > 0
    if kind == "bert":
        _regression_is_the_librarys(evaluator, networks["stsb"])
    reply = ask(evaluator, Edit(name, {"rte": 1.0}), task="rte", text="w1 w2")
    assert reply.chances is not None
    assert set(reply.chances) == {"entailment", "not entailment"}


def _regression_is_the_librarys(evaluator: Evaluator, network: Any) -> None:
    name = evaluator.suite.name
    edit = Edit(name, {"stsb": 1.0})
    found = measure(evaluator, edit, tasks=["stsb"], split="test")["stsb"]
    texts = evaluator.suite.split("stsb", "test")
    assert isinstance(texts, Texts)
    assert texts.second is not None
    assert texts.answers is not None
    scores, tokenizer = [], evaluator.model.tokenizer._tokenizer
    for pair in zip(texts.texts, texts.second, strict=True):
        encoded = tokenizer(*pair, return_tensors="pt")
        start, length = len(tokenizer(pair[0])["input_ids"]), encoded["input_ids"].shape[1]
        encoded["token_type_ids"] = torch.arange(length)[None].ge(start).long()
        scores.append(float(network(**encoded).logits))
    right = [float(answer) for answer in texts.answers]
    assert found.metric == "spearman"
    assert found.n == len(texts)
    assert found.value == pytest.approx(spearmanr(scores, right).statistic, abs=1e-9)
    reply = ask(evaluator, edit, task="stsb", text="w1 w2")
    assert reply.written is not None
    said = network(**tokenizer("w1 w2", return_tensors="pt")).logits.item()
    assert float(reply.written) == pytest.approx(said, abs=0.006)


def test_what_a_manifest_can_say_wrong(tmp_path: Path) -> None:
    manifest = json.loads((load_suite("gpt2-glue").folder / "manifest.json").read_text())
    manifest["tasks"][0]["head"] = {"kind": "checkpoint", "vector": "nobody", "order": [0, 2]}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(AssetError) as told:
        load_suite(tmp_path)
    assert "the vector 'nobody', which is not there" in str(told.value)
    assert "has the order [0, 2]; it names the output of each class, 0 to 1" in str(told.value)
