"""Gradio is imported sooner, and nothing of what that takes stays."""

import gc
import inspect

import pytest

from taskarith.ui.serving.importing import quick_imports


def test_only_components_of_gradio_have_no_file_and_only_while_it_is_imported() -> None:
    component = type("Slider", (), {"__module__": "gradio.components.slider"})
    getfile, frozen = inspect.getfile, gc.get_freeze_count()
    with quick_imports():
        assert not gc.isenabled()
        assert inspect.getfile(pytest.Item) == getfile(pytest.Item)
        with pytest.raises(OSError, match="no type stubs"):
            inspect.getfile(component)
    assert inspect.getfile is getfile
    assert gc.isenabled()
    assert gc.get_freeze_count() > frozen


def test_an_import_that_fails_leaves_all_as_it_was() -> None:
    getfile = inspect.getfile
    with pytest.raises(ModuleNotFoundError), quick_imports():
        import gradio_that_is_not_there  # noqa: F401
    assert inspect.getfile is getfile
    assert gc.isenabled()
