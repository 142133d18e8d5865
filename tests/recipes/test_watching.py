from taskarith.recipes.watching import Seen, watched
from tests.recipes.fakes import FakeLab


def test_every_accuracy_is_told_and_none_is_changed() -> None:
    lab = FakeLab(lambda edit, task: 0.5 + sum(edit.values()) / 10).lab
    told: list[Seen] = []
    watching = watched(lab, told.append)
    scores = watching.score({"apples": 1.0}, ["apples", "birds"], split="validation")
    answers = watching.answer({}, "coins", split="test")
    assert scores == lab.score({"apples": 1.0}, ["apples", "birds"], split="validation")
    assert told == [
        Seen({"apples": 1.0}, "apples", scores["apples"]),
        Seen({"apples": 1.0}, "birds", scores["birds"]),
        Seen({}, "coins", answers.estimate),
    ]
