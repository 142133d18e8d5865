"""What the README shows, runs: every Python example and every `taskarith` command."""

import re
import shlex
from pathlib import Path

import pytest

from taskarith.cli import main
from tests.conftest import share_drawn

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")

# The commands that are not run here, by how they start, and why.
NOT_RUN = {
    "make app": "CI installs once and runs `make test`; the page has tests of its own",
    "make test": "is what runs this",
    "python -m taskarith train mini --recipes": "takes hours; tests/training trains a tiny model",
    "python -m taskarith report mini": "takes minutes; tests/recipes writes a tiny suite's report",
    "python -m taskarith suites pull": "needs the Hub; tests/hub pulls a small suite",
    "python -m taskarith evaluate --suite clip-vit": "needs the Hub; tests/hub has a small one",
    "python -m taskarith reproduce": "needs the Hub; tests/hub reproduces a small table",
    "python -m taskarith vector make": "needs the Hub; tests/cli/test_vector.py makes small ones",
    "python -m taskarith export": "writes where it stands; tests/cli exports to a temporary folder",
    "python -m taskarith verify": "needs that export; tests/cli verifies one",
    "python -m taskarith vector publish": "needs an account; tests/hub publishes to a small Hub",
    "python -m taskarith site": "writes where it stands; tests/ui writes it to a temporary folder",
    "python -m taskarith import": "needs a YAML; tests/cli imports one",
    "python -m taskarith app": "serves until it is stopped; the page has tests of its own",
    "python -m taskarith teach": "needs pictures of yours; tests/cli/test_teach.py has some",
    "python -m taskarith recipe negation --suite mini --engine": "needs a cluster, as the next",
    "python -m taskarith sweep --suite mini --grid": "tests/evaluation/test_ray_workers.py has one",
    "ray ": "starts a cluster; those tests start one of their own",
    "hf ": "needs an account and the Hub",
    "docker ": "there is no Docker where the tests run",
}


@pytest.fixture(scope="module")
def readme_cache(tmp_path_factory: pytest.TempPathFactory, drawn: Path) -> Path:
    return share_drawn(tmp_path_factory.mktemp("readme") / "cache", drawn)


@pytest.fixture(autouse=True)
def one_cache(own_cache: Path, readme_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What one example measures, the next ones find."""
    monkeypatch.setenv("TASKARITH_CACHE", str(readme_cache))


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, flags=re.DOTALL | re.MULTILINE)


def commands() -> list[str]:
    lines = "".join(blocks("console")).splitlines()
    return [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]


def reason_not_to_run(command: str) -> str | None:
    return next((why for start, why in NOT_RUN.items() if command.startswith(start)), None)


@pytest.mark.parametrize("code", blocks("python"), ids=lambda code: code.splitlines()[0])
def test_python_examples_run(code: str, capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile(code, "README.md", "exec"), {"__name__": "readme"})
    assert capsys.readouterr().out


@pytest.mark.parametrize("command", [c for c in commands() if not reason_not_to_run(c)])
def test_commands_run(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    program, module, name, *arguments = shlex.split(command)
    assert (program, module, name) == ("python", "-m", "taskarith")
    assert main(arguments) == 0
    assert capsys.readouterr().out


def test_nothing_is_excused_that_is_not_there() -> None:
    for start in NOT_RUN:
        assert any(command.startswith(start) for command in commands()), start


def test_there_are_examples() -> None:
    assert len(blocks("python")) >= 2
    assert len(commands()) > len(NOT_RUN)


def test_every_command_of_the_program_is_shown() -> None:
    shown = {shlex.split(c)[3] for c in commands() if c.startswith("python -m taskarith")}
    assert shown == {
        "suites",
        "methods",
        "evaluate",
        "sweep",
        "analogy",
        "suggest",
        "recipe",
        "vector",
        "export",
        "import",
        "verify",
        "reproduce",
        "train",
        "teach",
        "report",
        "site",
        "app",
    }


def test_the_tree_names_every_folder() -> None:
    tree = next(block for block in blocks("text") if "app.py" in block)
    named = set(re.findall(r"[\w.-]+", tree))
    folders = {path.parent.name for path in (ROOT / "taskarith").rglob("*.py")}
    assert folders | {"benchmarks", "tests"} <= named
    files = {path.name for path in [*ROOT.glob("[!.]*.*"), *(ROOT / "taskarith").glob("[!_]*.py")]}
    assert files - {"README.md", "taskarith.egg-info"} <= named


def test_the_space_runs_the_gradio_we_develop_with() -> None:
    front_matter = README.split("---")[1]
    constraints = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    version = re.search(r"^sdk_version: (\S+)$", front_matter, flags=re.MULTILINE)
    assert version is not None
    assert f"\ngradio=={version[1]}\n" in constraints
