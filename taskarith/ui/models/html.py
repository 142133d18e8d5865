"""What the page Models says, as HTML: the list of suites, a plan, progress, an outcome, a problem.

Everything that comes from elsewhere is escaped.
"""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from taskarith.sources.plan import size_text
from taskarith.ui.error_text import without_paths

if TYPE_CHECKING:
    from taskarith.suites import Suite
    from taskarith.suites.collection import Collection, Member
    from taskarith.ui.models.offers import Done, Offer
    from taskarith.ui.serving.jobs import JobStatus

__all__ = ["collection_list", "offered", "outcome", "problem", "progress", "suite_list"]


def suite_list(suites: "Iterable[tuple[Suite, bool]]", *, theme: str | None = None) -> str:
    """A table of suites with what to do with each; the bool says whether all is here."""
    rows = "".join(_row(suite, here=here, theme=theme) for suite, here in suites)
    return (
        '<table class="suite-list"><thead><tr><th>suite</th><th class="wide">base</th>'
        f'<th class="number wide">task vectors</th><th>to do</th></tr></thead><tbody>{rows}</tbody>'
        "</table>"
    )


def collection_list(
    collections: "Iterable[Collection]", *, here: "Mapping[str, bool]", theme: str | None = None
) -> str:
    """Every collection with its members, each with what to do with it; empty without any."""
    return "".join(
        f'<section class="collection"><h3>{escape(one.title)}</h3><p>{escape(one.about)}</p><ul>'
        + "".join(_member(member, here=here[member.suite], theme=theme) for member in one.members)
        + "</ul></section>"
        for one in collections
    )


def offered(offer: "Offer", *, of: str) -> str:
    """A plan, before anything is done; `of`: the fields that it was made of."""
    doubts = "".join(f'<p class="doubt">Note: {escape(text)}.</p>' for text in offer.warnings)
    return _box(offer.title, _items(offer.lines) + doubts, more=f' data-of="{escape(of)}"')


def progress(look: "JobStatus") -> str:
    """How far something is; what is fetched is counted in bytes."""
    if look.state == "waiting":
        before = f"{look.ahead} other{'s' if look.ahead != 1 else ''} before you"
        return _box("Waiting", f"<p>{before}: one after the other.</p>")
    bar = "<progress></progress>"
    words = ""
    if look.needed:
        share = look.done / look.needed
        bar = f'<progress max="1" value="{share:.4f}"></progress>'
        words = f"{size_text(look.done)} of {size_text(look.needed)} ({share:.0%})"
    return _box(look.what[:1].upper() + look.what[1:], f'{bar}<p role="status">{words}</p>')


def outcome(done: "Done", *, here: bool, theme: str | None = None) -> str:
    """What came of it, and where to go on."""
    if done.gone:
        return _box(f"{done.suite} is removed", _items(done.lines))
    if here:
        # At the pretrained model, with the new slider in hand.
        focus = {"set": "", "focus": done.vector} if done.vector is not None else {}
        query = _query(theme, suite=done.suite, **focus)
        link = f'<a href="./?{query}">Open {escape(done.suite)} in Explore</a>'
    else:
        link = f'<a href="models?{_query(theme, fetch=done.suite)}">Fetch what it needs…</a>'
    return _box(f"{done.suite} is there", f"{_items(done.lines)}<p>{link}</p>")


def problem(text: str, *, title: str = "That does not work", typed: Sequence[str] = ()) -> str:
    """What went wrong and what to do, as the error says it; `typed` paths stay as they are."""
    return _box(title, f"<p>{escape(without_paths(text, typed=typed))}</p>", kind=" problem")


def _row(suite: "Suite", *, here: bool, theme: str | None) -> str:
    name = escape(suite.name)
    if here:
        do = f'<a class="open" href="./?{_query(theme, suite=suite.name)}">Open in Explore</a>'
    else:
        do = f'<a href="models?{_query(theme, fetch=suite.name)}">Fetch…</a>'
    state = "" if here else "<small>not on this machine yet</small>"
    return (
        f'<tr><td><span class="name">{name}</span><small>{escape(suite.title)}</small></td>'
        f'<td class="wide">{escape(_base(suite))}</td>'
        f'<td class="number wide">{len(suite.vectors)}</td><td class="do">{do}{state}</td></tr>'
    )


def _member(member: "Member", *, here: bool, theme: str | None) -> str:
    name = escape(member.suite)
    if here:
        link = f'<a href="./?{_query(theme, suite=member.suite)}">{name}</a>'
    else:
        link = f'{name}, <a href="models?{_query(theme, fetch=member.suite)}">fetch…</a>'
    apart = f"; {escape(member.apart)}" if member.apart else ""
    return f"<li>{link}: {member.seen:,} examples seen in pre-training{apart}</li>"


def _base(suite: "Suite") -> str:
    base = suite.manifest.base
    if not base.is_elsewhere:
        return "comes with the suite"
    place = str(suite.weights.reference)
    return "picked files" if place.startswith("file:") else place.removeprefix("hub:").split("@")[0]


def _query(theme: str | None, **fields: str) -> str:
    return escape(urlencode(fields | ({"__theme": theme} if theme in ("light", "dark") else {})))


def _items(lines: Iterable[str]) -> str:
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return f"<ul>{items}</ul>" if items else ""


def _box(title: str, body: str, *, kind: str = "", more: str = "") -> str:
    return f'<div class="plan{kind}"{more}><h3>{escape(title)}</h3>{body}</div>'
