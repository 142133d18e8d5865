import numpy as np

from taskarith.evaluation import PairedDifference
from taskarith.recipes.class_changes import changed_classes, new_confusions
from taskarith.recipes.lab import Answers

NAMES = ["cat", "dog", "fox", "owl"]


def told(predicted: np.ndarray, labels: np.ndarray) -> Answers:
    return Answers(predicted, labels, total=len(labels), split="validation")


def made_up() -> tuple[Answers, Answers]:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 200)  # no owl is shown
    before, after = (rng.integers(0, 4, 200) for _ in range(2))
    return told(before, labels), told(after, labels)


def test_classes_are_counted_image_by_image() -> None:
    before, after = made_up()
    changes = changed_classes(before, after, NAMES)
    assert [one.name for one in changes] == ["cat", "dog", "fox"]
    for index, change in enumerate(changes):
        gained = lost = n = was = now = 0
        for label, first, second in zip(after.labels, before.rows, after.rows, strict=True):
            if label == index:
                n += 1
                was += first == label
                now += second == label
                gained += first != label and second == label
                lost += first == label and second != label
        assert (change.before, change.after) == (was, now)
        assert change.difference == PairedDifference.counted(
            gained=int(gained), lost=int(lost), n=n
        )


def test_new_confusions_are_those_that_grew_most_first() -> None:
    before, after = made_up()
    found = new_confusions(before, after, NAMES, most=100)
    matrices = [np.array(one.confusion(4)) for one in (before, after)]
    expected = {}
    for i, truth in enumerate(NAMES):
        for j, answer in enumerate(NAMES):
            if i != j and matrices[1][i, j] > matrices[0][i, j]:
                expected[truth, answer] = (matrices[0][i, j], matrices[1][i, j])
    assert {(one.truth, one.answer): (one.before, one.after) for one in found} == expected
    grown = [one.gained for one in found]
    assert grown == sorted(grown, reverse=True)
    assert new_confusions(before, after, NAMES, most=2) == found[:2]


def test_nothing_changed() -> None:
    before, _ = made_up()
    assert new_confusions(before, before, NAMES) == []
    assert all(one.difference.difference == 0 for one in changed_classes(before, before, NAMES))


def test_only_images_that_both_answered_count() -> None:
    before, after = made_up()
    fewer = told(before.rows[:50], before.labels[:50])
    assert sum(one.difference.n for one in changed_classes(fewer, after, NAMES)) == 50
    assert new_confusions(fewer, after, NAMES) == new_confusions(
        fewer, told(after.rows[:50], after.labels[:50]), NAMES
    )
