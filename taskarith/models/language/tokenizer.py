"""A base's own tokenizer: texts to token ids and back.

Knows the files of tokenizers, not the models they are for; fills nothing up.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory
from typing import Any

from taskarith.errors import AssetError
from taskarith.models.json_files import read_object
from taskarith.models.library import import_transformers

__all__ = ["TOKENIZER_FILES", "TextTokenizer", "load_tokenizer"]

# Any of these says how texts are cut; the last ones only say more about it.
VOCABULARIES = ("tokenizer.json", "vocab.txt", "vocab.json", "spiece.model", "tokenizer.model",
                "sentencepiece.bpe.model")  # fmt: skip
TOKENIZER_FILES = (
    *VOCABULARIES, "merges.txt", "tokenizer_config.json", "special_tokens_map.json",
    "added_tokens.json",
)  # fmt: skip
SETTINGS = "tokenizer_config.json"
UNLIMITED = 100_000  # the library's word for a tokenizer without a longest text is far above


class TextTokenizer:
    """A tokenizer of transformers.

    Attributes:
        pad, start, end, separator, unknown: ids of its special tokens, None where it has none.
        special: of all of them.
        longest: how many tokens a text may have as its files say, None where they do not.
    """

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self.pad: int | None = tokenizer.pad_token_id
        self.start: int | None = tokenizer.bos_token_id
        self.end: int | None = tokenizer.eos_token_id
        self.separator: int | None = tokenizer.sep_token_id
        self.unknown: int | None = tokenizer.unk_token_id
        self.special: frozenset[int] = frozenset(tokenizer.all_special_ids)
        longest = int(tokenizer.model_max_length)
        self.longest = longest if longest < UNLIMITED else None

    def __len__(self) -> int:
        """How many ids there are."""
        return len(self._tokenizer)

    def encode(
        self,
        texts: Sequence[str],
        second: Sequence[str] | None = None,
        *,
        special: bool = True,
    ) -> list[list[int]]:
        """The ids of each text, or of each pair of texts, with the special tokens around them."""
        if not texts:
            return []
        pairs = {} if second is None else {"text_pair": list(second)}
        encoded = self._tokenizer(
            list(texts), **pairs, add_special_tokens=special, truncation=False, verbose=False
        )
        rows: list[list[int]] = encoded["input_ids"]
        return rows

    def decode(self, ids: Sequence[int]) -> str:
        """The text of some ids, without special tokens."""
        text: str = self._tokenizer.decode(list(ids), skip_special_tokens=True)
        return text

    @cached_property
    def fingerprint(self) -> str:
        """A short hash of the ids of all tokens, and of how a text is cut into them."""
        digest = hashlib.sha256(json.dumps(self._tokenizer.get_vocab(), sort_keys=True).encode())
        backend = getattr(self._tokenizer, "backend_tokenizer", None)
        if backend is not None:
            digest.update(backend.to_str().encode())
        return digest.hexdigest()[:16]


def load_tokenizer(files: Mapping[str, Path]) -> TextTokenizer:
    """The tokenizer in a base's files; AssetError where there is none or it cannot be read."""
    if not set(VOCABULARIES) & set(files):
        raise AssetError(
            f"the base has no tokenizer: it needs one of {', '.join(VOCABULARIES)}; found "
            f"{', '.join(files) or 'nothing'}"
        )
    transformers = import_transformers()
    with TemporaryDirectory() as folder:
        # By themselves, so that nothing else in their folder is looked at.
        for name in TOKENIZER_FILES:
            if name in files:
                copyfile(files[name], Path(folder) / name)
        if not _names_its_class(Path(folder) / SETTINGS) and "config.json" in files:
            copyfile(files["config.json"], Path(folder) / "config.json")  # the model's usual one
        try:
            tokenizer = transformers.AutoTokenizer.from_pretrained(
                folder, local_files_only=True, trust_remote_code=False
            )
        except ImportError as error:  # it names the package that is missing
            reason = str(error).strip().replace(folder, "it")
            raise AssetError(f"the base's tokenizer cannot be read: {reason:.200}") from error
        except Exception as error:  # whatever a library says to files it cannot use
            raise AssetError(
                "the base's tokenizer cannot be read: its files are damaged, or do not belong "
                "together; get them again"
            ) from error
    return TextTokenizer(tokenizer)


def _names_its_class(path: Path) -> bool:
    """Whether its settings name its class; AssetError for code of the repository's own."""
    if not path.is_file():
        return False
    described = read_object(path)
    if "auto_map" in described:
        raise AssetError(
            "its tokenizer is code of the repository's own, which is never run here; choose a base "
            "whose tokenizer transformers has built in"
        )
    return isinstance(described.get("tokenizer_class"), str)
