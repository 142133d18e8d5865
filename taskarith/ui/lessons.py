"""Lessons, their words and the glossary, as the browser gets them: files of `assets`, checked.

A lesson is a file, `assets/lessons/NAME.json`: its suite and its steps; or one in a suite's own
folder, which says its words itself (`suite_lessons`). A step says something (`say`, a message, and
`notes` for the speaker alone), sets the edit (`edit`), lights something up (`look_at`), may wait
until the visitor has done something (`reached`), and states what has to be true of the numbers for
its words to be true (`holds`, which only the tests read). Messages are a file a language,
`assets/messages/LANGUAGE.json`; what one lacks is said in English. Knows nothing of pages.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

from taskarith.errors import AssetError
from taskarith.places import ASSETS
from taskarith.ui.hello import described_folder
from taskarith.ui.suite_lessons import Names, suite_lessons

__all__ = ["ENGLISH", "languages", "lessons", "messages", "told"]

ENGLISH = "en"

Json = dict[str, Any]


def told(language: object = ENGLISH, *, suite: str | None = None) -> Json:
    """All that a page needs to teach: every lesson, the languages there are, the words of one.

    Args:
        language: its code; English where there is none such.
        suite: name or folder of the suite whose own lessons belong to it, too.

    >>> answer = told("zh-Hans")
    >>> answer["language"], answer["lessons"][0]["name"], sorted(answer["languages"])
    ('zh-Hans', 'task-vector', ['en', 'zh-Hans'])
    """
    chosen = language if isinstance(language, str) and language in languages() else ENGLISH
    said = messages(chosen)
    own, words = ([], {}) if suite is None else _of_suite(suite, chosen)
    return {
        "language": chosen,
        "languages": languages(),
        "messages": {**said, "lessons": {**said["lessons"], **words}} if own else said,
        "lessons": [*lessons(), *own],
    }


def _of_suite(source: str, language: str) -> tuple[list[Json], dict[str, dict[str, str]]]:
    """The lessons in a suite's folder and their words; none where it cannot be read."""
    try:
        folder, suite = described_folder(source)
    except AssetError:
        return [], {}
    names = Names(
        suite=suite["suite"]["name"],
        vectors=[vector["name"] for vector in suite["vectors"]],
        tasks=[task["name"] for task in suite["tasks"]],
        presets=[preset["name"] for preset in suite["presets"]],
        words=messages(ENGLISH)["glossary"],
        taken=[lesson["name"] for lesson in lessons()],
    )
    return suite_lessons(folder, names, language=language)


@cache
def languages() -> dict[str, str]:
    """Every language there is a file for: its code and its own name."""
    codes = sorted(path.stem for path in (ASSETS / "messages").glob("*.json"))
    return {code: str(_messages(code)["language"]) for code in codes}


@cache
def lessons() -> list[Json]:
    """Every lesson in the order of its number, without what only tests read."""
    found = [
        _read(path) | {"name": path.stem} for path in sorted((ASSETS / "lessons").glob("*.json"))
    ]
    for lesson in found:
        lesson["steps"] = [
            {key: value for key, value in step.items() if key != "holds"}
            for step in lesson["steps"]
        ]
    return sorted(found, key=lambda lesson: int(lesson["number"]))


@cache
def messages(language: str) -> Json:
    """The words of a language; where it lacks one, the English.

    >>> messages("zh-Hans")["page"]["next"] != messages("en")["page"]["next"]
    True
    """
    english = _messages(ENGLISH)
    return english if language == ENGLISH else _filled(english, _messages(language))


def _messages(language: str) -> Json:
    return _read(ASSETS / "messages" / f"{language}.json")


def _filled(english: Json, other: Json) -> Json:
    """`other`, with everything of `english` that it lacks."""
    return {
        key: _filled(value, other.get(key, {}))
        if isinstance(value, dict)
        else other.get(key, value)
        for key, value in english.items()
    }


def _read(path: Path) -> Json:
    try:
        found: Json = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise AssetError(f"{path.name} cannot be read: {error}; restore it") from error
    return found
