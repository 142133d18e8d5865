"""The page: one module per page, short handlers; knows neither weights nor tensors."""

from taskarith.ui.serving.launch import launch

__all__ = ["launch"]
