"""Compare: the page of two edits class by class, of a plane of edits, and of merge methods.

Starts comparisons as jobs and hands over what they have found; decides nothing itself. What needs
torch is imported in the calls.
"""

import asyncio
from typing import TYPE_CHECKING, Any

from taskarith.ui.chrome import frame
from taskarith.ui.component import link_of, own_component, suite_of
from taskarith.ui.serving.jobs import Jobs, JobStatus, Work

if TYPE_CHECKING:
    from taskarith.core import Edit
    from taskarith.suites import Suite
    from taskarith.ui.context import Site
    from taskarith.ui.serving.explorer import Explorer

__all__ = ["Comparisons", "build"]

ABOUT = (
    "Two edits class by class, a plane of edits around the one in hand, and merge methods on the "
    "same vectors. Everything is measured on validation; test stays closed."
)

Answer = dict[str, Any]


def build(site: "Site") -> None:
    """The page, inside its route."""
    comparisons = Comparisons(site.jobs)

    async def hello(message: object) -> Answer:
        return comparisons.hello(await explorer(message), message)

    async def start(message: object) -> Answer:
        opened = await explorer(message)
        await asyncio.to_thread(comparisons.start, opened, message)
        return {}

    async def look(message: object) -> Answer:
        return comparisons.look(message)

    async def cancel(message: object) -> Answer:
        return comparisons.cancel(message)

    async def explorer(message: object) -> "Explorer":
        return await site.explorers.get(suite_of(message))

    with frame(site.nav, "Compare", about=ABOUT):
        own_component("compare", calls=[hello, start, look, cancel])


class Comparisons:
    """What the page may ask; a message is not trusted."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs

    def hello(self, explorer: "Explorer", message: object) -> Answer:
        """Everything static, and the edits that the link carries."""
        from taskarith.core import NULLS
        from taskarith.recipes.methods.entrants import SCALE, USUAL
        from taskarith.ui.compare.form import IMAGES
        from taskarith.ui.compare.runs import shipped_comparisons
        from taskarith.ui.edit_link import edit_in_hand, read_link
        from taskarith.ui.hello import called
        from taskarith.ui.merge_methods import described_methods, sent_merge

        suite = explorer.suite
        link = read_link(link_of(message), suite)
        edit = edit_in_hand(link, suite)
        nulls = [f"{null}:{name}" for null in NULLS for name in suite.vectors]
        return {
            "suite": {"name": suite.name, "title": suite.title},
            "edit": dict(edit.coefficients),
            "merge": sent_merge(edit),
            "focus": link.focus or next(iter(edit.coefficients), None),
            "pinned": _sent(link.pinned) if link.pinned is not None else None,
            "problems": list(link.problems),
            "tasks": [_task(suite, name) for name in suite.tasks if name != suite.second_control],
            "targets": [name for name in suite.targets if name in suite.vectors],
            "control": suite.control,
            "vectors": [*suite.vectors, *nulls],
            "presets": [
                {"title": preset.title, "coefficients": dict(preset.coefficients)}
                for preset in suite.manifest.presets
            ],
            "methods": described_methods(),
            "usual": list(USUAL),
            "chosen": SCALE,
            "shipped": shipped_comparisons(suite),
            "images": [*IMAGES, "all"],
            "examples": called({"data": task.data} for task in suite.tasks.values()),
        }

    def start(self, explorer: "Explorer", message: object) -> None:
        """Queue the comparison of `message`; TaskArithError says why it cannot be."""
        from taskarith.ui.compare.form import read_session
        from taskarith.ui.edit_link import edit_in_hand, read_link

        session = read_session(message)
        edit = edit_in_hand(read_link(link_of(message), explorer.suite), explorer.suite)
        self._jobs.submit(session, _work(message, explorer, edit), place=explorer)

    def look(self, message: object) -> Answer:
        """How the window's comparison stands, and what it has found since `have` rows."""
        from taskarith.ui.compare.form import read_have, read_session

        found = self._jobs.status(read_session(message))
        return {"state": "none"} if found is None else _told(found, have=read_have(message))

    def cancel(self, message: object) -> Answer:
        """Stop the window's comparison; what it has found is kept by the browser."""
        from taskarith.ui.compare.form import read_session

        self._jobs.cancel(read_session(message))
        return {}


def _work(message: Any, explorer: "Explorer", edit: "Edit") -> Work:
    from taskarith.ui.compare import form as form
    from taskarith.ui.compare import runs as runs

    suite, cache = explorer.suite, explorer.cache
    part = form.read_part(message)
    if part == "classes":
        return runs.classes_work(form.read_classes(message, suite, after=edit), cache=cache)
    n = form.read_images(message)
    if part == "plane":
        plane = form.read_plane(message, suite, edit=edit)
        return runs.plane_work(plane, cache=cache, n=n)
    return runs.methods_work(form.read_methods(message, suite), cache=cache, n=n)


def _told(look: JobStatus, *, have: int) -> Answer:
    found = look.result if look.state == "done" else look.partial
    if isinstance(found, dict):
        found = {**found, "start": have, "rows": found["rows"][have:]}
    return {
        "state": look.state,
        "ahead": look.ahead,
        "done": look.done,
        "needed": look.needed,
        "what": look.what,
        "message": look.message,
        "found": found,
    }


def _task(suite: "Suite", name: str) -> Answer:
    task = suite.tasks[name]
    return {"name": name, "title": task.title, "classes": list(task.classnames)}


def _sent(edit: "Edit") -> Answer:
    from taskarith.ui.merge_methods import sent_merge

    return {"coefficients": dict(edit.coefficients), "merge": sent_merge(edit)}
