"""The page's logic without Gradio and without a browser, on the real engine."""

import asyncio
import shutil
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from taskarith.core import Edit
from taskarith.errors import AssetError, CoefficientError, TaskArithError
from taskarith.evaluation import Evaluator, fit_surrogate, measure
from taskarith.suites import Suite, load_suite
from taskarith.ui.serving.explorer import Explorer
from taskarith.ui.serving.pieces import as_sent
from tests.apart import run
from tests.tiny import SECOND_CONTROL, TARGETS

SESSIONS = ("a" * 24, "b" * 24)
VISIBLE = [*TARGETS, "gardens"]

Answer = dict[str, Any]


@pytest.fixture
def explorer(page_suite: Suite) -> Iterator[Explorer]:
    explorer = Explorer(
        page_suite,
        make_evaluator=lambda: Evaluator(page_suite, device="cpu"),
        source=str(page_suite.folder),
        patience=5.0,
    )
    yield explorer
    explorer.close()


def message(coefficients: dict[str, float], *, seq: int = 1, **more: object) -> Answer:
    focus = next(iter(coefficients), "apples")
    return {
        "session": SESSIONS[0],
        "seq": seq,
        "coefficients": coefficients,
        "focus": focus,
        "analogy": None,
        "pinned": None,
    } | more


async def follow(
    explorer: Explorer, start: Callable[[Answer], Awaitable[Answer]], sent: Answer
) -> list[Answer]:
    """Every answer to one commit, as the browser collects them."""
    answers = [await start(sent)]
    while not answers[-1]["done"]:
        poll = {key: sent[key] for key in ("session", "seq")}
        answers.append(await explorer.more(poll | {"cursor": answers[-1]["cursor"]}))
    return answers


def points_of(
    answers: list[Answer],
) -> dict[tuple[tuple[str, float], ...], dict[str, dict[str, float]]]:
    """The final estimates by edit: later points replace earlier ones."""
    points: dict[tuple[tuple[str, float], ...], dict[str, dict[str, float]]] = {}
    for answer in answers:
        for coefficients, estimates in answer["points"]:
            points.setdefault(tuple(sorted(coefficients.items())), {}).update(estimates)
    return points


async def ready(explorer: Explorer) -> Answer:
    state = await explorer.engine({})
    while state["state"] == "loading":
        state = await explorer.engine({"known": "loading"})
    return state


def test_two_devices_give_two_windows_the_answers_of_one(page_suite: Suite) -> None:
    def make() -> Evaluator:
        return Evaluator(page_suite, device="cpu")

    async def seen(explorer: Explorer) -> tuple[str, list[Answer]]:
        state = await ready(explorer)
        sent = [message({"apples": 0.5}) | {"session": name} for name in SESSIONS]
        found = [await follow(explorer, explorer.commit, one) for one in sent]
        return state["device"], [points_of(answers) for answers in found]

    told = []
    for others in ((), (make,)):
        explorer = Explorer(page_suite, make_evaluator=make, others=others)
        told.append(run(seen(explorer)))
        explorer.close()
    assert [device for device, _ in told] == ["CPU", "2 × CPU"]
    assert told[0][1] == told[1][1]
    assert told[0][1][0] == told[0][1][1]


def test_a_call_waits_for_the_engine_within_bounds(page_suite: Suite) -> None:
    gate = threading.Event()

    def slow() -> Evaluator:
        assert gate.wait(30)
        return Evaluator(page_suite, device="cpu")

    explorer = Explorer(page_suite, make_evaluator=slow, patience=0.2)

    async def scenario() -> None:
        assert (await explorer.engine({}))["state"] == "loading"
        assert (await explorer.engine({"known": "loading"}))["state"] == "loading"
        assert (
            await explorer.changed({"coefficients": {}, "task": "apples", "split": "validation"})
            == {}
        )
        gate.set()
        assert (await ready(explorer))["device"] == "CPU"

    run(scenario())
    explorer.close()


def test_a_commit_measures_the_point_the_curve_and_the_whole_split(explorer: Explorer) -> None:
    answers = run(follow(explorer, explorer.commit, message({"apples": -0.5})))
    first = answers[0]["points"][0]
    assert first[0] == {"apples": -0.5}
    assert {task: e["n"] for task, e in first[1].items()} == dict.fromkeys(VISIBLE, 16)
    points = points_of(answers)
    assert {e["n"] for e in points[(("apples", -0.5),)].values()} == {80}
    nodes = {dict(key).get("apples", 0.0) for key in points if set(dict(key)) <= {"apples"}}
    assert {-1.5, -0.75, 0.0, 0.75, 1.5} <= nodes
    assert answers[-1]["seconds"]["evaluate"] > 0


def test_the_page_gives_the_librarys_numbers(explorer: Explorer, page_suite: Suite) -> None:
    edit = {"apples": -0.35, "dice": 0.8}
    answers = run(follow(explorer, explorer.commit, message(edit)))
    shown = points_of(answers)[tuple(sorted(edit.items()))]
    expected = measure(Evaluator(page_suite, device="cpu"), Edit("tiny", edit), tasks=VISIBLE)
    assert shown == {task: as_sent(estimate) for task, estimate in expected.items()}


def test_paired_differences_are_over_the_same_images(explorer: Explorer) -> None:
    sent = message({"apples": -1.0}, pinned={"coefficients": {"apples": 1.0}})
    answers = run(follow(explorer, explorer.commit, sent))
    points = points_of(answers)
    now = points[(("apples", -1.0),)]["apples"]["value"]
    for against, other in (("pretrained", ()), ("pinned", (("apples", 1.0),))):
        pair = answers[-1]["paired"][against]["apples"]
        assert pair["n"] == 80
        net = (pair["gained"] - pair["lost"]) / 80
        assert net == pytest.approx(now - points[other]["apples"]["value"])


def test_a_merge_is_measured_as_itself_and_never_as_the_sum(
    explorer: Explorer, page_suite: Suite
) -> None:
    edit = {"apples": 0.5, "dice": 0.8}
    merge = {"method": "ties", "settings": {"density": 0.3, "scale": 1.0}}
    run(follow(explorer, explorer.commit, message(edit)))
    answers = run(follow(explorer, explorer.commit, message(edit, seq=2, merge=merge)))
    shown: Answer = {}
    for answer in answers:
        for coefficients, estimates, *merged in answer["points"]:
            if coefficients == edit:
                assert merged == [merge]
                shown |= estimates
    asked = Edit("tiny", edit, "ties", {"density": 0.3})
    evaluator = Evaluator(page_suite, device="cpu")
    expected = measure(evaluator, asked, tasks=VISIBLE)
    assert shown == {task: as_sent(estimate) for task, estimate in expected.items()}
    summed = measure(evaluator, Edit("tiny", edit), tasks=VISIBLE)
    assert shown != {task: as_sent(estimate) for task, estimate in summed.items()}


def test_a_merge_that_cannot_be_made_says_why(explorer: Explorer) -> None:
    three = {"apples": 0.5, "dice": 0.8, "coins": 0.1}
    sent = message(three, merge={"method": "slerp"})
    answers = run(follow(explorer, explorer.commit, sent))
    assert "slerp goes between two vectors, got 3" in answers[-1]["error"]


def test_the_engine_tells_once_which_methods_there_are(explorer: Explorer) -> None:
    methods = {method["name"]: method for method in run(ready(explorer))["methods"]}
    assert "sum" in methods
    assert "fisher" not in methods
    assert methods["slerp"]["most"] == 2
    assert "methods" not in run(explorer.engine({"known": "ready"}))


def test_an_auxiliary_is_measured_when_it_takes_part(explorer: Explorer) -> None:
    answers = run(follow(explorer, explorer.commit, message({"eggs": 0.5})))
    assert set(answers[0]["points"][0][1]) == {*VISIBLE, "eggs"}


def test_an_analogy_measures_d_under_c_alone_and_under_its_true_vector(explorer: Explorer) -> None:
    analogy = {"a": "birds", "b": "eggs", "c": "flags", "d": "coins", "bracket": 1, "own": 0.7}
    sent = message({"birds": -1.0, "eggs": 1.0, "flags": 0.7}, focus="flags", analogy=analogy)
    points = points_of(run(follow(explorer, explorer.commit, sent)))
    assert "coins" in points[(("flags", 0.7),)]
    assert "coins" in points[(("coins", 1.0),)]


def test_a_newer_commit_takes_the_place_of_the_older(explorer: Explorer) -> None:
    async def scenario() -> None:
        await ready(explorer)
        old = await explorer.commit(message({"apples": 0.31}, seq=1))
        await explorer.commit(message({"apples": 0.32}, seq=2))
        poll = {"session": SESSIONS[0], "seq": 1, "cursor": old["cursor"]}
        assert await explorer.more(poll) == {
            "seq": 1, "cursor": 0, "done": True, "points": [],
        }  # fmt: skip
        late = await explorer.commit(message({"apples": 0.33}, seq=1))
        assert late["points"] == []
        assert late["done"]

    run(scenario())


def test_a_commit_sent_twice_is_measured_once_and_answered_twice(explorer: Explorer) -> None:
    async def scenario() -> None:
        await ready(explorer)
        sent = message({"apples": 0.41})
        first, again = await explorer.commit(sent), await explorer.commit(sent)
        assert again["points"][: len(first["points"])] == first["points"]

    run(scenario())


def test_a_window_that_moves_again_stops_what_is_measured(explorer: Explorer) -> None:
    async def scenario() -> Answer:
        await ready(explorer)
        started = await explorer.commit(message({"apples": 0.77, "birds": 0.5}))
        assert not started["done"]
        poll = {"session": SESSIONS[0], "seq": 1, "cursor": 10_000}
        waiting = asyncio.create_task(explorer.more(poll))
        await asyncio.sleep(0)
        assert await explorer.rest({"session": SESSIONS[0], "seq": 2}) == {}
        return await waiting

    answer = run(scenario())
    assert answer["done"]
    assert "error" not in answer


def test_a_late_word_of_rest_does_not_stop_a_newer_commit(explorer: Explorer) -> None:
    async def scenario() -> list[Answer]:
        await ready(explorer)
        sent = message({"apples": 0.43}, seq=3)
        first = await explorer.commit(sent)
        assert await explorer.rest({"session": SESSIONS[0], "seq": 2}) == {}
        poll = {"session": SESSIONS[0], "seq": 3, "cursor": first["cursor"]}
        answers = [first, await explorer.more(poll)]
        while not answers[-1]["done"]:
            answers.append(await explorer.more(poll | {"cursor": answers[-1]["cursor"]}))
        return answers

    points = points_of(run(scenario()))
    assert {e["n"] for e in points[(("apples", 0.43),)].values()} == {80}


def test_after_a_restart_the_server_asks_for_the_edit_again(explorer: Explorer) -> None:
    poll = {"session": SESSIONS[1], "seq": 7, "cursor": 30}
    assert run(explorer.more(poll)) == {"unknown": True}


def test_two_windows_do_not_disturb_each_other(explorer: Explorer) -> None:
    async def scenario() -> None:
        one = message({"birds": 0.21})
        two = message({"dice": 0.22}, session=SESSIONS[1])
        both = await asyncio.gather(
            follow(explorer, explorer.commit, one), follow(explorer, explorer.commit, two)
        )
        for answers, key in zip(both, ((("birds", 0.21),), (("dice", 0.22),)), strict=True):
            assert {e["n"] for e in points_of(answers)[key].values()} == {80}

    run(scenario())


def test_looking_at_test_is_counted_once_per_edit(explorer: Explorer) -> None:
    async def scenario() -> None:
        answers = await follow(explorer, explorer.test, message({"apples": 0.5}, seq=1))
        whole = points_of(answers)[(("apples", 0.5),)]
        assert {e["n"] for e in whole.values()} == {120}
        assert set(whole) == {*VISIBLE, SECOND_CONTROL}
        one = answers[-1]
        same = (await follow(explorer, explorer.test, message({"apples": 0.5}, seq=2)))[-1]
        two = (await follow(explorer, explorer.test, message({"apples": 0.6}, seq=3)))[-1]
        assert [one["split"], one["looks"], same["looks"], two["looks"]] == ["test", 1, 1, 2]
        # A vector that was made for recipes is looked at like any other.
        three = (await follow(explorer, explorer.test, message({"joint": 0.5}, seq=4)))[-1]
        assert three["looks"] == 3

    run(scenario())


def test_examples_to_show_are_asked_of_the_evaluator_on_its_own_thread(
    explorer: Explorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: set[str] = set()
    shown = Evaluator.shown

    def noted(self: Evaluator, *where: Any) -> Any:
        threads.add(threading.current_thread().name)
        return shown(self, *where)

    monkeypatch.setattr(Evaluator, "shown", noted)
    asked = {"coefficients": {"apples": -1.5}, "task": "apples", "split": "validation"}

    async def scenario() -> Answer:
        await follow(explorer, explorer.commit, message({"apples": -1.5}))
        return await explorer.changed(asked)

    assert run(scenario())["examples"]
    assert threads == {"taskarith-worker"}


@pytest.mark.parametrize("task", ["apples", "irons"])  # the second is there for recipes
def test_changed_images_are_those_answered_otherwise(
    task: str, explorer: Explorer, page_suite: Suite
) -> None:
    asked = {"coefficients": {task: -1.5}, "task": task, "split": "validation"}

    async def scenario() -> tuple[Answer, Answer]:
        await follow(explorer, explorer.commit, message({task: -1.5}))
        return await explorer.changed(asked), await explorer.changed(asked | {"start": 8})

    answer, more = run(scenario())
    every = [*answer["examples"], *more["examples"]]
    assert answer["looked"] == 80
    assert 0 < answer["changed"] <= 80
    assert len(answer["examples"]) == min(8, answer["changed"])
    for image in answer["examples"]:
        assert image["before"] != image["after"]
        assert {image["before"], image["after"], image["truth"]} <= set(
            page_suite.task(task).classnames
        )
        assert image["src"].startswith("data:image/png;base64,")
    assert len(every) == min(8 + 64, answer["changed"])
    assert len({image["src"] for image in every}) > len(answer["examples"])
    turned = [
        (image["after"] == image["truth"], image["before"] == image["truth"]) for image in every
    ]
    if len(turned) == answer["changed"]:
        assert answer["gained"] == sum(gained for gained, _ in turned)
        assert answer["lost"] == sum(lost for _, lost in turned)
    assert answer["gained"] + answer["lost"] <= answer["changed"]


def test_the_python_to_take_away_prints_the_same_numbers(
    explorer: Explorer, page_suite: Suite
) -> None:
    async def scenario() -> tuple[Answer, Answer]:
        points = points_of(await follow(explorer, explorer.commit, message({"dice": 0.9})))
        taken = await explorer.take({"coefficients": {"dice": 0.9}, "split": "validation"})
        return taken, points[(("dice", 0.9),)]

    taken, estimates = run(scenario())
    assert Edit.from_json(taken["edit"]) == Edit("tiny", {"dice": 0.9})
    printed = StringIO()
    with redirect_stdout(printed):
        exec(compile(taken["python"], "taken.py", "exec"), {})
    lines = {line.split()[0]: line for line in printed.getvalue().splitlines()}
    assert set(lines) == set(estimates)
    for task, estimate in estimates.items():
        assert f"{estimate['value']:6.1%}" in lines[task]
        assert f"n = {estimate['n']}" in lines[task]


def test_a_preview_comes_while_nothing_else_is_measured(tiny_suite: Suite) -> None:
    asked = threading.Event()

    def make_evaluator() -> Evaluator:
        asked.wait()
        return Evaluator(tiny_suite, device="cpu")

    explorer = Explorer(tiny_suite, make_evaluator=make_evaluator, quiet=0.0)

    async def scenario() -> tuple[Answer, Answer, Answer]:
        assert await explorer.surrogate({}) == {}
        asked.set()
        while not (engine := await explorer.engine({}))["preview"]["ready"]:
            await asyncio.sleep(0.01)
        after = await follow(explorer, explorer.commit, message({"apples": 0.3}))
        return engine, after[-1], await explorer.surrogate({})

    engine, after, payload = run(scenario())
    explorer.close()
    assert engine["preview"] == {"ready": True, "used": True, "says": ""}
    assert after["preview"]["says"].startswith("preview off by ")
    assert tuple(payload["vectors"]) == TARGETS
    expected = fit_surrogate(Evaluator(tiny_suite, device="cpu")).payload()
    assert payload["tasks"] == expected["tasks"]


def test_a_damaged_surrogate_is_a_warning_and_is_fitted_anew(
    page_folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "suite"
    shutil.copytree(page_folder, folder)
    (folder / "surrogate.safetensors").write_text("{", encoding="utf-8")
    suite = load_suite(folder)
    explorer = Explorer(suite, make_evaluator=lambda: Evaluator(suite, device="cpu"), quiet=0.0)

    async def scenario() -> None:
        while not (await explorer.engine({}))["preview"]["ready"]:
            await asyncio.sleep(0.01)

    run(scenario())
    explorer.close()
    assert "a preview is fitted anew" in caplog.text


def test_bad_values_raise_before_anything_is_measured(explorer: Explorer) -> None:
    with pytest.raises(CoefficientError, match="finite number"):
        run(explorer.commit(message({"apples": float("nan")})))
    with pytest.raises(CoefficientError, match="out of range"):
        run(explorer.test(message({"apples": 4.0})))


def test_an_engine_that_cannot_start_says_why_and_the_page_goes_on(page_suite: Suite) -> None:
    def broken() -> Evaluator:
        raise AssetError("vectors/apples.safetensors is damaged; restore it")

    explorer = Explorer(page_suite, make_evaluator=broken, patience=2.0)

    async def scenario() -> None:
        state = await ready(explorer)
        assert state["state"] == "failed"
        assert "apples.safetensors is damaged" in state["message"]
        answer = await explorer.commit(message({"apples": 0.5}))
        assert answer["done"]
        assert "damaged" in answer["error"]

    run(scenario())
    explorer.close()


def test_what_nobody_asks_for_any_more_is_not_measured(page_suite: Suite) -> None:
    explorer = Explorer(
        page_suite, make_evaluator=lambda: Evaluator(page_suite, device="cpu"), patience=0.05
    )

    async def scenario() -> tuple[Answer, Answer]:
        await ready(explorer)
        sent = message({"apples": 0.61, "birds": 0.2})
        first = await explorer.commit(sent)
        await asyncio.sleep(0.5)  # a laptop asleep: far longer than a call may wait
        poll = {"session": SESSIONS[0], "seq": 1, "cursor": len(first["points"])}
        late = await explorer.more(poll)
        answers = await follow(explorer, explorer.commit, sent)  # as the browser does then
        return late, answers[-1]

    late, last = run(scenario())
    explorer.close()
    assert late == {"unknown": True} or late["done"]  # a fast machine had measured it all
    assert last["done"]


def test_damaged_measurements_are_a_warning(
    page_folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "suite"
    shutil.copytree(page_folder, folder)
    (folder / "measurements.json").write_text("{", encoding="utf-8")
    suite = load_suite(folder)
    explorer = Explorer(suite, make_evaluator=lambda: Evaluator(suite, device="cpu"))
    engine = run(ready(explorer))
    explorer.close()
    assert "no shipped measurements" in caplog.text
    assert engine["other_images"] == VISIBLE  # what the first screen showed of them goes


def test_sessions_are_bounded(explorer: Explorer) -> None:
    explorer._sessions.most = 3

    async def scenario() -> list[bool]:
        await ready(explorer)
        names = [f"{index:024x}" for index in range(6)]
        for name in names:
            await explorer.commit(message({"apples": 0.1}, session=name))
        answers = [await explorer.more({"session": name, "seq": 1, "cursor": 0}) for name in names]
        return ["unknown" in answer for answer in answers]

    assert run(scenario()) == [True, True, True, False, False, False]


def test_a_typed_sentence_is_answered_by_both_models(toy_folder: Path) -> None:
    suite = load_suite(toy_folder)
    explorer = Explorer(suite, make_evaluator=lambda: Evaluator(suite, device="cpu"))

    async def scenario() -> Answer:
        await ready(explorer)
        asked = {"task": "fruits", "text": "the lemon of the tower is"}
        return await explorer.ask({**asked, "coefficients": {"fruits": 1.0}})

    try:
        found = run(scenario())
        assert found["edited"]["chances"]["yellow"] > found["pretrained"]["chances"]["yellow"]
        for wrong in ({"task": "notes"}, {"text": 7}, {"text": ""}, {"coefficients": {"x": 1}}):
            message = {"task": "fruits", "text": "the owl", "coefficients": {}} | wrong
            with pytest.raises(TaskArithError):
                run(explorer.ask(message))
    finally:
        explorer.close()
