"""The wheel: all that the page needs, installed where there is no checkout."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from taskarith.places import ASSETS
from tests.ui.empty import ROOT, copied, environment, new_environment, opens, pip, served

SOURCE = ("pyproject.toml", "setup.py", "README.md", "LICENSE", "requirements.txt", "taskarith")
SOURCE += ("assets",)
# The packing of 130 MB takes most of the time; the files are the same without it.
QUICK = "--config-settings=--build-option=--compression=stored"


def test_a_checkout_reads_its_own_assets() -> None:
    assert ASSETS == ROOT / "assets"
    assert (ASSETS / "suites" / "mini" / "manifest.json").is_file()


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = copied(SOURCE, tmp_path_factory.mktemp("wheel") / "source")
    build = ["wheel", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", "dist"]
    pip(Path(sys.executable), *build, QUICK, ".", cwd=folder)
    (wheel,) = (folder / "dist").glob("*.whl")
    return wheel


def test_what_is_in_it(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert "taskarith/assets/suites/mini/base.safetensors" in names
    assert "taskarith/assets/lessons/nulls.json" in names
    assert "taskarith/ui/js/stage/stage.js" in names
    assert not [name for name in names if "/logs/" in name]
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {"taskarith"}


def installed(wheel: Path, folder: Path, *, borrowing: bool) -> Path:
    """The command `taskarith` of an environment that has only the wheel, and what it asks for."""
    python = new_environment(folder, borrowing=borrowing)
    pip(python, "install", *(["--no-deps", "--no-index"] if borrowing else []), str(wheel))
    code = "import taskarith.places as p; print(p.ASSETS)"
    place = subprocess.run(
        [python, "-c", code], env=environment(folder), cwd=folder, capture_output=True, text=True
    )
    assert Path(place.stdout.strip()).is_relative_to(folder), place.stderr
    return python.with_name("taskarith")


@pytest.mark.browser
def test_its_command_opens_the_page(wheel: Path, tmp_path: Path, browser: Browser) -> None:
    command = installed(wheel, tmp_path / "there", borrowing=True)
    (tmp_path / "home").mkdir()
    variables = environment(tmp_path / "home")
    with served([command, "app"], cwd=tmp_path / "home", variables=variables) as url:
        opens(browser, url)


@pytest.mark.slow
@pytest.mark.browser
def test_in_an_empty_environment_it_fetches_what_it_needs_and_measures(
    wheel: Path, tmp_path: Path, browser: Browser
) -> None:
    command = installed(wheel, tmp_path / "there", borrowing=False)
    (tmp_path / "home").mkdir()
    variables = environment(tmp_path / "home")
    done = subprocess.run(
        [command, "evaluate", "--n", "32", "--json"],
        env=variables, cwd=tmp_path / "home", capture_output=True, text=True,
    )  # fmt: skip
    assert "letters" in json.dumps(json.loads(done.stdout)), done.stderr
    with served([command, "app"], cwd=tmp_path / "home", variables=variables) as url:
        opens(browser, url, measured=True)
