"""Explore: the page on which an edit is made by hand and measured while one watches.

Ties the instrument to the Explorer and translates every error into words for the page; decides
nothing itself. Gradio's own elements are what stands around the instrument.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

import gradio as gr

from taskarith.errors import TaskArithError
from taskarith.ui.instrument import instrument

if TYPE_CHECKING:
    from taskarith.ui.session import Explorer

__all__ = ["PAGE_CSS", "build"]

TITLE = "Task Arithmetic Explorer"

# Gradio's frame around the instrument: none.
PAGE_CSS = """
.gradio-container, .gradio-container > main, .gradio-container .wrap {
  max-width: none !important; padding: 0 !important; margin: 0 !important;
}
.gradio-container :is(.fillable, .html-container) {
  max-width: none !important; padding: 0 !important;
}
footer { display: none !important; }
"""

_log = logging.getLogger(__name__)

Handler = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]


def build(explorer: "Future[Explorer]") -> gr.Blocks:
    """The page. It may be opened before `explorer` is there: its first call waits for it."""
    with gr.Blocks(title=TITLE, fill_width=True, analytics_enabled=False) as page:
        names = (
            "hello",
            "engine",
            "commit",
            "more",
            "rest",
            "test",
            "surrogate",
            "changed",
            "take",
        )
        instrument(server_functions=[_handler(name, explorer) for name in names])
    return page


def _handler(name: str, explorer: "Future[Explorer]") -> Handler:
    """The server function `name`: a coroutine, so that a waiting window holds no thread."""

    async def handle(message: dict[str, Any]) -> dict[str, Any]:
        try:
            opened = await asyncio.wrap_future(explorer)
            answer: dict[str, Any] = await getattr(opened, name)(message)
            return answer
        except TaskArithError as error:
            return {"error": str(error)}
        except Exception as error:
            _log.exception("the page's call %s failed", name)
            return {
                "error": f"Something went wrong on the server ({type(error).__name__}); the page "
                "goes on, and the server's log says more."
            }

    handle.__name__ = name
    return handle
