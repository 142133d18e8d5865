"""Teaching a suite a task of your own: examples in, a task vector and its slider out."""
