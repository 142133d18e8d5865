"""Recipes: the page on which a protocol of the literature runs and its result is read.

Short handlers between Gradio's elements and `RecipeRuns`; what needs torch is imported in them.
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from functools import cached_property
from typing import TYPE_CHECKING, Any

import gradio as gr

from taskarith.errors import TaskArithError
from taskarith.ui.chrome import frame
from taskarith.ui.error_text import said_html
from taskarith.ui.modules import starting
from taskarith.ui.query import read_query
from taskarith.ui.recipes.figures_html import figures_html
from taskarith.ui.recipes.form import (
    ALL_IMAGES,
    ENDS,
    FORMS,
    IMAGES,
    POINTS,
    WAYS,
    Request,
    read_request,
)
from taskarith.ui.recipes.passages import passages_part
from taskarith.ui.recipes.progress_html import about_form, priced, progress_html, ran
from taskarith.ui.serving.downloads import Downloads
from taskarith.ui.serving.jobs import LOOK_EVERY, JobStatus
from taskarith.ui.serving.visitor import read_visitor, visitor_script

if TYPE_CHECKING:
    from taskarith.figures.style import Theme
    from taskarith.ui.context import Site
    from taskarith.ui.recipes.runs import Finished, RecipeRuns
    from taskarith.ui.serving.explorer import Explorer

__all__ = ["build"]

ABOUT = (
    "Protocols of the literature, run on this suite's task vectors. Every coefficient is chosen "
    "on validation; test stays closed unless you open it."
)
HINT = "Press Run: the picture fills in while it is measured, and you may leave and come back."
SHIPPED = (
    "This comes with the suite; how it was measured stands below. Press Run to measure your own."
)
START = "negation"
# Recipes whose edits are no walk along a direction: while they run each is a mark of its own.
WITHOUT_CURVES = ("analogy", "soup", "search", "transfer", "sequence", "scaling")
WITH_PASSAGES = "retrieval"  # whose index a visitor may edit
LONGEST = 60.0  # seconds that a page waits for an engine before it says how long measuring takes
NOTHING_NEW = [gr.skip()] * 8  # for every element of the outcome

Updates = list[Any]


def build(site: "Site") -> None:
    """The page, inside its route."""
    page = _RecipesPage(site)
    with frame(site.nav, "Recipes", about=ABOUT) as page.theme:
        page.elements()
    page.wire()


class _RecipesPage:
    """The page's elements, and what happens to them."""

    theme: gr.HTML

    def __init__(self, site: "Site") -> None:
        self.site = site
        self.downloads = Downloads()

    @cached_property
    def runs(self) -> "RecipeRuns":
        from taskarith.ui.recipes.runs import RecipeRuns

        return RecipeRuns(self.site.jobs)

    # ---- elements ---------------------------------------------------------------------------

    def elements(self) -> None:
        """The form on the left, what comes of it on the right."""
        self.visitor = gr.Textbox(visible=False)
        self.query = gr.Textbox(visible=False)
        # Gradio (6.31) tells an event that had to wait to all its listeners again: two that wait on
        # one event keep each other going for ever. So each event has one of them.
        self.filled = gr.Textbox(visible=False)  # whose form is filled in: its result is due
        self.shade = gr.Textbox(visible=False)  # the theme: another draws the result again
        self.due = gr.Textbox(visible=False)  # changes when another price can be told
        self.started = gr.State(True)
        self._recipes()
        with gr.Row(elem_id="recipes"):
            with gr.Column(elem_id="settings"):
                self._form()
            with gr.Column(elem_id="outcome"):
                self._outcome()

    def _recipes(self) -> None:
        self.recipe = gr.Radio(
            [(one.title, name) for name, one in FORMS.items()],
            value=START,
            label="Recipe",
            show_label=False,
            elem_id="recipe",
        )
        self.about = gr.HTML(about_form(FORMS[START]), elem_id="about")

    def _form(self) -> None:
        form = FORMS[START]
        self.names = gr.Dropdown(
            [], value=[], multiselect=True, allow_custom_value=True, label=form.names,
            elem_id="names",
        )  # fmt: skip
        self.floor = gr.Number(
            0.95, label="Control floor", info="share of its pretrained accuracy", step=0.01,
            elem_id="floor",
        )  # fmt: skip
        self.ways = gr.CheckboxGroup(
            list(WAYS), value=["parallel"], label="Ways of patching", visible=False,
            info="all but parallel fine-tune, which takes minutes", elem_id="ways",
        )  # fmt: skip
        self.examples = gr.Checkbox(
            False, label="Also fine-tune on 8 and 64 images of D (minutes)", visible=False,
            elem_id="examples",
        )  # fmt: skip
        with gr.Row(visible=False, elem_id="range") as self.range:
            self.first = gr.Number(ENDS[0], label="λ from", step=0.1, elem_id="first")
            self.last = gr.Number(ENDS[1], label="to", step=0.1, elem_id="last")
            self.points = gr.Number(POINTS, label="points", precision=0, elem_id="points")
        self.images = gr.Radio(
            list(IMAGES), value=IMAGES[0], label="Examples a task", elem_id="images"
        )
        self.rehearse = gr.Checkbox(
            True, label="Rehearse: test stays closed", elem_id="rehearse",
            info="Without it, test is opened once, at the end.",
        )  # fmt: skip
        self.form: list[Any] = [
            self.recipe, self.names, self.images, self.rehearse, self.floor, self.examples,
            self.ways, self.first, self.last, self.points,
        ]  # fmt: skip
        for element in self.form:
            element.interactive = False  # until it is filled in: nobody's words are written over
        with gr.Row(elem_classes="buttons"):
            self.run = gr.Button("Run", variant="primary", elem_id="run", interactive=False)
            self.cancel = gr.Button("Cancel", visible=False, elem_id="cancel")
        self.cost = gr.HTML("Opening the suite…", elem_classes="cost", elem_id="cost")

    def _outcome(self) -> None:
        self.progress = gr.HTML(said_html(HINT, kind="hint"), elem_id="progress")
        self.figures = gr.HTML(
            "",
            js_on_load=starting("recipes"),
            apply_default_css=False,
            elem_id="figures",
        )
        with gr.Row(elem_classes="buttons", visible=False, elem_id="take") as self.take:
            self.csv = gr.DownloadButton("Table (CSV)", elem_id="csv")
            self.json = gr.DownloadButton("Everything (JSON)", elem_id="json")
        with gr.Column(visible=False) as self.passages:
            passages_part(self.site)
        self.result = gr.HTML("", js_on_load=starting("recipes"), elem_id="result")

    # ---- what happens -----------------------------------------------------------------------

    def wire(self) -> None:
        """Connect the elements with what they do."""
        form = self.form
        quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
        shown = [self.progress, self.run, self.cancel, self.take, self.csv, self.json]
        outcome = [*shown, self.result, self.figures]
        follow: dict[str, Any] = {
            "fn": self.follow,
            "inputs": [self.visitor, self.theme],
            "outputs": outcome,
            "concurrency_limit": None,
            **quiet,
        }
        opened = self.site.blocks.load(
            self.open,
            inputs=[self.visitor, self.theme, self.query],
            outputs=[
                self.visitor,
                self.theme,
                self.query,
                self.run,
                self.progress,
                *form,
                self.filled,
            ],
            js=visitor_script(),
            **quiet,
        )
        choosing = [self.visitor, self.query, self.recipe]
        chosen = [
            self.about, self.names, self.floor, self.ways, self.examples, self.range, self.rehearse,
            self.passages, self.filled, self.due,
        ]  # fmt: skip
        self.recipe.change(self.choose, choosing, chosen, **quiet)
        asking = [self.query, *form]
        opened.then(self.wait_for_engine, self.query, self.due, concurrency_limit=None, **quiet)
        # One event for all: an answer about an earlier form never takes a later one's place.
        looks = [self.filled.change, self.shade.change]
        shown_first = [self.visitor, self.theme, self.query, self.recipe]
        gr.on(looks, self.shipped, shown_first, outcome, trigger_mode="always_last", **quiet)
        changes = [e.change for e in (*form, self.due) if e is not self.recipe]
        gr.on(changes, self.price, asking, self.cost, trigger_mode="always_last", **quiet)
        followed = opened.then(**follow)
        asked = self.run.click(
            self.start,
            [self.visitor, self.query, *form],
            [self.progress, self.run, self.started],
            **quiet,
        )
        again = asked.then(
            **follow | {"fn": self.follow_started, "inputs": [*follow["inputs"], self.started]}
        )
        self.theme.change(
            **follow | {"fn": self.draw_again, "outputs": [*outcome, self.shade]},
            cancels=[followed, again],
        )
        self.cancel.click(self.stop, self.visitor, self.cancel, **quiet)

    async def open(self, visitor: str, theme: str, query: str) -> Updates:
        """The first look: the form as the visitor's run was asked for, else the suite's names.

        And what of the link cannot be taken.
        """
        same = [visitor, theme, query]
        try:
            explorer, problems = await self._explorer(query)
        except TaskArithError as error:
            said = said_html(str(error), kind="failed")
            return [*same, gr.update(value="Run", interactive=False), said, *[gr.skip()] * 11]
        ready = gr.update(value="Run", interactive=True)
        note = said_html(f"From the link: {'; '.join(problems)}.") if problems else gr.skip()
        asked = self._asked(visitor, explorer)
        names = await self._names(visitor, explorer, query, asked.recipe if asked else START)
        values: list[dict[str, Any]] = [{}] * (len(self.form) - 2)
        if asked is not None:
            rest = [
                str(asked.n or ALL_IMAGES), asked.rehearse, asked.floor, bool(asked.examples),
                list(asked.ways), *asked.ends, asked.points,
            ]  # fmt: skip
            values = [{"value": value} for value in rest]
        recipe: dict[str, Any] = {"value": asked.recipe} if asked else {}
        form = [gr.update(interactive=True, **now) for now in (recipe, names, *values)]
        return [*same, ready, note, *form, asked.recipe if asked else START]

    async def choose(self, visitor: str, query: str, recipe: str) -> Updates:
        """Another recipe: its words and settings."""
        from taskarith.recipes.retrieval.readers import has_readers

        form = FORMS.get(recipe, FORMS[START])
        explorer, _ = await self._explorer(query)
        return [
            about_form(form),
            gr.update(**await self._names(visitor, explorer, query, recipe)),
            gr.update(visible="floor" in form.settings),
            gr.update(visible="ways" in form.settings),
            gr.update(visible="examples" in form.settings),
            gr.update(visible="range" in form.settings),
            gr.update(visible=form.tests),
            gr.update(visible=recipe == WITH_PASSAGES and has_readers(explorer.suite)),
            recipe,
            recipe,
        ]

    async def price(self, query: str, *form: Any) -> str:
        """How much there is to measure at most; or what is wrong with the form."""
        try:
            from taskarith.recipes.learning_time import learned_examples
            from taskarith.ui.recipes.runs import make_recipe

            request = read_request(*form)
            explorer, _ = await self._explorer(query)
            recipe = await asyncio.to_thread(make_recipe, explorer.suite, request)
        except TaskArithError as error:
            return said_html(str(error), kind="failed")
        evaluations = recipe.evaluations()
        seconds = explorer.seconds_of(evaluations, n=request.n)
        learned = learned_examples(recipe)
        learning = explorer.seconds_of_learning(learned) if learned else 0.0
        return priced(evaluations, n=request.n, seconds=seconds, learning=learning)

    async def wait_for_engine(self, query: str) -> AsyncIterator[str]:
        """When a price can be told, and when also how long it takes here.

        The latter is when the suite's engine is there, or will not be for a while.
        """
        yield "evaluations"
        with contextlib.suppress(TaskArithError):
            explorer, _ = await self._explorer(query)
            for _ in range(round(LONGEST / LOOK_EVERY)):
                if explorer.seconds_of(1, n=1) is not None or explorer.failed:
                    break
                await asyncio.sleep(LOOK_EVERY)
        yield "seconds"

    async def start(self, visitor: str, query: str, *form: Any) -> Updates:
        """Queue the recipe."""
        try:
            explorer, _ = await self._explorer(query)
            request = read_request(*form)
            own = read_visitor(visitor)
            await asyncio.to_thread(self.runs.start, own, explorer, request)
        except TaskArithError as error:
            return [said_html(str(error), kind="failed"), gr.skip(), False]
        return [said_html("Starting…"), gr.update(value="Run", interactive=False), True]

    async def follow_started(
        self, visitor: str, theme: str, started: bool
    ) -> AsyncIterator[Updates]:
        """What `follow` gives, unless nothing was started: then what is shown, and why, stays."""
        if not started:
            yield NOTHING_NEW
            return
        async for updates in self.follow(visitor, theme):
            yield updates

    async def shipped(self, visitor: str, theme: str, query: str, recipe: str) -> Updates:
        """The recipe's result that comes with the suite, where the visitor has none yet."""
        from taskarith.ui.recipes.runs import shipped

        try:
            own = read_visitor(visitor)
            explorer, problems = await self._explorer(query)
        except TaskArithError:
            return NOTHING_NEW
        found = await asyncio.to_thread(shipped, explorer.suite, recipe)
        if self.runs.status(own) is not None:  # also one that was started meanwhile
            return NOTHING_NEW
        if problems:
            said: Any = gr.skip()  # what of the link cannot be taken stays there
        else:
            said = said_html(HINT if found is None else SHIPPED, kind="hint")
        if found is None:
            return [said, gr.skip(), gr.skip(), gr.update(visible=False), *[gr.skip()] * 2, "", ""]
        rest = await asyncio.to_thread(self._finished, found, theme)
        return [said, gr.skip(), gr.skip(), *self._files(found), *rest]

    async def follow(self, visitor: str, theme: str) -> AsyncIterator[Updates]:
        """What the visitor's recipe has found, whenever it is more, until it is over."""
        yield NOTHING_NEW  # Gradio empties the outputs of a generator that gives nothing
        last: JobStatus | None = None
        try:
            own = read_visitor(visitor)
        except TaskArithError:
            return
        while (look := self.runs.status(own)) is not None:
            if look is not last:
                yield await asyncio.to_thread(self._show, look, theme, last)
                last = look
            if look.over:
                return
            await asyncio.sleep(LOOK_EVERY)

    async def draw_again(self, visitor: str, theme: str) -> AsyncIterator[Updates]:
        """The same in another theme: what is shipped, or what the visitor's recipe finds."""
        yield [*NOTHING_NEW, theme]
        async for updates in self.follow(visitor, theme):
            yield [*updates, gr.skip()]

    def stop(self, visitor: str) -> Any:
        """Cancel what runs."""
        with contextlib.suppress(TaskArithError):  # what is nobody's recipe needs no stopping
            self.runs.cancel(read_visitor(visitor))
        return gr.update(value="Stopping…", interactive=False)

    # ---- what is shown ----------------------------------------------------------------------

    def _show(self, look: JobStatus, theme: str, last: JobStatus | None) -> Updates:
        """Every element of the outcome, for how the recipe stands."""
        from taskarith.ui.recipes.runs import Finished, Searching

        buttons = [
            gr.update(value="Run", interactive=look.over),
            gr.update(value="Cancel", visible=not look.over, interactive=True),
        ]
        files: list[Any] = [gr.update(visible=False), gr.skip(), gr.skip()]
        rest: list[Any] = [gr.skip(), gr.skip()] if last is not None else ["", ""]
        going = look.partial.request.recipe if isinstance(look.partial, Searching) else ""
        said = progress_html(look, recipe=going)
        if isinstance(look.result, Finished):
            said = said_html(ran(look.result.request), kind="hint")
            files, rest = self._files(look.result), self._finished(look.result, theme)
        elif look.over:
            rest = ["", ""]  # no half table, no half picture
        elif isinstance(look.partial, Searching) and (
            last is None or look.partial is not last.partial
        ):
            figure = self._search(look.partial, theme)
            rest = ["", figures_html([figure], name=look.partial.request.recipe)]
        return [said, *buttons, *files, *rest]

    def _search(self, found: Any, theme: str) -> Any:
        from taskarith.figures import search_figure

        curves = found.request.recipe not in WITHOUT_CURVES
        return search_figure(
            found.seen,
            control=found.control,
            curves=curves,
            called=found.called,
            theme=_shade(theme),
        )

    def _finished(self, finished: "Finished", theme: str) -> Updates:
        from taskarith.figures import recipe_figures
        from taskarith.ui.recipes.result_html import edits_html, result_html
        from taskarith.ui.recipes.runs import chosen_edits

        shade = _shade(theme)
        edits = edits_html(chosen_edits(finished.result, finished.suite), theme=shade)
        request = finished.request
        rehearsal = request.rehearse and FORMS[request.recipe].tests
        html = edits + result_html(finished.result, rehearsal=rehearsal)
        name = f"taskarith-{finished.suite.name}-{finished.result.name}"
        return [html, figures_html(recipe_figures(finished.result, theme=shade), name=name)]

    def _files(self, finished: "Finished") -> Updates:
        from taskarith.recipes.result import as_csv

        name = f"taskarith-{finished.suite.name}-{finished.result.name}"
        request = finished.request
        data = {
            "suite": finished.suite.name,
            "fingerprint": finished.suite.recipe_fingerprint,
            "images": request.n or "all",
            "rehearsal": request.rehearse,
            **finished.result.to_json(),
        }
        text = json.dumps(data, ensure_ascii=False, indent=1)
        table = as_csv(finished.result.tables()[0])
        return [
            gr.update(visible=True),
            gr.update(value=str(self.downloads.write(f"{name}.csv", table))),
            gr.update(value=str(self.downloads.write(f"{name}.json", text))),
        ]

    async def _explorer(self, query: object) -> "tuple[Explorer, tuple[str, ...]]":
        """The suite that the link asks for, and what of the link cannot be taken."""
        from taskarith.ui.edit_link import read_link

        link = read_query(query)
        explorer = await self.site.explorers.get(link.get("suite"))
        return explorer, read_link(link, explorer.suite).problems

    def _asked(self, visitor: str, explorer: "Explorer") -> Request | None:
        """What the visitor's run on this suite was asked with; None where there is none."""
        try:
            return self.runs.asked(read_visitor(visitor), explorer.suite)
        except TaskArithError:
            return None

    async def _names(
        self, visitor: str, explorer: "Explorer", query: object, recipe: str
    ) -> dict[str, Any]:
        """The list of names for a recipe: those of the visitor's run, else of the edit in hand."""
        from taskarith.ui.edit_link import read_link
        from taskarith.ui.recipes.runs import offered

        every, start = offered(explorer.suite, recipe)
        edit = read_link(read_query(query), explorer.suite).edit
        least = 2 if recipe in ("addition", "search") else 1
        in_hand = [name for name in edit.coefficients if name in every]
        if recipe in ("negation", "sweep", "addition", "search") and len(in_hand) >= least:
            start = in_hand
        asked = self._asked(visitor, explorer)
        if asked is not None and asked.recipe == recipe:
            start = list(asked.names)
        form = FORMS.get(recipe, FORMS[START])
        shown = bool(form.names)
        return {"choices": every, "value": start, "label": form.names, "visible": shown}


def _shade(theme: object) -> "Theme":
    return "dark" if theme == "dark" else "light"
