"""Writing to chains."""
