"""What everybody downloads with the project stays small."""

from pathlib import Path

ASSETS = Path(__file__).parents[1] / "assets"
MAX_BYTES = 100_000_000
MAX_TOGETHER_BYTES = 160_000_000
MAX_LANGUAGE_BYTES = 45_000_000  # beside those, of the suites of texts together
MAX_SIZES_BYTES = 25_000_000  # of what the recipe scaling compares
MAX_FILE_BYTES = 10_000_000
SIZES = ("mini-quarter", "mini-half", "mini-whole", "mini-double")
LANGUAGE = ("mini-lm", "mini-t5", "mini-t5-quarter", "minilm")


def test_assets_stay_small() -> None:
    sizes = {path: path.stat().st_size for path in ASSETS.rglob("*") if path.is_file()}
    assert any(path.suffix == ".safetensors" for path in sizes)
    folders = {path: {*path.relative_to(ASSETS).parts} for path in sizes}
    language = {path for path in sizes if {*LANGUAGE} & folders[path]}
    scaling = {path for path in sizes if {*SIZES} & folders[path]}
    assert sum(sizes[path] for path in language) < MAX_LANGUAGE_BYTES
    assert sum(sizes[path] for path in scaling) < MAX_SIZES_BYTES
    assert sum(sizes[path] for path in sizes.keys() - language - scaling) < MAX_BYTES
    assert sum(sizes.values()) < MAX_TOGETHER_BYTES
    assert max(sizes.values()) < MAX_FILE_BYTES
