"""The widget: what a notebook shows and holds, on both sides of its channel.

The browser's part is the explorer of every other page, bundled into one module; its backend sends
calls over the widget's channel. The edit in hand travels as the query string that a link holds.
"""

from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import anywidget
import traitlets

from taskarith.core import Edit
from taskarith.errors import TaskArithError
from taskarith.ui.bundle import bundle
from taskarith.ui.edit_link import edit_in_hand, read_link, write_link
from taskarith.ui.notebook.desk import Desk, borrow

__all__ = ["ExplorerWidget"]

HEIGHTS = (200, 4000)  # pixels
LONGEST = 20_000  # characters of a query
MOST_FIELDS = 32
STYLE = Path(__file__).parents[1] / "instrument.css"


class ExplorerWidget(anywidget.AnyWidget):
    """Explore in a cell; `taskarith.widget` makes it.

    Attributes:
        edit: the edit in hand. Setting it moves the sliders, moving them sets it;
            `observe(call, names="edit")` hears of both.
        height: in pixels.
        query: the same edit with what belongs to the view (slider in hand, analogy, pinned edit),
            as a link of the site holds it.
    """

    height = traitlets.Int(600).tag(sync=True)
    query = traitlets.Unicode("").tag(sync=True)
    edit = traitlets.Instance(Edit)
    _desk: Desk | None = None

    def __init__(
        self, suite: str, *, height: int = 600, edit: Edit | None = None, device: str | None = None
    ) -> None:
        self._kept = ""  # the last query that could be read
        desk = borrow(suite, device=device)
        try:
            self.suite = desk.suite
            first = (
                edit if edit is not None else edit_in_hand(read_link({}, self.suite), self.suite)
            )
            super().__init__(height=height, edit=first)
        except Exception:
            desk.give_back()
            raise
        self._desk = desk
        self.on_msg(self._asked)

    @property
    def _esm(self) -> str:
        return _script()

    @property
    def _css(self) -> str:
        return STYLE.read_text(encoding="utf-8")

    def close(self) -> None:
        """Take the widget down; the engine ends where no other widget uses it."""
        desk, self._desk = self._desk, None
        super().close()
        if desk is not None:
            desk.give_back()

    @traitlets.validate("height")
    def _check_height(self, proposal: Any) -> int:
        least, most = HEIGHTS
        return max(least, min(most, int(proposal["value"])))

    @traitlets.validate("edit")
    def _check_edit(self, proposal: Any) -> Edit:
        edit: Edit = proposal["value"]
        if edit.suite != self.suite.name:
            raise TaskArithError(
                f"this widget shows the suite {self.suite.name}, the edit is of {edit.suite}; "
                f"taskarith.widget({edit.suite!r}) shows that"
            )
        self.suite.check_edit(edit)
        write_link(edit)  # which refuses what a page cannot show
        return edit

    @traitlets.validate("query")
    def _check_query(self, proposal: Any) -> str:
        """What a browser sends is taken as far as it can be read, as a link is."""
        text: str = proposal["value"]
        try:
            parse_qsl(text[:LONGEST], max_num_fields=MOST_FIELDS)
        except ValueError:
            return self._kept
        return text if len(text) <= LONGEST else self._kept

    @traitlets.observe("edit")
    def _edited(self, change: Any) -> None:
        if not self.query or self._read(self.query) != change["new"]:
            self.query = write_link(
                change["new"], focus=next(iter(change["new"].coefficients), None)
            )

    @traitlets.observe("query")
    def _moved(self, change: Any) -> None:
        self._kept = change["new"]
        self.edit = self._read(change["new"])

    def _read(self, query: str) -> Edit:
        fields = dict(parse_qsl(query, keep_blank_values=True, max_num_fields=MOST_FIELDS))
        return read_link(fields, self.suite).edit

    def _asked(self, _widget: object, message: object, _buffers: object) -> None:
        if self._desk is not None:
            self._desk.call(message, self._answer)

    def _answer(self, answer: dict[str, Any]) -> None:
        if self._desk is not None and self.comm is not None:
            self.send(answer)


@cache
def _script() -> str:
    entry = "notebook/start.js"
    return bundle([entry], then=f'export default {{ render: __modules["{entry}"].render }};')
