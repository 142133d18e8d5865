"""Opens the page: the server first, then what it shows, so that nobody waits for torch.

Knows ports, hosts and the order in which things start; not what the page does.
"""

import os
import socket
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from taskarith.errors import MissingDependencyError, PortInUseError
from taskarith.tasks.ahead import draw_ahead
from taskarith.ui.hello import drawn_families, shown_source
from taskarith.ui.serving.importing import quick_imports

if TYPE_CHECKING:
    from taskarith.evaluation import ResultCache
    from taskarith.evaluation.zero_gpu import Measure
    from taskarith.ui.serving.access import Access
    from taskarith.ui.serving.explorer import Explorer

__all__ = ["launch", "listening_host", "opener"]

PORT = 7860
FIRST_VISITOR_SECONDS = 2.0
# Gradio keeps 0.3 MB for every window, of 10,000 windows unless told otherwise.
WINDOWS_KEPT = 500
PICKED_PUBLIC, PICKED_OWN = "2gb", "20gb"  # the largest file that may be sent
ZERO_GPU = "SPACES_ZERO_GPU"  # which Spaces on ZeroGPU set
# Where visitors' suites are, unless $TASKARITH_SUITES says so: not among the owner's.
PUBLIC_SUITES = "~/.local/share/taskarith/public"
SPINS = "10000"  # about 0.1 ms: longer than the pauses in a forward pass. libgomp's own: 300,000


def launch(
    *,
    suite: str = "mini",
    host: str | None = None,
    port: int | None = None,
    device: str | None = None,
    public: bool | None = None,
    hosts: Sequence[str] = (),
) -> None:
    """Serve the pages until it is interrupted.

    Args:
        suite: name of a suite, or path of its folder.
        host: address to listen on; this machine only unless told otherwise, or in a Space.
        port: 7860 unless told otherwise.
        device: "cpu", "cuda" or "mps", or several that share the visitors ("cuda:0,cuda:1"); all
            GPUs of this machine if None, or the fastest that it has.
        public: whether it is for visitors, or for the owner of this machine alone; None: as
            $TASKARITH_ACCESS says ("owner" or "public"), else the owner's where nobody else can
            reach it.
        hosts: names under which the owner may come, beside this machine's own; those in
            $TASKARITH_ALLOW_HOST count, too.

    Raises:
        PortInUseError: another program listens there.
        TaskArithError: the suite is not there or its manifest is damaged.
        MissingDependencyError: gradio is not installed.
    """
    from taskarith.ui.serving.access import said_access

    host = host or listening_host()
    port = port or int(os.environ.get("GRADIO_SERVER_PORT", PORT))
    access = said_access(public=public, host=host, hosts=hosts, environment=os.environ)
    _check_port(host, port)
    if access.public:
        suite = shown_source(suite)  # of the owner's own, this one alone is shown
        os.environ.setdefault("TASKARITH_SUITES", PUBLIC_SUITES)
    drawing = draw_ahead(drawn_families(suite))
    try:
        _serve(suite, host=host, port=port, device=device, access=access)
    finally:
        if drawing is not None:
            drawing.terminate()
            drawing.wait()


def listening_host() -> str:
    """The address to listen on: $GRADIO_SERVER_NAME, everyone's in a Space, else this machine's."""
    everyone = "0.0.0.0" if os.environ.get("SPACE_ID") else "127.0.0.1"
    return os.environ.get("GRADIO_SERVER_NAME", everyone)


def _serve(suite: str, *, host: str, port: int, device: str | None, access: "Access") -> None:
    # Threads of torch that wait for each other burn the core that the page needs; waiting asleep
    # halves the processor's work beside others. Read once, when torch is imported.
    os.environ.setdefault("GOMP_SPINCOUNT", SPINS)
    # Only this exact value keeps Gradio from looking up other hosts at its start.
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    if access.public:  # what the owner's Hub token opens is not for visitors
        os.environ.setdefault("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1")
    try:
        with quick_imports():
            from gradio.utils import get_upload_folder

            from taskarith.ui.modules import route
            from taskarith.ui.serving.explorers import Explorers
            from taskarith.ui.serving.following import following
            from taskarith.ui.serving.gate import Calls, gates
            from taskarith.ui.serving.limits import Limiter
            from taskarith.ui.serving.talks import Talks
            from taskarith.ui.site import SITE_CSS, build
    except ImportError as error:
        raise MissingDependencyError(
            f"The page needs gradio, which cannot be imported ({error}): pip install gradio"
        ) from error
    opening: Future[Explorer] = Future()
    open_suite = opener(device, public=access.public)
    explorers = Explorers(suite, opening, open_suite=open_suite, shared=access.public)
    limiter = Limiter(public=access.public)
    talks = Talks()
    seen = threading.Event()
    page = build(explorers, public=access.public, limiter=limiter, on_open=seen.set)
    # With a Space's name Gradio's page draws the Hub's header, which asks other hosts for fonts and
    # for that Space. Logging in does not need it.
    page.space_id = None
    calls = Calls(components=set(page.blocks), events=set(page.fns))
    middleware = gates(access, limiter, calls=calls, uploads=Path(get_upload_folder()))
    page.launch(
        server_name=host,
        server_port=port,
        css=SITE_CSS,
        app_kwargs={
            "middleware": middleware,
            "routes": [route(), *following(talks, explorers, limiter=limiter)],
        },
        max_file_size=PICKED_PUBLIC if access.public else PICKED_OWN,
        state_session_capacity=WINDOWS_KEPT,
        footer_links=[],
        run_history=False,
        ssr_mode=False,
        pwa=False,
        prevent_thread_lock=True,
        quiet=True,
    )
    whose = "for visitors" if access.public else "for you alone"
    print(f"Task Arithmetic Explorer is at http://{_shown(host)}:{port}, {whose} (Ctrl+C stops it)")
    try:
        # Importing torch would slow the page's first answers down: it waits for the first visitor
        # to see something, though not for long.
        seen.wait(FIRST_VISITOR_SECONDS)
        opening.set_result(open_suite(suite))
        page.block_thread()
        talks.close()  # first: a server ends once nobody listens
        explorers.close()
    finally:
        talks.close()
        page.close(verbose=False)


def opener(device: str | None, *, public: bool = False) -> "Callable[[str], Explorer]":
    """Opens suites; their results go into one cache, their engines load on threads of their own.

    On a public server a suite is known by its name; what visitors take away names no folder.
    """

    @cache
    def results() -> "ResultCache":
        from taskarith.evaluation import ResultCache

        return ResultCache()

    measure: Measure | None = None
    if os.environ.get(ZERO_GPU):  # it lends to what is declared before the page is launched
        from taskarith.evaluation.zero_gpu import BorrowedGpu, borrowed

        measure = borrowed()

    def open_suite(source: str) -> "Explorer":
        from taskarith.evaluation import Evaluator
        from taskarith.evaluation.device import choose_devices
        from taskarith.suites import load_suite
        from taskarith.suites.home import note_use
        from taskarith.ui.serving.explorer import Explorer

        suite = load_suite(source)
        note_use(suite.folder)
        shown = suite.name if public else source
        if measure is not None:
            borrows = partial(BorrowedGpu, suite, measure=measure)
            return Explorer(suite, source=shown, make_evaluator=borrows, cache=results())
        first, *others = [
            partial(Evaluator, suite, device=chosen) for chosen in choose_devices(device)
        ]
        return Explorer(suite, source=shown, make_evaluator=first, others=others, cache=results())

    return open_suite


def _check_port(host: str, port: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        if os.name == "posix":  # as the server itself does; elsewhere this would hide a clash
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            raise PortInUseError(
                f"The page cannot open on {host}:{port} ({error}). Another program may listen "
                f"there: stop it, or choose another port, as in "
                f"`python -m taskarith app --port {port + 1 if port < 65535 else PORT}`."
            ) from error


def _shown(host: str) -> str:
    return "127.0.0.1" if host == "0.0.0.0" else host
