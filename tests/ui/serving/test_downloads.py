from taskarith.ui.serving.downloads import Downloads


def test_a_file_is_whole_and_the_same_text_is_the_same_file() -> None:
    downloads = Downloads()
    path = downloads.write("a.csv", "x,ü\n")
    assert path.name == "a.csv"
    assert path.read_text(encoding="utf-8") == "x,ü\n"
    assert list(path.parent.iterdir()) == [path]
    assert downloads.write("a.csv", "x,ü\n") == path
    assert downloads.write("a.csv", "other") != path


def test_the_oldest_files_go() -> None:
    downloads = Downloads(max_kept=2)
    paths = [downloads.write("a.csv", str(k)) for k in range(3)]
    assert [path.exists() for path in paths] == [False, True, True]
