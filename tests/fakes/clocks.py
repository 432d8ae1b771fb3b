"""A clock that a test moves."""

from datetime import datetime

from tests.fakes.builders import NOW


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        """The moment that it shows."""
        return self.now
