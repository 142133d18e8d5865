"""The page Teach: a task vector from examples of your own."""
