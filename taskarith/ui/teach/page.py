"""Teach: the page on which a task vector is made from drawings or pictures of one's own.

Starts teachings as jobs and hands over how they go; decides nothing itself. What needs torch is
imported in the calls.
"""

import asyncio
import secrets
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gradio.utils import get_upload_folder

from taskarith.ui.chrome import frame
from taskarith.ui.component import link_of, own_component, suite_of
from taskarith.ui.serving.jobs import Jobs
from taskarith.ui.serving.visitor import read_visitor

if TYPE_CHECKING:
    from taskarith.suites import Suite
    from taskarith.training.teaching.bounds import Bounds
    from taskarith.training.teaching.cost import Speed
    from taskarith.ui.context import Site
    from taskarith.ui.serving.explorers import Explorers

__all__ = ["Teachings", "build"]

ABOUT = (
    "Draw a few examples of each class, or bring pictures, or write sentences where the base reads "
    "texts; the base learns to tell them apart, and "
    "what it learned becomes a slider in a copy of the suite."
)
KEPT = 3600.0  # seconds that a visitor's copy, with their examples in it, is kept

Answer = dict[str, Any]


def build(site: "Site") -> None:
    """The page, inside its route."""
    teachings = Teachings(site.explorers, public=site.public)
    looking = asyncio.Lock()  # a large table or a slow Hub takes one thread, whoever asks

    async def hello(message: object) -> Answer:
        return teachings.hello(await suite(message), message)

    async def plan(message: object) -> Answer:
        explorer = await site.explorers.get(suite_of(message))
        # Two threads that import a library at once trip over each other: the engine comes first.
        await explorer.engine({"known": "loading"})
        return await asyncio.to_thread(teachings.plan, explorer.suite, message)

    async def table(message: object) -> Answer:
        async with looking:
            return await asyncio.to_thread(teachings.table, message)

    async def dataset(message: object) -> Answer:
        found = await suite(message)
        async with looking:
            return await asyncio.to_thread(teachings.dataset, found, message)

    async def start(message: object) -> Answer:
        loop = asyncio.get_running_loop()
        await asyncio.to_thread(teachings.start, await suite(message), message, loop=loop)
        return {}

    async def look(message: object) -> Answer:
        return teachings.look(message)

    async def cancel(message: object) -> Answer:
        return teachings.cancel(message)

    async def suite(message: object) -> "Suite":
        return (await site.explorers.get(suite_of(message))).suite

    with frame(site.nav, "Teach", about=ABOUT):
        own_component("teach", calls=[hello, plan, table, dataset, start, look, cancel])


class Teachings:
    """What the page may ask; a message is not trusted."""

    def __init__(
        self,
        explorers: "Explorers",
        *,
        public: bool,
        uploads: Path | None = None,
        jobs: Jobs | None = None,
        kept: float = KEPT,
    ) -> None:
        self._explorers = explorers
        self._public = public
        self._uploads = uploads if uploads is not None else Path(get_upload_folder())
        self._jobs = jobs if jobs is not None else Jobs(shared=public)
        self._kept = kept
        self._speeds: dict[str, Speed] = {}
        self._slowness = 1.0  # how long the last one took, of what had been expected
        self._measuring = ThreadPoolExecutor(1, "taskarith-speed")

    def hello(self, suite: "Suite", message: object) -> Answer:
        """Everything static, and the edit that the link carries where it is a plain sum."""
        from taskarith.suites.home import forget_private
        from taskarith.tasks.encodings import ENCODINGS
        from taskarith.training.teaching.embedded import worlds
        from taskarith.training.teaching.how import BATCH, STEPS
        from taskarith.training.teaching.task import HEADS
        from taskarith.training.ways.registry import WAYS
        from taskarith.ui.edit_link import read_link

        if self._public:  # what a server that was stopped left behind
            forget_private(older=self._kept)
        bounds, takes = self._bounds(), suite.weights.family.examples
        control = suite.tasks[suite.control]
        edit = read_link(link_of(message), suite).edit
        return {
            "suite": {"name": suite.name, "title": suite.title},
            "takes": list(takes),
            "worlds": [
                dict(vars(world)) for world in worlds(takes) if world.classes <= bounds.classes
            ],
            "encodings": list(ENCODINGS),
            "control": {"name": control.name, "title": control.title},
            "ways": [
                {
                    "name": way.name,
                    "title": way.title,
                    "about": way.about,
                    "paper": way.paper,
                    "head": way.head,
                    "knobs": [dict(vars(knob)) for knob in way.knobs],
                }
                for way in WAYS.values()
                if set(way.examples) & set(takes)
            ],
            "start": dict(edit.coefficients) if edit.is_sum else {},
            "heads": list(HEADS),
            "steps": STEPS,
            "batch": BATCH,
            "most": {
                "classes": bounds.classes,
                "examples": bounds.examples,
                "steps": bounds.steps,
            },
            "hours": self._kept / 3600 if self._public else None,
        }

    def plan(self, suite: "Suite", message: object) -> Answer:
        """What it will take; measures one step of the base the first time."""
        from taskarith.sources.plan import size_text
        from taskarith.ui.teach.asked import read_how

        how = read_how(message, bounds=self._bounds())
        learned, validated = _sizes(message)
        speed = self._speed(suite)
        return {
            "steps": how.steps,
            "seconds": self._slowness * speed.seconds(how, learned=learned, validated=validated),
            "memory": size_text(speed.memory(how)),
        }

    def table(self, message: object) -> Answer:
        """The columns of a table that was sent, each with how many different values it has."""
        from taskarith.tasks.tables import columns_of_table
        from taskarith.ui.teach.asked import read_reading, read_table

        path = read_table(message, uploads=self._uploads, bounds=self._bounds())
        columns, rows = columns_of_table(path, encoding=read_reading(message).encoding)
        found = [{"name": name, "values": values} for name, values in columns.items()]
        return {"columns": found, "rows": rows}

    def dataset(self, suite: "Suite", message: object) -> Answer:
        """What would be fetched of a Hub dataset, from the ends of its files alone."""
        from taskarith.training.teaching.datasets import look_at_dataset
        from taskarith.ui.teach.asked import read_dataset, read_reading

        found = look_at_dataset(
            read_dataset(message),
            kind="images" if "images" in suite.weights.family.examples else "texts",
            reading=read_reading(message),
            bounds=self._bounds(),
        )
        return {"rows": found.rows, "said": found.in_words()}

    def start(
        self, suite: "Suite", message: object, *, loop: asyncio.AbstractEventLoop | None = None
    ) -> None:
        """Queue the teaching of `message`; TaskArithError says why it cannot be."""
        from taskarith.training.teaching.process import write_order
        from taskarith.ui.teach.asked import read_asked
        from taskarith.ui.teach.learning import learning

        fields = message if isinstance(message, dict) else {}
        visitor = read_visitor(fields.get("visitor"))
        bounds = self._bounds()
        asked = read_asked(message, uploads=self._uploads, bounds=bounds)
        how, task = asked.how, _free(asked.task, {*suite.tasks, *suite.recipe_tasks}.__contains__)
        order = write_order(
            suite=str(suite.folder),
            examples=asked.examples,
            texts=asked.texts,
            reading=asked.reading,
            task=task,
            title=asked.title,
            into=self._copy(suite.name, task),
            head=asked.head,
            way=how.way,
            settings=dict(how.settings),
            steps=how.steps,
            rate=how.rate,
            anchor=how.anchor,
            sharpness=how.sharpness,
            few=how.few,
            start=dict(how.start),
            seed=how.seed,
            bounds=bounds,
            private=self._public,
        )
        learned, validated = _sizes(message)
        expected = self._speed(suite).seconds(how, learned=learned, validated=validated)
        made = self._made(loop, expected=expected)
        self._jobs.submit(visitor, learning(order, steps=how.steps, made=made))

    def look(self, message: object) -> Answer:
        """How the visitor's teaching stands."""
        fields = message if isinstance(message, dict) else {}
        found = self._jobs.status(read_visitor(fields.get("visitor")))
        if found is None:
            return {"state": "none"}
        shown = found.result if found.state == "done" else found.partial
        return {
            "state": found.state,
            "ahead": found.ahead,
            "message": found.message,
            "found": shown,
        }

    def cancel(self, message: object) -> Answer:
        """Stop the visitor's teaching."""
        fields = message if isinstance(message, dict) else {}
        self._jobs.cancel(read_visitor(fields.get("visitor")))
        return {}

    def close(self) -> None:
        """End the thread that works teachings off."""
        self._jobs.close()
        self._measuring.shutdown()

    def _bounds(self) -> "Bounds":
        from taskarith.training.teaching.bounds import OWNER_BOUNDS, VISITOR_BOUNDS

        return VISITOR_BOUNDS if self._public else OWNER_BOUNDS

    def _speed(self, suite: "Suite") -> "Speed":
        """Measured once for each suite, one at a time."""
        from taskarith.training.teaching.cost import measured_speed

        key = str(suite.folder)

        def measure() -> "Speed":
            if key not in self._speeds:
                self._speeds[key] = measured_speed(suite)
            return self._speeds[key]

        return self._measuring.submit(measure).result()

    def _copy(self, parent: str, task: str) -> str:
        """A name for the copy: of a visitor's, one that nobody can guess."""
        from taskarith.suites.suite import is_installed

        if self._public:
            return f"{task[:30].strip('-')}-{secrets.token_hex(12)}"
        return _free(f"{parent}-{task}"[:56].strip("-."), is_installed)

    def _made(
        self, loop: asyncio.AbstractEventLoop | None, *, expected: float
    ) -> Callable[[Answer, float], None]:
        """What is done with a copy that was made: a visitor's is forgotten in time."""

        def made(taught: Answer, seconds: float) -> None:
            self._slowness = seconds / expected
            if not self._public:
                return
            timer = threading.Timer(self._kept, self._forget, [str(taught["suite"]), loop])
            timer.daemon = True
            timer.start()

        return made

    def _forget(self, name: str, loop: asyncio.AbstractEventLoop | None) -> None:
        from taskarith.suites.home import forget_private

        if loop is not None and loop.is_running():
            asyncio.run_coroutine_threadsafe(self._explorers.forget(name), loop).result(60)
        forget_private(older=0.9 * self._kept)


def _free(name: str, taken: Callable[[str], bool]) -> str:
    """`name`, or the first of name-2, name-3, … that is not taken."""
    number = 1
    while taken(name if number == 1 else f"{name}-{number}"):
        number += 1
    return name if number == 1 else f"{name}-{number}"


def _sizes(message: object) -> tuple[int, int]:
    """How many examples are learned from and validated on, as the page counts them."""
    fields = message if isinstance(message, dict) else {}
    count = fields.get("examples")
    count = count if isinstance(count, int) and 0 < count < 10**6 else 12
    return max(1, count // 2), max(1, round(0.3 * count))
