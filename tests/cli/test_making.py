"""`report` writes where it is told to; what the report says is tested with the recipe."""

from pathlib import Path

import pytest

from taskarith.cli import main
from taskarith.recipes.report_recipes import reported_recipes
from taskarith.suites import Suite


def test_report_writes_the_file(
    tiny_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "REPORT.md"
    asked = ["report", str(tiny_folder), "--recipes", "negation", "--n", "16"]
    assert main([*asked, "--output", str(path), "--device", "cpu"]) == 0
    assert path.read_text(encoding="utf-8").startswith("# ")
    assert str(path) in capsys.readouterr().out


@pytest.mark.parametrize(
    "shorter",
    [
        *(["--recipes", "negation"], ["--n", "16"], ["--rehearse"], ["--examples"]),
        *(["--choose-on", "16"], ["--per-size", "1"]),
    ],
)
def test_a_shorter_report_does_not_replace_the_suites_own(
    tiny_folder: Path, shorter: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    own = tiny_folder / "REPORT.md"
    before = own.read_text("utf-8") if own.exists() else None
    assert main(["report", str(tiny_folder), *shorter]) == 2
    assert "--output FILE" in capsys.readouterr().err
    assert (own.read_text("utf-8") if own.exists() else None) == before


def test_a_whole_report_has_every_recipe_that_ends_on_test(tiny_suite: Suite) -> None:
    assert reported_recipes(tiny_suite) == [
        "negation", "addition", "analogy", "paint", "wise-ft", "soup", "transfer", "sequence",
        "ways", "efficiency",
    ]  # fmt: skip


def test_report_refuses_a_suite_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "nimi"]) == 2
    assert "unknown suite 'nimi'" in capsys.readouterr().err


def test_report_refuses_a_place_it_cannot_write_to(
    tiny_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    path = tmp_path / "file" / "REPORT.md"
    assert main(["report", str(tiny_folder), "--output", str(path)]) == 2
    assert str(path.parent) in capsys.readouterr().err
