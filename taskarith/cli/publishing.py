"""`taskarith vector publish` and `verify`: giving to the Hub, and checking what was given."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from taskarith.cli.answer import Answer
from taskarith.cli.arguments import add_device, add_json
from taskarith.cli.fetching import add_yes, obtain
from taskarith.errors import ExportError

if TYPE_CHECKING:
    from taskarith.export.publication import Publication

__all__ = ["add_commands", "add_publish", "agree", "publish", "verify"]

DIFFERENT = 1  # exit code


def add_publish(verbs: Any) -> None:
    """Add `publish` to the verbs of `vector`."""
    parser: argparse.ArgumentParser = verbs.add_parser(
        "publish",
        help="publish a task vector or an exported model on the Hub",
        description="Publish a folder that `vector make` or `export` wrote, with a model card. The "
        "card is shown and a yes is asked for before anything is sent; it is private unless you "
        "say otherwise. Log in first: hf auth login.",
        epilog="Try: taskarith vector publish forgot-digits YOUR-NAME/forgot-digits",
    )
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("name", metavar="owner/name")
    parser.add_argument("--public", action="store_true", help="for everybody (default: private)")
    parser.add_argument("--licence", metavar="ID", help="where the parents' licences do not agree")
    parser.add_argument(
        "--overwrite", action="store_true", help="replace files of a repository that is there"
    )
    parser.add_argument("--yes", action="store_true", help="send without asking first")
    add_json(parser)
    parser.set_defaults(run=publish)


def add_commands(commands: Any) -> None:
    """Add `verify` to the parser's commands."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "verify",
        help="derive an exported model or a vector again and compare every bit",
        description="Derive what REF holds again from its parents, and say whether it is "
        "bit-equal, which tensors differ and by how much, or which parent has vanished; of an "
        "exported edit without weights, compare the parents' fingerprints. The exit code is 1 "
        "where it differs.",
        epilog="Try: taskarith verify file:forgot-digits",
    )
    parser.add_argument("reference", metavar="REF", help="owner/name, hub:… or file:PATH")
    parser.add_argument("--base", metavar="REF", help="θ₀ of a vector that does not name it")
    parser.add_argument("--finetuned", metavar="REF", help="θ_t of a vector that does not name it")
    add_device(parser)
    add_yes(parser)
    add_json(parser)
    parser.set_defaults(run=verify)


def publish(
    *, folder: Path, name: str, public: bool, licence: str | None, overwrite: bool, yes: bool
) -> Answer:
    """Show what would be sent, ask, and send it."""
    from taskarith.export.account import Account
    from taskarith.export.publication import plan_publication
    from taskarith.export.publish import publish as send

    account = Account()
    plan = plan_publication(folder, name, account, private=not public, licence=licence)
    if plan.exists and not overwrite:
        raise ExportError(
            f"{name} holds {', '.join(plan.replaced[:5])} already; to replace what has the same "
            "name there add --overwrite, or choose another name"
        )
    agree(plan, yes=yes)
    done = send(plan, account, overwrite=overwrite)
    data = {
        "url": done.url,
        "commit": done.commit,
        "private": done.private,
        "files": sorted(plan.files),
        "bytes": plan.size,
    }
    seen = "private: only those whom it lets in can see it" if done.private else "public"
    return Answer(data, f"Published {done.url} at {done.commit[:12]} ({seen})")


def agree(plan: "Publication", *, yes: bool) -> None:
    """Show card and files; return when whoever runs the command agrees."""
    from taskarith.export.publication import size_of
    from taskarith.sources.plan import size_text

    whom = f"for {plan.readers} alone (private)" if plan.private else "for everybody (public)"
    replaced = f", replacing what has the same name there ({', '.join(plan.replaced[:5])})"
    told = [
        plan.card,
        "─" * 60,
        f"To {plan.name}, {whom}, as {plan.user}{replaced if plan.exists else ''}:",
        *(f"  {name}, {size_text(size_of(content))}" for name, content in plan.files.items()),
        f"  {size_text(plan.size)} together",
        *plan.notes,
    ]
    print("\n".join(told), file=sys.stderr)
    if yes:
        return
    if not sys.stdin.isatty():
        raise ExportError("nothing was sent; add --yes to publish what is shown above")
    print("Publish it? [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise ExportError("nothing was sent")


def verify(
    *, reference: str, base: str | None, finetuned: str | None, device: str | None, yes: bool
) -> Answer:
    """Derive what a reference holds again and compare."""
    from taskarith.export.verify import verify_source
    from taskarith.export.verify_folder import described_folder, verify_folder
    from taskarith.sources import BASE_FILES

    def statistics(suite: Any, edit: Any) -> Any:
        from taskarith.evaluation import Evaluator
        from taskarith.export.accuracies import image_statistics

        return image_statistics(Evaluator(suite, device=device), seed=edit.seed)

    folder = described_folder(reference)
    if folder is not None:
        found = verify_folder(folder)
    else:
        found = verify_source(
            obtain(reference, yes=yes),
            obtain=lambda parent: obtain(parent, yes=yes, extras=BASE_FILES),
            base=base,
            finetuned=finetuned,
            statistics=statistics,
        )
    return Answer(found.to_json(), found.text(), code=0 if found.equal else DIFFERENT)
