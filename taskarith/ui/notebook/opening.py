"""`taskarith.widget`: the door to Explore in a notebook. Needs `anywidget` when it is called."""

from pathlib import Path
from typing import TYPE_CHECKING

from taskarith.core import Edit
from taskarith.errors import MissingDependencyError

if TYPE_CHECKING:
    from taskarith.ui.notebook.explorer_widget import ExplorerWidget

__all__ = ["widget"]


def widget(
    suite: str | Path = "mini",
    *,
    height: int = 600,
    edit: Edit | None = None,
    device: str | None = None,
) -> "ExplorerWidget":
    """Explore as a widget, in Jupyter, VS Code, Colab and marimo: the last line of a cell shows it.

    It measures in the notebook's own kernel, beside its cells; nothing is served. Its `edit` is the
    edit in hand, an `Edit`: read it, set it, or `observe` it. `close()` ends the engine when no
    other widget shows the suite.

    Args:
        suite: name of a suite, or path of its folder.
        height: of the widget in pixels, 200 to 4000; what does not fit scrolls.
        edit: what it opens with; the suite's own first edit if None.
        device: "cpu", "cuda" or "mps"; the fastest this machine has if None.

    Raises:
        MissingDependencyError: `anywidget` is not installed.
        TaskArithError: there is no such suite, or it has no such vectors.
    """
    try:
        from taskarith.ui.notebook.explorer_widget import ExplorerWidget
    except ImportError as error:
        raise MissingDependencyError(
            f"a widget needs anywidget, which cannot be imported ({error}): "
            "pip install 'taskarith[notebook]'"
        ) from error
    return ExplorerWidget(str(suite), height=height, edit=edit, device=device)
