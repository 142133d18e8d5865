"""What every command that needs weights from elsewhere does first: plan, ask, fetch, show how far.

Asks on the terminal only; a script says `--yes`.
"""

import argparse
import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from taskarith.errors import SourceError

if TYPE_CHECKING:
    from taskarith.sources import Plan, Source

__all__ = ["add_yes", "agreed", "obtain", "obtain_plan", "progress_bar"]


def add_yes(parser: argparse.ArgumentParser) -> None:
    """`--yes`."""
    parser.add_argument(
        "--yes", action="store_true", help="fetch what is needed without asking first"
    )


def obtain(reference: str, *, yes: bool, extras: Iterable[str] = ()) -> "Source":
    """The weights that `reference` names, fetched when whoever runs the command agrees."""
    from taskarith.sources import make_plan

    return obtain_plan(make_plan(reference, extras=extras), yes=yes)


def obtain_plan(plan: "Plan", *, yes: bool) -> "Source":
    """Carry out `plan`; SourceError where it needs a yes that nobody can give."""
    from taskarith.sources import pull
    from taskarith.suites.references import pull_ledger

    if plan.to_fetch:
        agreed(f"{plan.reference}: {plan.describe()}", yes=yes)
    bar = progress_bar(plan.to_fetch)
    name = str(plan.reference)
    return pull(plan, ledger=pull_ledger(), report=lambda done, total: bar(name, done, total))


def agreed(
    what: str, *, yes: bool, question: str = "Fetch it?", no: str = "nothing was fetched"
) -> None:
    """Return when whoever runs the command agrees to `what`; else raise SourceError."""
    if yes:
        return
    print(what, file=sys.stderr)
    if not sys.stdin.isatty():
        raise SourceError("nobody is here to agree to this; add --yes")
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise SourceError(no)


def progress_bar(to_fetch: int) -> Callable[[str, int, int], None]:
    """A progress bar on the terminal, told (what, bytes done, bytes in all).

    Does nothing where there is no terminal or nothing to fetch.
    """
    if not to_fetch or not sys.stderr.isatty():
        return lambda what, done, total: None
    from tqdm import tqdm

    bar = tqdm(unit="B", unit_scale=True, file=sys.stderr)

    def report(what: str, done: int, total: int) -> None:
        bar.set_description(what, refresh=False)
        if total:
            bar.total = total
            bar.update(done - bar.n)
        if total and done >= total:
            bar.close()

    return report
