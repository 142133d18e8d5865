import json
import math
from pathlib import Path

import pytest

from taskarith.cli import main


def told(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, object]:
    assert main(["generate", *words, "--device", "cpu", "--json"]) == 0
    found: dict[str, object] = json.loads(capsys.readouterr().out)
    return found


def test_label_words_have_chances_that_follow_the_edit(
    toy_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--suite", str(toy_folder), "--set=fruits=1", "--prompt", "the lemon of the tower is"]
    found = told(capsys, *words)
    assert found["task"] == "fruits"
    before, after = (found[key]["chances"] for key in ("pretrained", "edited"))  # type: ignore[index]
    for chances in (before, after):
        assert list(chances) == ["red", "yellow"]
        assert math.isclose(sum(chances.values()), 1, abs_tol=1e-5)
    assert after["yellow"] > before["yellow"]


def test_a_task_without_labels_gets_a_continuation(
    toy_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--suite", str(toy_folder), "--task", "places", "--prompt", "the tower is near the"]
    found = told(capsys, *words)
    assert found["pretrained"] == found["edited"]  # nothing is edited
    assert len(found["pretrained"]["written"].split()) == 24  # type: ignore[index]


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        (" ", "there is no text"),
        ("the " * 1000, "a text of 3,999 characters"),
        ("the zebra is", "does not know zebra"),
        ("the \udcff", "is no UTF-8 (character 5)"),
    ],
)
def test_what_cannot_be_asked_is_said(
    prompt: str, words: str, toy_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["generate", "--suite", str(toy_folder), "--prompt", prompt, "--device=cpu"]) == 2
    assert words in capsys.readouterr().err


def test_a_suite_of_pictures_is_told_apart(
    tiny_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["generate", "--suite", str(tiny_folder), "--prompt", "a", "--device=cpu"]) == 2
    assert "is about pictures, not texts" in capsys.readouterr().err


def test_words_that_the_model_does_not_know_are_no_question(
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ["generate", "--suite", "mini-lm", "--device=cpu", "--prompt"]
    assert main([*words, "Zyx qwv"]) == 2
    assert "the model knows none of the words of this text" in capsys.readouterr().err
