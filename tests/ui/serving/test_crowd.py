"""Many at once: first points stay cheap, and made-up windows do not push real ones out."""

import pytest

from taskarith.core import Edit
from taskarith.evaluation import Evaluator, Step
from taskarith.suites import Suite
from taskarith.ui.incoming import read_commit
from taskarith.ui.serving.explorer import Explorer
from taskarith.ui.serving.steps import CROWD, page_steps
from tests.ui.serving.test_explorer import SESSIONS, message, ready, run


def steps(suite: Suite, *, waiting: int) -> list[Step]:
    commit = read_commit(message({"apples": -0.5}), suite)
    evaluator = Evaluator(suite, device="cpu")
    compared = [Edit(suite.name)]
    return list(
        page_steps(commit, evaluator=evaluator, compared=compared, shipped=None, waiting=waiting)
    )


def test_in_a_crowd_a_first_point_takes_half_and_the_rest_follows(page_suite: Suite) -> None:
    alone, crowded = (steps(page_suite, waiting=n) for n in (CROWD - 1, CROWD))
    assert {part.stop for part in alone[0].parts} == {16}
    assert {part.stop for part in crowded[0].parts} == {8}
    assert crowded[0].edit == alone[0].edit
    assert crowded[1:] == alone


def test_made_up_windows_do_not_push_real_ones_out(
    page_suite: Suite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("taskarith.ui.serving.explorer.MAX_SESSIONS", 4)
    explorer = Explorer(
        page_suite, make_evaluator=lambda: Evaluator(page_suite, device="cpu"), patience=5.0
    )
    real, second = SESSIONS[0], {"session": SESSIONS[0], "seq": 3}

    async def scenario() -> tuple[list[bool], bool]:
        await ready(explorer)
        first = await explorer.commit(message({"apples": 0.3}))
        await explorer.more({"session": real, "seq": 1, "cursor": first["cursor"]})
        await explorer.rest({"session": real, "seq": 2})  # its slider moves again
        answer = await explorer.commit(message({"apples": 0.4}, seq=3))
        made_up = [f"{number:024x}" for number in range(12)]
        for name in made_up:
            await explorer.commit(message({"apples": 0.1}, session=name))
        answers = [await explorer.more({"session": n, "seq": 1, "cursor": 1}) for n in made_up]
        kept = await explorer.more(second | {"cursor": answer["cursor"]})
        return ["unknown" in each for each in answers], "unknown" in kept

    gone, real_gone = run(scenario())
    explorer.close()
    assert gone == [True] * 9 + [False] * 3
    assert not real_gone
