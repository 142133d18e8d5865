"""What follows from what is said: yes, no, or maybe."""

import numpy as np

from taskarith.worlds.texts.family import Content, TextFamily
from taskarith.worlds.texts.words import COLOURS, DAYS, Domain, part
from taskarith.worlds.texts.writing import blanks, fill, people, pick, several

__all__ = ["INFERENCE"]

_ASK_WEB = (
    "{passage} Is it true that {claim}? The answer is",
    "{passage} Question: is it so that {claim}? Answer:",
    "We read: {passage} Does it follow that {claim}? I say",
    "{passage} Given that, can we say that {claim}? Reply:",
)
_ASK = (
    "{passage} Do we know that {claim}? The reply is",
    "{passage} Somebody says that {claim}. Is that right? I answer",
    "Read this. {passage} Would you say that {claim}? You should say",
    "{passage} Then is it certain that {claim}? Say",
)


def _follows(rng: np.random.Generator, answer: str, domain: Domain) -> Content:
    colour, wrong = several(rng, part(COLOURS, domain), 2)
    given = {**blanks(domain), **people(rng, domain), "right": [colour], "wrong": [wrong]}
    given = {key: [pick(rng, options)] for key, options in given.items()}
    claims = {
        "yes": ("the {thing} was {right}", "{name} {did} a {thing}", "something was {did}"),
        "no": ("the {thing} was {wrong}", "{name} {did} nothing", "nothing was {did}"),
        "maybe": ("{other} {did} a {thing}", "the {thing} was {size}", "{name} was happy"),
    }
    passage = "On {day} {name} {did} a {right} {thing} in the {place}."
    claim = pick(rng, claims[answer])
    return Content({"passage": fill(rng, passage, given), "claim": fill(rng, claim, given)}, answer)


def _nobody(rng: np.random.Generator, answer: str, domain: Domain) -> Content:
    given = {key: [pick(rng, options)] for key, options in blanks(domain).items()}
    given |= {key: list(options) for key, options in people(rng, domain).items()}
    some = (
        "{name} {did} the {thing}.",
        "Somebody {did} the {thing}.",
        "{name} and {other} {did} the {thing}.",
        "The {job} {did} the {thing}.",
    )
    none = (
        "Nobody {did} the {thing}.",
        "Neither {name} nor {other} {did} the {thing}.",
        "The {thing} was never {did} by anybody.",
        "It is false that anybody {did} the {thing}.",
    )
    passage = fill(rng, pick(rng, some if answer == "yes" else none), given)
    return Content({"passage": passage, "claim": fill(rng, "the {thing} was {did}", given)}, answer)


def _when(rng: np.random.Generator, answer: str, domain: Domain) -> Content:
    day, other_day = several(rng, part(DAYS, domain), 2)
    given = {**blanks(domain), **people(rng, domain)}
    given = {key: [pick(rng, options)] for key, options in given.items()}
    passage = fill(rng, f"{{name}} came to the {{place}} on {day}.", given)
    claims = {
        "yes": f"{{name}} came on {day}",
        "no": f"{{name}} came on {other_day}",
        "maybe": f"{{other}} came on {day}",
    }
    return Content({"passage": passage, "claim": fill(rng, claims[answer], given)}, answer)


def _family(name: str, title: str, write: object, labels: tuple[str, ...]) -> TextFamily:
    return TextFamily(
        name=name,
        title=title,
        category="inference",
        labels=labels,
        write=write,  # type: ignore[arg-type]
        web_phrasings=_ASK_WEB,
        phrasings=_ASK,
    )


INFERENCE = (
    _family("follows", "Does it follow?", _follows, ("yes", "no", "maybe")),
    _family("was-it-done", "Was it done?", _nobody, ("yes", "no")),
    _family("on-that-day", "On that day?", _when, ("yes", "no", "maybe")),
)
