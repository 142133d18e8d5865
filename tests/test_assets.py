"""What everybody downloads with the project stays small."""

from pathlib import Path

ASSETS = Path(__file__).parents[1] / "assets"
MAX_BYTES = 100_000_000
MAX_FILE_BYTES = 10_000_000


def test_assets_stay_small() -> None:
    sizes = {path: path.stat().st_size for path in ASSETS.rglob("*") if path.is_file()}
    assert any(path.suffix == ".safetensors" for path in sizes)
    assert sum(sizes.values()) < MAX_BYTES
    assert max(sizes.values()) < MAX_FILE_BYTES
