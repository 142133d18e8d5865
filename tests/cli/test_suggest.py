"""`suggest` says what λ the lengths of a suite's vectors give, and how to measure them."""

import shlex
from pathlib import Path

import pytest

from taskarith.cli import main
from taskarith.cli.suggest import suggest
from taskarith.core import Terms
from taskarith.core.merges import metagpt
from taskarith.suites import Suite
from tests import tiny


def test_the_sum_at_metagpts_coefficients_is_the_merge_of_that_name(tiny_suite: Suite) -> None:
    found = suggest(suite=str(tiny_suite.folder), tasks=[]).data
    assert isinstance(found, dict)
    suggested = found["coefficients"]
    assert list(suggested) == list(tiny_suite.targets)
    vectors = {name: tiny_suite.vector(name) for name in suggested}
    merged = metagpt(Terms(vectors))
    summed = sum((value * vectors[name] for name, value in list(suggested.items())[1:]),
                 start=suggested[tiny.TARGETS[0]] * vectors[tiny.TARGETS[0]])  # fmt: skip
    for name, tensor in merged.items():
        assert tensor.numpy() == pytest.approx(summed[name].numpy(), abs=1e-6)


def test_what_it_says_to_run_runs(tiny_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["suggest", "--suite", str(tiny_folder)]) == 0
    lines = capsys.readouterr().out.splitlines()
    (line,) = (line for line in lines if line.startswith("  taskarith evaluate"))
    assert main([*shlex.split(line)[1:], "--n", "8"]) == 0
    assert tiny.TARGETS[0] in capsys.readouterr().out


def test_a_vector_that_is_not_there(tiny_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["suggest", "--suite", str(tiny_folder), "--tasks", "aples"]) == 2
    assert "did you mean 'apples'" in capsys.readouterr().err
