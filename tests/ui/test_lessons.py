"""The lessons: they name what there is, say it in every language, and what they say is true."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from taskarith.core import Edit
from taskarith.evaluation import Evaluator, measure
from taskarith.suites import load_suite
from taskarith.ui.hello import describe
from taskarith.ui.lessons import ASSETS, ENGLISH, languages, messages, told

FILES = sorted((ASSETS / "lessons").glob("*.json"))
NAMES = [path.stem for path in FILES]
MOST_STEPS = 8
N = 256  # examples behind what a lesson claims
ABOUT_TASKS = {"now", "pretrained", "finetuned", "pinned", "chance", "change", "interval", "n"}
ABOUT_TASKS |= {"normalized", "gain"}
ALONE = {"retained", "floor", "share", "mean", "meangain"}
PLACES = {"formula", "picture", "bars", "sliders", "examples", "analogy", "control", "measures"}
PLACES |= {"test", "pin", "question", "presets"}


def lesson(name: str) -> Any:
    return json.loads((ASSETS / "lessons" / f"{name}.json").read_text(encoding="utf-8"))


def texts(language: str) -> Iterator[tuple[str, str]]:
    """Every message of a file, by its path."""

    def within(value: Any, path: str) -> Iterator[tuple[str, str]]:
        if isinstance(value, str):
            yield path, value
            return
        for key, inner in value.items():
            yield from within(inner, f"{path}/{key}")

    read = (ASSETS / "messages" / f"{language}.json").read_text(encoding="utf-8")
    yield from within(json.loads(read), "")


@pytest.mark.parametrize("language", sorted(set(languages()) - {ENGLISH}))
def test_no_message_is_missing(language: str) -> None:
    english, other = dict(texts(ENGLISH)), dict(texts(language))
    assert sorted(english.keys() - other.keys()) == [], "not translated"
    assert sorted(other.keys() - english.keys()) == [], "of no use"
    for path, text in english.items():
        assert sorted(blanks(text)) == sorted(blanks(other[path])), path
        assert sorted(words(text)) == sorted(words(other[path])), path
        assert other[path].strip(), path


def blanks(text: str) -> list[str]:
    return re.findall(r"\{([^{}]+)\}", text)


def words(text: str) -> list[str]:
    return re.findall(r"\[([a-z-]+)\|", text)


@pytest.mark.parametrize("name", NAMES)
def test_every_step_says_something_and_every_message_is_said(name: str) -> None:
    said = messages(ENGLISH)["lessons"][name]
    steps = [step["say"] for step in lesson(name)["steps"]]
    assert len(steps) == len(set(steps)) <= MOST_STEPS
    notes = [step["notes"] for step in lesson(name)["steps"]]  # a speaker has some at every step
    assert len({*steps, *notes}) == len(steps) + len(notes)
    assert {"title", *steps, *notes} == set(said)
    for step in [*steps, *notes]:
        written = re.findall(r"\d+(?:\.\d+)?\s*%", said[step])
        assert set(written) <= {"95 %", "100 %"}, "a number that was not measured"


@pytest.mark.parametrize("name", NAMES)
def test_lessons_name_only_what_their_suite_has(name: str) -> None:
    written = lesson(name)
    hello = describe(written["suite"])
    tasks = {task["name"]: task for task in hello["tasks"]}
    vectors = {vector["name"] for vector in hello["vectors"]}
    presets = {preset["name"] for preset in hello["presets"]}
    assert set(written) == {"number", "suite", "steps"}
    for step in written["steps"]:
        assert set(step) <= {"say", "notes", "edit", "look_at", "reached", "holds"}
        edit = step.get("edit", {})
        assert set(edit) <= {"preset", "coefficients", "focus", "analogy", "measure", "pinned"}
        assert {*edit.get("coefficients", {}), *edit.get("pinned", {})} <= vectors
        assert edit.get("focus", hello["vectors"][0]["name"]) in vectors
        assert edit.get("preset") in presets | {None}
        assert edit.get("measure") in {None, "normalized", "gain"}
        kind, _, at = step.get("look_at", "formula").partition(":")
        assert kind in PLACES or at in {"bar": tasks, "slider": vectors}[kind]
        goal = step.get("reached", {"measure": "gain"})
        assert goal.get("slider") in vectors or goal.get("measure") in {"normalized", "gain"}
        for message in (messages(code)["lessons"][name][step["say"]] for code in languages()):
            for blank in blanks(message):
                what, _, of = blank.partition(":")
                known = vectors if what == "lambda" else tasks if what in ABOUT_TASKS else {""}
                assert what in ABOUT_TASKS | ALONE | {"lambda"}, blank
                assert of in known, blank
            assert set(words(message)) <= set(messages(ENGLISH)["glossary"])


def test_every_explained_word_of_the_page_is_in_the_glossary() -> None:
    glossary = set(messages(ENGLISH)["glossary"])
    marked = set()
    for path in (Path(__file__).parents[2] / "taskarith/ui/js/explore").glob("*.js"):
        text = path.read_text(encoding="utf-8")
        marked |= set(re.findall(r'explained\("([a-z0-9-]+)"', text))
        marked |= set(re.findall(r'"data-word": "([a-z0-9-]+)"', text))
        marked |= set(re.findall(r'keyOf\("([a-z]+)"', text))
    assert {"lambda", "pretrained", "floor", "interval", "chance"} <= marked <= glossary
    assert {"accuracy", "normalized", "gain"} <= glossary  # the picture's heading, by measure


def test_what_the_browser_gets() -> None:
    answer = told("zh-Hans")
    assert answer["language"] == "zh-Hans"
    assert [one["name"] for one in answer["lessons"]][:2] == ["task-vector", "forgetting"]
    assert len(answer["lessons"]) == len(NAMES) == 9
    assert all("holds" not in step for one in answer["lessons"] for step in one["steps"])
    for unknown in ("xx", "../en", None, 7, ["en"]):
        assert told(unknown)["language"] == ENGLISH
    json.dumps(answer)


def test_a_language_may_lack_a_message(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "messages").mkdir()
    english = {"language": "English", "page": {"next": "Next", "back": "Back"}}
    other = {"language": "Deutsch", "page": {"next": "Weiter"}}
    for code, words_of in (("en", english), ("de", other)):
        text = json.dumps(words_of)
        (tmp_path / "messages" / f"{code}.json").write_text(text, encoding="utf-8")
    monkeypatch.setattr("taskarith.ui.lessons.ASSETS", tmp_path)
    messages.cache_clear()
    assert messages("de")["page"] == {"next": "Weiter", "back": "Back"}
    messages.cache_clear()


# ---- what is claimed is true ----------------------------------------------------------------


@cache
def evaluator(suite: str) -> Evaluator:
    return Evaluator(load_suite(suite))


@cache
def shipped(suite: str) -> dict[str, dict[str, float]]:
    return {
        key(coefficients): {task: one["value"] for task, one in estimates.items()}
        for coefficients, estimates in describe(suite)["shipped"]
    }


def key(coefficients: Mapping[str, float]) -> str:
    return json.dumps(sorted((n, float(v)) for n, v in coefficients.items() if v))


class NotShipped(Exception):
    """It would have to be measured."""


@cache
def known(suite: str, at: str, task: str) -> float:
    if (found := shipped(suite).get(at, {}).get(task)) is None:
        raise NotShipped
    return found


@cache
def measured(suite: str, at: str, task: str) -> float:
    edit = Edit(suite=suite, coefficients=dict(json.loads(at)))
    return measure(evaluator(suite), edit, tasks=[task], n=N)[task].value


class Numbers:
    """The numbers a lesson may speak of, at a step's edit."""

    def __init__(
        self,
        suite: str,
        coefficients: Mapping[str, float],
        *,
        pinned: Any,
        how: Callable[[str, str, str], float],
    ) -> None:
        self.suite, self.coefficients, self.pinned, self.how = suite, coefficients, pinned, how
        self.tasks = {task["name"]: task for task in describe(suite)["tasks"]}

    def at(self, coefficients: Mapping[str, float], task: str) -> float:
        return self.how(self.suite, key(coefficients), task)

    def read(self, text: str) -> float:
        what, _, task = text.partition(":")
        match what:
            case "now":
                return self.at(self.coefficients, task)
            case "pretrained":
                return self.at({}, task)
            case "finetuned":
                return self.at({task: 1}, task)
            case "pinned":
                return self.at(self.pinned, task)
            case "chance":
                return float(self.tasks[task]["chance"])
            case "floor":
                return 0.95 * self.at({}, self.control["name"])
            case "retained":
                now = self.at(self.coefficients, self.control["name"])
                before = self.at({}, self.control["name"])
                return now / before if self.control["metric"]["higher_is_better"] else before / now
            case "mean" | "meangain":
                return self.mean(what == "meangain")
        return float(text)

    @property
    def control(self) -> Any:
        return next(task for task in self.tasks.values() if task["role"] == "control")

    def mean(self, gain: bool) -> float:
        values = []
        for name in (name for name, task in self.tasks.items() if task["role"] == "target"):
            now, before = self.at(self.coefficients, name), self.at({}, name)
            best = self.at({name: 1}, name)
            values.append((now - before) / (best - before) if gain else now / best)
        return sum(values) / len(values)


def claims(name: str, how: Callable[[str, str, str], float]) -> Iterator[tuple[str, bool]]:
    """Every claim of a lesson, at the edit the visitor then has, and whether it is so."""
    written = lesson(name)
    presets = {p["name"]: p["coefficients"] for p in describe(written["suite"])["presets"]}
    for step in written["steps"]:
        edit = step.get("edit", {})
        coefficients = dict(edit.get("coefficients", presets.get(edit.get("preset"), {})))
        goal = step.get("reached", {})
        if "slider" in goal:
            ends = [goal[end] for end in ("at_least", "at_most") if end in goal]
            coefficients[goal["slider"]] = sum(ends) / len(ends)
        numbers = Numbers(written["suite"], coefficients, pinned=edit.get("pinned"), how=how)
        for left, relation, right, *margin in step.get("holds", []):
            try:
                one, other = numbers.read(left), numbers.read(right) + sum(margin)
            except NotShipped:
                continue
            is_so = one > other if relation == ">" else one < other
            yield f"{step['say']}: {left} {relation} {right} {margin} ({one}, {other})", is_so


def test_what_lessons_say_is_so_where_it_was_measured_already() -> None:
    found = [claim for name in NAMES for claim in claims(name, known)]
    assert [claim for claim, is_so in found if not is_so] == []
    assert len(found) >= 25


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_what_a_lesson_says_is_so(name: str) -> None:
    found = list(claims(name, measured))
    assert [claim for claim, is_so in found if not is_so] == []
    assert len(found) == sum(len(step.get("holds", [])) for step in lesson(name)["steps"]) >= 3
