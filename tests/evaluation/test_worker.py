import logging
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from taskarith.core import Edit
from taskarith.errors import TaskArithError, UnknownNameError
from taskarith.evaluation.measure import Piece
from taskarith.evaluation.plan import Part, Step
from taskarith.evaluation.results import ResultCache
from taskarith.evaluation.turns import Turns
from taskarith.evaluation.worker import Failure, Finished, Worker
from tests.evaluation.fakes import PATIENCE, FakePredictor, Gate, Receiver, edit, steps


@pytest.fixture
def predictor() -> FakePredictor:
    return FakePredictor()


@pytest.fixture
def worker(predictor: FakePredictor) -> Iterator[Worker]:
    worker = Worker(predictor)
    yield worker
    worker.close()


def submit(worker: Worker, session: str, *, seq: int = 1, count: int = 3) -> Receiver:
    """Ask for `count` steps under an edit named after the session and number."""
    receiver = Receiver()
    assert worker.submit(session, seq, steps=steps(f"{session}{seq}", count), on_piece=receiver)
    return receiver


def hold(worker: Worker, predictor: FakePredictor) -> tuple[Gate, Receiver]:
    """Keep the worker inside a step of a session of its own until the gate opens."""
    gate = Gate()

    def wait(in_use: Edit) -> None:
        if in_use == edit("held1"):
            gate.wait()

    predictor.on_predict = wait
    receiver = submit(worker, "held", count=1)
    gate.until_reached()
    return gate, receiver


def edits(receiver: Receiver) -> list[str]:
    return [
        next(iter(message.edit.coefficients))
        for message in receiver.messages
        if isinstance(message, Piece)
    ]


def computed(predictor: FakePredictor) -> list[str]:
    return [next(iter(each.coefficients)) for each, _ in predictor.computed]


def test_pieces_come_in_order_and_then_the_end(worker: Worker) -> None:
    receiver = submit(worker, "a", count=3)
    assert receiver.last() == Finished("complete")
    pieces = [message for message in receiver.messages if isinstance(message, Piece)]
    assert [piece.readings["task"].estimate.n for piece in pieces] == [10, 20, 30]
    assert [piece.readings["task"].estimate.value for piece in pieces] == [0.5] * 3
    assert all(piece.readings["task"].estimate.provisional for piece in pieces)


def test_one_thread_computes_everything(worker: Worker, predictor: FakePredictor) -> None:
    for receiver in [submit(worker, f"s{i}-", count=2) for i in range(5)]:
        receiver.last()
    assert len(predictor.threads) == 1
    assert threading.get_ident() not in predictor.threads


def test_sessions_take_turns(worker: Worker, predictor: FakePredictor) -> None:
    gate, _ = hold(worker, predictor)
    receivers = [submit(worker, name, count=n) for name, n in (("a", 4), ("b", 2), ("c", 3))]
    gate.open()
    for receiver in receivers:
        assert receiver.last() == Finished("complete")
    assert computed(predictor)[1:] == ["a1", "b1", "c1", "a1", "b1", "c1", "a1", "c1", "a1"]


def test_asking_again_and_again_gains_no_turns(worker: Worker, predictor: FakePredictor) -> None:
    gate, _ = hold(worker, predictor)
    receivers = [submit(worker, "eager", seq=seq) for seq in range(1, 6)]
    receivers.append(submit(worker, "calm"))
    receivers.append(submit(worker, "eager", seq=6))
    gate.open()
    assert receivers[-1].last() == Finished("complete")
    assert receivers[-2].last() == Finished("complete")
    assert computed(predictor)[1:] == ["eager6", "calm1"] * 3


def test_a_first_step_goes_before_everyones_later_ones(
    worker: Worker, predictor: FakePredictor
) -> None:
    gate = Gate()
    predictor.on_predict = lambda in_use: gate.wait() if len(predictor.computed) == 4 else None
    receivers = [submit(worker, name, count=4) for name in ("a", "b")]
    gate.until_reached()  # both have had their first steps
    receivers += [submit(worker, name, count=2) for name in ("c", "d")]
    gate.open()
    for receiver in receivers:
        assert receiver.last() == Finished("complete")
    assert computed(predictor)[4:6] == ["c1", "d1"]
    assert sorted(computed(predictor)[6:]) == ["a1", "a1", "b1", "b1", "c1", "d1"]


def test_going_first_is_not_for_those_who_ask_all_the_time(predictor: FakePredictor) -> None:
    worker = Worker(predictor, turns=Turns(first_every=600.0))
    gate = Gate()
    predictor.on_predict = lambda in_use: gate.wait() if in_use == edit("eager1") else None
    submit(worker, "eager", seq=1)
    gate.until_reached()  # it has gone first
    calm = submit(worker, "calm", count=3)
    worker.cancel("eager")
    eager = submit(worker, "eager", seq=2, count=3)
    gate.open()
    assert calm.last() == Finished("complete")
    assert eager.last() == Finished("complete")
    assert computed(predictor)[1:] == ["calm1", "eager2"] * 3
    worker.close()


def test_those_who_wait_for_a_first_step_are_counted(
    worker: Worker, predictor: FakePredictor
) -> None:
    gate, _ = hold(worker, predictor)
    receivers = [submit(worker, name) for name in ("a", "b", "c")]
    assert worker.waiting == 3
    gate.open()
    for receiver in receivers:
        receiver.last()
    assert worker.waiting == 0


def test_the_newest_request_replaces_the_older_one(
    worker: Worker, predictor: FakePredictor
) -> None:
    gate = Gate()
    predictor.on_predict = lambda in_use: gate.wait() if in_use == edit("a1") else None
    old = submit(worker, "a", seq=1, count=5)
    gate.until_reached()  # inside the first step of the old request
    new = submit(worker, "a", seq=2, count=2)
    assert old.last() == Finished("superseded")
    gate.open()
    assert new.last() == Finished("complete")
    assert edits(old) == []
    assert edits(new) == ["a2", "a2"]
    assert computed(predictor) == ["a1", "a2", "a2"]


def test_an_overtaken_step_is_not_lost(worker: Worker, predictor: FakePredictor) -> None:
    gate = Gate()
    predictor.on_predict = lambda in_use: gate.wait() if in_use == edit("a1") else None
    submit(worker, "a", seq=1, count=1)
    gate.until_reached()
    new = submit(worker, "a", seq=2, count=1)
    gate.open()
    new.last()
    again = Receiver()
    worker.submit("b", 1, steps=steps("a1", 1), on_piece=again)
    again.last()
    piece = again.messages[0]
    assert isinstance(piece, Piece)
    assert piece.cached
    assert (piece.recompose_seconds, piece.evaluate_seconds) == (0, 0)


def test_an_older_number_is_refused(worker: Worker) -> None:
    submit(worker, "a", seq=5).last()
    for seq in (4, 5):
        assert not worker.submit("a", seq, steps=steps("x", 1), on_piece=Receiver())
    assert submit(worker, "a", seq=6).last() == Finished("complete")


def test_what_is_known_comes_at_once_and_in_the_same_order(
    worker: Worker, predictor: FakePredictor
) -> None:
    first = submit(worker, "a", count=5)
    first.last()
    gate, _ = hold(worker, predictor)
    busy = submit(worker, "busy", count=3)
    again = Receiver()
    worker.submit("b", 1, steps=steps("a1", 5), on_piece=again)
    gate.open()
    assert again.last() == Finished("complete")
    busy.last()
    known = [message for message in again.messages if isinstance(message, Piece)]
    assert all(piece.cached for piece in known)
    before = [message for message in first.messages if isinstance(message, Piece)]
    assert [p.readings["task"].estimate for p in known] == [
        p.readings["task"].estimate for p in before
    ]
    assert computed(predictor) == ["a1"] * 5 + ["held1"] + ["busy1"] * 3


def test_an_error_ends_its_request_and_nothing_else(
    worker: Worker, predictor: FakePredictor, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(in_use: Edit) -> None:
        if in_use == edit("bad1"):
            raise UnknownNameError("there is no such vector; choose another")
        if in_use == edit("worse1"):
            raise RuntimeError("out of memory")

    predictor.on_predict = fail
    with caplog.at_level(logging.CRITICAL):
        receivers = [submit(worker, name) for name in ("bad", "worse", "good")]
        ends = [receiver.last() for receiver in receivers]
    assert ends[0] == Failure("there is no such vector; choose another", expected=True)
    assert isinstance(ends[1], Failure)
    assert "RuntimeError: out of memory" in ends[1].message
    assert not ends[1].expected
    assert ends[2] == Finished("complete")
    assert submit(worker, "bad", seq=2).last() == Finished("complete")


def test_a_plan_that_fails_ends_its_request_only(worker: Worker) -> None:
    def plan() -> Iterator[Step]:
        yield from steps("p", 1)
        raise UnknownNameError("unknown task 'x'")

    receiver = Receiver()
    worker.submit("a", 1, steps=plan(), on_piece=receiver)
    assert receiver.last() == Failure("unknown task 'x'", expected=True)
    assert edits(receiver) == ["p"]
    assert submit(worker, "b").last() == Finished("complete")


def test_a_receiver_that_fails_harms_nobody(
    worker: Worker, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(message: object) -> None:
        raise RuntimeError("the page is gone")

    worker.submit("a", 1, steps=steps("a", 2), on_piece=broken)
    assert submit(worker, "b").last() == Finished("complete")
    assert "a receiver of measurements failed" in caplog.text


def test_requests_wait_for_the_evaluator_to_open() -> None:
    gate = Gate()
    predictor = FakePredictor()

    def opening() -> FakePredictor:
        gate.wait()
        return predictor

    worker = Worker(opening)
    gate.until_reached()
    receiver = submit(worker, "a")
    assert not worker.live
    assert receiver.messages == []
    gate.open()
    assert worker.wait_until_live(PATIENCE)
    assert receiver.last() == Finished("complete")
    worker.close()


def test_an_evaluator_that_cannot_open_is_reported_to_everyone() -> None:
    def opening() -> FakePredictor:
        raise UnknownNameError("unknown device 'abacus'")

    worker = Worker(opening)
    for session in ("a", "b"):
        assert submit(worker, session).last() == Failure("unknown device 'abacus'", expected=True)
    assert not worker.live
    worker.close()


def test_sessions_are_bounded_and_idle_ones_go_first(predictor: FakePredictor) -> None:
    worker = Worker(predictor, max_sessions=3)
    submit(worker, "idle").last()
    gate, held = hold(worker, predictor)
    old = submit(worker, "old")
    newer = submit(worker, "newer")  # the idle one is forgotten
    newest = submit(worker, "newest")  # none is idle: the least recent one goes
    assert held.last() == Finished("evicted")
    gate.open()
    assert old.last() == Finished("complete")
    assert newer.last() == Finished("complete")
    assert newest.last() == Finished("complete")
    assert submit(worker, "idle", seq=1).last() == Finished("complete")
    worker.close()


def test_a_session_can_be_cancelled(worker: Worker, predictor: FakePredictor) -> None:
    gate, _ = hold(worker, predictor)
    gone, stays = submit(worker, "gone"), submit(worker, "stays")
    worker.cancel("gone")
    worker.cancel("never there")
    assert gone.last() == Finished("superseded")
    gate.open()
    assert stays.last() == Finished("complete")
    assert "gone1" not in computed(predictor)


def test_closing_ends_what_waits(predictor: FakePredictor) -> None:
    worker = Worker(predictor)
    gate, held = hold(worker, predictor)
    waiting = submit(worker, "a")
    closing = threading.Thread(target=worker.close)
    closing.start()
    assert waiting.last() == Finished("closed")
    assert held.last() == Finished("closed")
    gate.open()
    closing.join(PATIENCE)
    assert not closing.is_alive()
    assert not worker.submit("b", 1, steps=steps("b", 1), on_piece=Receiver())
    assert computed(predictor) == ["held1"]
    worker.close()  # again does no harm


def test_closing_from_a_receiver_does_not_hang(predictor: FakePredictor) -> None:
    worker = Worker(predictor)
    receiver = Receiver()

    def close(message: object) -> None:
        if isinstance(message, Piece):
            worker.close()
        receiver(message)  # type: ignore[arg-type]

    worker.submit("a", 1, steps=steps("a", 3), on_piece=close)
    receiver.last()
    worker.close()
    assert receiver.messages[0] == Finished("closed")
    assert edits(receiver) == ["a"]


def test_a_program_may_end_without_closing() -> None:
    script = """
import torch
from tests.evaluation.fakes import FakePredictor, Gate, Receiver, steps
from taskarith.evaluation.worker import Worker

computing = Gate()
computing.open()

def compute(edit):
    computing.wait()
    torch.rand(300, 300) @ torch.rand(300, 300)

worker = Worker(FakePredictor(compute))
worker.submit("a", 1, steps=steps("a", 10) * 1000, on_piece=Receiver())
computing.until_reached()
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=Path(__file__).parents[2],
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_looks_at_test_are_counted() -> None:
    cache = ResultCache(on_disk=False)
    worker = Worker(FakePredictor(), cache=cache)
    on_test = [Step(step.edit, step.parts, "test") for step in steps("a", 3)]
    reference = Step(edit("b"), on_test[0].parts, "test", "reference")
    pretrained = Step(Edit("fake"), on_test[0].parts, "test")
    receiver = Receiver()
    worker.submit("a", 1, steps=[*on_test, reference, pretrained], on_piece=receiver)
    receiver.last()
    submit(worker, "b").last()
    assert cache.looks("fake").here == 1
    worker.close()


def test_idle_work_gives_way_to_a_request_after_one_step(predictor: FakePredictor) -> None:
    gate, finished = Gate(), threading.Event()

    def idle(evaluator: FakePredictor) -> Iterator[None]:
        for number in range(3):
            if number == 1:
                gate.wait()
            evaluator.use(edit(f"idle{number}"))
            evaluator.predict_parts([Part("task", 0, 1)], split="validation")
            yield
        finished.set()

    worker = Worker(predictor, idle=idle, quiet=0.0)
    gate.until_reached()  # inside the second step
    receiver = submit(worker, "a", count=2)
    assert worker.busy
    gate.open()
    assert receiver.last() == Finished("complete")
    assert finished.wait(PATIENCE)
    assert computed(predictor) == ["idle0", "idle1", "a1", "a1", "idle2"]
    assert len(predictor.threads) == 1
    assert submit(worker, "a", seq=2).last() == Finished("complete")
    assert not worker.busy
    worker.close()


def test_idle_work_waits_until_it_has_been_quiet(predictor: FakePredictor) -> None:
    begun = threading.Event()

    def idle(evaluator: FakePredictor) -> Iterator[None]:
        begun.set()
        yield

    worker = Worker(predictor, idle=idle, quiet=600.0)
    assert submit(worker, "a").last() == Finished("complete")
    worker.cancel("a")
    assert not begun.wait(0.1)
    worker.close()


def test_idle_work_waits_for_other_workers_too(predictor: FakePredictor) -> None:
    steps_done: list[float] = []

    def idle(evaluator: FakePredictor) -> Iterator[None]:
        while True:
            steps_done.append(time.monotonic())
            yield

    other = Worker(FakePredictor())
    worker = Worker(predictor, idle=idle, quiet=0.8)
    for seq in range(1, 11):
        assert submit(other, "a", seq=seq).last() == Finished("complete")
        busy_until = time.monotonic()
        time.sleep(0.02)
    while not steps_done:
        time.sleep(0.01)
    worker.close()
    other.close()
    assert steps_done[0] - busy_until > 0.7


def test_idle_work_that_fails_is_given_up(
    predictor: FakePredictor, caplog: pytest.LogCaptureFixture
) -> None:
    tried = threading.Event()

    def idle(evaluator: FakePredictor) -> Iterator[None]:
        tried.set()
        raise RuntimeError("out of memory")
        yield

    worker = Worker(predictor, idle=idle, quiet=0.0)
    assert tried.wait(PATIENCE)
    assert submit(worker, "a").last() == Finished("complete")
    worker.close()
    assert caplog.text.count("idle work failed") == 1


def test_closing_ends_idle_work(predictor: FakePredictor) -> None:
    gate = Gate()

    def idle(evaluator: FakePredictor) -> Iterator[None]:
        gate.wait()
        while True:
            yield

    worker = Worker(predictor, idle=idle, quiet=0.0)
    gate.until_reached()
    gate.open()
    worker.close()  # comes back


def test_many_threads_at_once(worker: Worker) -> None:
    """Whatever the interleaving, the last request of every session is completed in full."""
    final: dict[str, Receiver] = {}

    def visitor(session: str) -> None:
        for seq in range(1, 21):
            final[session] = submit(worker, session, seq=seq)

    threads = [threading.Thread(target=visitor, args=(f"s{i}-",)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert len(final) == 8
    for session, receiver in final.items():
        assert receiver.last() == Finished("complete")
        assert edits(receiver) == [f"{session}20"] * 3


def test_errands_are_done_on_the_workers_thread_between_two_steps(
    worker: Worker, predictor: FakePredictor
) -> None:
    gate, receiver = hold(worker, predictor)
    found = worker.ask(lambda engine: (engine, threading.current_thread().name))
    failing = worker.ask(lambda engine: 1 / 0)
    gone = worker.ask(lambda engine: "never")
    assert gone.cancel()
    assert not found.done()  # the step goes on
    gate.open()
    assert found.result(PATIENCE) == (predictor, "taskarith-worker")
    with pytest.raises(ZeroDivisionError):
        failing.result(PATIENCE)
    assert receiver.last() == Finished("complete")
    after = submit(worker, "a", count=1)  # which does not mind any of that
    assert after.last() == Finished("complete")
    worker.close()
    with pytest.raises(TaskArithError, match="closing"):
        worker.ask(lambda engine: engine).result(PATIENCE)


def test_errands_and_steps_take_turns_and_errands_are_bounded(
    worker: Worker, predictor: FakePredictor
) -> None:
    gate, _ = hold(worker, predictor)
    order: list[str] = []
    waited = predictor.on_predict

    def noted(in_use: Edit) -> None:
        order.append("step")
        waited(in_use)

    predictor.on_predict = noted
    asked = [worker.ask(lambda engine: order.append("errand")) for _ in range(80)]
    receiver = submit(worker, "a", count=3)
    gate.open()
    assert receiver.last() == Finished("complete")
    asked[63].result(PATIENCE)
    assert order[:12].count("step") == 3  # of 67
    with pytest.raises(TaskArithError, match="too many ask"):
        asked[64].result(PATIENCE)


def test_an_engine_that_could_not_start_answers_no_errands() -> None:
    def fails() -> FakePredictor:
        raise UnknownNameError("no such device")

    worker: Worker[FakePredictor] = Worker(fails)
    with pytest.raises(TaskArithError, match="could not start"):
        worker.ask(lambda engine: engine).result(PATIENCE)
    worker.close()
