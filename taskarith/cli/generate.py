"""`taskarith generate`: what a model of texts answers to a sentence, before and after an edit."""

import argparse
from typing import TYPE_CHECKING, Any

from taskarith.cli.answer import Answer, columns, percent
from taskarith.cli.arguments import (
    add_device,
    add_json,
    add_method,
    add_setting,
    add_suite,
    read_edit,
)

if TYPE_CHECKING:
    from taskarith.evaluation.asking import Reply

__all__ = ["add_commands", "generate"]

NOTHING = "(nothing: the text ends here)"


def add_commands(commands: Any) -> None:
    """Add `generate` to the parser's commands."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "generate",
        help="answer one sentence before and after an edit",
        description="Give a sentence to the pretrained and to the edited model: label words with "
        "their chances, or what each writes next.",
        epilog='Try: taskarith generate --suite mini-lm --set rude=-0.5 --prompt "…"',
    )
    add_suite(parser)
    add_setting(parser)
    add_method(parser)
    parser.add_argument("--prompt", required=True, metavar="TEXT", help="the sentence")
    parser.add_argument(
        "--task", metavar="NAME", help="whose head answers (default: the first that is edited)"
    )
    add_device(parser)
    add_json(parser)
    parser.set_defaults(run=generate)


def generate(
    *,
    suite: str,
    settings: list[str],
    method: str,
    method_settings: list[str],
    seed: int,
    prompt: str,
    task: str | None,
    device: str | None,
) -> Answer:
    """The answers of the pretrained and the edited model to `prompt`."""
    from taskarith.core import Edit
    from taskarith.evaluation import Evaluator
    from taskarith.evaluation.asking import ask
    from taskarith.suites import load_suite

    loaded = load_suite(suite)
    edit = read_edit(loaded, settings, method=method, method_settings=method_settings, seed=seed)
    about = [loaded.subject(name) for name in edit.coefficients]
    asked = task or (about[0] if about else loaded.targets[0])
    evaluator = Evaluator(loaded, device=device)
    before = ask(evaluator, Edit(loaded.name), task=asked, text=prompt)
    after = ask(evaluator, edit, task=asked, text=prompt)
    return Answer(
        data={
            "edit": edit.to_json(),
            "task": asked,
            "prompt": prompt,
            "pretrained": before.to_json(),
            "edited": after.to_json(),
        },
        text=f"{edit.formula()}\n{prompt}\n\n{_beside(before, after)}",
    )


def _beside(before: "Reply", after: "Reply") -> str:
    if before.chances is None or after.chances is None:
        return f"pretrained: {before.written or NOTHING}\nedited:     {after.written or NOTHING}"
    rows = [[name, percent(p), percent(after.chances[name])] for name, p in before.chances.items()]
    return columns([["answer", "pretrained", "edited"], *rows])
