"""The browser's own modules as files: where they are served, and how a page of ours starts them.

They are served as they stand in `js/`, without a build step, from the page's own origin; only
comments and the blocks that tell types stay behind (a quarter of what would travel), line by line,
so that an error's line is the file's. Their address
holds a hash of all of them, so a browser may keep them for good: a changed file has another
address. Beside them lies plotly's own script, for figures. Knows no page.
"""

import gzip
import hashlib
import json
import posixpath
import re
from functools import cache
from importlib.metadata import version
from pathlib import Path

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from taskarith.figures.bundle import plotly_script

__all__ = ["JS", "folder", "imported_by", "names", "route", "starting", "text_of"]

JS = Path(__file__).parent / "js"
PLOTLY = "plotly.js"
# What is loaded with a module; what it imports while it runs comes when it is asked for.
IMPORT = re.compile(r'^(?:import|\} from|export) .*?"(\.[^"]+)";$', re.MULTILINE)
TYPES = re.compile(rb"^[ \t]*/\*\*(?:(?!\*/).)*\*/[ \t]*\n", re.MULTILINE | re.DOTALL)
COMMENT = re.compile(rb"^[ \t]*//.*$", re.MULTILINE)  # a line of its own
FOREVER = "public, max-age=31536000, immutable"

# Gradio runs this with `element` and `server` in scope. All files are asked for at once, so that
# what imports what costs no turns of its own.
STARTING = """
const at = (name) => new URL(`%(folder)s/${name}`, document.baseURI).href;
for (const name of %(names)s) {
  const link = document.createElement("link");
  Object.assign(link, { rel: "modulepreload", href: at(name) });
  document.head.append(link);
}
const said = element.querySelector(".starting");
import(at("%(page)s")).then(({ start }) => start(element, server)).catch((error) => {
  if (said) said.textContent = `This page could not start (${error.message}); reload it.`;
  throw error;
});
"""


def folder() -> str:
    """The folder of all modules, relative to every page: `modules/` and a hash of their text."""
    digest = hashlib.sha256()
    for name, text in _files().items():
        digest.update(f"{name} {len(text)} ".encode() + text)
    digest.update(version("plotly").encode())
    return f"modules/{digest.hexdigest()[:16]}"


def names(page: str) -> list[str]:
    """The modules that the page `page` loads: its own folder, and what that imports, sorted.

    >>> names("geometry")[:3]
    ['dom.js', 'drawing.js', 'geometry/page.js']
    """
    found: set[str] = set()
    wanted = [name for name in _files() if name.startswith(f"{page}/")]
    while wanted:
        name = wanted.pop()
        if name not in found:
            found.add(name)
            wanted += [imported_by(name, path) for path in IMPORT.findall(_files()[name].decode())]
    return sorted(found)


def imported_by(name: str, path: str) -> str:
    """The module that another one means by a path.

    >>> imported_by("explore/page.js", "../dom.js")
    'dom.js'
    """
    return posixpath.normpath(posixpath.join(posixpath.dirname(name), path))


def text_of(name: str) -> str:
    """A module's text, as it is served."""
    return _files()[name].decode()


def starting(page: str, *, module: str = "page.js") -> str:
    """The script for Gradio that starts `js/{page}/{module}`, which exports `start`."""
    return STARTING % {
        "folder": folder(),
        "names": json.dumps(names(page)),
        "page": f"{page}/{module}",
    }


def route() -> Route:
    """What `launch(app_kwargs={"routes": [...]})` takes, so that the modules are served."""
    return Route("/modules/{version}/{name:path}", _serve, methods=["GET", "HEAD"])


def _serve(request: Request) -> Response:
    """One module; only names that are known, so nothing of an address becomes a path."""
    name = request.path_params["name"]
    text = plotly_script() if name == PLOTLY else _files().get(name)
    here = f"modules/{request.path_params['version']}" == folder()
    if text is None or not here:
        return PlainTextResponse("There is no such module here; reload the page.", 404)
    headers = {"Cache-Control": FOREVER, "Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
        text = _compressed(name)
    return Response(text, media_type="text/javascript", headers=headers)


@cache
def _files() -> dict[str, bytes]:
    """Every module's text by its name, sorted; read once."""
    paths = sorted(JS.rglob("*.js"))
    return {path.relative_to(JS).as_posix(): _uncommented(path.read_bytes()) for path in paths}


def _uncommented(text: bytes) -> bytes:
    r"""The same lines without the blocks that only tell types, and without lines of comment.

    >>> _uncommented(b"one();\n/**\n * @param {number} x\n */\n// A.\nfunction two(x) {}\n")
    b'one();\n\n\n\n\nfunction two(x) {}\n'
    """
    return COMMENT.sub(b"", TYPES.sub(lambda block: b"\n" * block.group().count(b"\n"), text))


@cache
def _compressed(name: str) -> bytes:
    return gzip.compress(plotly_script() if name == PLOTLY else _files()[name], 9)
