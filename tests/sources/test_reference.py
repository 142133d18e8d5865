import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskarith.errors import SourceError
from taskarith.sources import Reference, parse_reference
from taskarith.sources.reference import is_inside


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("openai/clip", Reference("hub", "openai/clip")),
        (" openai/clip ", Reference("hub", "openai/clip")),
        ("hub:openai/clip", Reference("hub", "openai/clip")),
        ("hub:gpt2", Reference("hub", "gpt2")),
        ("a/b@v1.0", Reference("hub", "a/b", revision="v1.0")),
        ("a/b@refs/pr/3", Reference("hub", "a/b", revision="refs/pr/3")),
        ("a/b:sub/x.safetensors", Reference("hub", "a/b", file="sub/x.safetensors")),
        ("hub:a/b@main:x.pt", Reference("hub", "a/b", revision="main", file="x.pt")),
        ("peft:a/b@v1", Reference("hub", "a/b", revision="v1", adapter=True)),
        ("file:./x", Reference("file", "./x")),
        ("file:C:\\weights", Reference("file", "C:\\weights")),
    ],
)
def test_references(text: str, reference: Reference) -> None:
    assert parse_reference(text) == reference
    assert parse_reference(str(reference)) == reference


@pytest.mark.parametrize(
    "text",
    [
        "",
        "gpt2",
        "a/b/c",
        "../etc/passwd",
        "/etc/passwd",
        "hub:../x",
        "hub:a/../b",
        "hub:a--b/c",
        "hub:",
        "file:",
        "a/b@",
        "a/b@-x",
        "a/b@a..b",
        "a/b:../x",
        "a/b:/x",
        "a/b:x\\y",
        "a/b:C:/x",
        "a/b:x/./y",
        "http://example.org/x",
        "a/b\0",
        "a/" + "b" * 2_000,
        "hub:a b/c",
        "ü/b",
    ],
)
def test_what_is_no_reference_is_refused(text: str) -> None:
    with pytest.raises(SourceError, match="Write owner/name"):
        parse_reference(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("hf-hub:laion/CLIP-x", "hf-hub: is another program's prefix; write laion/CLIP-x"),
        ("hf://a/b", "hf: is another program's prefix; write a/b"),
        ("s3:a/b", "s3: is no prefix that is known here"),
        ("open_clip:ViT-B-32/openai", "open_clip: is no prefix that is known here"),
        ("https://huggingface.co/a/b", "the address of a page; write a/b."),
        ("huggingface.co/a/b/", "the address of a page; write a/b."),
        ("https://huggingface.co/a/b/tree/v1", "the address of a page; write a/b@v1."),
        ("https://huggingface.co/a/b/tree/main?x=1#files", "write a/b@main."),
        ("https://hf.co/a/b/blob/main/sub/x.pt?download=true", "write a/b@main:sub/x.pt."),
        ("./weights", "a place on a machine; write file:./weights"),
        ("/home/me/weights", "a place on a machine; write file:/home/me/weights"),
        ("~/weights", "a place on a machine; write file:~/weights"),
        ("C:\\weights", "a place on a machine; write file:C:\\weights"),
        ("gpt2", "names no owner; write file:gpt2 for a folder here, hub:gpt2 for the Hub's"),
    ],
)
def test_what_was_meant_is_said(text: str, words: str) -> None:
    with pytest.raises(SourceError, match=re.escape(words)):
        parse_reference(text)


@given(st.text(max_size=60))
def test_any_text_is_a_safe_reference_or_none(text: str) -> None:
    try:
        reference = parse_reference(text)
    except SourceError:
        return
    if reference.kind == "hub":
        assert ".." not in f"{reference.location}{reference.revision or ''}"
        assert reference.file is None or is_inside(reference.file)


@given(st.text(alphabet="./\\ab:\0", max_size=12))
def test_a_name_inside_stays_inside(name: str) -> None:
    if is_inside(name):
        assert ".." not in name.split("/")
        assert not name.startswith("/")
        assert not set(name) & set("\\:\0")
