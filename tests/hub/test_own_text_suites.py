"""A suite of texts of one's own in one command, from nothing to answers."""

import json
from pathlib import Path

import pytest

from taskarith import Edit, load_suite
from taskarith.cli import main
from taskarith.evaluation import Evaluator, measure
from tests.hub.server import LoopbackHub
from tests.hub.test_language_suites import contents, publish_texts
from tests.suites.making.test_text_tasks import write_table
from tests.suites.text_suite import write_text_suite


def test_from_one_command_to_answers(
    hub: LoopbackHub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_text_suite(tmp_path / "parts", "causal")
    hub.add("owner/base", contents(tmp_path / "parts" / "base"))
    hub.add("owner/code-model", contents(tmp_path / "parts" / "apples"))
    publish_texts(hub)
    own = tmp_path / "my-texts"
    write_table(own / "code.csv")
    create = [
        "suites", "create", str(own), "--base", "owner/base",
        "--vector", "code=hub:owner/code-model",
        "--task", "code=code.csv", "--head", "code=label-likelihood",
        "--task", "rte=hub:nyu-mll/glue@validation", "--config", "rte=rte",
        "--text", "rte=Does {sentence1} entail {sentence2} ?", "--head", "rte=label-likelihood",
        "--classnames", f"rte={tmp_path / 'names'}",
        "--control", "wiki=hub:Salesforce/wikitext", "--config", "wiki=wikitext-103-raw-v1",
        "--text", "wiki=text", "--head", "wiki=language-modelling", "--json",
    ]  # fmt: skip
    (tmp_path / "names").write_text("w5\nw6")
    assert main(create) == 0
    assert json.loads(capsys.readouterr().out)["suite"] == "my-texts"
    assert not hub.asked("model.safetensors")  # what the base is was read from its configuration
    suite = load_suite("my-texts")
    assert suite.manifest.base.kind == "causal"
    assert suite.targets == ("code",)
    assert main(["suites", "pull", "my-texts", "--yes"]) == 0
    assert hub.asked("model.safetensors")
    capsys.readouterr()
    found = measure(
        Evaluator(suite, device="cpu"),
        Edit("my-texts", {"code": 1.0}),
        tasks=["code", "rte", "wiki"],
        split="test",
    )
    assert [found[name].n for name in ("code", "rte", "wiki")] == [20, 36, 27]
    assert suite.split("rte", "test").texts[0].startswith("Does w")
    other = ["suites", "create", str(tmp_path / "other"), "--base", "owner/base"]
    assert main([*other, "--control", "x=a.csv", "--second", "y=b"]) == 2
    assert "there is no --task or --control 'y'" in capsys.readouterr().err
