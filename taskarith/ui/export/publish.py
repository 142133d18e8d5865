"""The form that publishes an export: login, name, licence, the card as it would be sent, and a yes.

Nothing is sent that was not shown. A visitor publishes with a login of their own, never with that
of whoever runs the server.
"""

import asyncio
import json
import os
from typing import TYPE_CHECKING, Any, cast

import gradio as gr

from taskarith.errors import ExportError, TaskArithError
from taskarith.ui.error_text import said_html
from taskarith.ui.export.exports import Exports, Taken
from taskarith.ui.export.html import card_text, login_html, preview_html
from taskarith.ui.serving.jobs import Desk, Jobs
from taskarith.ui.serving.visitor import read_visitor

if TYPE_CHECKING:
    from taskarith.export.account import Account
    from taskarith.export.publication import Publication

__all__ = ["PublicationForm", "Token"]

LOG_IN = "Log in with Hugging Face"
LONGEST = 200  # characters of what is typed
NOT_FOR_VISITORS = (
    "Publishing from this page is for whoever runs the server. Download the export, then publish "
    "it from your own machine: taskarith vector publish FOLDER YOUR-NAME/NAME"
)

# To the login or out of it, and back to this very link.
ENTER = f"""label => {{
  const action = label === {json.dumps(LOG_IN)} ? "/login/huggingface" : "/logout";
  const here = encodeURIComponent(location.pathname + location.search);
  window.parent?.postMessage({{ type: "SET_SCROLLING", enabled: true }}, "*");  // a Space's frame
  location.assign(`${{action}}?_target_url=${{here}}`);
}}"""

Updates = list[Any]
Token = gr.OAuthToken | None


class PublicationForm:
    """The form's elements, and what its buttons do.

    Args:
        public: whether others than the owner of this machine may come.
    """

    def __init__(self, exports: Exports, work: Jobs, *, public: bool) -> None:
        self._exports = exports
        self._work = work
        self._public = public
        self._on_space = bool(os.environ.get("SPACE_ID"))

    def elements(self) -> None:
        """Who publishes, under which name, and the card that would be sent."""
        self.planned = gr.State(None)
        gr.HTML("<h2>Publish on the Hub</h2>")
        self.login = gr.HTML("", elem_id="login")
        if self._on_space:
            gr.LoginButton(visible=False)  # Gradio then has a login; pressed, it forgets the edit
            self.enter = gr.Button(_enter_label, scale=0, elem_id="enter")
            self.enter.click(None, [self.enter], js=ENTER)
        self.name = gr.Textbox(
            label="Repository", placeholder="owner/name", max_lines=1, elem_id="name"
        )
        self.licence = gr.Textbox(
            label="Licence", placeholder="that of the parents, where they agree", max_lines=1,
            info="an identifier like mit or apache-2.0; leave it empty to inherit",
            elem_id="licence",
        )  # fmt: skip
        self.public = gr.Checkbox(
            False, label="For everybody (public)", elem_id="public",
            info="Without it, only you and whom you let in can see it.",
        )  # fmt: skip
        self.preview = gr.Button("Show the card", scale=0, elem_id="preview")
        self.asked = gr.HTML("", elem_id="asked")
        with gr.Column(visible=False) as self.cards:
            self.card = gr.Markdown("", elem_id="card-shown")
            with gr.Accordion("The card as it is sent", open=False):
                self.raw = gr.Code("", language="markdown", show_label=False, elem_id="card-raw")
            self.overwrite = gr.Checkbox(
                False, label="Replace what is there", visible=False, elem_id="overwrite"
            )
            self.publish = gr.Button("Publish", variant="primary", scale=0, elem_id="publish")

    def wire(self, visitor: gr.Textbox, progress: gr.HTML, **quiet: Any) -> Any:
        """Connect the elements with what they do; gives the event of what was sent."""
        shown = [self.planned, self.asked, self.cards, self.card, self.raw, self.overwrite]
        gr.on(
            [self.preview.click, self.name.submit],
            self.show_card,
            [visitor, self.name, self.licence, self.public],
            shown,
            **quiet,
        )
        for field in (self.name, self.licence, self.public):
            field.input(self.changed, None, shown[:3], **quiet)
        return self.publish.click(
            self.send,
            [visitor, self.planned, self.overwrite],
            [progress, self.planned, self.cards, self.asked],
            **quiet,
        )

    def changed(self) -> Updates:
        """Another name or licence: what was shown is not what would be sent."""
        return [None, "", gr.update(visible=False)]

    async def show_card(
        self, visitor: str, name: str, licence: str, public: bool, token: Token = None
    ) -> Updates:
        """The card and what would be sent; nothing is."""
        try:
            taken = self._exports.of(read_visitor(visitor))
            if taken is None:
                raise ExportError("the export is gone (they are kept for an hour); export it again")
            plan = await asyncio.to_thread(
                _planned, taken, self._account_of(token), name=_typed(name),
                licence=_typed(licence) or None, private=public is not True,
            )  # fmt: skip
        except TaskArithError as error:
            problem = said_html(str(error), kind="failed")
            return [None, problem, gr.update(visible=False), "", "", gr.skip()]
        return [
            plan, preview_html(plan), gr.update(visible=True), card_text(plan.card), plan.card,
            gr.update(visible=plan.exists, value=False),
        ]  # fmt: skip

    async def send(
        self, visitor: str, planned: Any, overwrite: bool, token: Token = None
    ) -> Updates:
        """Queue the publication that was shown."""
        try:
            own = read_visitor(visitor)
            if planned is None:
                raise ExportError("press Show the card first: nothing is sent unseen")
            plan = cast("Publication", planned)
            account = self._account_of(token)
            if plan.exists and overwrite is not True:
                raise ExportError(f"{plan.name} is there already; tick Replace what is there")

            def work(desk: Desk) -> object:
                from taskarith.export.publish import publish

                def report(done: int, total: int) -> None:
                    desk.progress(done, total, f"{done / 1e6:,.1f} of {total / 1e6:,.1f} MB")

                return publish(
                    plan, account, overwrite=overwrite is True, report=report,
                    cancelled=desk.stopped,
                )  # fmt: skip

            self._work.submit(own, work)
        except TaskArithError as error:
            return [gr.skip(), gr.skip(), gr.skip(), said_html(str(error), kind="failed")]
        return [said_html("Publishing…"), None, gr.update(visible=False), ""]

    def login_text(self, token: Token) -> str:
        """How the login stands, in words."""
        try:
            names = self._account_of(token).names()
        except TaskArithError as error:
            return login_html(str(error), fine=False)
        return login_html(
            f"Logged in as {names[0]}; you may publish under {', '.join(names)}.", fine=True
        )

    def _account_of(self, token: Token) -> "Account":
        """A visitor's own login on a Space; elsewhere that of whoever runs this machine."""
        from taskarith.export.account import Account

        if self._on_space:
            if token is None:
                raise ExportError("you are not logged in: press the login button first")
            return Account(token.token, log_in="log out, then log in again")
        if self._public:
            raise ExportError(NOT_FOR_VISITORS)
        return Account()


def _enter_label(profile: gr.OAuthProfile | None = None) -> str:
    return LOG_IN if profile is None else f"Log out ({profile.username})"


def _planned(taken: Taken, account: "Account", **options: Any) -> "Publication":
    from taskarith.export.publication import plan_publication

    return plan_publication(taken.export.folder, options.pop("name"), account, **options)


def _typed(value: object) -> str:
    return value.strip()[:LONGEST] if isinstance(value, str) else ""
