"""`suites` describes every suite that comes with the project."""

from pathlib import Path

import pytest

import taskarith.suites.suite
from taskarith.cli.suites import collections, suites
from taskarith.evaluation.preview_score import PreviewScore


@pytest.fixture
def only_tiny(tiny_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taskarith.suites.suite, "SUITES_FOLDER", tiny_folder.parent)


@pytest.mark.usefixtures("only_tiny")
def test_a_row_holds_names() -> None:
    tasks = ["apples", "birds", "coins", "dice", "eggs", "flags", "gardens", "houses"]
    assert suites().data == [
        {
            "name": "tiny",
            "base": "open_clip base.safetensors",
            "targets": tasks[:4],
            "control": "gardens",
            "tasks": tasks,
            "vectors": tasks[:6],
        }
    ]


@pytest.mark.usefixtures("only_tiny")
def test_the_score_of_the_preview_is_told_where_there_is_one(own_cache: Path) -> None:
    score = PreviewScore(suite="tiny", of="0123")
    score.add(1.5)
    score.save(own_cache / "previews" / "0123.json")
    assert suites().data[0]["preview"] == {"count": 1, "mean": 1.5, "p95": 1.5}
    assert "preview  off by 1.5 points on average (95 %: 1.5; 1 compared)" in suites().text


@pytest.mark.usefixtures("only_tiny")
def test_the_text_names_the_same() -> None:
    text = suites().text
    assert text.startswith("tiny: random weights for tests") or "tiny" in text.splitlines()[0]
    assert "apples, birds, coins, dice" in text


def test_collections_name_their_members_and_what_is_not_here() -> None:
    told = collections()
    clip = next(row for row in told.data if row["name"] == "clip-vit")
    assert [member["seen"] for member in clip["members"]] == [12_800_000_000] * 3
    assert "member   clip-vit-large-patch14, 12,800,000,000 examples seen" in told.text
