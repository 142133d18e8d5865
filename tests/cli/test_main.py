"""What every command shares: exit codes, where errors go, JSON alone on stdout."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from taskarith.cli import main

READING = [
    ["suites"],
    ["evaluate", "--set", "apples=-0.5", "--n", "8"],
    ["sweep", "--vary", "apples", "--points", "2", "--n", "8"],
    ["analogy", "--a", "apples", "--b", "birds", "--c", "coins", "--d", "dice", "--n", "8"],
]


def with_suite(arguments: list[str], suite: Path) -> list[str]:
    """The same command on the tiny suite, for the commands that take one."""
    return arguments if arguments[0] == "suites" else [*arguments, "--suite", str(suite)]


@pytest.mark.parametrize("arguments", READING, ids=lambda words: words[0])
def test_reading_commands_print_json_and_nothing_else(
    arguments: list[str], tiny_folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main([*with_suite(arguments, tiny_folder), "--json"]) == 0
    printed = capfd.readouterr()
    json.loads(printed.out)
    assert printed.err == ""


@pytest.mark.parametrize("arguments", READING, ids=lambda words: words[0])
def test_reading_commands_print_text_for_people(
    arguments: list[str], tiny_folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(with_suite(arguments, tiny_folder)) == 0
    printed = capfd.readouterr().out
    assert printed.strip()
    with pytest.raises(json.JSONDecodeError):
        json.loads(printed)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("evaluate --set aples=1", "did you mean 'apples'"),
        ("evaluate --set apples=3.5", "between -3 and 3"),
        ("evaluate --set apples=nan", "finite number"),
        ("evaluate --set apples=inf", "finite number"),
        ("evaluate --set apples=lots", "finite number"),
        ("evaluate --set apples", "write TASK=λ"),
        ("evaluate --set apples=1 --set apples=2", "twice"),
        ("evaluate --device abacus", "unknown device 'abacus'"),
        ("sweep --vary aples", "did you mean 'apples'"),
        ("sweep --vary apples --from -4", "between -3 and 3"),
        ("sweep --vary apples --to much", "finite number"),
        ("analogy --a apples --b birds --c coins --d gardens", "unknown vector 'gardens'"),
        ("analogy --a apples --b birds --c coins --d dice --own 9", "between -3 and 3"),
    ],
)
def test_bad_input_exits_with_2_and_says_what_to_do(
    words: str, said: str, tiny_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*words.split(), "--suite", str(tiny_folder)]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("taskarith: ")
    assert said in printed.err


@pytest.mark.parametrize(
    "words",
    [
        "",
        "fly",
        "evaluate --split train",
        "evaluate --n 0",
        "evaluate --n many",
        "sweep",
        "sweep --vary apples --points 1",
        "train maxi",
        "app --port -1",
    ],
)
def test_words_that_mean_nothing_exit_with_2(
    words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(words.split())
    assert stopped.value.code == 2
    assert "usage: taskarith" in capsys.readouterr().err


def test_an_unknown_suite_is_named_with_those_there_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["evaluate", "--suite", "nimi"]) == 2
    assert "unknown suite 'nimi'" in capsys.readouterr().err


def test_a_damaged_suite_is_an_error_not_a_traceback(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "manifest.json").write_text("{", encoding="utf-8")
    assert main(["evaluate", "--suite", str(tmp_path)]) == 2
    assert "not valid JSON" in capsys.readouterr().err


def run_with(arguments: list[str], **environment: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "taskarith", *arguments]
    return subprocess.run(
        command, env={**os.environ, **environment}, capture_output=True, check=False
    )


@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONIOENCODING": "cp1252"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    ],
)
def test_a_terminal_that_cannot_write_a_lambda_shows_a_question_mark(
    environment: dict[str, str],
) -> None:
    for arguments in (["methods"], ["evaluate", "--help"]):
        shown = run_with(arguments, **environment)
        assert shown.returncode == 0, shown.stderr
        assert b"?" in shown.stdout
        assert shown.stderr == b""


def test_a_reader_that_goes_away_ends_it_quietly() -> None:
    """As `head` does; the pipe is closed before anything is written."""
    for arguments in (["methods"], ["--help"]):
        read, write = os.pipe()
        command = [sys.executable, "-m", "taskarith", *arguments]
        process = subprocess.Popen(command, stdout=write, stderr=subprocess.PIPE)
        os.close(write)
        os.close(read)
        assert process.communicate()[1] == b""
        assert process.returncode == 141
