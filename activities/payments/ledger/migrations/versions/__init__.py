"""One module for each change of shape, oldest first by name."""
