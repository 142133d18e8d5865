"""What a page may need of the site it is part of, and of nothing else."""

from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING

import gradio as gr

from taskarith.ui.chrome import Nav
from taskarith.ui.serving.explorers import Explorers
from taskarith.ui.serving.jobs import Jobs
from taskarith.ui.serving.limits import Limiter

if TYPE_CHECKING:
    from taskarith.ui.serving.explorer import Explorer

__all__ = ["Site"]


@dataclass(frozen=True)
class Site:
    """What a page may need.

    Attributes:
        blocks: the app; a page's `load` events are set on it.
        source: name of the suite, or path of its folder.
        explorer: the suite and its engine; a page is shown before it is there.
        explorers: the same of any suite: `await explorers.get(name)`, the name from the link.
        jobs: where work that takes minutes waits its turn.
        nav: titles and addresses of all pages.
        limiter: how much of everything a visitor gets.
        public: whether others than the owner of this machine may come.
    """

    blocks: gr.Blocks
    source: str
    explorer: "Future[Explorer]"
    explorers: Explorers
    jobs: Jobs
    nav: Nav
    limiter: Limiter
    public: bool = False
