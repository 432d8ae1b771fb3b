"""Stored content: what histories refer to."""
