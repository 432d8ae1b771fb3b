"""Lessons that teach the shipped embedding model which services serve which requests."""

from typing import Final

from rich.console import Console

CONSOLE: Final = Console(highlight=False, markup=False, soft_wrap=True)
