from collections import defaultdict
from collections.abc import Iterable

import pytest

from taskarith.core import Edit
from taskarith.evaluation.plan import (
    COARSE_NODES,
    FINE_IMAGES,
    FINE_NODES,
    FIRST_IMAGES,
    MAX_STEP_IMAGES,
    STEP_IMAGES,
    Step,
    commit_steps,
    point_steps,
    slice_nodes,
    visible_tasks,
)
from taskarith.evaluation.shipped import SHIPPED_NODES
from taskarith.suites import Suite

TOTALS = {f"task{i}": 500 for i in range(8)} | {"control": 5040}
EDIT = Edit("mini", {"task0": 0.3, "task1": -0.2})
REFERENCE = Edit("mini")


def commit(edit: Edit = EDIT, focus: str | None = "task0", **totals: int) -> list[Step]:
    totals = totals or TOTALS
    return list(
        commit_steps(
            edit,
            focus=focus,
            tasks=list(totals),
            total=totals.__getitem__,
            references=[REFERENCE],
        )
    )


def images(step: Step) -> int:
    return sum(part.stop - part.start for part in step.parts)


def reached(steps: Iterable[Step]) -> dict[Edit, dict[str, int]]:
    """How far each task got under each edit; checks that no image is left out or taken twice."""
    ends: dict[tuple[str, Edit], dict[str, int]] = defaultdict(dict)
    for step in steps:
        for part in step.parts:
            so_far = ends[step.kind, step.edit]
            assert part.start == so_far.get(part.task, 0)
            assert part.stop > part.start
            so_far[part.task] = part.stop
    together: dict[Edit, dict[str, int]] = defaultdict(dict)
    for (_, edit), stops in ends.items():
        for task, stop in stops.items():
            together[edit][task] = max(stop, together[edit].get(task, 0))
    return together


def test_the_first_step_is_the_point_with_16_images_a_task() -> None:
    first = commit()[0]
    assert (first.kind, first.edit) == ("point", EDIT)
    assert [(p.task, p.start, p.stop) for p in first.parts] == [(t, 0, 16) for t in TOTALS]


def test_the_first_step_has_16_images_a_task_even_with_auxiliaries() -> None:
    totals = {f"task{i}": 500 for i in range(12)}
    assert images(commit(**totals)[0]) == 12 * 16


def test_the_order_of_a_commit() -> None:
    stages = [
        (step.kind, step.edit.coefficients.get("task0", 0.0), max(p.stop for p in step.parts))
        for step in commit()
    ]
    order = list(dict.fromkeys(stage for stage in stages if stage[2] in (16, 32, 128)))
    coarse = [node for kind, node, stop in order if kind == "slice" and stop == 32][:5]
    assert coarse == [0.0, 0.75, -0.75, 1.5, -1.5]
    place = {stage: index for index, stage in reversed(list(enumerate(order)))}
    assert place["point", 0.3, 16] < place["reference", 0.0, 16] < place["slice", 0.0, 32]
    assert place["slice", -1.5, 32] < place["point", 0.3, 128]
    assert place["point", 0.3, 128] < place["slice", 0.25, 32] < place["slice", -1.0, 32]
    assert place["slice", -1.0, 32] < place["slice", 0.25, 128] < place["slice", -1.5, 128]


def test_no_edit_is_ever_seen_with_fewer_images_than_before() -> None:
    for start in (EDIT, Edit("mini", {"task0": 0.5}), Edit("mini", {"task0": 0.75}), REFERENCE):
        seen: dict[tuple[Edit, str], int] = defaultdict(int)
        for step in commit(start):
            for part in step.parts:
                assert part.stop >= seen[step.edit, part.task]
                seen[step.edit, part.task] = part.stop


def test_a_commit_reaches_what_it_should() -> None:
    ends = reached(commit())
    curve = {EDIT.with_coefficient("task0", node) for node in FINE_NODES}
    assert ends.keys() == curve | {EDIT, REFERENCE}
    assert ends[EDIT] == TOTALS
    assert ends[REFERENCE] == TOTALS
    for edit in curve:
        assert ends[edit] == dict.fromkeys(TOTALS, 128)


def test_steps_are_small_enough_to_be_replaced_soon() -> None:
    later = [step for step in commit() if step.parts[0].stop > FIRST_IMAGES]
    assert max(images(step) for step in later) <= STEP_IMAGES
    assert min(images(step) for step in later[:20]) >= STEP_IMAGES / 2  # shared out evenly
    many = {f"task{i}": 300 for i in range(40)}
    assert max(images(step) for step in commit(**many)) <= MAX_STEP_IMAGES


def test_large_steps_for_a_fast_device() -> None:
    steps = list(point_steps(EDIT, tasks=list(TOTALS), total=TOTALS.__getitem__, step_images=4096))
    assert reached(steps)[EDIT] == TOTALS
    assert len(steps) <= 4


def test_the_last_step_of_every_picture_says_so() -> None:
    steps = commit()
    ends = [steps[: index + 1] for index, step in enumerate(steps) if step.ends_stage]
    coarse, point, fine, finer, all_images = map(reached, ends)
    curve = [EDIT.with_coefficient("task0", node) for node in FINE_NODES]
    nodes = [EDIT.with_coefficient("task0", node) for node in COARSE_NODES]
    assert [coarse[edit] for edit in nodes] == [dict.fromkeys(TOTALS, 32)] * 5
    assert point[EDIT] == dict.fromkeys(TOTALS, 128)
    assert [fine[edit] for edit in curve] == [dict.fromkeys(TOTALS, 32)] * 11
    assert [finer[edit] for edit in curve] == [dict.fromkeys(TOTALS, 128)] * 11
    assert all_images[EDIT] == TOTALS


def test_without_a_focus_there_is_no_curve() -> None:
    assert {step.kind for step in commit(focus=None)} == {"point", "reference"}


def test_small_splits_end_early() -> None:
    totals = {"a": 5, "b": 20, "c": 200}
    ends = reached(commit(Edit("mini", {"a": 1.0}), "a", **totals))
    assert ends[Edit("mini", {"a": 1.0})] == totals
    assert ends[Edit("mini", {"a": -1.5})] == {"a": 5, "b": 20, "c": 128}


def test_the_sizes_of_splits_are_asked_only_when_a_step_is_wanted() -> None:
    def total(task: str) -> int:
        raise AssertionError("asked")

    steps = commit_steps(EDIT, focus="task0", tasks=["a"], total=total)
    with pytest.raises(AssertionError, match="asked"):
        next(steps)


def test_moving_the_slider_keeps_the_nodes() -> None:
    def nodes(value: float) -> set[Edit]:
        edit = EDIT.with_coefficient("task0", value)
        return {step.edit for step in commit(edit) if step.kind == "slice"} - {edit}

    assert nodes(0.31) == nodes(-0.77)
    assert nodes(0.5) < nodes(0.31)


def test_the_curves_share_their_nodes() -> None:
    assert set(COARSE_NODES) < set(FINE_NODES) < set(SHIPPED_NODES)
    assert slice_nodes(-3.0) == sorted(FINE_NODES)


def test_an_auxiliary_is_visible_when_it_takes_part(tiny_suite: Suite) -> None:
    targets = ["apples", "birds", "coins", "dice"]
    assert visible_tasks(tiny_suite, Edit("tiny", {"apples": 1})) == [*targets, "gardens"]
    assert visible_tasks(tiny_suite, Edit("tiny", {"flags": 1})) == [*targets, "flags", "gardens"]
    assert visible_tasks(tiny_suite, Edit("tiny", {"jars": 1})) == [*targets, "jars", "gardens"]
    assert visible_tasks(tiny_suite, Edit("tiny", {"joint": 1})) == [*targets, "gardens"]


def test_a_merge_is_measured_point_first_and_each_node_at_once() -> None:
    edit = Edit("mini", {"task0": 0.3, "task1": -0.2}, "ties")
    steps = commit(edit, task0=500, task1=500)
    ends = reached(steps)
    nodes = {edit.with_coefficient("task0", node) for node in FINE_NODES}
    assert all(ends[node] == {"task0": FINE_IMAGES, "task1": FINE_IMAGES} for node in nodes)
    assert ends[edit] == {"task0": 500, "task1": 500}
    order = [step.edit for step in steps]
    changes = [a for a, b in zip(order, [*order[1:], None], strict=True) if a != b]
    assert all(changes.count(node) == 1 for node in nodes)  # each is merged once


def test_nodes_with_more_vectors_than_a_method_takes_are_left_out() -> None:
    edit = Edit("mini", {"task0": 0.3, "task1": -0.2}, "slerp")
    measured = set(reached(commit(edit, focus="task2", task0=500)))
    assert measured == {edit, REFERENCE}
    assert len(set(reached(commit(edit, focus="task0", task0=500)))) == len(FINE_NODES) + 2
