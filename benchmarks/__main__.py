"""Runs one benchmark and prints what it measured."""

import argparse
import importlib
import json
from collections.abc import Sequence

from taskarith.errors import UnknownNameError

# What each one measures stands in the docstring of its module.
NAMES = (
    "recompose",
    "evaluate",
    "texts",
    "start",
    "picture",
    "live",
    "visitors",
    "follow",
    "teaching",
    "memory",
    "half_billion",
    "low_rank",
    "cluster",
)
ONLY = {"seconds": ("visitors",), "visitors": ("visitors",), "device": ("recompose", "evaluate")}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("name", choices=NAMES)
    parser.add_argument("--json", action="store_true", help="print JSON and nothing else")
    parser.add_argument("--suite", default="mini", help="name or folder (default: mini)")
    parser.add_argument(
        "--seconds", type=float, help="visitors: how long each crowd stays (default: 600)"
    )
    parser.add_argument(
        "--visitors", type=int, help="visitors: one crowd of so many, alone (default: four crowds)"
    )
    parser.add_argument(
        "--device", help="recompose, evaluate: where to compute, as in cuda (default: cpu)"
    )
    options = parser.parse_args(arguments)
    only = {}
    for option, names in ONLY.items():
        if (value := getattr(options, option)) is not None:
            if options.name not in names:
                parser.error(f"--{option} is for {' and '.join(names)}, not {options.name}")
            only[option] = value
    if options.visitors is not None and options.visitors < 1:
        parser.error(f"--visitors {options.visitors}: a crowd has at least one")
    module = importlib.import_module(f"benchmarks.{options.name}")
    try:
        result = {"benchmark": options.name, **module.run(options.suite, **only)}
    except UnknownNameError as error:  # a suite or a device that is not there
        parser.error(str(error))
    if options.json:
        print(json.dumps(result, indent=2))
    else:
        print(module.__doc__)
        for name, value in result.items():
            print(f"{name:>28}  {value}")


if __name__ == "__main__":
    main()
