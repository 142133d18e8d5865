"""Lessons, their words and the glossary, as the browser gets them: files of `assets`, checked.

A lesson is a file, `assets/lessons/NAME.json`: its suite and its steps. A step says something
(`say`, a message), sets the edit (`edit`), lights something up (`look_at`), may wait until the
visitor has done something (`reached`), and states what has to be true of the numbers for its words
to be true (`holds`, which only the tests read). Messages are a file a language,
`assets/messages/LANGUAGE.json`; what one lacks is said in English. Knows nothing of pages.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

from taskarith.errors import AssetError
from taskarith.places import ASSETS

__all__ = ["ENGLISH", "languages", "lessons", "messages", "told"]

ENGLISH = "en"

Json = dict[str, Any]


def told(language: object = ENGLISH) -> Json:
    """All that a page needs to teach: every lesson, the languages there are, the words of one.

    >>> answer = told("zh-Hans")
    >>> answer["language"], answer["lessons"][0]["name"], sorted(answer["languages"])
    ('zh-Hans', 'task-vector', ['en', 'zh-Hans'])
    """
    chosen = language if isinstance(language, str) and language in languages() else ENGLISH
    return {
        "language": chosen,
        "languages": languages(),
        "messages": messages(chosen),
        "lessons": lessons(),
    }


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
