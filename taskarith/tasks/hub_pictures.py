"""Pictures of a Hub dataset, decoded as they stream and kept on disk.

Knows columns of pictures and labels; what the classes are called is the task's business.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from taskarith.errors import AssetError
from taskarith.models.picture_transform import PictureTransform
from taskarith.sources.plan import check_disk
from taskarith.tasks.dataset_commits import dataset_commit, settled_commit, warn_where_it_moved
from taskarith.tasks.decoding import DECODING, collect, decode
from taskarith.tasks.hub_names import check_names
from taskarith.tasks.hub_rows import (
    Row,
    class_number,
    explained_rows,
    names_in,
    open_dataset,
    rows_of,
)
from taskarith.tasks.picture_cache import Pictures, kept_pictures

__all__ = ["hub_pictures"]

MAX_PICTURE = 100 * 2**20  # bytes


def hub_pictures(
    data: Mapping[str, Any],
    split: str,
    *,
    classnames: Sequence[str],
    transform: PictureTransform,
    folder: Path,
) -> Pictures:
    """Pictures uint8 [n, side, side, 3] and labels of a split, kept in `folder` once fetched.

    All splits of a dataset come from one commit: that of its "revision" when the first pictures
    were fetched. A dataset that changed since then gives a warning with the next fetch.

    `data`: "dataset", and optionally "revision", "config", "image", "label" (columns), "images"
    (how many at most; null for all, which must not be more than 200,000) and "splits": for each of
    our splits "from", theirs, and "tenth": true for every tenth row, false for the others; "labels"
    are the dataset's own names of the classes, which must then be in that order.

    Raises SourceError where the Hub refuses or the disk has no room, AssetError for broken
    pictures, labels that name no class and far too much data.
    """
    rule = (data.get("splits") or {}).get(split)
    if rule is None:
        raise AssetError(f"the task has no {split} pictures on the Hub (splits of its data)")
    known = dataset_commit(data, folder=folder)
    commit = known or settled_commit(data, folder=folder)
    squares = [transform.of_squares(), DECODING]
    described = json.dumps([dict(data), commit, split, list(classnames), *squares], sort_keys=True)
    name = f"{data['dataset'].replace('/', '--')}-{split}-"
    name += hashlib.sha256(described.encode()).hexdigest()[:16]

    def fetch() -> Pictures:
        with explained_rows(str(data["dataset"])):
            if known is not None:
                warn_where_it_moved(data, known)
            builder = open_dataset(data, str(rule["from"]), commit=commit)
            names = names_in(builder, str(rule["from"]), column=str(data.get("label", "label")))
            check_names(data, classnames, names)
            rows, count = rows_of(
                builder,
                str(rule["from"]),
                data,
                columns=[data.get("image", "image"), data.get("label", "label")],
                tenth=rule.get("tenth"),
            )
            # Twice: once as they come, and once as they are kept.
            size = 2 * max(1, count) * transform.side**2 * 3
            check_disk(f"{split} of {data['dataset']}", size, folder=folder)
            pictures = _pictures(rows, data, classnames=classnames, transform=transform)
            return collect(pictures, side=transform.side, folder=folder)

    return kept_pictures(folder / name, draw=fetch)


def _pictures(
    rows: Iterator[Row],
    data: Mapping[str, Any],
    *,
    classnames: Sequence[str],
    transform: PictureTransform,
) -> Iterator[tuple[NDArray[np.uint8], int]]:
    image, label = data.get("image", "image"), data.get("label", "label")
    for place, row in rows:
        what = f"{data['dataset']}, {place}"
        if image not in row:
            raise AssetError(f"{what} has no column {image!r}; it has {', '.join(row)}")
        number = class_number(row, label, data=data, classnames=classnames, what=what)
        # Only bytes that are in the dataset itself: a path could name any file of this machine.
        value = row[image]
        content = value.get("bytes") if isinstance(value, Mapping) else value
        if not isinstance(content, bytes) or len(content) > MAX_PICTURE:
            raise AssetError(f"{what} has no picture in its column {image!r}")
        yield decode(content, transform=transform, what=what), number
