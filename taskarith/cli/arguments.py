"""Arguments that several commands share; knows their words, not what is done with them."""

import argparse
from collections.abc import Callable

from taskarith.errors import CoefficientError

__all__ = [
    "add_device",
    "add_json",
    "add_measuring",
    "add_setting",
    "add_suite",
    "parse_setting",
    "whole_number",
]


def add_json(parser: argparse.ArgumentParser) -> None:
    """`--json`, which every reading command has."""
    parser.add_argument(
        "--json", action="store_true", dest="as_json", help="print JSON and nothing else"
    )


def add_suite(parser: argparse.ArgumentParser) -> None:
    """`--suite`."""
    parser.add_argument(
        "--suite", default="mini", help="name of a suite, or path of its folder (default: mini)"
    )


def add_setting(parser: argparse.ArgumentParser) -> None:
    """`--set TASK=λ`, any number of times."""
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        dest="settings",
        metavar="TASK=λ",
        help="scaling coefficient of a task vector; may be given for several tasks",
    )


def add_measuring(parser: argparse.ArgumentParser) -> None:
    """`--split`, `--n` and `--device`."""
    parser.add_argument(
        "--split",
        choices=["validation", "test"],
        default="validation",
        help="choose λ on validation; look at test once, on purpose (default: validation)",
    )
    parser.add_argument(
        "--n",
        type=whole_number(1),
        metavar="N",
        help="use the first N images of each task's stratified order (default: all)",
    )
    add_device(parser)


def add_device(parser: argparse.ArgumentParser) -> None:
    """`--device`."""
    parser.add_argument(
        "--device", help="cpu, cuda or mps (default: the fastest that this machine has)"
    )


def whole_number(smallest: int) -> Callable[[str], int]:
    """A parser of whole numbers that are at least `smallest`, for `add_argument(type=…)`."""

    def parse(text: str) -> int:
        number = int(text)
        if number < smallest:
            raise argparse.ArgumentTypeError(f"{text} is less than {smallest}")
        return number

    parse.__name__ = "whole number"  # argparse says "invalid whole number value: …"
    return parse


def parse_setting(settings: list[str]) -> dict[str, str]:
    """The coefficients of `["digits=-0.5", …]`, still as text; the core checks the numbers.

    >>> parse_setting(["digits=-0.5", "letters=1"])
    {'digits': '-0.5', 'letters': '1'}

    Raises:
        CoefficientError: no `=`, or a task given twice.
    """
    coefficients: dict[str, str] = {}
    for setting in settings:
        task, equals, coefficient = setting.partition("=")
        if not (task and equals):
            raise CoefficientError(f"--set {setting}: write TASK=λ, for example --set digits=-0.5.")
        if task in coefficients:
            raise CoefficientError(f"--set names {task} twice; give each task one coefficient.")
        coefficients[task] = coefficient
    return coefficients
