"""Whether words tell the classes of a new task apart: looked at before anybody measures them."""

from collections.abc import Sequence

from taskarith.errors import AssetError, listed
from taskarith.heads.zero_shot import alike
from taskarith.models.tokenizer import WordTokenizer
from taskarith.suites.suite import Suite
from taskarith.tasks.task import ZERO_SHOT

__all__ = ["check_words"]


def check_words(suite: Suite, name: str, *, anyway: bool = False) -> list[str]:
    """What the words of the task `name` are worth to the base, in words.

    Raises AssetError where classes have heads that are all alike, unless `anyway`.
    """
    task = suite.task(name)
    if task.head["kind"] != ZERO_SHOT:
        return []
    names = task.classnames
    found = [f"not among the words of the base: {listed(w)}" for w in _unknown(suite, names) if w]
    pairs = alike(suite.class_weights(name))
    if not pairs:
        return found
    lost = [names[i] for i in sorted({index for pair in pairs for index in pair})]
    said = f"nothing tells {listed(lost)} apart: their prompts give the same head"
    if anyway:
        return [*found, said]
    raise AssetError(
        f"the task {name!r}: {said}{'; ' if found else ''}{'; '.join(found)}. Call them by other "
        f"words, or let pictures tell them apart: --head {name}=prototypes, or linear-probe (on "
        "the page Models, “Classes are told apart by”)"
    )


def _unknown(suite: Suite, names: Sequence[str]) -> list[list[str]]:
    """The names' unknown words, where the base has a list of words."""
    tokenizer = suite.model().tokenizer
    return [tokenizer.unknown(names)] if isinstance(tokenizer, WordTokenizer) else []
