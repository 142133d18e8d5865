"""What the Explore page does on the server, without Gradio: edits in, measurements out.

One Explorer serves every window; a window is a session. Nothing here trusts what it is sent.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import takewhile
from typing import Any

import numpy as np

from taskarith.core import Edit
from taskarith.errors import AssetError, TaskArithError
from taskarith.evaluation import (
    Evaluator,
    Piece,
    ResultCache,
    Shipped,
    Step,
    load_shipped,
    visible_tasks,
)
from taskarith.evaluation.asking import ask
from taskarith.evaluation.crew import Crew
from taskarith.evaluation.device import described_together
from taskarith.evaluation.preview import Preview
from taskarith.evaluation.worker import QUIET, Message
from taskarith.export.accuracies import TaskAccuracy, known_accuracies
from taskarith.export.snippet import python_snippet
from taskarith.suites import Suite
from taskarith.tasks import SplitName
from taskarith.ui.incoming import (
    Commit,
    read_changed,
    read_commit,
    read_edit,
    read_poll,
    read_question,
    read_rest,
    read_suggestion,
)
from taskarith.ui.merge_methods import offered_methods
from taskarith.ui.serving.changes import changed_answers
from taskarith.ui.serving.limits import address
from taskarith.ui.serving.pieces import Pieces
from taskarith.ui.serving.priority import lower_priority
from taskarith.ui.serving.sessions import Sessions
from taskarith.ui.serving.steps import look_steps, other_images, page_steps
from taskarith.ui.serving.suggesting import Suggesting

__all__ = ["Explorer"]

PATIENCE = 15.0  # seconds that a waiting call is kept before it is answered with nothing new
MAX_SESSIONS = 256
NICENESS = 10
VALIDATION: SplitName = "validation"
TEST: SplitName = "test"

_log = logging.getLogger(__name__)

Answer = dict[str, Any]


class Explorer:
    """A suite, its engine warming up on the worker's thread, and the windows looking at it.

    Args:
        source: what the suite was opened by (name or folder), for the Python snippet.
        make_evaluator: makes the evaluator; called on the worker's thread.
        others: make evaluators on further devices, each for a worker of its own.
        cache: where results are kept; memory only if None.
        patience: seconds that a call may wait for something new.
        quiet: seconds without a wish of anyone until the preview may be fitted.
    """

    def __init__(
        self,
        suite: Suite,
        *,
        make_evaluator: Callable[[], Evaluator],
        others: Sequence[Callable[[], Evaluator]] = (),
        source: str | None = None,
        cache: ResultCache | None = None,
        patience: float = PATIENCE,
        quiet: float = QUIET,
    ) -> None:
        self.suite = suite
        self._source = source or suite.name
        self._make_evaluator = make_evaluator
        self._patience = patience
        self._evaluator: Evaluator | None = None
        self._other_images: list[str] = []
        self._layers: list[str] = []
        self._sizes: list[int] = []  # of the validation split of each task
        self._failure: str | None = None
        self._shipped = _read_shipped(suite)
        self._preview = Preview(suite)
        self._suggesting = Suggesting(suite)
        # Who never asked what became of a commit goes before who did.
        self._sessions = Sessions[Pieces](most=MAX_SESSIONS, spare=lambda pieces: pieces.followed)
        self._devices: list[str] = []  # in words, of the evaluators that are there
        openings = [partial(self._open, make) for make in (make_evaluator, *others)]
        self._worker = Crew(openings, cache=cache, idle=self._preview.fit, quiet=quiet)

    def close(self) -> None:
        """End the workers' threads."""
        self._worker.close()
        self._preview.save()

    @property
    def busy(self) -> bool:
        """Whether somebody waits: for the engine to start, or for a measurement."""
        return (self._evaluator is None and not self.failed) or self._worker.busy

    @property
    def cache(self) -> ResultCache:
        """Where results are kept; jobs beside the page share it."""
        return self._worker.cache

    def make_evaluator(self) -> Evaluator:
        """One more evaluator of the suite, for work beside the page's own."""
        return self._make_evaluator()

    def seconds_of(self, evaluations: int, *, n: int | None) -> float | None:
        """About how long so many evaluations of n examples (None: all of a task) take here.

        None before the engine is there, and where it measures elsewhere.
        """
        pace = None if self._evaluator is None else self._evaluator.examples_per_second
        if pace is None:
            return None
        mean = sum(size if n is None else min(n, size) for size in self._sizes) / len(self._sizes)
        return evaluations * mean / pace

    def seconds_of_learning(self, examples: int) -> float | None:
        """About how long steps of fine-tuning through so many examples take here; None as above."""
        from taskarith.recipes.learning_time import learning_seconds

        pace = None if self._evaluator is None else self._evaluator.examples_per_second
        return None if pace is None else learning_seconds(examples, pace=pace)

    @property
    def source(self) -> str:
        """What `load_suite` takes to open the suite again."""
        return self._source

    def known(self, edit: Edit) -> tuple[TaskAccuracy, ...]:
        """The validation accuracies of `edit` that were measured already; computes nothing."""
        if self._evaluator is None:
            return ()
        return known_accuracies(self._evaluator, edit, cache=self.cache)

    def measured(self, session: object) -> list[Any] | None:
        """What a window's last commit has shown on validation of its edit, as one point."""
        pieces = self._sessions.get(session) if isinstance(session, str) else None
        return None if pieces is None or pieces.split != VALIDATION else pieces.here()

    @property
    def failed(self) -> bool:
        """Whether the engine could not start."""
        return self._failure is not None

    async def engine(self, message: object) -> Answer:
        """How the engine stands; waits while it is loading and the browser knows that."""
        known = message.get("known") if isinstance(message, Mapping) else None
        clock = asyncio.get_running_loop().time
        ends = clock() + self._patience
        while (answer := self._engine())["state"] == known == "loading" and clock() < ends:
            await asyncio.sleep(0.1)
        return answer if answer["state"] == known else answer | {"methods": offered_methods()}

    async def commit(self, message: object) -> Answer:
        """Start measuring around an edit on validation; answers with the first points."""
        commit = read_commit(message, self.suite)
        compared = {"pretrained": Edit(self.suite.name)}
        if commit.pinned is not None:
            compared["pinned"] = commit.pinned

        def steps() -> Iterator[Step]:  # drawn on the worker's thread, once the evaluator is there
            asked = page_steps(
                commit,
                evaluator=self._live(),
                compared=list(compared.values()),
                shipped=self._shipped,
                waiting=self._worker.waiting,
            )
            yield from self._live().ahead(asked)

        return await self._start(commit, steps(), compared=compared, split=VALIDATION)

    async def test(self, message: object) -> Answer:
        """The deliberate act: measure an edit on the whole test split. Counted as a look."""
        commit = read_commit(message, self.suite)

        def steps() -> Iterator[Step]:
            yield from self._live().ahead(look_steps(commit, evaluator=self._live()))

        compared = {"pretrained": Edit(self.suite.name)}
        return await self._start(commit, steps(), compared=compared, split=TEST)

    async def more(self, message: object) -> Answer:
        """The next points of a commit, when there are some."""
        session, seq, cursor = read_poll(message)
        pieces = self._sessions.get(session)
        if pieces is None or pieces.seq < seq or pieces.abandoned:
            self._forget(session)
            return {"unknown": True}  # after a restart or a long sleep: the browser sends it again
        if pieces.seq > seq:
            return _overtaken(seq)
        return await self._since(pieces, cursor)

    async def rest(self, message: object) -> Answer:
        """Stop measuring for a window in which something moves again."""
        session, seq = read_rest(message)
        pieces = self._sessions.get(session)
        if pieces is not None and pieces.seq < seq:  # else a newer commit was faster on the way
            self._worker.cancel(session)
        return {}

    async def surrogate(self, message: object) -> Answer:
        """The preview's coefficients, if there are some by now."""
        surrogate = self._preview.surrogate
        return {} if surrogate is None else await asyncio.to_thread(surrogate.payload)

    async def changed(self, message: object) -> Answer:
        """Images of one task whose answer is not the pretrained model's, as far as measured."""
        edit, task, split, start = read_changed(message, self.suite)
        if self._evaluator is None:
            return {}
        asked = partial(
            changed_answers,
            cache=self._worker.cache,
            edit=edit,
            task=task,
            split=split,
            start=start,
        )
        return await asyncio.wrap_future(self._worker.ask(asked))  # one thread owns the evaluator

    async def ask(self, message: object) -> Answer:
        """What the pretrained and the edited model answer to one text that somebody typed."""
        edit, task, text = read_question(message, self.suite)
        if self._evaluator is None:
            return {}

        def question(evaluator: Evaluator) -> Answer:
            before = ask(evaluator, Edit(self.suite.name), task=task, text=text)
            after = ask(evaluator, edit, task=task, text=text)
            return {"task": task, "pretrained": before.to_json(), "edited": after.to_json()}

        return await asyncio.wrap_future(self._worker.ask(question))

    async def take(self, message: object) -> Answer:
        """The edit as JSON, and the Python that measures it."""
        fields = message if isinstance(message, Mapping) else {}
        edit = read_edit(fields.get("coefficients"), self.suite, merge=fields.get("merge"))
        split = TEST if fields.get("split") == TEST else VALIDATION
        tasks = visible_tasks(self.suite, edit)
        python = python_snippet(edit, source=self._source, tasks=tasks, split=split)
        return {"edit": edit.to_json(), "python": python}

    async def suggest(self, message: object) -> Answer:
        """λ for adding vectors, from their lengths alone, and what to say of it."""
        edit, language = read_suggestion(message, self.suite)
        return await asyncio.to_thread(self._suggesting.answer, edit, language=language)

    async def _start(
        self,
        commit: Commit,
        steps: Iterator[Step],
        *,
        compared: Mapping[str, Edit],
        split: SplitName,
    ) -> Answer:
        def labels(task: str) -> np.ndarray:
            return self._live().labels(task, split)

        pieces = Pieces(
            commit.seq,
            edit=commit.edit,
            split=split,
            compared=compared,
            labels=labels,
            metric=lambda task: self.suite.task(task).metric,
        )
        # Nobody may be there any more: what is measured for them would keep others waiting.
        wanted = takewhile(lambda step: pieces.wanted(within=2 * self._patience), steps)
        before = self._sessions.get(commit.session)
        if before is None:
            for gone in self._sessions.put(commit.session, pieces, address=address()):
                self._worker.cancel(gone)
        else:
            pieces.followed = before.followed

        def put(message: Message) -> None:
            pieces.put(message)
            if isinstance(message, Piece):
                self._preview.compare(message)

        taken = self._worker.submit(commit.session, commit.seq, steps=wanted, on_piece=put)
        if not taken:  # sent again because the answer was lost, or overtaken on the way
            pieces = before or pieces
            if pieces.seq != commit.seq:
                return _overtaken(commit.seq)
        self._sessions.put(commit.session, pieces, address=address())
        return await self._since(pieces, 0)

    def _forget(self, session: str) -> None:
        self._sessions.drop(session)
        self._worker.cancel(session)

    async def _since(self, pieces: Pieces, cursor: int) -> Answer:
        answer = await pieces.since(cursor, patience=self._patience)
        answer |= {"split": pieces.split, "preview": self._preview.to_json()}
        if pieces.split == TEST:
            answer["looks"] = await asyncio.to_thread(self._looks)
        return answer

    def _looks(self) -> int:
        """How many edits were looked at on test, those with vectors of recipes among them."""
        suite = self.suite
        return self._worker.cache.looks(suite.fingerprint, suite.recipe_fingerprint).ever

    def _live(self) -> Evaluator:
        assert self._evaluator is not None  # nothing is measured before the engine is there
        return self._evaluator

    def _open(self, make_evaluator: Callable[[], Evaluator]) -> Evaluator:
        """Make an evaluator and warm it up; on its worker's thread."""
        # Where browser and engine share a machine, drawing the picture goes first.
        lower_priority(NICENESS)
        try:
            evaluator = make_evaluator()
            pretrained = Edit(self.suite.name)
            evaluator.use(pretrained)
            tasks = visible_tasks(self.suite, pretrained)
            evaluator.prepare(tasks, split=VALIDATION)
            self._layers = evaluator.layer_groups()
            self._sizes = [evaluator.total(task, VALIDATION) for task in tasks]
            self._other_images = other_images(self._shipped, evaluator, tasks)
        except Exception as error:
            known = isinstance(error, TaskArithError)
            self._failure = str(error) if known else f"{type(error).__name__}: {error}"
            _log.error("the engine could not start", exc_info=None if known else error)
            raise
        self._devices.append(evaluator.described)
        self._evaluator = self._evaluator or evaluator
        return evaluator

    def _engine(self) -> Answer:
        answer: Answer = {"state": "loading", "device": None, "preview": self._preview.to_json()}
        if self._failure is not None:
            message = f"The engine could not start, so nothing new is measured: {self._failure}"
            answer |= {"state": "failed", "message": message}
        elif len(self._devices) == self._worker.devices:
            answer |= {
                "state": "ready",
                "device": described_together(self._devices),
                "other_images": self._other_images,
                "layers": self._layers,
            }
        return answer


def _overtaken(seq: int) -> Answer:
    """A newer commit of the same window has taken this one's place."""
    return {"seq": seq, "cursor": 0, "done": True, "points": []}


def _read_shipped(suite: Suite) -> Shipped | None:
    try:
        return load_shipped(suite)
    except AssetError as error:
        _log.warning("the page shows no shipped measurements: %s", error)
        return None
