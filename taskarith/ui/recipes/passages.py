"""The index of passages that a visitor edits on Recipes, and the question that is asked off it.

The browser keeps the passages and sends them with each question; the server keeps none. What needs
torch is imported in the calls.
"""

import asyncio
import threading
from collections import OrderedDict
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import gradio as gr

from taskarith.errors import TaskArithError
from taskarith.ui.component import own_component, suite_of
from taskarith.ui.serving.limits import address

if TYPE_CHECKING:
    from taskarith.recipes.retrieval.index import Index
    from taskarith.recipes.retrieval.open_book import OpenBook
    from taskarith.suites import Suite
    from taskarith.ui.context import Site

__all__ = ["Passages", "passages_part"]

MOST_BOOKS = 2  # suites whose readers are in memory

Answer = dict[str, Any]


def passages_part(site: "Site") -> gr.HTML:
    """The part of the page, where it stands."""
    passages = Passages()
    turn = asyncio.Lock()  # one thread answers, whoever asks

    async def hello(message: object) -> Answer:
        explorer = await site.explorers.get(suite_of(message))
        return await asyncio.to_thread(passages.hello, explorer.suite)

    async def ask(message: object) -> Answer:
        await asyncio.sleep(site.limiter.window_calls.wait(f"passages {address()}"))
        explorer = await site.explorers.get(suite_of(message))
        # Two threads that import a library at once trip over each other: the engine comes first.
        while (await explorer.engine({"known": "loading"}))["state"] == "loading":
            continue  # each waits for a while
        async with turn:
            return await asyncio.to_thread(passages.ask, explorer.suite, message)

    return own_component("passages", calls=[hello, ask])


class Passages:
    """What the part may ask; a message is not trusted."""

    def __init__(self) -> None:
        self._books: OrderedDict[str, OpenBook] = OrderedDict()
        self._opening = threading.Lock()

    def hello(self, suite: "Suite") -> Answer:
        """The index to begin with, bounds, questions to try, and what was measured of the reader.

        `passages` is empty where the suite has no readers.
        """
        from taskarith.recipes.retrieval.index import LONGEST, MOST_PASSAGES
        from taskarith.recipes.retrieval.open_book import first_index, samples
        from taskarith.recipes.retrieval.protocol import KS
        from taskarith.recipes.retrieval.readers import has_readers

        if not has_readers(suite):
            return {"passages": []}
        return {
            "passages": list(first_index().passages),
            "samples": list(samples()),
            "most": MOST_PASSAGES,
            "longest": LONGEST,
            "ks": list(KS),
            "measured": _measured(suite),
        }

    def ask(self, suite: "Suite", message: object) -> Answer:
        """What is found in the index of `message`, and what is answered from it."""
        from taskarith.recipes.retrieval.readers import has_readers

        if not has_readers(suite):
            raise TaskArithError(
                f"no reader comes with the suite {suite.name!r}; open mini-t5, which has one"
            )
        fields = message if isinstance(message, dict) else {}
        question, k = fields.get("question"), fields.get("k")
        if not isinstance(question, str) or isinstance(k, bool) or not isinstance(k, int):
            raise TaskArithError("the page sent no question; reload it")
        index = _read_index(fields.get("passages"))
        opened = self._book(suite).ask(index, question, k=k)
        return {"passages": len(index), "k": k, **asdict(opened)}

    def _book(self, suite: "Suite") -> "OpenBook":
        from taskarith.recipes.retrieval.open_book import OpenBook

        with self._opening:
            key = suite.recipe_fingerprint
            if key not in self._books:
                self._books[key] = OpenBook(suite)
                while len(self._books) > MOST_BOOKS:
                    self._books.popitem(last=False)
            self._books.move_to_end(key)
            return self._books[key]


def _read_index(value: object) -> "Index":
    """The index that a browser sent; RecipeError where it is empty, too long or none."""
    from taskarith.recipes.retrieval.index import Index

    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise TaskArithError("the page sent something else than passages; reload it")
    return Index(tuple(one for one in map(str.strip, value) if one))


def _measured(suite: "Suite") -> str:
    """How often these models are right, as was measured of them."""
    from taskarith.recipes.retrieval.facts import KINDS
    from taskarith.recipes.retrieval.readers import measured
    from taskarith.recipes.retrieval.result import BM25, CLOSED, ORACLE

    shares = measured(suite)

    def told(name: str) -> str:
        one = shares[name]
        return f"{100 * one.value:.0f} % [{100 * one.low:.0f}, {100 * one.high:.0f}]"

    kinds = ", ".join(f"{kind} {told(kind)}" for kind in KINDS)
    return (
        f"These models are small. Asked once about {shares[BM25].over} of this index that nothing "
        f"was chosen by, the reader is right in {told(BM25)} with the passage that BM25 puts "
        f"first, in {told(ORACLE)} with the right passage handed over ({kinds}), and the closed "
        f"book in {told(CLOSED)} by heart."
    )
