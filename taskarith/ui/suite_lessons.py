"""Lessons that lie in a suite's folder, `lessons/NAME.json`, as the browser gets them.

Such a file says its own words: `title`, and by step `say` and `notes`, each a text or one a
language, `{"en": "…", "zh-Hans": "…"}`. Everything else is as in `assets/lessons`. A suite may be
anybody's, so a file is taken only if all of it is in bounds and names what the suite has; one that
is not is left out, and the log says why. Knows files; nothing of pages.
"""

import json
import logging
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from taskarith.errors import AssetError
from taskarith.ui.hello import MAX_COEFFICIENT

__all__ = ["Names", "suite_lessons"]

MOST = 20  # lessons of a suite
MOST_BYTES = 64 * 1024  # of a file
MOST_STEPS = 20
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
LONGEST = {"title": 80, "say": 600, "notes": 1200}  # characters

PLACES = (
    "formula", "picture", "bars", "sliders", "examples", "analogy", "control", "measures", "test",
    "pin", "question", "presets",
)  # fmt: skip
MEASURES = ("normalized", "gain")
# What a text may read from what is measured at the moment: js/stage/numbers.js.
OF_TASK = (
    "now", "pretrained", "finetuned", "change", "interval", "n", "pinned", "chance", "normalized",
    "gain",
)  # fmt: skip
OF_ALL = ("retained", "floor", "share", "mean", "meangain")
BLANK = re.compile(r"\{([^{}]*)\}")
WORD = re.compile(r"\[([a-z-]+)\|[^\]]+\]")

Json = dict[str, Any]

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Names:
    """What the lessons of a suite may name.

    Attributes:
        suite: its own name.
        words: those of the glossary.
        taken: names of lessons that there are already.
    """

    suite: str
    vectors: Collection[str]
    tasks: Collection[str]
    presets: Collection[str]
    words: Collection[str]
    taken: Collection[str] = ()


def suite_lessons(
    folder: Path, names: Names, *, language: str
) -> tuple[list[Json], dict[str, dict[str, str]]]:
    """The lessons in a suite's folder, in the order of their files' names, and their words."""
    lessons: list[Json] = []
    words: dict[str, dict[str, str]] = {}
    for path in sorted((folder / "lessons").glob("*.json"))[:MOST]:
        try:
            lesson, said = _read(path, names, language=language)
        except AssetError as error:
            _log.warning("a lesson of the suite %s is left out: %s", names.suite, error)
            continue
        lessons.append(lesson)
        words[lesson["name"]] = said
    return lessons, words


def _read(path: Path, names: Names, *, language: str) -> tuple[Json, dict[str, str]]:
    name = path.stem
    if not NAME.fullmatch(name) or name in names.taken:
        raise AssetError(f"{name[:80]!r} is no name for one, or another lesson's; rename the file")
    try:
        if path.is_symlink() or path.stat().st_size > MOST_BYTES:
            raise AssetError(f"{path.name} is a link, or longer than {MOST_BYTES} bytes")
        written = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise AssetError(f"{path.name} cannot be read: {error}") from error
    checks = _Checks(path.name, names, language)
    fields = checks.fields(written, {"title", "steps"})
    steps = fields.get("steps")
    if not isinstance(steps, list) or not 0 < len(steps) <= MOST_STEPS:
        raise checks.wrong("steps", f"1 to {MOST_STEPS} of them")
    said = {"title": checks.text(fields.get("title"), "title", plain=True)}
    taken: list[Json] = []
    for number, step in enumerate(steps, 1):
        fields = checks.fields(step, {"say", "notes", "edit", "look_at", "reached"})
        kept: Json = {"say": f"say-{number}"}
        said[kept["say"]] = checks.text(fields.get("say"), "say")
        if "notes" in fields:
            kept["notes"] = f"notes-{number}"
            said[kept["notes"]] = checks.text(fields["notes"], "notes")
        for key, check in (
            ("edit", checks.edit), ("look_at", checks.place), ("reached", checks.goal),
        ):  # fmt: skip
            if key in fields:
                kept[key] = check(fields[key])
        taken.append(kept)
    return {"name": name, "suite": names.suite, "steps": taken}, said


class _Checks:
    """Checks of one file: each gives back what it was shown, or raises AssetError."""

    def __init__(self, file: str, names: Names, language: str) -> None:
        self._file = file
        self._names = names
        self._language = language

    def wrong(self, what: str, expected: str) -> AssetError:
        return AssetError(f"{self._file}: {what} should be {expected}")

    def fields(self, value: object, known: Collection[str]) -> Json:
        if not isinstance(value, dict) or not set(value) <= set(known):
            raise self.wrong("an object", f"of {', '.join(sorted(known))} only")
        return value

    def one_of(self, value: object, known: Collection[str], what: str) -> str:
        if not isinstance(value, str) or value not in known:
            raise self.wrong(what, f"one of those there are, not {str(value)[:40]!r}")
        return value

    def text(self, value: object, what: str, *, plain: bool = False) -> str:
        if isinstance(value, Mapping):
            value = value.get(self._language, value.get("en"))
        longest = LONGEST[what]
        if not isinstance(value, str) or not 0 < len(value.strip()) <= len(value) <= longest:
            raise self.wrong(what, f"a text of 1 to {longest} characters, or one a language")
        if plain:
            return value
        for blank in BLANK.findall(value):
            reading, _, name = blank.partition(":")
            known = {"lambda": self._names.vectors} | dict.fromkeys(OF_TASK, self._names.tasks)
            if not (blank in OF_ALL or name in known.get(reading, ())):
                raise self.wrong(f"{{{blank[:40]}}}", "a reading of a task or vector there is")
        for word in WORD.findall(value):
            self.one_of(word, self._names.words, "an explained word")
        return value

    def edit(self, value: object) -> Json:
        known = {"preset", "coefficients", "focus", "analogy", "measure", "pinned"}
        checks: dict[str, Callable[[Any], object]] = {
            "preset": lambda name: self.one_of(name, self._names.presets, "a preset"),
            "coefficients": self.coefficients,
            "focus": self.vector,
            "analogy": self.analogy,
            "measure": lambda name: self.one_of(name, MEASURES, "a measure"),
            "pinned": self.coefficients,
        }
        return {key: checks[key](field) for key, field in self.fields(value, known).items()}

    def place(self, value: object) -> str:
        kind, colon, name = str(value).partition(":")
        among = {"bar": self._names.tasks, "slider": self._names.vectors}
        if colon and kind in among:
            self.one_of(name, among[kind], f"a {kind}")
            return f"{kind}:{name}"
        return self.one_of(value, PLACES, "look_at")

    def goal(self, value: object) -> Json:
        goal = self.fields(value, {"slider", "at_least", "at_most", "measure", "pinned"})
        if set(goal) == {"measure"}:
            return {"measure": self.one_of(goal["measure"], MEASURES, "a measure")}
        if set(goal) == {"pinned"} and isinstance(goal["pinned"], bool):
            return {"pinned": goal["pinned"]}
        ends: Json = {k: self.number(goal[k]) for k in ("at_least", "at_most") if k in goal}
        in_order = ends.get("at_least", -float("inf")) <= ends.get("at_most", float("inf"))
        if not ends or not in_order or set(goal) != {"slider", *ends}:
            raise self.wrong("reached", "a slider with at_least or at_most, a measure, or pinned")
        return {"slider": self.vector(goal["slider"]), **ends}

    def analogy(self, value: object) -> Json | None:
        if value is None:
            return None
        keys = {"a", "b", "c", "d", "bracket", "own"}
        fields = self.fields(value, keys)
        if set(fields) != keys:
            raise self.wrong("an analogy", "a, b, c, d, bracket and own")
        return {
            key: self.number(field) if key in ("bracket", "own") else self.vector(field)
            for key, field in fields.items()
        }

    def coefficients(self, value: object) -> dict[str, float]:
        return {
            self.vector(name): self.number(number)
            for name, number in self.fields(value, self._names.vectors).items()
        }

    def vector(self, value: object) -> str:
        return self.one_of(value, self._names.vectors, "a task vector")

    def number(self, value: Any) -> float:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not abs(value) <= MAX_COEFFICIENT:  # NaN is not
            raise self.wrong("λ", f"a number from −{MAX_COEFFICIENT:g} to {MAX_COEFFICIENT:g}")
        return float(value)
