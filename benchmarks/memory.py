"""What edits hold in memory with 8, 20 and 100 vectors, beside the formula: K of them, 3 buffers.

Each case is a process of its own that makes an engine, of a tower as small as `mini`, and one edit
of all vectors; `private_mb` is what it holds more than before, `ratio` that ÷ the formula;
`freed_mb` was free again after loading and not yet given back. Of vectors in memory-mapped files
the formula counts none; what of the files is in memory too (`mapped_mb`) the system takes back when
it needs the room. Linux only. Run as a program it is one case:
`python -m benchmarks.memory VECTORS DTYPE yes|no`, yes for mapped files.
"""

import ctypes
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping

import torch

from benchmarks.processes import resident
from benchmarks.timing import machine
from benchmarks.towers import TOWERS, Tower, random_vectors
from taskarith.core import Recomposer, TaskVector
from taskarith.sources.mapped import MappedBuffers
from taskarith.tasks import cache_folder

__all__ = ["give_back", "measure_case", "run", "warm_up"]

CASES = (
    (8, "float32", False),
    (8, "float16", False),
    (20, "float32", False),
    (20, "float16", False),
    (100, "float32", True),
)


def run(suite: str) -> dict[str, object]:  # of any suite: only sizes matter
    cases = {}
    for vectors, dtype, mapped in CASES:
        command = [sys.executable, "-m", "benchmarks.memory", str(vectors), dtype]
        answer = subprocess.run(
            [*command, "yes" if mapped else "no"], capture_output=True, check=True, text=True
        )
        name = f"{vectors} vectors, {dtype}" + (", mapped files" if mapped else "")
        cases[name] = json.loads(answer.stdout)
    worst = max(case["ratio"] for case in cases.values())
    return {"machine": machine(), "largest_ratio": worst, "cases": cases}


def measure_case(vectors: int, *, dtype: torch.dtype, mapped: bool) -> dict[str, float]:
    """What this process holds more once an engine is made and has made an edit, in MB."""
    torch.manual_seed(0)
    parameters = dict(Tower(**TOWERS["mini"]).named_parameters())
    warm_up(parameters)
    give_back()
    before = resident("self")
    base = {name: parameter.detach().clone() for name, parameter in parameters.items()}
    keep = MappedBuffers(cache_folder() / "vectors") if mapped else None
    drawn = _Drawn(base, vectors)
    engine = Recomposer(base, drawn, storage=dtype, keep=keep)
    engine.recompose(dict.fromkeys(drawn, 0.1))
    kept = resident("self").private
    give_back()
    after = resident("self")
    need = engine.memory.total
    private = after.private - before.private
    return {
        "formula_mb": round(need / 2**20, 1),
        "private_mb": round(private / 2**20, 1),
        "freed_mb": round((kept - after.private) / 2**20, 1),
        "mapped_mb": round((after.mapped - before.mapped) / 2**20, 1),
        "ratio": round(private / need, 2),
    }


def give_back() -> None:
    """Hand what is free, and kept by the C library for later, to the system."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc's
    if trim is not None:
        trim(0)


def warm_up(parameters: Mapping[str, torch.Tensor]) -> None:
    """Load the compiler, and draw once what is drawn later: neither belongs to the edits."""
    small = {"w": torch.zeros(64)}
    Recomposer(small, {"t": TaskVector(small)}).recompose({"t": 1.0})
    random_vectors(dict(parameters), 1)


class _Drawn(Mapping[str, TaskVector]):
    """Random vectors, drawn when they are asked for."""

    def __init__(self, base: dict[str, torch.Tensor], count: int) -> None:
        self._base, self._count = base, count

    def __getitem__(self, name: str) -> TaskVector:
        return random_vectors(self._base, 1)["t0"]

    def __iter__(self) -> Iterator[str]:
        return (f"t{index}" for index in range(self._count))

    def __len__(self) -> int:
        return self._count


if __name__ == "__main__":
    count, name, files = sys.argv[1:]
    case = measure_case(int(count), dtype=getattr(torch, name), mapped=files == "yes")
    print(json.dumps(case))
