from collections.abc import Collection
from typing import Any

import pytest

from taskarith.errors import SourceError
from taskarith.sources import recognition
from taskarith.sources.recognition import BASE_FILES, Recognised

ADAPTER = ["adapter_config.json", "adapter_model.safetensors"]
SHARDS = [f"model-0000{i}-of-00002.safetensors" for i in (1, 2)]
INDEX = "model.safetensors.index.json"


def recognise(sizes: dict[str, int], **options: Any) -> Recognised:
    """With indexes that name the shards of their format beside them."""

    def shards(index: str) -> Collection[str]:
        suffix = index.removesuffix(".index.json").rpartition(".")[2]
        return [name for name in sizes if "-of-" in name and name.endswith(f".{suffix}")]

    return recognition.recognise(sizes, shards=shards, **options)


def sharded(stem: str, suffix: str) -> list[str]:
    shards = [f"{stem}-0000{i}-of-00002.{suffix}" for i in (1, 2)]
    return [f"{stem}.{suffix}.index.json", *shards]


@pytest.mark.parametrize(
    ("names", "kind", "files"),
    [
        (["task_vector.safetensors", "README.md"], "task-vector", ["task_vector.safetensors"]),
        (
            ["task_vector.safetensors", "model.safetensors"],
            "task-vector",
            ["task_vector.safetensors"],
        ),
        ([*ADAPTER, "README.md"], "adapter", ADAPTER),
        (["adapter_config.json", "adapter_model.bin"], "adapter", None),
        (
            ["config.json", "model.safetensors", "pytorch_model.bin"],
            "checkpoint",
            ["model.safetensors"],
        ),
        ([*SHARDS, INDEX], "checkpoint", [INDEX, *SHARDS]),
        (["open_clip_model.safetensors", "open_clip_config.json"], "checkpoint", None),
        (
            sharded("open_clip_model", "safetensors"),
            "checkpoint",
            sharded("open_clip_model", "safetensors"),
        ),
        (sharded("pytorch_model", "bin"), "pickle", sharded("pytorch_model", "bin")),
        ([*sharded("pytorch_model", "bin"), INDEX, *SHARDS], "checkpoint", [INDEX, *SHARDS]),
        (["adapter_model.safetensors"], "checkpoint", ["adapter_model.safetensors"]),
        (["pytorch_model.bin", "config.json"], "pickle", ["pytorch_model.bin"]),
        (["mnist.safetensors", "README.md"], "checkpoint", ["mnist.safetensors"]),
        (["finetuned.pt"], "pickle", ["finetuned.pt"]),
        (["._finetuned.pt", ".DS_Store", "finetuned.pt"], "pickle", ["finetuned.pt"]),
        (
            sharded("consolidated", "safetensors"),
            "checkpoint",
            sharded("consolidated", "safetensors"),
        ),
    ],
)
def test_a_repository_is_recognised(names: list[str], kind: str, files: list[str] | None) -> None:
    found = recognise(dict.fromkeys(names, 1))
    assert found.kind == kind
    if files is not None:
        assert list(found.files) == files


@pytest.mark.parametrize(
    "stem",
    ["model.safetensors-{:05}-of-00002", "consolidated-{:05}-of-00002", "part {}", "model-{:05}"],
)
def test_the_index_says_which_files_are_its_shards(stem: str) -> None:
    named = [f"{stem.format(number)}.safetensors" for number in (1, 2)]
    sizes = dict.fromkeys([INDEX, *named, "other-00001-of-00002.safetensors"], 1)
    found = recognition.recognise(sizes, shards=lambda _: named)
    assert found == Recognised("checkpoint", (INDEX, *sorted(named)))
    with pytest.raises(SourceError, match=r"names lost\.safetensors, which is not there"):
        recognition.recognise(sizes, shards=lambda _: [*named, "lost.safetensors"])


def test_a_named_file_is_taken() -> None:
    sizes = dict.fromkeys(["a/x.safetensors", "b.pt", "sub/task_vector.safetensors"], 1)
    assert recognise(sizes, file="a/x.safetensors").kind == "checkpoint"
    assert recognise(sizes, file="b.pt").kind == "pickle"
    assert recognise(sizes, file="sub/task_vector.safetensors").kind == "task-vector"


def test_an_adapter_in_a_folder_brings_its_configuration() -> None:
    names = [f"adapters/a/{name}" for name in ADAPTER]
    assert recognise(dict.fromkeys(names, 1), file=names[1]).files == tuple(names)


def test_a_base_brings_what_it_needs() -> None:
    names = ["model.safetensors", "config.json", "vocab.json", "README.md", "flax_model.msgpack"]
    found = recognise(dict.fromkeys(names, 1), extras=BASE_FILES)
    assert found.files == ("model.safetensors", "config.json", "vocab.json")


@pytest.mark.parametrize(
    ("names", "word"),
    [
        ([], "no files"),
        (["README.md", "flax_model.msgpack"], "found README.md, flax_model.msgpack"),
        (["adapter_config.json"], "no weights were recognised"),
        (["pytorch_model.bin.index.json", *SHARDS], "no weights were recognised"),
        (["a" + ".index.json" * 2_000], "no weights were recognised"),
        ([INDEX], "no weights were recognised"),
        (["a.safetensors", "b.safetensors"], "Name a file"),
        ([f"{i}.txt" for i in range(50)], "and 42 more"),
        (["../model.safetensors", "/model.safetensors"], "no weights were recognised"),
    ],
)
def test_what_is_not_recognised_says_what_was_found(names: list[str], word: str) -> None:
    with pytest.raises(SourceError, match=word):
        recognise(dict.fromkeys(names, 1))


def test_a_file_that_is_not_there_and_an_adapter_that_is_none() -> None:
    with pytest.raises(SourceError, match=r"no file 'b\.pt'"):
        recognise({"a.pt": 1}, file="b.pt")
    with pytest.raises(SourceError, match="no PEFT adapter"):
        recognise({"model.safetensors": 1}, adapter=True)
