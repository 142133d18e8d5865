"""Errors as words: what a call that the page makes on the server answers where it fails.

And without the paths of this machine, which are nothing to a visitor: a page shows the last names
of a path, the server's log all of it.
"""

import logging
import re
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from functools import wraps
from html import escape
from pathlib import Path
from typing import Any, Literal, ParamSpec

from taskarith.errors import TaskArithError

__all__ = ["errors_told", "said_html", "sentence", "without_paths"]

_log = logging.getLogger(__name__)

Answer = dict[str, Any]
P = ParamSpec("P")

SAID = ("error", "message", "problem")  # what of an answer says what went wrong
PART = r"[^\s/\\'\"`,;:()<>]+"
# "/srv/suites/mine" and "C:\suites\mine", but neither "and/or", "owner/name" nor "https://…".
PATHS = re.compile(rf"(?<![\w/.~-])/{PART}(?:/{PART})*/?|\b[A-Za-z]:\\{PART}(?:\\{PART})*")
KEPT = 2  # names at the end of a path
# Folders whose own names may hold spaces.
HOMES = tuple(
    str(folder)
    for folder in (Path(__file__).resolve().parents[2], Path.home(), Path(tempfile.gettempdir()))
    if len(folder.parts) > 1
)
HOMES_PATHS = re.compile("|".join(rf"{re.escape(home)}(?:[/\\]{PART})*" for home in HOMES))


def without_paths(text: str, *, typed: Sequence[str] = ()) -> str:
    """`text`, with no more of a path of this machine than its last names.

    What the reader has `typed` is no secret, and stays as it was written.

    >>> without_paths("could not read /usr/share/suites/mine/manifest.json: restore it")
    'could not read mine/manifest.json: restore it'
    >>> without_paths("owner/name and/or https://host/usr/x are none, nor is 1/2 or /no-such/x")
    'owner/name and/or https://host/usr/x are none, nor is 1/2 or /no-such/x'
    >>> without_paths("/usr/share/mine has no pictures", typed=["/usr/share/mine"])
    '/usr/share/mine has no pictures'
    """
    if "/" not in text and "\\" not in text:
        return text

    def shorter(found: re.Match[str], shorten: Callable[[re.Match[str]], str]) -> str:
        known = any(found.group() in one for one in typed)
        return found.group() if known else shorten(found)

    shown = HOMES_PATHS.sub(lambda found: shorter(found, lambda one: _end(one.group())), text)
    shown = PATHS.sub(lambda found: shorter(found, _end_of_path), shown)
    if shown != text:
        _log.warning("%s", text)
    return shown


def errors_told(call: Callable[P, Awaitable[Answer]]) -> Callable[P, Awaitable[Answer]]:
    """`call`, answering `{"error": words}` where it raises.

    A coroutine, so that a waiting window holds no thread; its signature stays that of `call`, from
    which Gradio reads whether it wants the request.
    """

    @wraps(call)
    async def answered(*arguments: P.args, **named: P.kwargs) -> Answer:
        try:
            answer = await call(*arguments, **named)
        except TaskArithError as error:
            answer = {"error": str(error)}
        except Exception as error:
            _log.exception("the page's call %s failed", answered.__name__)
            return {
                "error": f"Something went wrong on the server ({type(error).__name__}); the page "
                "goes on, and the server's log says more."
            }
        for name in SAID:
            if isinstance(said := answer.get(name), str):
                answer[name] = without_paths(said)
        return answer

    return answered


def said_html(text: str, *, kind: Literal["", "failed", "hint"] = "") -> str:
    """A sentence to the visitor, as text.

    >>> said_html("a < b", kind="failed")
    '<p class="said failed" role="status">a &lt; b</p>'
    """
    return f'<p class="said {kind}" role="status">{escape(without_paths(text))}</p>'


def sentence(text: str) -> str:
    """A message with a capital and a full stop."""
    text = text.strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")


def _end_of_path(found: re.Match[str]) -> str:
    """The end of a path, if it begins in a folder that this machine has."""
    path = found.group()
    first = path[1:].partition("/")[0]
    return _end(path) if path[0] != "/" or Path("/", first).exists() else path


def _end(path: str) -> str:
    names = [name for name in re.split(r"[/\\]", path) if name]
    return "/".join(names[1:][-KEPT:]) or "a folder of the server"
