"""What publishing a page as a static Space would do, before anything is sent.

Files that a browser opens need no computer at the Hub: such a Space is free, and never sleeps.
Knows names, sizes and who may write; the sending is `publish`'s.
"""

from collections.abc import Sequence
from pathlib import Path

from taskarith.errors import ExportError
from taskarith.export.account import Account
from taskarith.export.publication import CARD, Publication, check_name, held_against_the_hub
from taskarith.export.yaml_text import dump_yaml

__all__ = ["plan_space"]

INDEX = "index.html"
TITLE = "Task Arithmetic Explorer"
ABOUT = (
    "Edits of pretrained models by arithmetic on their weights: what was measured before (solid), "
    "and what a surrogate previews (hollow). Nothing is measured while it is looked at. Written by "
    "`taskarith site`; suites: {suites}.\n"
)


def plan_space(
    files: Sequence[Path],
    name: str,
    account: Account,
    *,
    suites: Sequence[str],
    private: bool = True,
) -> Publication:
    """What publishing these files as the static Space `name` would send.

    Raises ExportError where there is no `index.html` among them, where the name is none or not
    `account`'s to write to, or as `check_visibility` does.
    """
    check_name(name)
    contents: dict[str, Path | bytes] = {file.name: file for file in files}
    if INDEX not in contents:
        raise ExportError(f"a Space opens {INDEX}, which is not among the files to be sent")
    user = account.writer_of(name)
    header = {"title": TITLE, "sdk": "static", "app_file": INDEX, "pinned": False}
    card = f"---\n{dump_yaml(header)}---\n\n{ABOUT.format(suites=', '.join(suites))}"
    contents[CARD] = card.encode()
    sent = Publication(
        name=name,
        user=user,
        files=contents,
        card=card,
        private=private,
        licence=None,
        kind="space",
    )
    return held_against_the_hub(sent, account)
