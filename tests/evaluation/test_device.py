import time

import pytest
import torch

from taskarith.errors import UnknownNameError
from taskarith.evaluation.device import (
    DEVICE_VARIABLE,
    Stopwatch,
    choose_device,
    computing_dtype,
    describe_device,
)


def test_the_fastest_kind_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(DEVICE_VARIABLE, raising=False)
    if torch.cuda.is_available():
        expected = "cuda"
    else:
        expected = "mps" if torch.backends.mps.is_available() else "cpu"
    assert choose_device().type == expected


def test_a_name_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(DEVICE_VARIABLE, "abacus")
    assert choose_device("cpu") == torch.device("cpu")
    with pytest.raises(UnknownNameError, match=r"device 'abacus'.*cpu"):
        choose_device()


def test_a_device_that_is_not_there_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="'cuda:99'"):
        choose_device("cuda:99")


def test_the_device_in_words() -> None:
    assert describe_device(torch.device("cpu")) == "CPU"


def test_a_cpu_computes_in_float32() -> None:
    assert computing_dtype(torch.device("cpu")) == torch.float32


def test_a_stopwatch_stops_when_it_is_told() -> None:
    watch = Stopwatch(torch.device("cpu"))
    time.sleep(0.01)
    watch.stop()
    seconds = watch.seconds()
    time.sleep(0.01)
    assert 0.01 <= seconds == watch.seconds()


@pytest.mark.gpu
def test_on_a_gpu_it_counts_the_devices_time_and_stopping_does_not_wait() -> None:
    device = choose_device("cuda")
    numbers = torch.ones(1 << 28, device=device)
    watch, started = Stopwatch(device), time.perf_counter()
    for _ in range(20):
        numbers.mul_(1.0)
    watch.stop()
    assert time.perf_counter() - started < watch.seconds()
