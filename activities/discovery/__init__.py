"""Finding and ranking services."""
