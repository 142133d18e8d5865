"""Where weights come from; today safetensors files. Knows no models and no tasks."""

from taskarith.sources.tensors import fingerprint, read_metadata, read_tensors, write_tensors

__all__ = ["fingerprint", "read_metadata", "read_tensors", "write_tensors"]
