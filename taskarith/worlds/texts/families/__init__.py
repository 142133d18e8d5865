"""The families of the written world, one module a category."""
