from collections.abc import Mapping
from itertools import product

import pytest

from taskarith.recipes.analogy.protocol import (
    ANALOGY,
    MISMATCHED,
    PAIR_GRID,
    RIVALS,
    SINGLE_GRID,
    choose_without,
    mismatched,
    others,
)
from taskarith.recipes.analogy.recipe import AnalogyRecipe
from taskarith.recipes.interval import mean_interval
from taskarith.suites import Quadruple, load_suite
from tests.recipes.fakes import FakeLab, looked_at_test_last

KIND = "domain × task"
DOMAINS = ("chalk", "neon", "mosaic")
QUADRUPLES = tuple(
    Quadruple(KIND, domain, "digits", f"{domain}-digits", "letters", f"{domain}-letters")
    for domain in DOMAINS
)


def accuracy(coefficients: Mapping[str, float], task: str) -> float:
    """Weights are sums of what they are about, so an analogy is right up to its coefficients."""
    has = {"digits": 0.0, "letters": 0.0, **dict.fromkeys(DOMAINS, 0.0)}
    for name, value in coefficients.items():
        if name.startswith("tuned"):
            has["letters"] += 0.1
            continue
        for part in name.split("-"):
            has[part] += value
    *domain, kind = task.split("-")
    miss = (1 - has[kind]) ** 2 + sum((1 - has[one]) ** 2 for one in domain)
    clutter = sum(value**2 for one, value in has.items() if one not in (kind, *domain))
    return max(0.05, 0.95 - 0.2 * miss - 0.2 * clutter)


@pytest.fixture
def fake() -> FakeLab:
    return FakeLab(accuracy)


def test_no_coefficient_of_a_quadruple_is_chosen_on_its_fourth_task(fake: FakeLab) -> None:
    """Asked for one quadruple's choice alone, validation images of its D are never looked at."""
    for quadruple in QUADRUPLES:
        seen = []

        def quality(
            other: Quadruple, setting: tuple[float, ...], seen: list[Quadruple] = seen
        ) -> float:
            seen.append(other)
            return -sum(setting)

        choose_without(quality, basis=others(quadruple, QUADRUPLES), settings=PAIR_GRID)
        assert len(set(seen)) == 2
        assert all(quadruple.d not in other.tasks for other in seen)


def test_a_fourth_task_that_helps_elsewhere_is_left_out_there_too() -> None:
    back = Quadruple(KIND, "chalk", "letters", "chalk-letters", "digits", "chalk-digits")
    every = (*QUADRUPLES, back)
    assert others(QUADRUPLES[0], every) == list(QUADRUPLES[1:])
    assert others(back, every) == list(QUADRUPLES[1:])


def test_sub_populations_share_their_pictures_and_so_their_labels() -> None:
    halves = Quadruple(
        "sub-population",
        "chalk",
        "low-digits",
        "chalk-low-digits",
        "high-digits",
        "chalk-high-digits",
    )
    pictures = dict.fromkeys(("chalk-low-digits", "chalk-high-digits"), "chalk-digits")
    every = (*QUADRUPLES, halves)
    assert others(halves, every) == list(QUADRUPLES)
    assert others(halves, every, pictures=pictures) == list(QUADRUPLES[1:])
    null = mismatched(halves, every, pictures=pictures)
    assert "chalk-digits" not in (null.a, null.b)


@pytest.mark.parametrize("rival", list(RIVALS))
def test_the_choice_is_that_of_brute_force_over_the_others(rival: str, fake: FakeLab) -> None:
    result = AnalogyRecipe(QUADRUPLES, examples=()).run(fake.lab)
    edit, settings = RIVALS[rival]
    if rival == MISMATCHED:
        matched, edit = edit, lambda q, setting: matched(mismatched(q, QUADRUPLES), setting)
    for one in result.analogies:

        def mean(setting: tuple[float, ...], left_out: Quadruple = one.quadruple) -> float:
            return sum(
                round(1000 * accuracy(edit(other, setting), other.d))
                for other in QUADRUPLES
                if other is not left_out
            )

        best = max(mean(setting) for setting in settings)
        assert mean(one.settings[rival]) == best
        assert one.chosen_on == 2


def test_an_analogy_that_holds_beats_every_rival(fake: FakeLab) -> None:
    result = AnalogyRecipe(QUADRUPLES, examples=()).run(fake.lab)
    assert looked_at_test_last(fake)
    for rival in RIVALS:
        gain = result.gain_over(rival)
        assert gain.over == "3 sets of four tasks"
        assert gain.low > 0 if rival != ANALOGY else gain.value == 0
    # The matched relation is exact here, so its coefficients are 1.
    assert all(one.settings[ANALOGY] == (1.0, 1.0) for one in result.analogies)


def test_quadruples_of_the_same_four_tasks_are_one_unit(fake: FakeLab) -> None:
    mirrored = tuple(
        Quadruple(KIND, one.relation, one.c, one.d, one.a, one.b) for one in QUADRUPLES
    )
    result = AnalogyRecipe((*QUADRUPLES, *mirrored), examples=()).run(fake.lab)
    gain = result.gain_over("pretrained")
    assert gain.over == "3 sets of four tasks"
    gains = [one.on_d[ANALOGY].value - one.on_d["pretrained"].value for one in result.analogies]
    assert gain.value == pytest.approx(sum(gains) / 6)
    halves = [(one + other) / 2 for one, other in zip(gains[:3], gains[3:], strict=True)]
    assert (gain.low, gain.high) == pytest.approx(
        ((one := mean_interval(halves, units="")).low, one.high)
    )


def test_rivals_have_about_as_many_settings() -> None:
    assert len(SINGLE_GRID) == 21
    assert sorted(PAIR_GRID) == sorted(product((0.0, 0.25, 0.5, 0.75, 1.0), repeat=2))
    assert all(settings in (SINGLE_GRID, PAIR_GRID) for _, settings in RIVALS.values())


def test_the_null_takes_another_relation_and_never_the_fourth_task() -> None:
    for quadruple in QUADRUPLES:
        # One of the same relation between other tasks points the same way: no null.
        same = Quadruple(
            KIND, quadruple.relation, "numbers", f"{quadruple.relation}-numbers", "x", "y"
        )
        null = mismatched(quadruple, (*QUADRUPLES, same))
        assert (null.c, null.d) == (quadruple.c, quadruple.d)
        assert null.b not in (quadruple.b, same.b)
        assert quadruple.d not in (null.a, null.b)
    alone = mismatched(QUADRUPLES[0], QUADRUPLES[:1])
    assert (alone.a, alone.b) == (QUADRUPLES[0].b, QUADRUPLES[0].a)
    assert MISMATCHED in RIVALS


def test_no_null_of_the_shipped_suite_leads_where_its_quadruple_leads() -> None:
    book = load_suite("mini").recipes
    assert len(book.analogies) == 22
    for quadruple in book.analogies:
        null = mismatched(quadruple, book.analogies)
        assert quadruple.relation in quadruple.b
        assert quadruple.relation not in null.b


def test_a_quadruple_alone_is_chosen_by_nobody(fake: FakeLab) -> None:
    (one,) = AnalogyRecipe(QUADRUPLES[:1], examples=()).run(fake.lab).analogies
    assert one.chosen_on == 0
    assert one.settings[ANALOGY] == (1.0, 1.0)
    assert "validation" not in fake.splits()


def test_few_shot_fine_tuning_starts_from_each_edit_on_validation_images(fake: FakeLab) -> None:
    result = AnalogyRecipe(QUADRUPLES[:2], examples=(8, 64)).run(fake.lab)
    assert len(fake.tuned) == 2 * 4 * 2
    assert {(tasks, split, n) for _, tasks, split, n in fake.tuned} == {
        ((one.d,), "validation", n) for one in QUADRUPLES[:2] for n in (8, 64)
    }
    for one in result.analogies:
        assert [set(by) for by in one.tuned.values()] == [{8, 64}] * 4
    assert [row["start"] for row in result.tables()[2].rows] == [
        "pretrained",
        "τ_C",
        "τ_B + τ_C",
        ANALOGY,
    ]


def test_it_never_takes_more_evaluations_than_it_says(fake: FakeLab) -> None:
    recipe = AnalogyRecipe(QUADRUPLES)
    recipe.run(fake.lab)
    taken = len({str(question) for question in fake.asked}) + len(fake.tuned)
    assert taken <= recipe.evaluations()
