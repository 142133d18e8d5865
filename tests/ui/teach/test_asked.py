"""Messages of the page Teach: every value is checked, and only uploaded files are taken."""

from pathlib import Path
from typing import Any

import pytest

from taskarith.errors import TaskArithError
from taskarith.training.teaching.bounds import OWNER_BOUNDS, VISITOR_BOUNDS
from taskarith.ui.teach.asked import read_asked


@pytest.fixture
def uploads(tmp_path: Path) -> Path:
    folder = tmp_path / "uploads"
    folder.mkdir()
    for name in ("a.png", "b.png", "c.zip"):
        (folder / name).write_bytes(b"x")
    (tmp_path / "secret.png").write_bytes(b"x")
    return folder


def classes(uploads: Path) -> list[dict[str, Any]]:
    return [
        {"name": " Sun ", "files": [str(uploads / "a.png")]},
        {"name": "Moon", "files": [str(uploads / "b.png")]},
    ]


def test_what_is_asked_for(uploads: Path) -> None:
    message = {"classes": classes(uploads), "way": "lora", "settings": {"rank": 4}, "steps": 20}
    asked = read_asked(message, uploads=uploads, bounds=OWNER_BOUNDS)
    assert (asked.task, asked.title) == ("sun-moon", "Sun-Moon")
    assert list(asked.examples) == ["Sun", "Moon"]
    assert (asked.how.way, asked.how.settings, asked.how.steps) == ("lora", {"rank": 4.0}, 20)
    from_edit = {**message, "few": 2, "start": {"apples": 0.5}}
    asked = read_asked(from_edit, uploads=uploads, bounds=OWNER_BOUNDS)
    assert (asked.how.few, asked.how.start) == (2, {"apples": 0.5})
    zipped = read_asked(
        {"zip": str(uploads / "c.zip"), "title": "Bîrds!"}, uploads=uploads, bounds=OWNER_BOUNDS
    )
    assert (zipped.task, zipped.examples) == ("b-rds", str(uploads / "c.zip"))


@pytest.mark.parametrize(
    ("fields", "examples", "task"),
    [
        ({"world": "letters"}, "world:letters", "letters"),
        ({"hub": " hub:someone/Moods@test "}, "hub:someone/Moods@test", "moods"),
        ({"hub": "someone/moods"}, "hub:someone/moods", "moods"),
    ],
)
def test_places(fields: dict[str, str], examples: str, task: str, uploads: Path) -> None:
    message = {**fields, "reading": {"label": "mood", "most": 90, "shape": "round"}}
    asked = read_asked(message, uploads=uploads, bounds=VISITOR_BOUNDS)
    assert (asked.examples, asked.task) == (examples, task)
    assert (asked.reading.label, asked.reading.text, asked.reading.most) == ("mood", "text", 90)


def test_texts_are_no_paths(uploads: Path) -> None:
    message = {"texts": True, "classes": [{"name": "good", "files": ["/etc/passwd", "fine"]}]}
    asked = read_asked(message, uploads=uploads, bounds=OWNER_BOUNDS)
    assert asked.texts
    assert asked.examples == {"good": ["/etc/passwd", "fine"]}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"classes": None}, "no classes"),
        ({"start": "apples"}, "no edit to start from"),
        ({"start": {"apples": "far"}}, "apples"),
        ({"classes": []}, "no classes"),
        ({"classes": "sun"}, "no classes"),
        ({"classes": [1, 2]}, "something else than an object"),
        ({"classes": [{"name": "", "files": []}]}, "no name"),
        ({"classes": [{"name": "a", "files": [7]}]}, "not there any more"),
        ({"classes": [{"name": "a", "files": ["../secret.png"]}]}, "not there any more"),
        ({"classes": [{"name": "a", "files": ["/etc/passwd"]}]}, "not there any more"),
        ({"classes": [{"name": f"c{n}", "files": []} for n in range(11)]}, "at most 10"),
        ({"classes": [{"name": "a", "files": ["x"] * 401}]}, "more than 400"),
        ({"classes": [{"name": "a", "files": []}, {"name": "a ", "files": []}]}, "two classes"),
        ({"table": "/etc/passwd"}, "not there any more"),
        ({"reading": {"text": ["a"]}}, "text is"),
        ({"reading": {"encoding": "zip"}}, "unknown encoding 'zip'"),
        ({"reading": {"most": 0}}, "most is 0"),
        ({"zip": "/etc/passwd"}, "not there any more"),
        ({"head": "hat"}, "no head"),
        ({"way": {"x": 1}}, "unknown way"),
        ({"way": "lora", "settings": {"rank": "many"}}, "rank is 'many'"),
        ({"steps": 10**9}, "steps is"),
        ({"steps": "60"}, "steps is"),
        ({"sharpness": "nan"}, "sharpness is"),
    ],
)
def test_what_is_wrong_is_said(change: dict[str, Any], said: str, uploads: Path) -> None:
    message = {"classes": classes(uploads)} | change
    if {"zip", "table"} & set(change):
        del message["classes"]
    with pytest.raises(TaskArithError, match=said):
        read_asked(message, uploads=uploads, bounds=VISITOR_BOUNDS)


@pytest.mark.parametrize("message", [None, 3, [], "x"])
def test_a_message_is_an_object(message: object, uploads: Path) -> None:
    with pytest.raises(TaskArithError, match="reload it"):
        read_asked(message, uploads=uploads, bounds=VISITOR_BOUNDS)
