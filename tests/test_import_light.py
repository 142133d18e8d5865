"""What an import costs, seen from a fresh interpreter."""

import subprocess
import sys

import pytest

HEAVY = ("gradio", "plotly", "transformers", "open_clip", "huggingface_hub", "llvmlite", "triton")


def loaded_after(code: str) -> set[str]:
    """The top-level modules that are loaded after `code` ran in a fresh interpreter."""
    script = f"{code}\nimport sys\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=120
    )
    return set(done.stdout.splitlines()[-1].split())


@pytest.mark.parametrize(
    "code",
    [
        "import taskarith",
        "import taskarith; taskarith.TaskVector, taskarith.Recomposer, taskarith.Edit",
        "import taskarith; taskarith.load_suite, taskarith.list_suites",
    ],
)
def test_the_library_loads_nothing_it_does_not_need(code: str) -> None:
    loaded = loaded_after(code)
    assert "taskarith" in loaded
    assert loaded.isdisjoint(HEAVY)


def test_help_does_not_even_load_torch() -> None:
    loaded = loaded_after(
        "from taskarith.cli import main\n"
        "try: main(['evaluate', '--help'])\n"
        "except SystemExit as done: assert done.code == 0"
    )
    assert loaded.isdisjoint({*HEAVY, "torch", "numpy"})


def test_the_engine_of_a_plain_clip_loads_no_library_of_models() -> None:
    loaded = loaded_after(
        "from taskarith import Edit, load_suite\n"
        "from taskarith.evaluation import Evaluator, measure\n"
        "suite = load_suite('mini')\n"
        "edit = Edit('mini', {suite.targets[0]: 0.5})\n"
        "measure(Evaluator(suite), edit, tasks=[suite.targets[0]], n=16)"
    )
    libraries = {"gradio", "transformers", "open_clip", "timm", "torchvision", "sympy"}
    assert loaded.isdisjoint(libraries)
