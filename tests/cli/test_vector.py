"""`taskarith vector`: what it makes, it can describe, check and use."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from taskarith import TaskVector, load_vector
from taskarith.cli import main
from taskarith.core import Reported
from taskarith.evaluation import Evaluator
from taskarith.evaluation.rounding import changed_answers
from taskarith.models.clip.layouts import ConvertedState
from taskarith.sources import read_tensors, write_tensors
from taskarith.suites import Suite
from tests.clips import tiny_transformers_clip
from tests.hub.server import LoopbackHub
from tests.text_models import SIZE, new_network, write_words

BASE = {"layer.w": torch.linspace(-1, 1, 12).view(3, 4), "layer.b": torch.ones(3)}
MOVED = {name: tensor + 0.25 for name, tensor in BASE.items()}


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> Any:
    assert main(["vector", *map(str, arguments), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def refuse(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    assert main(["vector", *map(str, arguments)]) == 2
    return capsys.readouterr().err


def saved(folder: Path, state: dict[str, Tensor]) -> str:
    write_tensors(folder / "model.safetensors", state)
    return f"file:{folder}"


@pytest.fixture
def base(tmp_path: Path) -> str:
    return saved(tmp_path / "base", BASE)


@pytest.fixture
def finetuned(tmp_path: Path) -> str:
    return saved(tmp_path / "finetuned", MOVED)


def test_make_info_and_check(
    base: str, finetuned: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "vector"
    made = run(
        capsys, "make", "--base", base, "--finetuned", finetuned, "-o", output,
        "--task", "mnist", "--coefficient", "0.3", "--licence", "mit", "--dataset", "ylecun/mnist",
        "--zero-shot", "0.48", "--finetuned-accuracy", "0.997", "--split", "test",
        "--images", "10000",
    )  # fmt: skip
    assert made["tensors"] == 2
    assert made["parameters"] == 15
    vector, info = load_vector(output)
    assert torch.equal(vector["layer.w"], MOVED["layer.w"] - BASE["layer.w"])
    assert (info.task, info.coefficient, info.datasets) == ("mnist", 0.3, ("ylecun/mnist",))
    assert info.zero_shot == Reported(accuracy=0.48, n=10_000, split="test")
    assert info.finetuned == Reported(accuracy=0.997, n=10_000, split="test")
    assert info.subtraction_dtype == "float32"
    assert "fine-tuned: 99.7 % of 10000 images, split test" in (output / "README.md").read_text()

    described = run(capsys, "info", f"file:{output}")
    assert described["kind"] == "task-vector"
    assert described["tensors"]["layer.w"] == {"shape": [3, 4], "dtype": "float32"}
    assert described["info"]["task"] == "mnist"

    checked = run(capsys, "check", f"file:{output}", "--base", base)
    assert checked["fits"] is True
    assert checked["norm"] == pytest.approx(0.25 * 15**0.5)
    assert checked["fingerprint"] == info.fingerprint
    assert checked["base_fingerprint"] == info.base_fingerprint
    assert checked["base_compared"] is True


def test_text_for_people(
    base: str, finetuned: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["vector", "make", "--base", base, "--finetuned", finetuned, "-o"]
    assert main([*arguments, str(tmp_path / "v")]) == 0
    assert "2 tensors, 15 parameters" in capsys.readouterr().out
    assert main(["vector", "info", f"file:{tmp_path / 'v'}"]) == 0
    assert "task-vector" in capsys.readouterr().out
    assert main(["vector", "check", f"file:{tmp_path / 'v'}", "--base", base]) == 0
    said = capsys.readouterr().out
    assert "fits" in said
    assert "made from this base (fingerprint " in said


def test_double_precision_is_subtracted_in_it_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    base = saved(tmp_path / "base", {name: tensor.double() for name, tensor in BASE.items()})
    moved = {name: tensor.double() + 1e-9 for name, tensor in BASE.items()}
    finetuned = saved(tmp_path / "finetuned", moved)
    run(capsys, "make", "--base", base, "--finetuned", finetuned, "-o", tmp_path / "vector")
    vector, info = load_vector(tmp_path / "vector")
    assert (info.subtraction_dtype, info.dtype) == ("float64", "float32")
    assert vector["layer.b"].tolist() == pytest.approx([1e-9] * 3, rel=1e-6)


def test_what_is_known_of_the_base_is_said_and_no_more(
    base: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    halves = saved(tmp_path / "halves", {name: tensor.half() for name, tensor in MOVED.items()})
    checked = run(capsys, "check", halves, "--base", base)
    assert checked["base_compared"] is False
    assert checked["base_fingerprint"] is None
    assert (checked["dtype"], checked["base_dtype"]) == ("float16", "float32")
    assert main(["vector", "check", halves, "--base", base]) == 0
    said = capsys.readouterr().out
    assert "not checked whether it was made from this base" in said
    assert "stored as float16, the base as float32" in said
    assert main(["vector", "check", base, "--base", base]) == 0
    assert "stored as" not in capsys.readouterr().out


@pytest.mark.parametrize("flag", ["--zero-shot", "--finetuned-accuracy"])
def test_an_accuracy_comes_with_its_images(
    flag: str, base: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["make", "--base", base, "--finetuned", base, "-o", tmp_path / "x", flag]
    assert "add --split NAME and --images N" in refuse(capsys, *arguments, 0.5, "--images", 3)
    assert "between 0 and 1" in refuse(capsys, *arguments, 50, "--images", 3, "--split", "test")
    assert not (tmp_path / "x").exists()


def test_another_base_is_refused_with_both_fingerprints(
    base: str, finetuned: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = run(capsys, "make", "--base", base, "--finetuned", finetuned, "-o", tmp_path / "vector")
    message = refuse(capsys, "check", f"file:{tmp_path / 'vector'}", "--base", finetuned)
    assert made["info"]["base_fingerprint"] in message
    assert message.count("fingerprint") == 1
    assert "this one has" in message


def test_a_head_can_be_left_out(
    base: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    finetuned = saved(tmp_path / "with-head", {**MOVED, "head.w": torch.ones(2, 3)})
    arguments = ["make", "--base", base, "--finetuned", finetuned, "-o", tmp_path / "vector"]
    assert "unexpected: head.w" in refuse(capsys, *arguments)
    assert run(capsys, *arguments, "--exclude", "head.*")["info"]["excluded"] == ["head.w"]


def test_half_precision(
    base: str, finetuned: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "vector"
    run(
        capsys, "make", "--base", base, "--finetuned", finetuned, "-o", output,
        "--dtype", "bfloat16",
    )  # fmt: skip
    assert TaskVector.load(output)["layer.w"].dtype == torch.bfloat16


def test_eight_bits_say_what_they_cost(
    base: str, finetuned: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    moved = {"layer.w": BASE["layer.w"] + torch.randn(3, 4), "layer.b": BASE["layer.b"]}
    other = saved(tmp_path / "moved", moved)
    arguments = ["make", "--base", base, "-o", tmp_path / "v", "--dtype", "int8"]
    made = run(capsys, *arguments, "--finetuned", other)
    vector, _ = load_vector(tmp_path / "v")
    true = moved["layer.w"] - BASE["layer.w"]
    assert made["rounded_by"] == pytest.approx(
        float((vector["layer.w"] - true).norm() / true.norm()), rel=1e-4
    )
    assert 0 < made["rounded_by"] < 0.01
    assert made["answers"] is None
    checked = run(capsys, "check", f"file:{tmp_path / 'v'}", "--base", base)
    assert (checked["fits"], checked["base_compared"]) == (True, True)
    assert "add --task NAME" in refuse(
        capsys, *arguments, "--finetuned", other, "--answers", "mini"
    )


def test_what_storing_changes_of_a_suite_s_answers_is_measured(
    tiny_folder: Path, tiny_suite: Suite, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    base = f"file:{tiny_folder / 'base.safetensors'}"
    vector = tiny_suite.vector("apples")
    moved = saved(tmp_path / "moved", vector.apply_to(tiny_suite.base_state(), 1.0))
    arguments = ["make", "--base", base, "--finetuned", moved, "-o", tmp_path / "v"]
    of_suite = ["--dtype", "int8", "--answers", tiny_folder, "--task"]
    made = run(capsys, *arguments, *of_suite, "apples")["answers"]
    evaluator = Evaluator(tiny_suite, device="cpu")
    written, _ = load_vector(tmp_path / "v")
    stored = TaskVector({name: written[name] for name in vector})  # the file has the rest as zeros
    own = changed_answers(evaluator, vector, stored, tasks=["apples", tiny_suite.control])
    assert made == {
        "suite": "tiny", "tasks": ["apples", tiny_suite.control],
        "changed": own.changed, "total": own.total,
    }  # fmt: skip
    nothing = changed_answers(evaluator, vector, vector, tasks=["apples"])
    assert (nothing.changed, nothing.total) == (0, evaluator.total("apples", "validation"))
    much = changed_answers(evaluator, vector, -3.0 * vector, tasks=["apples"])
    assert much.changed > 0
    wider = dict(tiny_suite.base_state())
    wider["logit_scale"] = wider["logit_scale"] + 1
    beyond = saved(tmp_path / "wider", wider)
    elsewhere = ["make", "--base", base, "--finetuned", beyond, "-o", tmp_path / "w"]
    assert "leave logit_scale as they are" in refuse(capsys, *elsewhere, *of_suite, "apples")
    assert "unknown task 'stew'" in refuse(capsys, *arguments, *of_suite, "stew")


def test_one_clip_in_two_libraries(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The fine-tuned tower is transformers', the base is open_clip's."""
    theirs = {n: t.detach() for n, t in tiny_transformers_clip().named_parameters()}
    base = saved(tmp_path / "base", dict(ConvertedState(theirs, to="open_clip")))
    prefix = "vision_model."
    tower = {n.removeprefix(prefix): t + 0.1 for n, t in theirs.items() if n.startswith(prefix)}
    finetuned = saved(tmp_path / "tower", tower)
    run(capsys, "make", "--base", base, "--finetuned", finetuned, "-o", tmp_path / "vector")
    vector = TaskVector.load(tmp_path / "vector")
    assert "visual.transformer.resblocks.1.attn.in_proj_weight" in vector
    for name, tensor in vector.items():
        torch.testing.assert_close(tensor, torch.full_like(tensor, 0.1), msg=name)


def test_a_hub_reference_is_fetched_only_with_a_yes(
    hub: LoopbackHub,
    base: str,
    finetuned: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    import huggingface_hub.constants

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    commit = hub.add_folder("someone/tower", tmp_path / "finetuned", card={"base_model": "a/b"})
    message = refuse(capsys, "check", "someone/tower", "--base", base)
    assert "add --yes" in message
    assert "1 file, checkpoint, base a/b" in message
    assert hub.sent == 0
    assert run(capsys, "check", "someone/tower", "--base", base, "--yes")["fits"] is True
    assert run(capsys, "check", "someone/tower", "--base", base)["fits"] is True
    assert run(capsys, "pull", "someone/tower")["commit"] == commit
    made = run(
        capsys, "make", "--base", "someone/tower", "--finetuned", base, "-o", tmp_path / "vector"
    )
    assert made["info"]["base"] == "someone/tower"
    assert made["info"]["base_commit"] == commit


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["info", "nonsense"], "is no reference"),
        (["info", "file:/no/such/folder"], "No such file"),
        (["check", "BASE", "--base", "VECTOR"], "a base is a model's weights"),
        (["make", "--base", "BASE", "--finetuned", "VECTOR", "-o", "x"], "a task vector already"),
    ],
)
def test_mistakes_say_what_to_do(
    arguments: list[str],
    words: str,
    base: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    TaskVector(BASE).save(tmp_path / "vector")
    places = {"BASE": base, "VECTOR": f"file:{tmp_path / 'vector'}"}
    assert words in refuse(capsys, *(places.get(word, word) for word in arguments))


def saved_gpt2(folder: Path, *, words: int = SIZE, moved: float = 0.0) -> str:
    """A GPT-2 with its tokenizer; `moved` is added to all its numbers."""
    network = new_network("AutoModelForCausalLM", "gpt2")
    with torch.no_grad():
        network.resize_token_embeddings(words, mean_resizing=False)
        for parameter in network.parameters():
            parameter.add_(moved)
    network.save_pretrained(folder)
    write_words(folder)
    return f"file:{folder}"


def test_a_text_model_is_subtracted_as_its_family_names_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    base = saved_gpt2(tmp_path / "base")
    saved_gpt2(tmp_path / "moved", moved=0.25)
    state = read_tensors(tmp_path / "moved" / "model.safetensors")
    words = state["transformer.wte.weight"].clone()
    finetuned = saved(
        tmp_path / "tuned", {**state, "score.weight": torch.ones(2, 32), "lm_head.weight": words}
    )
    output = tmp_path / "vector"
    made = run(capsys, "make", "--base", base, "--finetuned", finetuned, "-o", output)
    assert made["uncovered"] == []
    vector, _ = load_vector(output)
    assert "transformer.wte.weight" in vector
    assert not any("score" in name or "lm_head" in name for name in vector)
    assert all(float(tensor.sub(0.25).abs().max()) < 1e-5 for tensor in vector.values())
    checked = run(capsys, "check", f"file:{output}", "--base", base)
    assert checked["base_compared"] is True


@pytest.mark.parametrize("more", [3, -3])
def test_vocabularies_that_differ_are_padded_on_request(
    more: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    base = saved_gpt2(tmp_path / "base")
    finetuned = saved_gpt2(tmp_path / "tuned", words=SIZE + more, moved=0.25)
    asked = ("make", "--base", base, "--finetuned", finetuned, "-o", tmp_path / "vector")
    refused = refuse(capsys, *asked)
    assert f"rows for {SIZE + more} words, the base for {SIZE}" in refused
    assert "--pad-vocabulary" in refused
    made = run(capsys, *asked, "--pad-vocabulary")
    assert made["rows_fitted"] == 3
    vector, _ = load_vector(tmp_path / "vector")
    table = vector["transformer.wte.weight"]
    assert len(table) == SIZE
    both = min(SIZE, SIZE + more)
    assert float(table[:both].sub(0.25).abs().max()) < 1e-5
    assert float(table[both:].abs().sum()) == 0
    parents = ["--base", base, "--finetuned", finetuned]
    assert main(["verify", f"file:{tmp_path / 'vector'}", *parents]) == 0
