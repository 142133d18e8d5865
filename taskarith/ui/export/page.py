"""Export: the page on which the edit in hand is taken away, or published on the Hub.

Short handlers between Gradio's elements and the exports; what needs torch is imported in them.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any, cast

import gradio as gr

from taskarith.errors import TaskArithError
from taskarith.ui.chrome import frame
from taskarith.ui.error_text import said_html
from taskarith.ui.export.exports import MAX_PUBLIC, Exports, Taken
from taskarith.ui.export.html import (
    about_format,
    edit_html,
    files_html,
    moving_html,
    plan_html,
    published_html,
)
from taskarith.ui.export.publish import PublicationForm, Token
from taskarith.ui.query import read_query
from taskarith.ui.serving.jobs import LOOK_EVERY, Desk, Jobs, JobStatus
from taskarith.ui.serving.limits import address
from taskarith.ui.serving.visitor import read_visitor, visitor_script

if TYPE_CHECKING:
    from taskarith.core import Edit
    from taskarith.ui.context import Site
    from taskarith.ui.serving.explorer import Explorer

__all__ = ["build"]

ABOUT = "Take the edit in hand away, in the formats of other libraries, or publish it on the Hub."
STYLE = """
#export-page { display: grid; grid-template-columns: minmax(300px, 440px) minmax(0, 1fr);
  gap: 18px 44px; align-items: start; }
#export-page > * { min-width: 0 !important; width: 100%; }
#sheet .formula { font-size: 20px; font-weight: 600; margin: 0 0 8px; overflow-wrap: anywhere; }
#sheet ul.terms { margin: 0 0 8px; padding: 0; list-style: none; }
#sheet ul.terms li { margin: 0; padding: 2px 0; }
#sheet :is(.lead, .terms span) { color: var(--muted); }
#sheet .lead { margin: 0; }
#sheet .login { margin: 0; } #sheet .login.missing { color: var(--warn); }
#card-shown { border: 1px solid var(--rule); border-radius: 6px; padding: 4px 18px 12px;
  max-height: 460px; overflow: auto; }
#card-shown table { display: block; overflow-x: auto; }
@media (max-width: 900px) { #export-page { grid-template-columns: minmax(0, 1fr); } }
"""

Updates = list[Any]


def build(site: "Site") -> None:
    """The page, inside its route."""
    page = _ExportPage(site)
    with frame(site.nav, "Export", about=ABOUT):
        gr.HTML(f"<style>{STYLE}</style>", elem_classes="unseen")
        page.elements()
    page.wire()


class _ExportPage:
    """The page's elements, and what its buttons do."""

    def __init__(self, site: "Site") -> None:
        self.site = site
        self.exports = Exports(largest=MAX_PUBLIC if site.public else None)
        self.work = Jobs(shared=site.public)
        self.publication = PublicationForm(self.exports, self.work, public=site.public)

    # ---- elements ---------------------------------------------------------------------------

    def elements(self) -> None:
        """The edit and the choice on the left, what comes of it on the right."""
        self.visitor = gr.Textbox(visible=False)
        self.theme = gr.Textbox(visible=False)
        self.query = gr.Textbox(visible=False)
        with gr.Row(elem_id="export-page"):
            with gr.Column():
                self._choice()
            with gr.Column():
                self.progress = gr.HTML(
                    said_html("Choose a format and press Export.", kind="hint"), elem_id="moving"
                )
                self.files = gr.HTML("", elem_id="files")
                self.download = gr.DownloadButton(
                    "Download", visible=False, scale=0, variant="primary", elem_id="download"
                )
                with gr.Column(visible=False, elem_id="publishing") as self.publishing:
                    self.publication.elements()

    def _choice(self) -> None:
        self.edit = gr.HTML("<p>Opening the suite…</p>", elem_id="edit")
        # What there is to choose from comes when the library is there: the page does not wait.
        self.to = gr.Radio([], label="Format", elem_id="format")
        self.about = gr.HTML("")
        self.dtype = gr.Radio([], label="Weights", elem_id="dtype")
        self.size = gr.HTML("", elem_id="size")
        with gr.Row(elem_classes="buttons"):
            self.run = gr.Button("Export", variant="primary", interactive=False, elem_id="export")
            self.cancel = gr.Button("Cancel", visible=False, elem_id="cancel")

    # ---- what happens -----------------------------------------------------------------------

    def wire(self) -> None:
        """Connect the elements with what they do."""
        quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
        seen = [
            self.progress, self.run, self.cancel, self.files, self.download, self.publishing,
            self.publication.login,
        ]  # fmt: skip
        follow: dict[str, Any] = {
            "fn": self.follow, "inputs": [self.visitor], "outputs": seen,
            "concurrency_limit": None, **quiet,
        }  # fmt: skip
        form = [self.query, self.to, self.dtype]
        opened = self.site.blocks.load(
            self.open, [self.visitor, self.theme, self.query],
            [self.visitor, self.theme, self.query, self.edit, self.run, self.to, self.dtype],
            js=visitor_script(), **quiet,
        )  # fmt: skip
        opened.then(**follow)
        # One event for both: an answer about an earlier choice never takes a later one's place.
        gr.on(
            [self.to.change, self.dtype.change],
            self.price, form, [self.size, self.about, self.dtype], trigger_mode="always_last",
            **quiet,
        )  # fmt: skip
        started = self.run.click(
            self.start,
            [self.visitor, *form],
            [
                self.progress,
                self.run,
                self.files,
                self.download,
                self.publishing,
                self.publication.cards,
            ],
            **quiet,
        )
        started.then(**follow)
        self.cancel.click(self.stop, [self.visitor], [self.cancel], **quiet)
        sent = self.publication.wire(self.visitor, self.progress, **quiet)
        sent.then(**follow)

    async def open(self, visitor: str, theme: str, query: str) -> Updates:
        """The first look: the edit in hand."""
        try:
            explorer, edit, problems = await self._edit(query)
        except TaskArithError as error:
            said = said_html(str(error), kind="failed")
            return [visitor, theme, query, said, *[gr.skip()] * 3]
        from taskarith.export.formats import DTYPES, formats_of

        shown = edit_html(explorer.suite, edit, problems)
        fitting = formats_of(explorer.suite.weights.family.layouts)
        formats = [(one.title, name) for name, one in fitting.items()]
        return [
            visitor, theme, query, shown, gr.update(value="Export", interactive=True),
            gr.update(choices=formats, value=formats[0][1]),
            gr.update(choices=list(DTYPES), value=DTYPES[0]),
        ]  # fmt: skip

    async def price(self, query: str, to: str, dtype: str) -> Updates:
        """What the export will hold; or why there cannot be one."""
        from taskarith.export.formats import FORMATS

        known = to if to in FORMATS else next(iter(FORMATS))
        weights = gr.update(visible=FORMATS[known].weights)
        try:
            explorer, edit, _ = await self._edit(query)
            plan = await asyncio.to_thread(_plan, explorer, edit, to, dtype)
            self.exports.check(plan.size)
        except TaskArithError as error:
            return [said_html(str(error), kind="failed"), about_format(known), weights]
        return [plan_html(plan), about_format(known), weights]

    async def start(self, visitor: str, query: str, to: str, dtype: str) -> Updates:
        """Queue the export."""
        try:
            own = read_visitor(visitor)
            explorer, edit, _ = await self._edit(query)
            plan = await asyncio.to_thread(_plan, explorer, edit, to, dtype)
            self.exports.check(plan.size)
            known = await asyncio.to_thread(explorer.known, edit) if plan.size else ()
            whence = address()

            def work(desk: Desk) -> object:
                return self.exports.make(
                    own, explorer.suite, edit, address=whence, to=to, dtype=dtype,
                    source=explorer.source, accuracies=known,
                    statistics=_statistics(explorer, edit) if plan.size else None,
                    report=desk.progress, cancelled=desk.stopped,
                )  # fmt: skip

            self.work.submit(own, work)
        except TaskArithError as error:
            return [said_html(str(error), kind="failed"), *[gr.skip()] * 5]
        hidden = gr.update(visible=False)  # what came of the last export is not this one's
        busy = gr.update(value="Export", interactive=False)
        return [said_html("Starting…"), busy, "", hidden, hidden, hidden]

    async def follow(self, visitor: str, token: Token = None) -> AsyncIterator[Updates]:
        """How far the visitor's export or publication is, until it is over; then what came."""
        yield [gr.skip()] * 7  # a generator that ends without a word empties its outputs
        try:
            own = read_visitor(visitor)
        except TaskArithError:
            return
        last: JobStatus | None = None
        while (look := self.work.status(own)) is not None:
            if look is not last:
                yield await self._shown(own, look, token)
                last = look
            if look.over:
                return
            await asyncio.sleep(LOOK_EVERY)

    def stop(self, visitor: str) -> Any:
        """Cancel what runs."""
        with contextlib.suppress(TaskArithError):
            self.work.cancel(read_visitor(visitor))
        return gr.update(value="Stopping…", interactive=False)

    # ---- what is shown ----------------------------------------------------------------------

    async def _shown(self, visitor: str, look: JobStatus, token: Token) -> Updates:
        taken = self.exports.of(visitor)
        published = look.result if look.over and not isinstance(look.result, Taken) else None
        busy = [
            gr.update(value="Export", interactive=look.over),
            gr.update(visible=not look.over, value="Cancel", interactive=True),
        ]
        if not look.over:
            verb = "Publishing" if taken is not None else "Exporting"
            return [moving_html(look, verb), *busy, *[gr.skip()] * 4]
        said = published_html(cast(Any, published)) if published else moving_html(look, "")
        if taken is None:
            return [said, *busy, "", gr.update(visible=False), gr.update(visible=False), ""]
        mark = taken.export.provenance.fingerprint
        from taskarith.export.formats import FORMATS

        can_publish = FORMATS[taken.to].published
        login = await asyncio.to_thread(self.publication.login_text, token) if can_publish else ""
        return [
            said or said_html("Ready."),
            *busy,
            files_html(taken.export.files, mark),
            gr.update(value=str(taken.archive), visible=True),
            gr.update(visible=can_publish),
            login,
        ]

    async def _edit(self, query: object) -> "tuple[Explorer, Edit, tuple[str, ...]]":
        from taskarith.ui.edit_link import read_link

        link = read_query(query)
        explorer = await self.site.explorers.get(link.get("suite"))
        read = read_link(link, explorer.suite)
        return explorer, read.edit, read.problems


def _plan(explorer: "Explorer", edit: "Edit", to: object, dtype: object) -> Any:
    from taskarith.export.exporting import plan_export

    return plan_export(explorer.suite, edit, to=str(to)[:40], dtype=str(dtype)[:40])


def _statistics(explorer: "Explorer", edit: "Edit") -> Any:
    """What a merge that looks at images asks; an evaluator of its own answers."""
    from taskarith.core import METHODS
    from taskarith.export.accuracies import image_statistics

    if not METHODS[edit.method].needs_data:
        return None
    return image_statistics(explorer.make_evaluator(), seed=edit.seed)
