"""Shapes that the records have had."""
