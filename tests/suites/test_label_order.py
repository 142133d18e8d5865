"""A checkpoint that calls its outputs LABEL_0 …: their order is found on validation, and said."""

import json
from pathlib import Path

import pytest
import torch

from taskarith import load_suite
from taskarith.errors import AssetError
from taskarith.models.library import import_transformers
from taskarith.suites import Suite
from taskarith.suites.label_order import order_notes
from taskarith.suites.making.creating import create_suite
from taskarith.suites.making.text_tasks import text_task_entry
from taskarith.tasks import cache_folder
from tests.suites.text_suite import write_text_suite

NAMES = ("good", "bad", "plain")
ORDER = (1, 2, 0)  # the output of each class


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A suite of one classifier that tells its classes apart, in an order of its own."""
    folder = tmp_path_factory.mktemp("orders")
    parts = folder / "parts"
    model = write_text_suite(parts, "encoder", classifiers=True).model()
    texts = [f"w{i % 3} w{5 + i % 50} w{5 + i % 47}" for i in range(180)]
    labels = torch.tensor([i % 3 for i in range(180)])
    network = (
        import_transformers()
        .AutoModelForSequenceClassification.from_pretrained(parts / "apples")
        .requires_grad_(False)
    )
    ids = [torch.tensor([row]) for row in model.tokenize(texts).rows()]
    pooled = torch.cat([network.bert(input_ids=row).pooler_output for row in ids])
    wanted = torch.nn.functional.one_hot(labels, 3).float() - 1 / 3
    weights = torch.linalg.lstsq(pooled, wanted).solution.T
    for label, output in enumerate(ORDER):
        network.classifier.weight[output] = weights[label]
    network.classifier.bias.zero_()
    network.save_pretrained(parts / "apples")
    rows = [f"{text},{NAMES[label]},validation" for text, label in zip(texts, labels, strict=True)]
    own = folder / "own"
    own.mkdir()
    for name in ("apples", "rest"):
        table = "\n".join(["text,label,split", *rows, *(f"w9 w{i},good,test" for i in range(9))])
        table += "\n" + "\n".join(f"w{i} w9,{NAMES[i]},train" for i in range(3))
        (own / f"{name}.csv").write_text(table, encoding="utf-8")
    create_suite(
        own,
        name="own",
        base=f"file:{parts / 'base'}",
        kind="encoder",
        tasks=[
            text_task_entry("apples", "apples.csv", folder=own, head="checkpoint", classnames=NAMES)
        ],
        vectors={"apples": f"file:{parts / 'apples'}"},
        control=text_task_entry("rest", "rest.csv", folder=own, head="prototypes"),
    )
    return own


def test_the_order_is_found_and_said(folder: Path) -> None:
    suite = load_suite(folder)
    assert suite.head("apples").order == ORDER  # type: ignore[union-attr]
    [note] = order_notes(suite)
    assert note.startswith("apples: good = output 1, bad = output 2, plain = output 0, by trial: ")
    assert "of 63 validation texts, the next order on" in note
    [kept] = (cache_folder() / "heads").glob("*.order.json")
    told = json.loads(kept.read_text(encoding="utf-8"))
    kept.write_text(json.dumps({**told, "order": [0, 2, 1]}), encoding="utf-8")
    assert load_suite(folder).head("apples").order == (0, 2, 1)  # type: ignore[union-attr]
    kept.write_text("damaged", encoding="utf-8")
    assert load_suite(folder).head("apples").order == ORDER  # type: ignore[union-attr]


def changed(folder: Path, to: Path, **head: object) -> Suite:
    """The suite with another head, in a folder of its own."""
    to.mkdir()
    data = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    data["tasks"][0]["head"] |= head
    (to / "manifest.json").write_text(json.dumps(data), encoding="utf-8")
    for table in folder.glob("*.csv"):
        (to / table.name).write_text(table.read_text(encoding="utf-8"), encoding="utf-8")
    return load_suite(to)


def test_what_the_manifest_states_is_not_tried(folder: Path, tmp_path: Path) -> None:
    stated = changed(folder, tmp_path / "stated", order=[2, 1, 0])
    assert stated.head("apples").order == (2, 1, 0)  # type: ignore[union-attr]
    plain = changed(folder, tmp_path / "plain", unnamed="dataset")
    assert plain.head("apples").order == (0, 1, 2)  # type: ignore[union-attr]
    assert order_notes(stated) == order_notes(plain) == []
    with pytest.raises(AssetError, match="unnamed 'guess'; it is \"dataset\" where"):
        changed(folder, tmp_path / "guessed", unnamed="guess")


def test_what_is_not_clear_is_refused(folder: Path, tmp_path: Path) -> None:
    suite = changed(folder, tmp_path / "unclear")
    lines = (suite.folder / "apples.csv").read_text(encoding="utf-8").splitlines()
    mixed = [f"w9 w{i % 40},{NAMES[i % 3]},validation" for i in range(60)]
    (suite.folder / "apples.csv").write_text("\n".join([lines[0], *mixed]), encoding="utf-8")
    suite = load_suite(suite.folder)
    with pytest.raises(AssetError, match="does not say which output is which class") as told:
        suite.head("apples")
    assert "right on" in str(told.value)
    assert '"unnamed": "dataset"' in str(told.value)
    assert order_notes(suite)[0].startswith("apples: the checkpoint of 'apples' does not say")
