"""Every kernel is the float64 sum to its rounding; on the CPU both agree bit for bit."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from itertools import product

import pytest
import torch
from torch import Tensor

from taskarith.core.kernels import (
    CompiledKernel,
    Kernel,
    PlainKernel,
    Row,
    Segment,
    compiled,
    make_kernel,
)
from taskarith.core.kernels.assembly import assembly
from taskarith.core.kernels.compiled import CHUNK

DTYPES = (torch.float32, torch.float16, torch.bfloat16)
PAIRS = list(product(DTYPES, DTYPES))
SIZE = CHUNK + 32 * 777
SEGMENTS = [(0, 32 * 5), (32 * 5, CHUNK + 64), (CHUNK + 64, SIZE)]

Make = Callable[..., Kernel]

needs_llvm = pytest.mark.skipif(
    not CompiledKernel.fits(torch.zeros(32), segments=[(0, 32)], storage=torch.float32),
    reason="needs llvmlite and a processor with AVX2, FMA and F16C, or 64-bit ARM",
)


def plain(output: Tensor, base: Tensor, *, storage: torch.dtype) -> Kernel:
    return PlainKernel(output, base, segments=SEGMENTS)


def code(output: Tensor, base: Tensor, *, storage: torch.dtype) -> Kernel:
    return CompiledKernel(output, base, segments=SEGMENTS, storage=storage)


def buffers(base: torch.dtype, storage: torch.dtype) -> tuple[Tensor, Tensor, list[Tensor]]:
    """An output, θ₀ and vectors whose numbers go from large to the tiniest there are."""
    generator = torch.Generator().manual_seed(0)

    def draw(dtype: torch.dtype) -> Tensor:
        spread = 10 ** (torch.rand(SIZE, generator=generator) * 12 - 9)
        return (torch.randn(SIZE, generator=generator) * spread).clamp(-1e3, 1e3).to(dtype)

    start = draw(base)
    start[:64] = -0.0
    return torch.full_like(start, 7), start, [draw(storage) for _ in range(9)]


def rows(vectors: list[Tensor]) -> tuple[list[Row], list[int]]:
    """All vectors for the last segment, two for the first, none for the one between."""
    values = [0.1, -0.3, 1.0, -1.0, 0.7, 0.05, 3.0, -2.9, 1e-4]
    everything = list(zip(values, vectors, strict=True))
    return [[], everything, everything[3:5]], [2, 0, 1]


def textbook(base: Tensor, terms: Row) -> tuple[Tensor, Tensor]:
    """θ₀ + Σ λτ in float64, and the sum of sizes that bounds its rounding in float32."""
    exact, size = base.double(), base.double().abs()
    for value, vector in terms:
        term = torch.tensor(value, dtype=torch.float32).double() * vector.double()
        exact, size = exact + term, size + term.abs()
    return exact, size


def assert_is_textbook(
    output: Tensor, base: Tensor, rows: Sequence[Row], *, segments: Sequence[Segment]
) -> None:
    """Each segment is θ₀ and its row's terms, up to float32 sums and one rounding at the end."""
    info = torch.finfo(output.dtype)
    for (begin, stop), row in zip(segments, rows, strict=True):
        part = [(value, vector[begin:stop]) for value, vector in row]
        exact, size = textbook(base[begin:stop], part)
        allowed = 9 * 2**-23 * size + info.eps * exact.abs() + info.smallest_normal
        assert ((output[begin:stop].double() - exact).abs() <= allowed).all()


@pytest.mark.parametrize(("base", "storage"), PAIRS)
@pytest.mark.parametrize("make", [plain, pytest.param(code, marks=needs_llvm)])
def test_a_kernel_is_the_textbook_sum(make: Make, base: torch.dtype, storage: torch.dtype) -> None:
    output, start, vectors = buffers(base, storage)
    terms, row_of = rows(vectors)
    make(output, start, storage=storage)(terms, row_of)
    assert_is_textbook(output, start, [terms[row] for row in row_of], segments=SEGMENTS)


@needs_llvm
@pytest.mark.parametrize(("base", "storage"), PAIRS)
def test_compiled_code_and_torch_agree_bit_for_bit(base: torch.dtype, storage: torch.dtype) -> None:
    output, start, vectors = buffers(base, storage)
    other = output.clone()
    for terms, row_of in (rows(vectors), ([[(0.3, v) for v in vectors]], [0] * 3)):
        code(output, start, storage=storage)(terms, row_of)
        plain(other, start, storage=storage)(terms, row_of)
        assert torch.equal(output, other)


@needs_llvm
@pytest.mark.parametrize("dtype", DTYPES)
def test_no_term_is_a_copy_with_every_sign(dtype: torch.dtype) -> None:
    output, start, _ = buffers(dtype, dtype)
    code(output, start, storage=dtype)([[]], [0] * 3)
    assert torch.equal(output, start)
    assert torch.equal(output.signbit(), start.signbit())


@needs_llvm
def test_threads_do_each_chunk_once_even_when_one_is_late(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "get_num_threads", lambda: 4)
    monkeypatch.setattr(compiled, "CHUNK", 32)
    output, start, vectors = buffers(torch.float32, torch.float32)
    kernel, alone = (code(out, start, storage=torch.float32) for out in (output, output.clone()))
    other = alone._output  # type: ignore[attr-defined]
    before = threading.active_count()
    for turn in range(50):
        terms: list[Row] = [[(0.01 * turn, vector) for vector in vectors]]
        kernel(terms, [0] * 3)
        plain(other, start, storage=torch.float32)(terms, [0] * 3)
        assert torch.equal(output, other)
    assert threading.active_count() <= before + 3


def test_what_does_not_fit_falls_back_to_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    def kernel(output: Tensor, *, edge: int = 64, storage: torch.dtype = torch.float32) -> Kernel:
        return make_kernel(output, output.clone(), segments=[(0, edge)], storage=storage)

    assert isinstance(kernel(torch.zeros(65)[1:]), PlainKernel)  # not at a cache line
    assert isinstance(kernel(torch.zeros(63), edge=63), PlainKernel)  # not in whole tiles
    assert isinstance(kernel(torch.zeros(64, dtype=torch.float64)), PlainKernel)
    assert isinstance(kernel(torch.zeros(64), storage=torch.float64), PlainKernel)
    monkeypatch.setitem(sys.modules, "llvmlite.binding", None)  # as if not installed
    compiled._processor.cache_clear()
    try:
        assert isinstance(kernel(torch.zeros(64)), PlainKernel)
    finally:
        compiled._processor.cache_clear()


@pytest.mark.parametrize(("base", "storage"), PAIRS)
def test_every_word_of_the_code_is_filled_in(base: torch.dtype, storage: torch.dtype) -> None:
    text = assembly(base, storage)
    assert [word for word in text.split() if word.isupper() and word.isalpha()] == []
    assert text.count("!nontemporal") == text.count("store")


GPU_SCRIPT = """
from itertools import product
from tests.core.kernels.test_kernels import DTYPES, assert_is_textbook, buffers, rows
from taskarith.core.kernels.gpu import GpuKernel

SEGMENTS = [(0, 160), (160, 2048 + 64), (2048 + 64, 4096 + 32)]  # in chunks of 2048
for base, storage in product(DTYPES, DTYPES):
    output, start, vectors = buffers(base, storage)
    output, start, *vectors = (buffer[: SEGMENTS[-1][1]] for buffer in (output, start, *vectors))
    assert GpuKernel.fits(output, storage=storage)
    kernel = GpuKernel(output, start, segments=SEGMENTS, storage=storage)
    for terms, row_of in (rows(vectors), ([[(0.3, v) for v in vectors]], [0] * 3), ([[]], [0] * 3)):
        kernel(terms, row_of)
        # Not bit for bit: interpreters may round products, and cut bfloat16 off.
        assert_is_textbook(output, start, [terms[row] for row in row_of], segments=SEGMENTS)
print("done")
"""


def test_the_gpu_kernel_is_the_same_sum_in_tritons_interpreter() -> None:
    pytest.importorskip("triton", reason="needs triton, which exists for Linux")
    done = subprocess.run(
        [sys.executable, "-c", GPU_SCRIPT],
        env={**os.environ, "TRITON_INTERPRET": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.stdout.endswith("done\n"), done.stderr


@pytest.mark.gpu
@pytest.mark.parametrize(("base", "storage"), PAIRS)
def test_a_gpu_computes_the_same_sum(base: torch.dtype, storage: torch.dtype) -> None:
    output, start, vectors = buffers(base, storage)
    terms, row_of = rows(vectors)
    plain(output, start, storage=storage)(terms, row_of)
    there = [[(value, vector.cuda()) for value, vector in row] for row in terms]
    on_gpu = torch.zeros_like(start, device="cuda")
    kernel = make_kernel(on_gpu, start.cuda(), segments=SEGMENTS, storage=storage)
    assert type(kernel).__name__ == "GpuKernel"
    kernel(there, row_of)
    assert torch.equal(on_gpu.cpu(), output)


@pytest.mark.gpu
def test_a_gpu_kernel_does_not_wait_for_its_end() -> None:
    size = 1 << 28
    base, vector = torch.ones(size, device="cuda"), torch.ones(size, device="cuda")
    output = torch.empty_like(base)
    kernel = make_kernel(output, base, segments=[(0, size)], storage=torch.float32)
    kernel([[(1.0, vector)] * 8], [0])
    done = torch.cuda.Event()
    kernel([[(1.0, vector)] * 8], [0])
    done.record()
    assert not done.query()
    torch.cuda.synchronize()
    assert bool((output == 9).all())
