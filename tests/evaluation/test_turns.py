from taskarith.evaluation.turns import REMEMBERED, Turns


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def served(turns: Turns, count: int) -> list[str]:
    return [turns.take() for _ in range(count)]


def test_first_steps_go_before_later_ones() -> None:
    turns = Turns()
    turns.add("a")
    assert served(turns, 2) == ["a", "a"]
    turns.add("b")
    turns.add("c")
    assert turns.firsts == 2
    assert served(turns, 5) == ["b", "c", "a", "b", "c"]
    assert turns.firsts == 0


def test_those_who_were_here_before_and_newcomers_take_turns() -> None:
    clock = Clock()
    turns = Turns(clock=clock)
    for name in ("old", "older"):
        turns.add(name)
        turns.take()
        turns.drop(name)
    clock.now += 2
    for number in range(5):
        turns.add(f"new{number}")
    turns.add("old")
    turns.add("older")
    order = served(turns, 7)
    assert [name for name in order if name.startswith("new")] == [f"new{n}" for n in range(5)]
    assert max(order.index("old"), order.index("older")) <= 3


def test_a_flood_of_newcomers_takes_half_of_the_turns() -> None:
    clock = Clock()
    turns = Turns(clock=clock)
    turns.add("visitor")
    turns.take()
    taken, number = 0, 0
    for _ in range(50):
        clock.now += 2
        turns.drop("visitor")
        turns.add("visitor")
        for _ in range(40):
            turns.add(f"made up {number}")
            number += 1
        taken += "visitor" in served(turns, 2)
    assert taken == 50


def test_who_went_first_a_moment_ago_waits_with_the_others() -> None:
    clock = Clock()
    turns = Turns(first_every=1.0, clock=clock)
    for name in ("eager", "calm"):
        turns.add(name)
    assert served(turns, 2) == ["eager", "calm"]
    turns.add("eager")
    turns.drop("eager")
    turns.add("eager")
    assert turns.firsts == 0
    assert served(turns, 2) == ["calm", "eager"]
    clock.now += 1.0
    turns.add("eager")
    assert turns.firsts == 1


def test_dropped_sessions_get_no_turn() -> None:
    turns = Turns()
    for name in ("a", "b"):
        turns.add(name)
    turns.drop("a")
    turns.drop("never there")
    assert turns.take() == "b"
    turns.clear()
    assert not turns


def test_what_is_remembered_is_bounded() -> None:
    turns = Turns()
    for number in range(2 * REMEMBERED):
        turns.add(str(number))
        turns.take()
    assert len(turns._went_first) == REMEMBERED
