import weakref
from pathlib import Path

import pytest
import torch

from taskarith.core import Edit, Recomposer, TaskVector
from taskarith.errors import MemoryBudgetError
from taskarith.evaluation import Evaluator, memory
from taskarith.evaluation.memory import memory_budget, recomposer_of
from taskarith.suites import Suite

CPU = torch.device("cpu")
MIXED = Edit("tiny", {"apples": -0.5, "birds": 0.75})


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with what Linux says about its memory: 1,000 kB free, in no container."""
    monkeypatch.setattr(memory, "MEMINFO", tmp_path / "meminfo")
    monkeypatch.setattr(memory, "CGROUP", tmp_path)
    (tmp_path / "meminfo").write_text("MemTotal:  9000 kB\nMemAvailable:  1000 kB\n")
    return tmp_path


def test_the_budget_is_a_share_of_what_is_free(machine: Path) -> None:
    assert memory_budget(CPU) == int(0.8 * 1_024_000)


def test_a_container_may_use_what_its_limit_leaves(machine: Path) -> None:
    (machine / "memory.max").write_text("900000\n")
    (machine / "memory.current").write_text("400000\n")
    assert memory_budget(CPU) == 400_000
    (machine / "memory.max").write_text("max\n")
    assert memory_budget(CPU) == int(0.8 * 1_024_000)


def test_a_system_that_does_not_tell_sets_no_budget(machine: Path) -> None:
    (machine / "meminfo").unlink()
    assert memory_budget(CPU) is None
    assert memory_budget(torch.device("mps")) is None


def test_vectors_that_do_not_fit_go_to_files(tiny_suite: Suite) -> None:
    usual = recomposer_of(tiny_suite, device=CPU, budget=10**9)
    small = recomposer_of(tiny_suite, device=CPU, budget=3 * 4 * usual.layout.size)
    assert len(usual.memory.vectors) == len(tiny_suite.vectors)
    assert len(small.memory.vectors) == 0
    for engine in (usual, small):
        engine.recompose(MIXED.coefficients)
    assert all(torch.equal(usual.state()[n], small.state()[n]) for n in usual.layout.names)


def test_buffers_that_do_not_fit_are_refused(tiny_suite: Suite) -> None:
    with pytest.raises(MemoryBudgetError, match="3 buffers of"):
        recomposer_of(tiny_suite, device=CPU, budget=1000)


def test_an_accelerator_has_no_files(tiny_suite: Suite) -> None:
    with pytest.raises(MemoryBudgetError, match=f"{len(tiny_suite.vectors)} vectors"):
        recomposer_of(tiny_suite, device=torch.device("cuda"), budget=1000)


def test_an_evaluator_with_vectors_in_files_answers_alike(tiny_suite: Suite, machine: Path) -> None:
    (machine / "meminfo").write_text("MemAvailable:  400 kB\n")  # enough for three buffers
    small = Evaluator(tiny_suite, device="cpu")
    (machine / "meminfo").unlink()
    usual = Evaluator(tiny_suite, device="cpu")
    for evaluator in (small, usual):
        evaluator.use(MIXED)
    one, other = (e.predict("apples", "validation", start=0, stop=40) for e in (small, usual))
    assert (one == other).all()
    in_memory = [len(e._recomposer.memory.vectors) for e in (small, usual)]
    assert in_memory == [0, len(tiny_suite.vectors)]


class _Watched(Suite):
    """A suite that counts its vectors: how often each was read, how many were held at once."""

    def vector(self, name: str, *, seed: int = 0) -> TaskVector:
        vector = super().vector(name, seed=seed)
        self.read = [*getattr(self, "read", []), name]
        self.alive = [ref for ref in getattr(self, "alive", []) if ref() is not None]
        self.alive.append(weakref.ref(vector))
        self.most = max(getattr(self, "most", 0), len(self.alive))
        return vector


@pytest.mark.parametrize("budget", [10**9, None])
def test_each_vector_is_read_once_and_let_go(tiny_suite: Suite, budget: int | None) -> None:
    suite = _Watched(tiny_suite.folder, tiny_suite.manifest)
    recomposer_of(suite, device=CPU, budget=budget)
    assert suite.read == list(suite.vectors)
    assert suite.most == 1


def test_only_the_first_vector_is_read_to_learn_that_all_do_not_fit(tiny_suite: Suite) -> None:
    suite = _Watched(tiny_suite.folder, tiny_suite.manifest)
    recomposer_of(suite, device=CPU, budget=400_000)
    assert suite.read == [suite.vectors[0], *suite.vectors]
    assert suite.most == 1


def test_half_precision_stays_half_and_changes_no_bit(tiny_suite: Suite) -> None:
    base = tiny_suite.base_state()
    vectors = {name: tiny_suite.vector(name) for name in tiny_suite.vectors}
    ours = recomposer_of(tiny_suite, device=CPU)
    wide = Recomposer(base, vectors, storage=torch.float32)
    assert set(ours.memory.vectors) == {torch.float16}  # as in the files
    assert 2 * ours.memory.vector_bytes == wide.memory.vector_bytes
    for coefficients in (MIXED.coefficients, dict.fromkeys(vectors, 1 / 3), {"apples": 1.0}):
        ours.recompose(coefficients)
        wide.recompose(coefficients)
        assert all(torch.equal(wide.state()[name], t) for name, t in ours.state().items())


def test_what_is_added_later_is_not_rounded(tiny_suite: Suite) -> None:
    evaluator = Evaluator(tiny_suite, device="cpu")
    evaluator.use(Edit("tiny", {"apples": 0.5, "random:birds": 0.5, "coins": -0.3}))
    drawn = tiny_suite.vector("random:birds")
    stored = evaluator._recomposer.vector("random:birds")
    assert all(torch.equal(stored[name], drawn[name]) for name in drawn)
    assert evaluator.vector("apples")[next(iter(drawn))].dtype == torch.float32
