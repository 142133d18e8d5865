"""What the page Models offers to do with suites of the owner's: another name, or none.

A suite that is open in Explore is closed first, so that nothing goes on measuring what is gone.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from taskarith.errors import AssetError, unknown_name
from taskarith.suites.making.own import own_suites, remove_suite, rename_suite, stays
from taskarith.ui.models.offers import Done, InUse, Offer

if TYPE_CHECKING:
    from taskarith.ui.serving.jobs import Desk

__all__ = ["offer_removal", "offer_rename"]

Close = Callable[[str], None]  # closes the suite of a name, if it is open


def _never(name: str) -> bool:
    return False


def _leave(name: str) -> None:
    """Nothing is open that would have to be closed."""


def offer_rename(
    name: str, new: str, *, served: str = "", in_use: InUse = _never, close: Close = _leave
) -> Offer:
    """Another name for a suite of the owner's; `served`: the one that the server was started with.

    Who has it open meanwhile is told that it is gone.
    """
    _check_own(name, served)

    def act(desk: "Desk") -> Done:
        close(name)
        rename_suite(name, new)
        return Done(new, (f"it was called {name}",))

    lines = (f"links and edits that name {name} no longer open it", *_closing(name, in_use))
    return Offer(f"Call {name} {new} from now on", lines, "Rename it", act)


def offer_removal(
    name: str, *, served: str = "", in_use: InUse = _never, close: Close = _leave
) -> Offer:
    """Removing a suite of the owner's; `served`: the one that the server was started with."""
    _check_own(name, served)
    kept = stays(name)

    def act(desk: "Desk") -> Done:
        close(name)
        remove_suite(name)
        return Done(name, (), gone=True)

    line = "its folder stays where it is" if kept else "its files are removed"
    return Offer(f"Remove {name}", (line, *_closing(name, in_use)), "Remove it", act)


def _closing(name: str, in_use: InUse) -> list[str]:
    return ["it was opened here, and is closed first"] if in_use(name) else []


def _check_own(name: str, served: str) -> None:
    if name not in own_suites():
        raise unknown_name("suite of your own", name, existing=own_suites())
    if name == served:
        raise AssetError(f"this server was started with {name}; start it with another suite first")
