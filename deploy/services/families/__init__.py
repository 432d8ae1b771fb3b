"""What the demo sellers sell, one module for each kind of work."""
