"""A collection whose members take their weights from the Hub: pulled, measured, its law fitted."""

import json
from pathlib import Path

import pytest
from torch import Tensor

from taskarith.cli import main
from tests.hub.tiny_hub import manifest
from tests.sizes import collection_file

NAMES = ("hub-a", "hub-b", "hub-c")


def test_sizes_of_the_hub_are_pulled_and_measured(
    published: dict[str, dict[str, Tensor]],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in NAMES:
        folder = tmp_path / "suites-home" / name
        folder.mkdir(parents=True)
        (folder / "manifest.json").write_text(json.dumps(manifest(name=name)))
    members = [{"suite": name, "seen": 10 ** (3 + place)} for place, name in enumerate(NAMES)]
    file = str(collection_file(tmp_path, tasks=["dice"], members=members))
    asked = ["recipe", "scaling", "--suite", "hub-b", "--collection", file, "--n", "8"]
    assert main([*asked, "--rehearse"]) == 2
    assert "fetch them first: taskarith suites pull hub-a" in capsys.readouterr().err
    for name in NAMES:
        assert main(["suites", "pull", name, "--yes"]) == 0
    capsys.readouterr()
    assert main([*asked, "--rehearse", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    rungs = told["result"]["rungs"]
    assert [rung["suite"] for rung in rungs] == list(NAMES)
    assert len({rung["multiply_adds"] for rung in rungs}) == 1
    assert told["result"]["laws"][0]["largest"] == "hub-c"
    assert told["rehearsal"]
