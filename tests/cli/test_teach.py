"""`teach`: from a folder to a suite, with the same numbers as in Python."""

import json
from pathlib import Path

import pytest
import torch

from taskarith import load_suite, teach
from taskarith.cli import main
from taskarith.training.teaching.reading import Reading
from tests.toy import FRUITS
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


def test_a_table_by_its_columns_and_a_world(
    toy_folder: Path, tiny_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [f"{a} {fruit} is;{colour}" for a in ("the", "a") for fruit, colour in FRUITS.items()]
    table = tmp_path / "fruits.csv"
    table.write_bytes("\n".join(["said;mood", *rows, ""]).encode("utf-16"))
    asked = ["teach", "--suite", str(toy_folder), "--task", f"mine={table}", "--steps", "2"]
    assert main([*asked, "--text", "said", "--label", "mood", "--seed", "3", "--json"]) == 0
    taught = json.loads(capsys.readouterr().out)
    by_label: dict[str, list[str]] = {}
    for text, label in (row.split(";") for row in rows):
        by_label.setdefault(label, []).append(text)
    teach(load_suite(toy_folder), by_label, task="mine", into="python", steps=2, seed=3)
    ours, theirs = (load_suite(name).vector("mine") for name in ("python", taught["suite"]))
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)

    world = ["teach", "--suite", str(tiny_folder), "--task", "mine=world:counting", *QUICK]
    assert main([*world, "--most", "40", "--json"]) == 0
    made = load_suite(json.loads(capsys.readouterr().out)["suite"])
    reading = Reading(most=40)
    teach(load_suite(tiny_folder), "world:counting", task="mine", into="again", reading=reading,
          steps=4, batch=8, anchor=False)  # fmt: skip
    ours, theirs = load_suite("again").vector("mine"), made.vector("mine")
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--task stripes", "write NAME=PLACE"),
        ("--task stripes=/nowhere/at/all", "no folder, zip or table"),
        ("--task stripes=world:leters", "did you mean 'letters'"),
        ("--task stripes=hub:nothing", "write OWNER/NAME"),
        ("--task stripes=a.csv --encoding latin", "unknown encoding 'latin'"),
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
