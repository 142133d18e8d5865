"""Errors as words: what a call that the page makes on the server answers where it fails."""

import logging
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, ParamSpec

from taskarith.errors import TaskArithError

__all__ = ["in_words"]

_log = logging.getLogger(__name__)

Answer = dict[str, Any]
P = ParamSpec("P")


def in_words(call: Callable[P, Awaitable[Answer]]) -> Callable[P, Awaitable[Answer]]:
    """`call`, answering `{"error": words}` where it raises.

    A coroutine, so that a waiting window holds no thread; its signature stays that of `call`, from
    which Gradio reads whether it wants the request.
    """

    @wraps(call)
    async def answered(*arguments: P.args, **named: P.kwargs) -> Answer:
        try:
            return await call(*arguments, **named)
        except TaskArithError as error:
            return {"error": str(error)}
        except Exception as error:
            _log.exception("the page's call %s failed", answered.__name__)
            return {
                "error": f"Something went wrong on the server ({type(error).__name__}); the page "
                "goes on, and the server's log says more."
            }

    return answered
