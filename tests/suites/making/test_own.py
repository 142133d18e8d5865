"""Renaming and removing suites of one's own."""

import shutil
from pathlib import Path

import pytest

from taskarith import load_suite
from taskarith.cli import main
from taskarith.errors import AssetError, UnknownNameError
from taskarith.suites.home import add_folder, new_folder, suites_home
from taskarith.suites.making.own import own_suites, remove_suite, rename_suite, stays
from taskarith.suites.suite import is_installed


@pytest.fixture
def noted(tiny_folder: Path, tmp_path: Path) -> Path:
    """The tiny suite in a folder of mine."""
    folder = Path(shutil.copytree(tiny_folder, tmp_path / "mine"))
    add_folder(folder, taken=lambda _: False)
    return folder


@pytest.fixture
def made(tiny_folder: Path) -> str:
    """The tiny suite as it is where suites are made."""
    with new_folder("tiny", taken=lambda _: False) as folder:
        shutil.copytree(tiny_folder, folder, dirs_exist_ok=True)
    return "tiny"


def test_one_that_was_made_here_moves_and_goes(made: str) -> None:
    assert not stays(made)
    rename_suite(made, "small")
    assert own_suites() == ["small"]
    assert load_suite("small").name == "small"
    remove_suite("small")
    assert own_suites() == []
    assert list(suites_home().iterdir()) == []


def test_one_in_a_folder_of_mine_stays_there(noted: Path) -> None:
    assert stays("tiny")
    rename_suite("tiny", "small")
    assert load_suite("small").folder == noted.resolve()
    remove_suite("small")
    assert own_suites() == []
    assert load_suite(noted).name == "small"


def test_names_that_are_taken_or_none_are_refused(made: str) -> None:
    for name, words in (("mini", "there is a suite 'mini' already"), ("A b", "is no name")):
        with pytest.raises(AssetError, match=words):
            rename_suite(made, name)
    assert own_suites() == ["tiny"]
    for act in (remove_suite, lambda name: rename_suite(name, "other")):
        with pytest.raises(UnknownNameError, match="suite of your own"):
            act("mini")
    assert is_installed("mini")


def test_on_the_command_line(made: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["suites", "rename", "tiny", "small"]) == 0
    assert main(["suites", "remove", "small"]) == 2
    assert "add --yes" in capsys.readouterr().err
    assert own_suites() == ["small"]
    assert main(["suites", "remove", "small", "--yes"]) == 0
    assert own_suites() == []
