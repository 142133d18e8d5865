"""What is freed is handed out again without the system's help, within a bound."""

import platform
import subprocess
import sys

import pytest

from taskarith.evaluation.allocator import keep_freed_memory

FAULTS = """
import resource, torch
from taskarith.evaluation.allocator import keep_freed_memory

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(20):
        a = torch.empty(2_000_000); b = torch.empty(2_000_000)
        a.fill_(1); b.fill_(1)
        del a, b
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

torch.set_num_threads(1)
plain = faults()
assert keep_freed_memory()
faults()
print(plain, faults())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="needs glibc")
def test_memory_is_not_asked_for_again_and_again() -> None:
    result = subprocess.run([sys.executable, "-c", FAULTS], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    plain, kept = map(int, result.stdout.split())
    assert kept < plain / 4


def test_it_may_be_asked_for_more_than_once() -> None:
    assert keep_freed_memory() == keep_freed_memory()
