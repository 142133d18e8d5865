"""Merge methods as pages offer them, and as messages and links name them: checked, or refused.

How an edit is merged travels apart from its coefficients, as `{method, settings, seed}`; of a plain
sum nothing travels. Needs torch: import it where a handler runs, not where a page is built.
"""

from collections.abc import Mapping
from typing import Any

from taskarith.core import METHODS, Edit
from taskarith.errors import SettingError, TaskArithError, unknown_name

__all__ = [
    "described_methods",
    "merged_edit",
    "offered_methods",
    "read_merge",
    "sent_merge",
    "write_merge",
]

SHOWN = 40  # characters of what was asked for, in a message
MOST_SETTINGS = 16
FIELDS = ("method", "settings", "seed")

Json = dict[str, Any]


def described_methods() -> list[Json]:
    """Every merge method with its settings, for people who choose one."""
    return [
        {
            "name": method.name,
            "title": method.title,
            "about": method.about,
            "paper": method.paper,
            "looks": method.needs_data,
            "seeded": method.seeded,
            "most": method.most_terms,
            "settings": [
                {
                    "name": setting.name,
                    "value": setting.default,
                    "whole": setting.whole,
                    "least": setting.bounds.least,
                    "above": setting.bounds.above_least,
                    "most": setting.bounds.most,
                    "about": setting.bounds.about,
                }
                for setting in method.settings
            ],
        }
        for method in METHODS.values()
    ]


def offered_methods() -> list[Json]:
    """Those that are made while one waits: all but those that look at images."""
    return [method for method in described_methods() if not method["looks"]]


def merged_edit(suite: str, coefficients: Mapping[str, float], merge: object) -> Edit:
    """The edit of these coefficients, merged as a browser says; None says by their sum.

    Raises TaskArithError, UnknownNameError or SettingError.

    >>> merged_edit("mini", {"letters": 1}, {"method": "ties"}).formula()
    'θ = θ₀ + ties(1.00·τ(letters); density=0.2, scale=1)'
    """
    if merge is None:
        return Edit(suite, coefficients)
    if not isinstance(merge, Mapping) or not set(merge) <= set(FIELDS):
        raise TaskArithError(f"how an edit is merged is an object of {', '.join(FIELDS)}")
    method, settings = _known(merge.get("method")), merge.get("settings", {})
    if not isinstance(settings, Mapping) or len(settings) > MOST_SETTINGS:
        raise TaskArithError(
            f"{method} takes an object of at most {MOST_SETTINGS} settings by name"
        )
    seed = merge.get("seed", 0)
    if seed != 0 and not METHODS[method].seeded:
        raise SettingError(f"{method} draws nothing and takes no seed; leave it out")
    checked = METHODS[method].checked({str(name)[:SHOWN]: v for name, v in settings.items()})
    return Edit(suite, coefficients, method, checked, seed)


def sent_merge(edit: Edit) -> Json | None:
    """How `edit` is merged, as `merged_edit` takes it; None for a plain sum.

    >>> sent_merge(Edit("mini", {"letters": 1}, method="tsv-m"))
    {'method': 'tsv-m', 'settings': {'scale': 1.0}}
    """
    if edit.is_sum:
        return None
    sent: Json = {"method": edit.method, "settings": dict(edit.settings)}
    return sent | {"seed": edit.seed} if METHODS[edit.method].seeded else sent


def write_merge(edit: Edit) -> str:
    """How a link says it: the method, then its settings; "" for a plain sum.

    >>> write_merge(Edit("mini", {"letters": 1}, method="dare", seed=3))
    'dare,density:0.5,scale:1,seed:3'
    """
    merge = sent_merge(edit)
    if merge is None:
        return ""
    settings = {**merge["settings"], **({"seed": merge["seed"]} if "seed" in merge else {})}
    return ",".join([merge["method"], *(f"{name}:{v:.10g}" for name, v in settings.items())])


def read_merge(text: str) -> Json | None:
    """What `write_merge` wrote, as `merged_edit` takes it; not yet checked.

    >>> read_merge("ties,density:0.3"), read_merge("")
    ({'method': 'ties', 'settings': {'density': '0.3'}, 'seed': 0}, None)
    """
    method, *pairs = text.split(",")
    if method in ("", "sum"):
        return None
    given = {name: value for name, _, value in (pair.partition(":") for pair in pairs)}
    seed = given.pop("seed", "0")
    # Anything else than digits is left for the edit to refuse.
    number = int(seed) if seed.isascii() and seed.isdecimal() and len(seed) < 20 else seed
    return {"method": method, "settings": given, "seed": number}


def _known(method: object) -> str:
    if not isinstance(method, str) or method not in METHODS:
        raise unknown_name("merge method", str(method)[:SHOWN], existing=METHODS)
    return method
