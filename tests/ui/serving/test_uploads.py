from pathlib import Path

import pytest

from taskarith.errors import SourceError
from taskarith.ui.serving.uploads import uploaded_file


def test_only_uploaded_files_are_taken(tmp_path: Path) -> None:
    uploads = tmp_path / "uploads"
    uploads.mkdir()
    (uploads / "a.png").write_bytes(b"x")
    (tmp_path / "secret").write_bytes(b"x")
    (uploads / "link").symlink_to(tmp_path / "secret")
    assert uploaded_file(str(uploads / "a.png"), uploads=uploads) == (uploads / "a.png").resolve()
    for other in (uploads / "../secret", uploads / "link", uploads, uploads / "gone", "\0", None):
        with pytest.raises(SourceError, match="pick it again"):
            uploaded_file(other, uploads=uploads)
