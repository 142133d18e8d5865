"""The pre-training corpus: web pictures of every family, each with a caption.

Knows how often a family appears and how captions go wrong; knows nothing of models.
"""

import json
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from taskarith.worlds.images import FAMILIES

__all__ = ["Corpus", "build_corpus", "corpus_vocabulary", "web_pictures"]

# The control's objects are what the base knows well; the targets' concepts are rarer on the "web".
_SHARES = {
    "objects": 0.26,
    "everyday": 0.12,
    "textures": 0.08,
    "signs": 0.08,
    "counting": 0.09,
    "land-cover": 0.07,
    "sketches": 0.08,
    "printed-digits": 0.06,
    "handwritten-digits": 0.05,
    "letters": 0.09,
    "chalk-digits": 0.01,
    "chalk-letters": 0.01,
}
# This share of captions names another class of the family, as captions on the web do.
_WRONG_CAPTIONS = 0.08
_SHARD = 4_000


@dataclass(frozen=True)
class Corpus:
    """Pictures uint8 [n, 64, 64, 3] (memory-mapped), their captions, and what each caption says.

    `meanings` int64 [n] numbers the (family, class) a caption names, which may be the wrong one;
    captions of one meaning are positives of each other in the contrastive loss.
    """

    pictures: np.ndarray
    captions: list[str]
    meanings: np.ndarray


def build_corpus(folder: Path, *, size: int, seed: int, workers: int = 2) -> Corpus:
    """Draw `size` pairs into `folder`, or read them back when they are already there."""
    shards = [(seed, index) for index in range(-(-size // _SHARD))]
    pictures_file, text_file = folder / "pictures.npy", folder / "captions.json"
    if not text_file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        shape = (len(shards) * _SHARD, 64, 64, 3)
        pictures = np.lib.format.open_memmap(pictures_file, "w+", np.uint8, shape)
        captions: list[str] = []
        meanings: list[int] = []
        with ProcessPoolExecutor(workers) as pool:
            drawn = tqdm(pool.map(_draw_shard, shards), total=len(shards), desc="corpus")
            for index, (shard, texts, names) in enumerate(drawn):
                pictures[index * _SHARD : (index + 1) * _SHARD] = shard
                captions += texts
                meanings += names
        pictures.flush()
        text_file.write_text(json.dumps({"captions": captions, "meanings": meanings}))
    text = json.loads(text_file.read_text())
    return Corpus(
        pictures=np.load(pictures_file, mmap_mode="r"),
        captions=text["captions"],
        meanings=np.asarray(text["meanings"]),
    )


def corpus_vocabulary(corpus: Corpus) -> list[str]:
    """Every word of captions, templates and class names, sorted."""
    texts = set(corpus.captions)
    for name in _SHARES:
        texts.update(FAMILIES[name].classnames)
        texts.update(template.replace("{}", " ") for template in FAMILIES[name].templates)
    return sorted({word for text in texts for word in text.split()})


def web_pictures(count: int, *, seed: int) -> np.ndarray:
    """`count` pictures of the kind that pre-training saw, uint8 [count, 64, 64, 3]."""
    return _draw_shard((seed, 0), count)[0]


def _draw_shard(
    task: tuple[int, int], size: int = _SHARD
) -> tuple[np.ndarray, list[str], list[int]]:
    rng = np.random.default_rng(task)
    names = [name for name in FAMILIES if name in _SHARES]
    first_meaning = np.cumsum([0] + [len(FAMILIES[name].classnames) for name in names])
    shares = np.asarray([_SHARES[name] for name in names])
    pictures = np.empty((size, 64, 64, 3), np.uint8)
    captions, meanings = [], []
    for row, which in enumerate(rng.choice(len(names), size, p=shares / shares.sum())):
        family = FAMILIES[names[which]]
        label = int(rng.integers(len(family.classnames)))
        pictures[row] = family.draw(rng, label, "web")
        wrong = rng.random() < _WRONG_CAPTIONS
        said = int(rng.integers(len(family.classnames))) if wrong else label
        captions.append(family.caption(rng, said))
        meanings.append(int(first_meaning[which]) + said)
    return pictures, captions, meanings
