"""Jobs: one at a time, in turn, behind Explore; each can be watched and stopped."""

import gc
import logging
import threading
import time
import weakref
from collections.abc import Callable, Iterator

import pytest

from taskarith.errors import RecipeCancelled, RecipeError, TaskArithError
from taskarith.ui.serving.jobs import Desk, Jobs, JobStatus, Work

PATIENCE = 20.0


class FakePlace:
    """Makes evaluators that are only counted; busy as it is told."""

    def __init__(self) -> None:
        self.busy = False
        self.made: list[str] = []

    def make_evaluator(self) -> object:
        self.made.append(threading.current_thread().name)
        return f"evaluator {len(self.made)}"


class Slow:
    """Work that goes on until it is told to end, checking as recipes do."""

    def __init__(self) -> None:
        self.started, self.end = threading.Event(), threading.Event()
        self.checks = 0

    def __call__(self, desk: Desk) -> object:
        self.started.set()
        while not self.end.is_set():
            if desk.stopped():
                raise RecipeCancelled("it was stopped")
            self.checks += 1
            time.sleep(0.002)
        return "slow result"


def until(condition: Callable[[], bool]) -> None:
    ends = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.005)


def finished(jobs: Jobs, session: str) -> JobStatus:
    def over() -> bool:
        look = jobs.status(session)
        return look is not None and look.over

    until(over)
    look = jobs.status(session)
    assert look is not None
    return look


@pytest.fixture
def place() -> FakePlace:
    return FakePlace()


@pytest.fixture
def jobs() -> Iterator[Jobs]:
    jobs = Jobs(max_waiting=2)
    yield jobs
    jobs.close()


def test_a_job_gives_its_result_and_one_evaluator_serves_all(jobs: Jobs, place: FakePlace) -> None:
    jobs.submit("a", lambda desk: (desk.evaluator, "first"), place=place)
    assert finished(jobs, "a").result == ("evaluator 1", "first")
    jobs.submit("a", lambda desk: (desk.evaluator, "second"), place=place)
    assert finished(jobs, "a").result == ("evaluator 1", "second")
    assert place.made == ["taskarith-jobs"]
    assert jobs.status("nobody") is None


def test_another_place_gets_another_evaluator(jobs: Jobs, place: FakePlace) -> None:
    other = FakePlace()
    for session, where in (("a", place), ("b", other), ("c", place)):
        jobs.submit(session, lambda desk: desk.evaluator, place=where)
        finished(jobs, session)
    assert (len(place.made), len(other.made)) == (2, 1)


def test_an_idle_evaluator_gives_its_memory_back(place: FakePlace) -> None:
    jobs = Jobs(idle=0.01)
    jobs.submit("a", lambda desk: desk.evaluator, place=place)
    finished(jobs, "a")
    until(lambda: not jobs._lease.held)
    jobs.submit("a", lambda desk: desk.evaluator, place=place)
    assert finished(jobs, "a").result == "evaluator 2"
    jobs.close()


def test_progress_and_what_was_found_so_far_can_be_seen(jobs: Jobs, place: FakePlace) -> None:
    slow = Slow()

    def work(desk: Desk) -> object:
        desk.progress(3, 9, "digits at λ = 1")
        desk.show(["a point"])
        return slow(desk)

    jobs.submit("a", work, place=place)
    slow.started.wait(PATIENCE)
    assert jobs.status("a") == JobStatus("running", 0, 3, 9, "digits at λ = 1", ["a point"])
    slow.end.set()
    look = finished(jobs, "a")
    assert (look.state, look.result, look.partial) == ("done", "slow result", None)


def test_one_at_a_time_and_each_knows_how_many_are_ahead(jobs: Jobs, place: FakePlace) -> None:
    slow = Slow()
    jobs.submit("a", slow, place=place)
    slow.started.wait(PATIENCE)
    jobs.submit("b", lambda desk: "b", place=place)
    jobs.submit("c", lambda desk: "c", place=place)
    assert [jobs.status(name) for name in "bc"] == [
        JobStatus("waiting", 1),
        JobStatus("waiting", 2),
    ]
    with pytest.raises(TaskArithError, match="2 jobs wait on this machine already"):
        jobs.submit("d", lambda desk: "d", place=place)
    jobs.cancel("b")
    assert jobs.status("c") == JobStatus("waiting", 1)
    slow.end.set()
    assert finished(jobs, "c").result == "c"
    assert finished(jobs, "b").state == "cancelled"


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Says where the next calls come from."""

    def come_from(address: str) -> None:
        monkeypatch.setattr("taskarith.ui.serving.jobs.address", lambda: address)

    return come_from


def test_made_up_visitors_leave_places_to_others(
    place: FakePlace, at: Callable[[str], None]
) -> None:
    jobs = Jobs(max_waiting=8, shared=True)
    slow = Slow()
    at("robot")
    jobs.submit("first", slow, place=place)
    slow.started.wait(PATIENCE)
    for number in range(4):
        jobs.submit(f"made up {number}", lambda desk: None, place=place)
    with pytest.raises(TaskArithError, match=r"4 jobs of your network wait .* are for others"):
        jobs.submit("made up 4", lambda desk: None, place=place)
    at("school")
    jobs.submit("real", lambda desk: "real", place=place)
    assert jobs.status("real") == JobStatus("waiting", 5)
    slow.end.set()
    assert finished(jobs, "real").result == "real"
    jobs.close()


def test_nor_do_they_push_out_what_others_found(
    jobs: Jobs, at: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs._line._jobs, "most", 3)
    at("school")
    jobs.submit("real", lambda desk: "real")
    finished(jobs, "real")
    at("robot")
    for number in range(6):
        jobs.submit(f"made up {number}", lambda desk: None)
        finished(jobs, f"made up {number}")
    assert finished(jobs, "real").result == "real"
    assert jobs.status("made up 0") is None


def test_work_without_a_place_gets_no_engine_and_takes_none_away(
    jobs: Jobs, place: FakePlace
) -> None:
    jobs.submit("a", lambda desk: desk.evaluator, place=place)
    assert finished(jobs, "a").result == "evaluator 1"
    place.busy = True  # which does not concern it
    jobs.submit("b", lambda desk: (desk.evaluator, desk.stopped()))
    assert finished(jobs, "b").result == (None, False)
    place.busy = False
    jobs.submit("c", lambda desk: desk.evaluator, place=place)
    assert finished(jobs, "c").result == "evaluator 1"


def test_a_session_has_one_job(jobs: Jobs, place: FakePlace) -> None:
    slow = Slow()
    jobs.submit("a", slow, place=place)
    with pytest.raises(TaskArithError, match="still running"):
        jobs.submit("a", lambda desk: None, place=place)
    slow.end.set()
    finished(jobs, "a")


def test_a_running_job_can_be_cancelled_and_has_no_result(jobs: Jobs, place: FakePlace) -> None:
    slow = Slow()
    jobs.submit("a", slow, place=place)
    slow.started.wait(PATIENCE)
    jobs.cancel("a")
    look = finished(jobs, "a")
    assert (look.state, look.message, look.result) == ("cancelled", "it was stopped", None)
    jobs.cancel("a")
    jobs.cancel("nobody")
    assert jobs.status("a") == look


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (RecipeError("a soup needs 2 ingredients"), "a soup needs 2 ingredients"),
        (ZeroDivisionError("boom"), "Something went wrong on the server (ZeroDivisionError)"),
    ],
)
def test_errors_are_words_and_the_next_job_runs(
    error: Exception, says: str, jobs: Jobs, place: FakePlace
) -> None:
    def fails(desk: Desk) -> object:
        raise error

    jobs.submit("a", fails, place=place)
    look = finished(jobs, "a")
    assert look.state == "failed"
    assert look.message.startswith(says)
    jobs.submit("b", lambda desk: "fine", place=place)
    assert finished(jobs, "b").result == "fine"


class Login:
    """What a job may hold and nobody may find afterwards."""


@pytest.mark.parametrize("error", [None, RecipeError("no"), ZeroDivisionError("boom")])
def test_what_a_job_held_is_gone_when_it_is_over(
    error: Exception | None, jobs: Jobs, place: FakePlace, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)  # pytest keeps what is logged, with its traceback
    login = Login()
    held = weakref.ref(login)

    def work(desk: Desk, login: Login = login) -> object:
        if error is not None:
            raise error
        return "fine"

    jobs.submit("a", work, place=place)
    del login, work
    assert finished(jobs, "a").over
    if error is not None:
        error.__traceback__ = None  # the test holds the error itself
    gc.collect()
    assert held() is None


def test_what_a_job_held_is_gone_when_it_never_began(jobs: Jobs, place: FakePlace) -> None:
    def holding() -> tuple[Work, weakref.ref[Login]]:
        login = Login()
        return lambda desk: login, weakref.ref(login)

    slow, held = Slow(), []
    jobs.submit("a", slow, place=place)
    slow.started.wait(PATIENCE)
    for name in "bc":
        work, login = holding()
        jobs.submit(name, work, place=place)
        held.append(login)
        del work
    jobs.cancel("b")
    gc.collect()
    assert [login() is None for login in held] == [True, False]
    jobs.close()
    gc.collect()
    assert [login() is None for login in held] == [True, True]


def test_explore_goes_first(jobs: Jobs, place: FakePlace) -> None:
    slow = Slow()
    jobs.submit("a", slow, place=place)
    until(lambda: slow.checks > 0)
    place.busy = True
    time.sleep(0.1)  # it may be past a check; the next one waits
    waited_at = slow.checks
    time.sleep(0.3)
    assert slow.checks <= waited_at + 1
    place.busy = False
    until(lambda: slow.checks > waited_at + 5)
    slow.end.set()
    finished(jobs, "a")


def test_where_explore_is_never_idle_a_job_still_gets_on(place: FakePlace) -> None:
    jobs = Jobs(give_way=0.01)
    slow = Slow()
    place.busy = True
    jobs.submit("a", slow, place=place)
    until(lambda: slow.checks > 5)
    slow.end.set()
    assert finished(jobs, "a").state == "done"
    jobs.close()


def test_cancel_does_not_wait_for_explore(jobs: Jobs, place: FakePlace) -> None:
    slow = Slow()
    place.busy = True
    jobs.submit("a", slow, place=place)
    slow.started.wait(PATIENCE)
    jobs.cancel("a")
    assert finished(jobs, "a").state == "cancelled"


def test_a_job_that_nobody_watches_gives_its_place_to_one_that_waits(place: FakePlace) -> None:
    jobs = Jobs(unwatched=0.05)
    left = Slow()
    jobs.submit("left", left, place=place)
    left.started.wait(PATIENCE)
    time.sleep(0.2)
    checks = left.checks
    until(lambda: left.checks > checks)  # nobody waits: it goes on
    jobs.submit("next", lambda desk: "its turn", place=place)
    assert finished(jobs, "next").result == "its turn"
    assert finished(jobs, "left").state == "cancelled"
    jobs.close()


def test_closing_stops_what_runs(place: FakePlace) -> None:
    jobs = Jobs()
    slow = Slow()
    jobs.submit("a", slow, place=place)
    slow.started.wait(PATIENCE)
    jobs.close()
    assert finished(jobs, "a").state == "cancelled"
    with pytest.raises(TaskArithError):
        jobs.submit("b", lambda desk: None, place=place)
