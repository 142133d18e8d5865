"""A teaching in a process of its own, so that whoever started it goes on undisturbed.

Started as `python -m taskarith.training.teaching.process` with one order, a JSON object, on its
standard input: what `teach` takes. It gives way to everything else on the machine, works on one
thread, and prints a line of JSON for every look, then `{"taught": …}` or `{"failed": words}`.
"""

import json
import os
import signal
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from taskarith.errors import TaskArithError
from taskarith.training.teaching.bounds import Bounds
from taskarith.training.teaching.reading import Reading

__all__ = ["carry_out", "main", "write_order"]

NICENESS = 15  # below whatever measures, which has 10


def write_order(
    *,
    suite: str,
    examples: dict[str, list[str]] | str,
    texts: bool,
    reading: Reading,
    bounds: Bounds,
    private: bool,
    **how: Any,
) -> str:
    """The order for a teaching.

    `examples` are paths by class, or texts where `texts` says so, or a place as `teach` takes it.
    """
    order = {"suite": suite, "examples": examples, "texts": texts, "private": private}
    return json.dumps({**order, "reading": asdict(reading), "bounds": asdict(bounds), **how})


def carry_out(order: str) -> dict[str, Any]:
    """Teach what `order` says, printing looks; gives the last line."""
    from taskarith.training.teaching.teach import teach

    asked = json.loads(order)
    given = asked.pop("examples")
    examples: Any = given
    if not asked.pop("texts") and isinstance(given, dict):
        examples = {name: [Path(path) for path in paths] for name, paths in given.items()}
    bounds, reading = Bounds(**asked.pop("bounds")), Reading(**asked.pop("reading"))
    try:
        taught = teach(
            asked.pop("suite"),
            examples,
            **asked,
            bounds=bounds,
            reading=reading,
            look=lambda look: _say({"look": look.to_json()}),
        )
    except TaskArithError as error:
        return {"failed": str(error)}
    return {"taught": taught.to_json()}


def main() -> None:
    """Carry out the order on standard input; told to end, it tidies up first."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    _say(carry_out(sys.stdin.read()))


def _say(line: dict[str, Any]) -> None:
    print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
