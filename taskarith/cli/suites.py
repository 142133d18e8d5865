"""`taskarith suites`: what there is to edit, and adding to it."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from taskarith.cli.answer import Answer
from taskarith.cli.arguments import add_json
from taskarith.cli.fetching import add_yes, agreed, progress_bar
from taskarith.cli.own_suites import add_making_verbs

if TYPE_CHECKING:
    from taskarith.evaluation.preview_score import PreviewScore
    from taskarith.suites import Suite

__all__ = ["add", "add_commands", "collections", "pull", "remove", "rename", "suites"]


def add_commands(commands: Any) -> None:
    """Add `suites`, alone and with verbs, to the parser's commands."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "suites",
        help="list the suites, fetch and add some",
        description="List the suites with their tasks and task vectors; or, with a verb, fetch "
        "what one needs, add one, or create one.",
    )
    add_json(parser)
    parser.set_defaults(run=suites)
    verbs = parser.add_subparsers(metavar="VERB")

    verb = verbs.add_parser("pull", help="fetch the weights that a suite takes from the Hub")
    verb.add_argument("suite", help="name of a suite, or path of its folder")
    add_yes(verb)
    add_json(verb)
    verb.set_defaults(run=pull)

    verb = verbs.add_parser(
        "collections", help="list the collections: suites that share tasks on several bases"
    )
    add_json(verb)
    verb.set_defaults(run=collections)

    verb = verbs.add_parser("add", help="add a suite: a folder, or a repository of the Hub")
    verb.add_argument("place", metavar="PLACE", help="path of a folder, or hub:owner/name")
    add_yes(verb)
    add_json(verb)
    verb.set_defaults(run=add)
    verb = verbs.add_parser("rename", help="give a suite of yours another name")
    verb.add_argument("suite", help="its name")
    verb.add_argument("name", metavar="NAME", help="the new one")
    add_json(verb)
    verb.set_defaults(run=rename)

    verb = verbs.add_parser(
        "remove", help="remove a suite of yours",
        description="Remove a suite that was made or fetched here, with its files; one in a folder "
        "of yours is only taken off the list.",
    )  # fmt: skip
    verb.add_argument("suite", help="its name")
    verb.add_argument("--yes", action="store_true", help="without asking first")
    add_json(verb)
    verb.set_defaults(run=remove)
    add_making_verbs(verbs)


def suites() -> Answer:
    """Every suite that comes with the project or was added.

    Where the page compared its preview with measurements on this machine: how far off it was.
    """
    from taskarith.evaluation.preview import kept_scores
    from taskarith.suites import list_suites

    found, scores = list_suites(), kept_scores()
    return Answer(
        data=[_row(suite, scores.get(suite.name)) for suite in found],
        text="\n\n".join(_paragraph(suite, scores.get(suite.name)) for suite in found)
        or "There are no suites.",
    )


def collections() -> Answer:
    """Every collection with its members, and whether their weights are on this machine."""
    from taskarith.suites import load_suite
    from taskarith.suites.collection import list_collections

    data, paragraphs = [], []
    for one in list_collections():
        here = {name: load_suite(name).is_here() for name in one.suites}
        data.append(
            {
                "name": one.name,
                "title": one.title,
                "tasks": list(one.tasks),
                "controls": list(one.controls),
                "members": [
                    {"suite": m.suite, "seen": m.seen, "apart": m.apart, "here": here[m.suite]}
                    for m in one.members
                ],
            }
        )
        lines = [f"{one.name}: {one.title}", f"  tasks    {', '.join(one.tasks)}"]
        for member in one.members:
            apart = f"; apart: {member.apart}" if member.apart else ""
            away = "" if here[member.suite] else "; not on this machine yet"
            lines.append(f"  member   {member.suite}, {member.seen:,} examples seen{apart}{away}")
        paragraphs.append("\n".join(lines))
    return Answer(data, "\n\n".join(paragraphs) or "There are no collections.")


def pull(*, suite: str, yes: bool) -> Answer:
    """Fetch everything a suite takes from elsewhere, after one question."""
    from taskarith.sources import OWNER, make_plan
    from taskarith.sources.plan import size_text
    from taskarith.suites import load_suite
    from taskarith.suites.label_order import order_notes
    from taskarith.suites.making.assembling import carry_out
    from taskarith.suites.making.inspection import look_at_vectors
    from taskarith.suites.making.planning import check_together

    loaded = load_suite(suite)
    plans = [make_plan(name, extras=loaded.beside(name)) for name in loaded.references()]
    check_together(plans, limits=OWNER)
    needed = [plan for plan in plans if plan.to_fetch]
    total = sum(plan.to_fetch for plan in needed)
    lines = [f"{plan.reference}: {plan.describe()}" for plan in needed]
    if needed:
        agreed("\n".join([*lines, f"together {size_text(total)}"]), yes=yes)
    carry_out(tuple(plans), report=progress_bar(total))
    look_at_vectors(loaded)
    notes = order_notes(loaded)
    data = {
        "suite": loaded.name,
        "references": [str(plan.reference) for plan in plans],
        "fetched": total,
        "found": notes,
    }
    said = f"{loaded.name} has its {len(plans)} sources ({size_text(total)} fetched)."
    return Answer(data, "\n".join([said, *notes]))


def add(*, place: str, yes: bool) -> Answer:
    """Add the suite in a folder, or in a repository of the Hub."""
    from taskarith.suites.home import add_folder, add_hub_suite, plan_hub_suite
    from taskarith.suites.suite import is_installed

    if Path(place).expanduser().is_dir():
        name = add_folder(Path(place), taken=is_installed)
    else:
        plan = plan_hub_suite(place)
        agreed(plan.describe(), yes=yes)
        name = add_hub_suite(plan, taken=is_installed)
    return Answer({"suite": name}, f"Added {name}. Try: taskarith suites pull {name}")


def rename(*, suite: str, name: str) -> Answer:
    """Call a suite by another name."""
    from taskarith.suites.making.own import rename_suite

    rename_suite(suite, name)
    return Answer({"suite": name, "before": suite}, f"{suite} is called {name} now.")


def remove(*, suite: str, yes: bool) -> Answer:
    """Remove a suite, after one question."""
    from taskarith.suites.making.own import remove_suite, stays

    kept = stays(suite)
    what = "take it off the list; its folder stays" if kept else "remove it with its files"
    agreed(f"{suite}: {what}", yes=yes, question="Remove it?", no="nothing was removed")
    remove_suite(suite)
    return Answer({"suite": suite, "files": not kept}, f"Removed {suite}.")


def _row(suite: "Suite", score: "PreviewScore | None") -> dict[str, object]:
    row: dict[str, object] = {
        "name": suite.name,
        "base": _base(suite),
        "targets": list(suite.targets),
        "control": suite.control,
        "tasks": list(suite.tasks),
        "vectors": list(suite.vectors),
    }
    return row if score is None else row | {"preview": score.to_json()}


def _paragraph(suite: "Suite", score: "PreviewScore | None") -> str:
    lines = [
        f"{suite.name}: {suite.title}",
        f"  base     {_base(suite)}",
        f"  targets  {', '.join(suite.targets)}",
        *([f"  measured {', '.join(suite.onlookers)}"] if suite.onlookers else []),
        f"  control  {suite.control}",
        f"  vectors  {', '.join(suite.vectors)}",
    ]
    if score is not None:
        lines.append(f"  preview  off by {score.in_words()}")
    return "\n".join(lines)


def _base(suite: "Suite") -> str:
    return f"{suite.manifest.base.kind} {suite.manifest.base}"
