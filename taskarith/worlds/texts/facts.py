"""What words mean: opposites, words that say the same, kinds of things, and topics of the news."""

from collections.abc import Mapping

from taskarith.worlds.texts import words

__all__ = ["KINDS_OF_WORDS", "OPPOSITES", "SAME", "TOPICS"]

OPPOSITES = (
    ("big", "small"), ("hot", "cold"), ("old", "new"), ("long", "short"), ("open", "closed"),
    ("full", "empty"), ("wet", "dry"), ("early", "late"), ("fast", "slow"), ("heavy", "light"),
    ("happy", "sad"), ("rich", "poor"), ("strong", "weak"), ("hard", "soft"),
)  # fmt: skip
SAME = (
    ("large", "big"), ("little", "small"), ("quick", "fast"), ("glad", "happy"),
    ("angry", "cross"), ("silent", "quiet"), ("wealthy", "rich"), ("ill", "sick"),
)  # fmt: skip
KINDS_OF_WORDS: Mapping[str, tuple[str, ...]] = {
    "animal": words.ANIMALS,
    "food": words.FOODS,
    "colour": words.COLOURS,
    "job": words.JOBS,
    "number": words.NUMBERS[1:11],
}
TOPICS: Mapping[str, tuple[str, ...]] = {
    "sport": ("match", "race", "team", "goal", "trophy", "runner", "player", "game"),
    "weather": ("rain", "storm", "snow", "wind", "fog", "frost", "heat", "flood"),
    "money": ("tax", "price", "bank", "loan", "profit", "trade", "debt", "coin"),
    "music": ("concert", "choir", "song", "band", "piano", "violin", "opera", "drum"),
}
