"""`teach`: from a folder to a suite, with the same numbers as in Python."""

import json
from pathlib import Path

import pytest
import torch

from taskarith import load_suite, teach
from taskarith.cli import main
from tests.training.teaching.doodles import doodles
from tests.training.teaching.test_examples import folder_of

QUICK = ["--steps", "4", "--batch", "8", "--no-anchor"]


def test_a_folder_becomes_a_slider(
    tiny_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = folder_of(doodles(["lying", "standing"], 4), tmp_path / "stripes")
    asked = ["teach", "--suite", str(tiny_folder), "--task", f"stripes={place}"]
    assert main([*asked, "--way", "lora", "--rank", "2", "--seed", "7", *QUICK]) == 0
    printed = capsys.readouterr()
    assert "Made tiny-stripes with the slider stripes: LoRA (rank 2), 4 steps of 8" in printed.out
    assert "step 4 of 4, loss " in printed.err
    assert main([*asked, "--into", "again", "--way", "lora", "--rank", "2", *QUICK, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["suite"] == "again"
    teach(
        load_suite(tiny_folder), place, task="stripes", into="python", way="lora",
        settings={"rank": 2}, steps=4, batch=8, anchor=False, seed=7,
    )  # fmt: skip
    ours, theirs = (load_suite(name).vector("stripes") for name in ("python", "tiny-stripes"))
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--task stripes", "write NAME=PLACE"),
        ("--task stripes=/nowhere/at/all", "no folder, zip or table"),
        ("--task stripes=. --way lara", "did you mean 'lora'"),
        ("--task stripes=. --start apples", "--start apples: write TASK=λ"),
        ("--task stripes=. --rank 3", "has no setting 'rank'"),
    ],
)
def test_what_is_wrong_is_said(
    words: str, said: str, tiny_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["teach", "--suite", str(tiny_folder), *words.split()]) == 2
    assert said in capsys.readouterr().err
