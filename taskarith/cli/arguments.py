"""Arguments that several commands share; knows their words, not what is done with them."""

import argparse
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from taskarith.errors import CoefficientError, SettingError, TaskArithError

if TYPE_CHECKING:
    from taskarith.core import Edit
    from taskarith.suites import Suite

__all__ = [
    "add_device",
    "add_engine",
    "add_json",
    "add_measuring",
    "add_method",
    "add_setting",
    "add_suite",
    "number",
    "parse_method_settings",
    "parse_setting",
    "read_edit",
    "typed",
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


def add_method(parser: argparse.ArgumentParser) -> None:
    """`--method`, `--setting NAME=VALUE` any number of times, and `--seed`."""
    parser.add_argument(
        "--method",
        default="sum",
        help="how the scaled vectors are merged (default: sum); `taskarith methods` lists all",
    )
    parser.add_argument(
        "--setting",
        action="append",
        default=[],
        dest="method_settings",
        metavar="NAME=VALUE",
        help="setting of the method, for example density=0.2; or layers=JSON, factors of λ by "
        "vector (* for all) and layer group",
    )
    parser.add_argument(
        "--seed", type=whole_number(0), default=0, metavar="N", help="of what is drawn (default: 0)"
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
        help="use the first N examples of each task's stratified order (default: all)",
    )
    add_device(parser)


def add_device(parser: argparse.ArgumentParser) -> None:
    """`--device`."""
    parser.add_argument(
        "--device", help="cpu, cuda or mps (default: the fastest that this machine has)"
    )


def add_engine(parser: argparse.ArgumentParser) -> None:
    """`--engine` and `--workers`."""
    parser.add_argument(
        "--engine",
        default="own",
        metavar="WHO",
        help="who measures: own, this process (default); ray, workers on this machine; or "
        "ray://HOST:PORT, a Ray cluster that this machine belongs to",
    )
    parser.add_argument(
        "--workers",
        type=whole_number(1),
        metavar="N",
        help="how many workers a cluster has (default: one for each GPU, or for each machine)",
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


def typed(text: str) -> str:
    """A number as it was typed, or copied from what this program prints, with a plain minus.

    >>> typed("−0.5")
    '-0.5'
    """
    return text.replace("\N{MINUS SIGN}", "-")


def number(text: str) -> float:
    """`typed` as a float, for `add_argument(type=…)`."""
    return float(typed(text))


def parse_setting(settings: list[str], *, option: str = "--set") -> dict[str, str]:
    """The coefficients of `["digits=-0.5", …]`, still as text; the core checks the numbers.

    >>> parse_setting(["digits=−0.5", "letters=1"])
    {'digits': '-0.5', 'letters': '1'}

    Raises:
        CoefficientError: no `=`, or a task given twice.
    """
    return _pairs(
        settings, option=option, what="TASK=λ", example="digits=-0.5", error=CoefficientError
    )


def parse_method_settings(settings: list[str]) -> dict[str, Any]:
    """The settings of `["density=0.2", …]`, numbers still as text; `Edit` checks them.

    >>> parse_method_settings(["density=0.2", 'layers={"digits": {"visual.conv1": 0}}'])
    {'density': '0.2', 'layers': {'digits': {'visual.conv1': 0}}}

    Raises:
        SettingError: no `=`, a setting given twice, or layers that are no JSON.
    """
    found: dict[str, Any] = {
        **_pairs(
            settings,
            option="--setting",
            what="NAME=VALUE",
            example="density=0.2",
            error=SettingError,
        )
    }
    if "layers" in found:
        try:
            found["layers"] = json.loads(found["layers"])
        except ValueError as error:
            raise SettingError(
                f"--setting layers: {error}; write JSON, for example "
                """--setting 'layers={"letters": {"visual.transformer.resblocks.3": 0.5}}'"""
            ) from error
    return found


def _pairs(
    texts: list[str], *, option: str, what: str, example: str, error: type[TaskArithError]
) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not (name and equals):
            raise error(f"{option} {text}: write {what}, for example {option} {example}.")
        if name in found:
            raise error(f"{option} names {name} twice; give it one value.")
        found[name] = typed(value)
    return found


def read_edit(
    suite: "Suite", settings: list[str], *, method: str, method_settings: list[str], seed: int
) -> "Edit":
    """The edit of `suite` that --set, --method, --setting and --seed describe; it is checked."""
    from taskarith.core import Edit, checked_coefficient

    coefficients = {
        task: checked_coefficient(text, task) for task, text in parse_setting(settings).items()
    }
    edit = Edit(
        suite.name,
        coefficients,
        method=method,
        settings=parse_method_settings(method_settings),
        seed=seed,
    )
    suite.check_edit(edit)
    return edit
