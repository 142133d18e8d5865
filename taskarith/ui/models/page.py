"""Models: the page on which suites are found, fetched, and made of task vectors from elsewhere.

Ties a form to offers and an offer to the queue that carries it out; decides nothing itself.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr
from gradio.utils import get_upload_folder

from taskarith.errors import TaskArithError, UnknownNameError
from taskarith.ui.chrome import frame
from taskarith.ui.hello import is_suite_name
from taskarith.ui.models.form import NEW_BASE, OWN_CONTROL, VectorForm
from taskarith.ui.serving.jobs import Jobs
from taskarith.ui.serving.visitor import read_visitor, visitor_script

if TYPE_CHECKING:
    from taskarith.suites import Suite
    from taskarith.suites.collection import Collection
    from taskarith.ui.context import Site
    from taskarith.ui.models.offers import Offer
    from taskarith.ui.models.picked import Picked
    from taskarith.ui.serving.jobs import JobStatus

__all__ = ["build"]

ABOUT = (
    "Bring task vectors from the Hugging Face Hub or from your own files. You see what it takes "
    "before anything is fetched."
)
SEEN_BY_ALL = "All visitors of this server see the suites that are made here."
REFRESH = 0.3  # seconds between two looks at what is being fetched
PLANS_AT_ONCE = 4
LONGEST_CLOSING = 60.0  # seconds that closing a suite may take
SEEN = 6  # elements that change while something is fetched
STYLE = (Path(__file__).parents[1] / "models.css").read_text(encoding="utf-8")
# Where there is something to read: a page that was only opened stays where it is.
TO_PANEL = """() => document.querySelector("#panel .plan")?.scrollIntoView({
  block: "center", behavior: "smooth" })"""

# A plan says what was asked for: when one of its fields changes, it goes with its button.
CHANGED = """() => {
  const plan = document.querySelector("#panel .plan");
  const old = document.querySelector("#agree")?.checkVisibility()
    && ["%s", undefined].includes(plan?.dataset.of);
  const same = { __type__: "update" };
  const said = "The form has changed since: press Plan to see what it takes now.";
  return old ? [`<div class="plan"><p>${said}</p></div>`, { ...same, visible: false }]
    : [same, same];
}"""

_log = logging.getLogger(__name__)

Updates = tuple[Any, ...]


def build(site: "Site") -> None:
    """The page, inside its route."""
    page = _ModelsPage(site)
    with frame(site.nav, "Models", about=ABOUT):
        gr.HTML(f"<style>{STYLE}</style>", elem_classes="unseen")
        page.elements()
    page.wire()


class _ModelsPage:
    """The page's elements, and what its buttons do."""

    def __init__(self, site: "Site") -> None:
        self.site = site
        self.downloads = Jobs(shared=site.public)
        self.in_use = site.explorers.in_use

    # ---- elements ---------------------------------------------------------------------------

    def elements(self) -> None:
        """The form, what comes of it, the suites, and the other way to get more."""
        self.visitor = gr.Textbox(visible=False)
        self.unused = [gr.Textbox(visible=False), gr.Textbox(visible=False)]  # what else it says
        self.offer = gr.State(None)
        seen = SEEN_BY_ALL if self.site.public else ""
        _part(
            "Add task vectors",
            "Each becomes a slider in a copy of the suite you start from, which stays as it is. "
            + seen,
        )
        self.form = VectorForm(public=self.site.public)
        self._panel()
        _part("Suites", "What can be opened in Explore, and what can be fetched.")
        self.suites = gr.HTML("<p>Looking…</p>", elem_id="suites")
        with gr.Row(elem_id="own-suites", visible=not self.site.public):
            self.own = gr.Dropdown([], label="A suite of yours", elem_id="own-suite")
            self.new_name = gr.Textbox(label="Its new name", elem_id="new-name")
            self.rename = gr.Button("Rename", scale=0, elem_id="rename")
            self.remove = gr.Button("Remove", scale=0, elem_id="remove")
        _part(
            "Add a whole suite",
            "One that somebody published, or a manifest of your own that names everything by "
            f"reference. {seen}",
        )
        with gr.Row(elem_id="whole-suite"):
            hint = "hub:owner/name" if self.site.public else "hub:owner/name, or a folder"
            self.place = gr.Textbox(label="Where it is", placeholder=hint, elem_id="place")
            self.plan_suite = gr.Button("Plan", scale=0, elem_id="plan-suite")
            self.manifest = gr.UploadButton(
                "Or pick its manifest.json", file_types=[".json"], scale=0, elem_id="manifest"
            )

    def _panel(self) -> None:
        """What was asked for: its plan, how far it is, what came of it."""
        with gr.Column(elem_id="panel"):
            self.said = gr.HTML("", elem_id="said")
            with gr.Row(elem_classes="buttons"):
                self.agree = gr.Button(
                    "Fetch", variant="primary", visible=False, scale=0, elem_id="agree"
                )
                self.cancel = gr.Button("Cancel", visible=False, scale=0, elem_id="cancel")

    # ---- what happens -----------------------------------------------------------------------

    def wire(self) -> None:
        """Connect the elements with what they do."""
        quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
        planned = [self.offer, self.said, self.agree, self.cancel]
        plan: dict[str, Any] = {**quiet, "concurrency_limit": PLANS_AT_ONCE, "outputs": planned}
        seen = [self.said, self.agree, self.cancel, self.suites, self.form.start, self.own]
        follow: dict[str, Any] = {**quiet, "concurrency_limit": None, "outputs": seen}
        form: list[Any] = list(self.form.fields.values())
        gr.on(
            [self.form.plan.click, self.form.vector.submit], self._plan_vector, form, **plan
        ).then(None, js=TO_PANEL, **quiet)
        gr.on(
            [self.plan_suite.click, self.place.submit], self._plan_suite, [self.place], **plan
        ).then(None, js=TO_PANEL, **quiet)
        self.manifest.upload(self._plan_manifest, [self.manifest], **plan).then(
            None, js=TO_PANEL, **quiet
        )
        if not self.site.public:
            gr.on(
                [self.rename.click, self.new_name.submit],
                self._plan_rename, [self.own, self.new_name], **plan,
            ).then(None, js=TO_PANEL, **quiet)  # fmt: skip
            self.remove.click(self._plan_removal, [self.own], **plan).then(
                None, js=TO_PANEL, **quiet
            )
        fields = {"vectors": form, "suite": [self.place], "own": [self.own, self.new_name]}
        for of, elements in fields.items():
            changes = [element.change for element in elements]
            gr.on(changes, None, None, [self.said, self.agree], js=CHANGED % of, **quiet)
        self.agree.click(self._begin, [self.visitor, self.offer], [self.said], **quiet).then(
            self._follow, [self.visitor, self.offer], **follow
        )
        self.cancel.click(self._cancel, [self.visitor], None, **quiet)
        self.form.start.change(
            self._started_from, self.form.asked_of_start, self.form.depends_on_start, **quiet
        )
        self.form.wire(**quiet)
        lists = [self.suites, self.form.start, self.own, self.form.shared, self.form.control]
        blocks = self.site.blocks
        blocks.load(self._opened, None, lists, **quiet)
        blocks.load(self._asked_for, None, planned, **quiet).then(None, js=TO_PANEL, **quiet)
        blocks.load(
            _visitor, [self.visitor, *self.unused], [self.visitor], js=visitor_script(), **quiet
        ).then(self._resume, [self.visitor], **follow)

    async def _opened(self, request: gr.Request) -> Updates:
        """The lists, once the library is there."""
        await asyncio.wrap_future(self.site.explorer)
        shown, start, own = await self._listed(request)
        shared = await asyncio.to_thread(_shared_tasks)
        return (
            shown, start, own, gr.update(choices=shared, value=shared[0]),
            gr.update(choices=[OWN_CONTROL, *((name, name) for name in shared)]),
        )  # fmt: skip

    async def _listed(
        self, request: gr.Request, *, chosen: str | None = None
    ) -> tuple[str, Any, Any]:
        """The table of suites, the choice of one to start from, and that of one's own."""
        from taskarith.suites.making.own import own_suites
        from taskarith.ui.models.html import collection_list, suite_list

        found = await asyncio.to_thread(_all_suites)
        own = (await asyncio.wrap_future(self.site.explorer)).suite
        if own.name not in [suite.name for suite, _ in found]:
            found.insert(0, (own, True))
        here = [suite.name for suite, there in found if there]
        asked = chosen or request.query_params.get("suite")
        choice = asked if asked in here else own.name
        theme = request.query_params.get("__theme")
        collections, members = await asyncio.to_thread(_all_collections)
        table = suite_list(found, theme=theme)
        table += collection_list(collections, here=members, theme=theme)
        mine = [] if self.site.public else await asyncio.to_thread(own_suites)
        return (
            table,
            gr.update(choices=[*here, NEW_BASE], value=choice),
            gr.update(choices=mine, value=choice if choice in mine else None),
        )

    async def _started_from(
        self, name: object, purpose: object, control: object, same: object
    ) -> Updates:
        """Fields that depend on the suite one starts from."""
        targets = () if name == NEW_BASE else (await self._suite(name)).targets
        return self.form.started_from(targets, purpose=purpose, control=control, same=same)

    async def _plan_vector(self, *values: object) -> Updates:
        """The plan of what the form asks for."""
        form = self.form.read(values)

        async def offer() -> "Offer":
            from taskarith.ui.models.asked import read_asked
            from taskarith.ui.models.offers import offer_assembly

            start = None if form["start"] == NEW_BASE else await self._suite(form["start"])
            public = self.site.public
            asked = await asyncio.to_thread(
                read_asked, form, start=start, public=public, picked=self._picked()
            )
            return await asyncio.to_thread(offer_assembly, asked, public=public, in_use=self.in_use)

        return await self._planned(offer, of="vectors", typed=values)

    async def _plan_suite(self, place: object) -> Updates:
        """The plan of adding a whole suite from somewhere."""

        async def offer() -> "Offer":
            from taskarith.ui.models.offers import offer_suite

            where = place.strip() if isinstance(place, str) else ""
            return await asyncio.to_thread(
                offer_suite, where, public=self.site.public, in_use=self.in_use
            )

        return await self._planned(offer, of="suite", typed=[place])

    async def _plan_manifest(self, file: object) -> Updates:
        """The plan of adding the suite of a picked manifest."""

        async def offer() -> "Offer":
            from taskarith.ui.models.offers import offer_manifest

            path = self._picked().file(str(file))
            return await asyncio.to_thread(
                offer_manifest, path, public=self.site.public, in_use=self.in_use
            )

        return await self._planned(offer, of="suite")

    async def _plan_rename(self, name: object, new: object) -> Updates:
        """The plan of calling a suite of the owner's by another name."""

        async def offer() -> "Offer":
            from taskarith.ui.models.asked import slug
            from taskarith.ui.models.own_offers import offer_rename

            wanted = slug(str(new or ""))
            how = await self._of_own()
            return await asyncio.to_thread(offer_rename, str(name), wanted, **how)

        return await self._planned(offer, of="own")

    async def _plan_removal(self, name: object) -> Updates:
        """The plan of removing a suite of the owner's."""

        async def offer() -> "Offer":
            from taskarith.ui.models.own_offers import offer_removal

            return await asyncio.to_thread(offer_removal, str(name), **await self._of_own())

        return await self._planned(offer, of="own")

    async def _of_own(self) -> dict[str, Any]:
        """What a plan to rename or remove a suite has to know, and how it is closed here first."""
        loop = asyncio.get_running_loop()

        def close(name: str) -> None:
            closing = self.site.explorers.forget(name)
            asyncio.run_coroutine_threadsafe(closing, loop).result(LONGEST_CLOSING)

        served = (await asyncio.wrap_future(self.site.explorer)).suite.name
        return {"served": served, "in_use": self.in_use, "close": close}

    async def _asked_for(self, request: gr.Request) -> Updates:
        """The plan of fetching the suite that the page's address asks for."""
        name = request.query_params.get("fetch")
        if name is None:
            return gr.skip(), gr.skip(), gr.skip(), gr.skip()

        async def offer() -> "Offer":
            from taskarith.ui.models.offers import offer_pull

            suite = await self._suite(name)
            return await asyncio.to_thread(offer_pull, suite, public=self.site.public)

        return await self._planned(offer, of="fetch")

    async def _planned(
        self, make: "Callable[[], Awaitable[Offer]]", *, of: str, typed: Sequence[object] = ()
    ) -> Updates:
        """An offer on the panel, made `of` some fields; or the reason why there is none.

        Paths that were `typed` into the fields are told as they were written.
        """
        from taskarith.ui.models.html import offered, problem

        hidden = gr.update(visible=False)
        try:
            await asyncio.wrap_future(self.site.explorer)
            offer = await make()
        except TaskArithError as error:
            written = [text for text in typed if isinstance(text, str)]
            return None, problem(str(error), typed=written), hidden, hidden
        except Exception as error:
            _log.exception("a plan failed")
            return None, problem(_unexpected(error)), hidden, hidden
        return offer, offered(offer, of=of), gr.update(visible=True, value=offer.verb), hidden

    async def _begin(self, visitor: object, offer: Any) -> Any:
        """Queue what was agreed to."""
        from taskarith.ui.models.html import problem

        try:
            if offer is None:
                raise TaskArithError("there is no plan (any more); press Plan first")
            self.downloads.submit(read_visitor(visitor), offer.act)
        except TaskArithError as error:
            return problem(str(error))
        return gr.skip()

    def _status(self, visitor: object) -> "JobStatus | None":
        """How the visitor's job stands; None if there is none."""
        try:
            return self.downloads.status(read_visitor(visitor))
        except TaskArithError:
            return None

    async def _resume(self, visitor: object, request: gr.Request) -> AsyncIterator[Updates]:
        """Follow what is still being fetched when the page is opened again."""
        look = self._status(visitor)
        if look is None or look.over:
            yield (gr.skip(),) * SEEN
            return
        async for updates in self._follow(visitor, None, request):
            yield updates

    async def _follow(
        self, visitor: object, offer: object, request: gr.Request
    ) -> AsyncIterator[Updates]:
        """How far it is, until it is over; then what came of it."""
        from taskarith.ui.models.html import outcome, problem, progress
        from taskarith.ui.models.offers import Done

        hidden, same = gr.update(visible=False), gr.skip()
        look = self._status(visitor)
        shown = None
        while look is not None and not look.over:
            if look != shown:
                yield progress(look), hidden, gr.update(visible=True), same, same, same
            shown = look
            await asyncio.sleep(REFRESH)
            look = self._status(visitor)
        if look is None:
            yield (same,) * SEEN
        elif isinstance(look.result, Done):
            gone = look.result.gone
            here = not gone and (await self._suite(look.result.suite)).is_here()
            theme = request.query_params.get("__theme")
            lists = await self._listed(request, chosen=None if gone else look.result.suite)
            yield outcome(look.result, here=here, theme=theme), hidden, hidden, *lists
        else:
            stopped = look.state == "cancelled"
            again = gr.update(visible=offer is not None, value="Go on" if stopped else "Try again")
            title = "Stopped" if stopped else "That did not work"
            yield problem(look.message, title=title), again, hidden, same, same, same

    def _cancel(self, visitor: object) -> None:
        with contextlib.suppress(TaskArithError):  # what is nobody's needs no stopping
            self.downloads.cancel(read_visitor(visitor))

    async def _suite(self, name: object) -> "Suite":
        """A suite by its name alone; opens no engine."""
        from taskarith.suites import load_suite

        first = (await asyncio.wrap_future(self.site.explorer)).suite
        if name is None or name == first.name:  # None: the list of suites is not there yet
            return first
        if not is_suite_name(name):
            raise UnknownNameError(f"{str(name)[:80]!r} is no name of a suite")
        return await asyncio.to_thread(load_suite, str(name))

    def _picked(self) -> "Picked":
        from taskarith.suites.home import let_go
        from taskarith.ui.models.picked import Picked, picked_folder

        return Picked(
            picked_folder(),
            uploads=Path(get_upload_folder()),
            let_go=lambda folder: let_go(folder, in_use=self.in_use),
        )


def _visitor(visitor: str, theme: str, query: str) -> str:
    """Of what the tab says of itself, its name."""
    return visitor


def _part(title: str, lead: str) -> None:
    """A heading of the page and a sentence under it."""
    gr.HTML(f'<h2 class="part">{title}</h2><p class="lead">{lead}</p>')


def _all_suites() -> "list[tuple[Suite, bool]]":
    from taskarith.suites import list_suites

    found = [(suite, suite.is_here()) for suite in list_suites()]
    return sorted(found, key=lambda pair: not pair[1])  # what can be opened comes first


def _all_collections() -> "tuple[list[Collection], dict[str, bool]]":
    """The collections, and whether all that each member needs is on this machine."""
    from taskarith.suites import load_suite
    from taskarith.suites.collection import list_collections

    found = list_collections()
    return found, {name: load_suite(name).is_here() for one in found for name in one.suites}


def _shared_tasks() -> list[str]:
    from taskarith.suites.library import library_tasks

    return list(library_tasks())


def _unexpected(error: Exception) -> str:
    return (
        f"Something went wrong on the server ({type(error).__name__}); its log says more. What was "
        "fetched is kept."
    )
