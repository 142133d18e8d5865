"""The words of the Export page: an edit, what an export takes, and what came of it."""

import re
from collections.abc import Iterable, Mapping
from html import escape
from typing import TYPE_CHECKING

from taskarith.ui.error_text import said_html

if TYPE_CHECKING:
    from taskarith.core import Edit
    from taskarith.export.exporting import Plan
    from taskarith.export.publication import Publication
    from taskarith.export.publish import Published
    from taskarith.suites import Suite
    from taskarith.ui.serving.jobs import JobStatus

__all__ = [
    "about_format",
    "card_text",
    "edit_html",
    "files_html",
    "login_html",
    "moving_html",
    "plan_html",
    "preview_html",
    "published_html",
]

OWN_COMMENT = re.compile(r"\A\s*<!--.*?-->\s*")  # on top of a card, for who edits it


def card_text(card: str) -> str:
    r"""A model card for the page, without its header, as Markdown that fetches nothing.

    In it stand words of those who made its parents: their pictures and their HTML are shown as the
    text they are.

    >>> print(card_text("---\nlicense: mit\n---\n# ![x](https://elsewhere.test/x.png) <img src=y>"))
    # !\[x](https://elsewhere.test/x.png) &lt;img src=y>
    """
    text = OWN_COMMENT.sub("", card.partition("\n---\n")[2])
    return text.replace("![", "!\\[").replace("<", "&lt;")


def edit_html(suite: "Suite", edit: "Edit", problems: Iterable[str]) -> str:
    """The edit in hand: its formula, and every vector in words."""
    rows = "".join(
        f"<li><b>{escape(name)}</b> <span>{_deed(value)}</span></li>"
        for name, value in edit.coefficients.items()
    )
    listed = rows or "<li><span>No vector is in it: this is the pretrained model.</span></li>"
    notes = "".join(f'<p class="note">From the link: {escape(p)}.</p>' for p in problems)
    return (
        f'<p class="formula">{escape(edit.formula())}</p><ul class="terms">{listed}</ul>'
        f'<p class="lead">{escape(suite.title)}</p>{notes}'
    )


def _deed(value: float) -> str:
    """What a coefficient does.

    >>> _deed(0.3), _deed(-0.5)
    ('is added, λ = 0.3', 'is subtracted, λ = −0.5')
    """
    text = f"{value:g}".replace("-", "−")
    return f"is {'added' if value > 0 else 'subtracted'}, λ = {text}"


def about_format(name: str) -> str:
    """What a format is, in a sentence."""
    from taskarith.export.formats import FORMATS  # which families of models there are: not light

    return f'<p class="lead">{escape(FORMATS[name].about)}</p>'


def plan_html(plan: "Plan") -> str:
    """What an export will hold, before it is made."""
    from taskarith.sources.plan import size_text

    if not plan.weights:
        return f"<p>A few lines of text: {escape(', '.join(plan.small))}.</p>"
    more = f" and {len(plan.small)} small files" if plan.small else ""
    memory = (
        f" This merge is made in memory first: about {size_text(plan.memory)}."
        if plan.memory
        else ""
    )
    files = escape(", ".join(plan.weights))
    return f"<p><b>{size_text(plan.size)}</b> in {files}{more}.{memory}</p>"


def moving_html(look: "JobStatus", verb: str) -> str:
    """How far an export or a publication is."""
    if look.state == "waiting":
        return said_html(f"Waiting: {look.ahead} before yours." if look.ahead else "Starting…")
    if look.over:
        return said_html(_sentence(look.message), kind="failed") if look.message else ""
    share = 100 * look.done / look.needed if look.needed else 0
    return (
        f'<div class="progress"><div class="bar" role="progressbar" aria-label="{escape(verb)}" '
        f'aria-valuemin="0" aria-valuemax="100" aria-valuenow="{share:.0f}">'
        f'<i style="width:{share:.1f}%"></i></div><p>{escape(verb)} · '
        f"<span>{escape(look.what)}</span></p></div>"
    )


def files_html(files: Mapping[str, int], fingerprint: str) -> str:
    """What was exported."""
    from taskarith.sources.plan import size_text

    rows = "".join(
        f"<tr><td>{escape(name)}</td><td>{size_text(size)}</td></tr>"
        for name, size in files.items()
    )
    marked = (
        f'<p class="units">Fingerprint of the weights: <code>{escape(fingerprint[:16])}…</code>, '
        "whole in provenance.json. <code>taskarith verify file:FOLDER</code> makes them again and "
        "compares every bit.</p>"
        if fingerprint
        else ""
    )
    return (
        '<div class="scroll"><table><thead><tr><th>file</th><th>size</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></div>{marked}"
    )


def login_html(text: str, *, fine: bool) -> str:
    """How the login stands."""
    return f'<p class="login{"" if fine else " missing"}">{escape(_sentence(text))}</p>'


def published_html(done: "Published") -> str:
    """What is on the Hub now."""
    seen = "Only those whom it lets in can see it." if done.private else "Everybody can see it."
    return (
        f'<p class="said">Published: <a href="{escape(done.url)}" target="_blank" '
        f'rel="noreferrer">{escape(done.name)}</a></p><p>Commit <code>{escape(done.commit[:12])}'
        f"</code>; every file there was compared with what was sent. {seen}</p>"
    )


def preview_html(plan: "Publication") -> str:
    """What would be sent, and to whom."""
    from taskarith.sources.plan import size_text

    let_in = "you let in" if plan.readers == "you" else "they let in"
    whom = f"only {plan.readers} and whom {let_in}" if plan.private else plan.readers
    replaced = (
        f'<p class="note">{escape(plan.name)} is there already. Publishing replaces what has the '
        f"same name in it: {escape(', '.join(plan.replaced[:8]))}.</p>"
        if plan.exists
        else ""
    )
    notes = "".join(f"<p>{escape(note)}</p>" for note in plan.notes)
    return (
        f"<p>To <b>{escape(plan.name)}</b>, as {escape(plan.user)}, for {whom}: "
        f"{len(plan.files)} files, {size_text(plan.size)}. Licence: "
        f"{escape(plan.licence or 'as your card says')}.</p>{replaced}{notes}"
    )


def _sentence(text: str) -> str:
    """A message with a capital and a full stop; commands in it without their marks."""
    text = text.strip().replace("`", "")
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")
