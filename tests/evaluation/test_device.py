import pytest
import torch

from taskarith.errors import UnknownNameError
from taskarith.evaluation.device import DEVICE_VARIABLE, choose_device, describe_device


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
