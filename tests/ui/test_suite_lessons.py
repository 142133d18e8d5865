"""Lessons in a suite's folder: what is in bounds is taken, nothing else of a stranger's file."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from taskarith.ui.lessons import lessons, told
from taskarith.ui.suite_lessons import MOST, MOST_BYTES, MOST_STEPS

LESSON = {
    "title": {"en": "Apples", "zh-Hans": "苹果"},
    "steps": [
        {
            "say": "Apples: {pretrained:apples}, now {now:apples} at [lambda|λ] {lambda:apples}.",
            "notes": {"en": "Wait for it."},
            "edit": {"coefficients": {"apples": -0.5}, "focus": "apples", "measure": "gain"},
            "look_at": "bar:apples",
            "reached": {"slider": "apples", "at_least": 0.5, "at_most": 1},
        },
        {"say": "<img src=x onerror=alert(1)>", "reached": {"pinned": True}},
    ],
}


@pytest.fixture
def folder(tiny_folder: Path, tmp_path: Path) -> Path:
    copy = tmp_path / "tiny"
    shutil.copytree(tiny_folder, copy)
    (copy / "lessons").mkdir()
    return copy


def write(folder: Path, lesson: object, *, name: str = "apples") -> None:
    text = lesson if isinstance(lesson, str) else json.dumps(lesson)
    (folder / "lessons" / f"{name}.json").write_text(text, encoding="utf-8")


def own(folder: Path, language: str = "en") -> tuple[list[Any], dict[str, Any]]:
    """The suite's own lessons and their words."""
    answer = told(language, suite=str(folder))
    found = [lesson for lesson in answer["lessons"] if lesson["suite"] == "tiny"]
    return found, {one["name"]: answer["messages"]["lessons"][one["name"]] for one in found}


def test_a_lesson_of_a_suite_comes_with_its_words(folder: Path) -> None:
    write(folder, LESSON)
    (lesson,), words = own(folder)
    first, second = lesson["steps"]
    assert lesson["name"] == "apples"
    assert first["edit"] == LESSON["steps"][0]["edit"]  # type: ignore[index]
    assert first["look_at"] == "bar:apples"
    assert words["apples"][first["say"]].startswith("Apples: {pretrained:apples}")
    assert words["apples"][first["notes"]] == "Wait for it."
    assert words["apples"][second["say"]] == "<img src=x onerror=alert(1)>"  # shown as text
    assert words["apples"]["title"] == "Apples"
    assert own(folder, "zh-Hans")[1]["apples"]["title"] == "苹果"
    assert own(folder, "zh-Hans")[1]["apples"][first["notes"]] == "Wait for it."
    assert len(told("en", suite=str(folder))["lessons"]) == len(lessons()) + 1
    assert told("en") == told("en", suite="mini") == told("en", suite=str(folder / "nothing"))


def step(**fields: object) -> dict[str, object]:
    return {"title": "t", "steps": [{"say": "s", **fields}]}


@pytest.mark.parametrize(
    "wrong",
    [
        "{", "[]", "null", '{"title": "t"}', "[" * 100_000,
        {"title": "t", "steps": []},
        {"title": "t", "steps": [{"say": "s"}] * (MOST_STEPS + 1)},
        {"title": "t" * 81, "steps": [{"say": "s"}]},
        {"title": "t", "steps": [{"say": "s"}], "more": 1},
        {"title": {"zh-Hans": "题"}, "steps": [{"say": "s"}]},
        step(say=""), step(say="s" * 601), step(say=7), step(say="{now:pears}"),
        step(say="{__proto__}"), step(say="{constructor:apples}"), step(say="[nothing|word]"),
        step(notes="n" * 1201), step(look_at="script"), step(look_at="bar:pears"), step(holds=[]),
        step(edit={"coefficients": {"pears": 1}}), step(edit={"coefficients": {"apples": 99}}),
        step(edit={"coefficients": {"apples": "1"}}), step(edit={"coefficients": {"apples": True}}),
        '{"title": "t", "steps": [{"say": "s", "edit": {"coefficients": {"apples": NaN}}}]}',
        step(edit={"preset": "nothing"}), step(edit={"focus": ["apples"]}),
        step(edit={"measure": "volume"}), step(edit={"analogy": {"a": "apples"}}),
        step(reached={}), step(reached={"slider": "apples"}), step(reached={"measure": "volume"}),
        step(reached={"slider": "apples", "at_least": 1, "at_most": 0}),
        step(reached={"slider": "pears", "at_least": 1}),
        {"title": "t", "steps": [{"say": "s"}], "x" * MOST_BYTES: 1},
    ],
    ids=lambda wrong: str(wrong)[:60],
)  # fmt: skip
def test_a_file_out_of_bounds_is_left_out_and_the_log_says_why(
    wrong: object, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write(folder, wrong)
    assert own(folder) == ([], {})
    assert "a lesson of the suite tiny is left out: " in caplog.text
    assert str(folder) not in caplog.text


def test_names_are_names_links_are_not_followed_and_there_is_an_end(
    folder: Path, tmp_path: Path
) -> None:
    taken = lessons()[0]["name"]
    for name in (taken, "Über", "a b", "-a", "a" * 64):
        write(folder, LESSON, name=name)
    outside = tmp_path / "outside.json"
    outside.write_text(json.dumps(LESSON), encoding="utf-8")
    (folder / "lessons" / "linked.json").symlink_to(outside)
    assert own(folder) == ([], {})
    shutil.rmtree(folder / "lessons")
    (folder / "lessons").mkdir()
    for number in range(MOST + 5):
        write(folder, LESSON, name=f"lesson-{number:02}")
    assert len(own(folder)[0]) == MOST
