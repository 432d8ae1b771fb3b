"""Orders of things, and their undo."""
