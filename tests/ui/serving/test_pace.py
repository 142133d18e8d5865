import pytest

from taskarith.ui.serving.pace import BURST, EVERY, LONGEST, REMEMBERED, Pace, Windows


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_page_that_is_measured_for_never_waits() -> None:
    clock = Clock()
    pace = Pace(clock=clock)
    for _ in range(1000):
        clock.now += 0.1
        assert pace.wait("page") == 0


def test_who_calls_all_the_time_gets_no_more_than_its_share() -> None:
    clock = Clock()
    pace = Pace(clock=clock)
    calls = 0
    while clock.now < 110:
        clock.now += pace.wait("eager")  # it waits for its answer, then calls again at once
        calls += 1
    assert calls == pytest.approx(BURST + 10 / EVERY, abs=2)


def test_nobody_waits_for_another() -> None:
    pace = Pace(clock=Clock())
    waits = [pace.wait("eager") for _ in range(1000)]
    assert max(waits) == LONGEST
    assert pace.wait("calm") == 0


def test_after_a_rest_there_is_no_wait() -> None:
    clock = Clock()
    pace = Pace(clock=clock)
    for _ in range(1000):
        pace.wait("eager")
    clock.now += LONGEST + BURST * EVERY
    assert pace.wait("eager") == 0


def test_callers_are_forgotten() -> None:
    pace = Pace(clock=Clock())
    for number in range(3 * REMEMBERED):
        pace.wait(str(number))
    assert len(pace._ahead) == REMEMBERED


def test_a_robot_opens_few_windows_and_another_address_as_many_as_it_likes() -> None:
    clock = Clock()
    windows = Windows(Pace(every=0.5, burst=100, clock=clock))
    refused = sum(windows.refuses(f"made up {n}", address="robot") for n in range(1000))
    assert refused == pytest.approx(900, abs=5)
    assert not windows.refuses("class", address="school")
    assert not windows.refuses("made up 0", address="robot")
    clock.now += 60
    assert not windows.refuses("another", address="robot")


def test_windows_are_forgotten() -> None:
    clock = Clock()
    windows = Windows(Pace(clock=clock))
    for number in range(3 * REMEMBERED):
        clock.now += 1
        windows.refuses(str(number), address="somewhere")
    assert len(windows._known) == REMEMBERED
