"""What about a task vector should make its user look twice: said in words, refused by nobody."""

from taskarith.sources.differences import Difference
from taskarith.sources.reference import Reference

__all__ = ["doubts"]

UNRELATED = 1.0  # ‖τ‖ ÷ ‖θ₀‖; two models of one shape that share nothing are at about √2


def doubts(found: Difference, base: Reference) -> tuple[str, ...]:
    """Sentences about a vector of the base behind `base`; none where nothing is odd.

    A vector that is not there at all, one that is as long as between unrelated models, and one
    whose own description names another base.
    """
    said = []
    if not found.relative:
        said.append("nothing moved: ‖τ‖ is 0, so it is the base itself, or an untrained adapter")
    elif found.relative >= UNRELATED:
        said.append(
            f"‖τ‖ is {found.relative:.0%} of ‖θ₀‖. Two models that have nothing to do with each "
            "other differ by about √2·‖θ₀‖ (141 %), fine-tuned ones by far less: is this the base "
            "it was made from?"
        )
    named = found.info.base
    if named is not None and base.kind == "hub" and not _same(named, base.location):
        said.append(
            f"its own description names the base {named[:80]}, this one is {base.location}: give "
            f"{named[:80]} as the base unless the two hold the same weights"
        )
    return tuple(said)


def _same(one: str, other: str) -> bool:
    """Whether two names can be of one repository: an older one may lack its owner."""
    one, other = one.lower(), other.lower()
    if "/" in one and "/" in other:
        return one == other
    return one.rpartition("/")[2] == other.rpartition("/")[2]
