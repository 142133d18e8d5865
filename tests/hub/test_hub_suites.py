"""A whole suite from the Hub: base, vectors of every kind, pictures; from nothing to accuracy."""

import io
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor

from taskarith import Edit, load_suite
from taskarith.cli import main
from taskarith.errors import SourceError, WeightsError
from taskarith.evaluation import Evaluator, measure
from taskarith.suites.making.planning import lacking
from tests.clips import SIDE, write_open_clip, write_transformers_clip
from tests.hub.independent import accuracy_of
from tests.hub.server import LoopbackHub
from tests.hub.tiny_hub import BASE, CLASSES, TARGETS, manifest, pulled


def test_from_nothing_to_accuracy(
    published: dict[str, dict[str, Tensor]],
    folder: Path,
    base_folder: Path,
    base: dict[str, Tensor],
    hub: LoopbackHub,
) -> None:
    suite = pulled(folder)
    evaluator = Evaluator(suite, device="cpu")
    for coefficient in (0.0, 1.0, -0.5):
        edit = Edit(suite.name, {"apples": coefficient, "birds": 0.5 * coefficient})
        state = dict(base)
        for task, factor in (("apples", coefficient), ("birds", 0.5 * coefficient)):
            for name, tensor in published[task].items():
                state[name] = state[name] + factor * (tensor - base[name])
        for task in ("dice", "gardens"):
            found = measure(evaluator, edit, tasks=[task], split="test")[task]
            assert found.n == 64
            pictures = suite.split(task, "test")
            expected = accuracy_of(
                base_folder,
                state,
                classnames=CLASSES,
                templates=("a photo of a {}.", "the {}"),
                images=pictures.pixels,
                labels=pictures.labels,
            )
            assert found.value == pytest.approx(expected, abs=1 / 60)
    assert (
        len(
            {
                measure(evaluator, Edit(suite.name, {"coins": c}), tasks=["dice"], split="test")[
                    "dice"
                ].value
                for c in (0.0, 1.0, 3.0, -3.0)
            }
        )
        > 1
    )


def test_each_kind_of_source_is_its_vector(
    published: dict[str, dict[str, Tensor]], folder: Path, base: dict[str, Tensor]
) -> None:
    suite = pulled(folder)
    for task in ("apples", "birds", "dice"):
        vector = suite.vector(task)
        assert set(vector) == set(published[task])
        for name, tensor in published[task].items():
            torch.testing.assert_close(vector[name], tensor - base[name], rtol=0, atol=1e-6)
    coins = suite.vector("coins")
    assert len(coins) == 4
    assert all(name.endswith(("q_proj.weight", "v_proj.weight")) for name in coins)


def test_the_second_start_asks_the_hub_nothing(
    published: dict[str, dict[str, Tensor]], folder: Path, hub: LoopbackHub
) -> None:
    first = Evaluator(pulled(folder), device="cpu")
    edit = Edit("tiny-hub", {"apples": 0.5})
    before = measure(first, edit, tasks=["apples"])
    hub.clear()
    again = Evaluator(load_suite(folder), device="cpu")
    assert measure(again, edit, tasks=["apples"]) == before
    assert again.suite.fingerprint == first.suite.fingerprint
    assert hub.requests == []


def test_what_is_not_pulled_says_how(
    published: dict[str, dict[str, Tensor]], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    suite = load_suite(folder)
    assert suite.references() == (f"hub:{BASE}", *(f"hub:tuned/{task}" for task in TARGETS))
    with pytest.raises(SourceError, match="taskarith suites pull tiny-hub"):
        suite.base_state()
    assert main(["suites", "pull", str(folder)]) == 2
    message = capsys.readouterr().err
    assert "hub:tuned/coins: " in message
    assert "adapter, base" in message
    assert "add --yes" in message


def test_the_same_base_through_open_clip(
    published: dict[str, dict[str, Tensor]],
    folder: Path,
    base: dict[str, Tensor],
    hub: LoopbackHub,
    tmp_path: Path,
) -> None:
    """Vectors in transformers' names on a base in open_clip's: the same answers."""
    write_open_clip(tmp_path / "oc", base)
    hub.add_folder("laion/clip-tiny", tmp_path / "oc")
    other = tmp_path / "tiny-open-clip"
    other.mkdir()
    described = manifest(
        name="tiny-open-clip",
        base={"kind": "open_clip", "source": "laion/clip-tiny", "image_size": SIDE},
    )
    described["vectors"] = [v for v in described["vectors"] if v["task"] != "dice"]
    described["tasks"] = [t for t in described["tasks"] if t["name"] != "dice"]
    (other / "manifest.json").write_text(json.dumps(described))
    one, two = (Evaluator(pulled(place), device="cpu") for place in (folder, other))
    for coefficients in ({}, {"apples": 1.0}, {"coins": 1.5, "birds": -0.4}):
        logits = []
        for evaluator in (one, two):
            evaluator.use(Edit(evaluator.suite.name, coefficients))
            images = evaluator.suite.split("gardens", "test").pixels
            logits.append(
                evaluator.model.encode_images(images) @ evaluator.suite.class_weights("gardens").T
            )
        torch.testing.assert_close(logits[0], logits[1], rtol=1e-3, atol=2e-3)


class Terminal(io.StringIO):
    """Somebody who says yes, and takes so long over it that something happens meanwhile."""

    def __init__(self, meanwhile: Callable[[], object]) -> None:
        super().__init__()
        self.meanwhile = meanwhile

    def isatty(self) -> bool:
        return True

    def readline(self, size: int | None = -1, /) -> str:
        self.meanwhile()
        return "yes\n"


def test_what_is_fetched_is_what_was_agreed_to(
    published: dict[str, dict[str, Tensor]],
    folder: Path,
    base: dict[str, Tensor],
    hub: LoopbackHub,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A repository that changes between the question and the fetch: the older commit comes."""
    agreed_to = hub.refs["models", "tuned/dice"]["main"]

    def change() -> None:
        hub.add("tuned/dice", {"task_vector.safetensors": b"much more" * 10**6})

    monkeypatch.setattr("sys.stdin", Terminal(change))
    assert main(["suites", "pull", str(folder)]) == 0
    captured = capsys.readouterr()
    assert "together 8.3 MB" in captured.err
    assert "8.3 MB fetched" in captured.out
    assert hub.refs["models", "tuned/dice"]["main"] != agreed_to
    assert not hub.asked(hub.refs["models", "tuned/dice"]["main"])
    vector = load_suite(folder).vector("dice")
    for name, tensor in published["dice"].items():
        torch.testing.assert_close(vector[name], tensor - base[name], rtol=0, atol=1e-6)


def test_a_damaged_file_of_this_machine_is_nothing_to_fetch(
    published: dict[str, dict[str, Tensor]], folder: Path, tmp_path: Path
) -> None:
    vectors = [{"task": name, "source": f"file:{tmp_path / 'gone'}"} for name in TARGETS]
    (folder / "manifest.json").write_text(json.dumps(manifest(vectors=vectors)))
    with pytest.raises(SourceError, match="gone cannot be read"):
        lacking(load_suite(folder))


def test_a_vector_of_another_base_is_refused(
    published: dict[str, dict[str, Tensor]],
    folder: Path,
    hub: LoopbackHub,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    write_transformers_clip(tmp_path / "other", seed=9)
    described = manifest(
        base={"kind": "transformers", "source": "hub:other/base", "image_size": SIDE}
    )
    hub.add_folder("other/base", tmp_path / "other")
    (folder / "manifest.json").write_text(json.dumps(described))
    assert main(["suites", "pull", str(folder), "--yes"]) == 2
    assert re.search(r"another base.*fingerprint", capsys.readouterr().err)
    with pytest.raises(WeightsError, match=r"another base.*fingerprint"):
        load_suite(folder).vector("dice")
