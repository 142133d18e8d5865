"""The page and the command line give the same numbers for the same edit."""

import json
from pathlib import Path

import pytest

from taskarith.cli import main
from taskarith.evaluation import Evaluator, ResultCache
from taskarith.suites import Suite
from taskarith.ui.serving.explorer import Explorer
from tests.apart import run

EDIT = {"apples": -0.5, "birds": 0.3}


def on_the_page(suite: Suite, name: str) -> dict[str, float]:
    """The accuracies of EDIT that the page is sent in the end; `name` is "commit" or "test"."""
    explorer = Explorer(
        suite,
        make_evaluator=lambda: Evaluator(suite, device="cpu"),
        cache=ResultCache(on_disk=False),
    )
    session = {"session": "0" * 24, "seq": 1}

    async def follow() -> dict[str, dict[str, float]]:
        found: dict[str, dict[str, float]] = {}
        answer = await getattr(explorer, name)({**session, "coefficients": EDIT, "focus": "apples"})
        while True:
            for at, estimates in answer["points"]:
                if at == EDIT:
                    found |= estimates
            if answer["done"]:
                return found
            answer = await explorer.more({**session, "cursor": answer["cursor"]})

    try:
        answers = run(follow())
        return {task: estimate["value"] for task, estimate in answers.items()}
    finally:
        explorer.close()


@pytest.mark.parametrize(("name", "split"), [("commit", "validation"), ("test", "test")])
def test_the_page_and_the_command_line_agree(
    name: str, split: str, tiny_suite: Suite, tiny_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = [f"--set={task}={value}" for task, value in EDIT.items()]
    place = ["--suite", str(tiny_folder), "--split", split, "--device", "cpu"]
    assert main(["evaluate", *settings, *place, "--json"]) == 0
    estimates = json.loads(capsys.readouterr().out)["estimates"]
    assert on_the_page(tiny_suite, name) == {task: row["value"] for task, row in estimates.items()}
