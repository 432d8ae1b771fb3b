"""Times of day, as people say them."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

_CLOCK: Final = re.compile(
    r"(?<![\d.:])(?:(?P<h>[01]?\d|2[0-3])(?:[:.](?P<m>[0-5]\d))?\s?(?P<half>[ap])\.?m\b\.?|"
    r"(?P<h24>[01]?\d|2[0-3]):(?P<m24>[0-5]\d)(?::[0-5]\d)?(?![\d:])|"
    r"(?P<word>noon|midday|midnight)\b)",
    re.IGNORECASE,
)
_NOON: Final = 12


class Clock(NamedTuple):
    """A time of day as ``HH:MM``, and where it stands."""

    start: int
    end: int
    value: str


def clocks_in(text: str) -> Iterator[Clock]:
    """Find times of day: ``3pm``, ``09:30``, ``noon``."""
    for match in _CLOCK.finditer(text):
        if match["word"]:
            hour, minute = (0 if match["word"].lower() == "midnight" else _NOON), 0
        elif match["half"]:
            hour, minute = int(match["h"]), int(match["m"] or 0)
            if not 1 <= hour <= _NOON:
                continue
            hour = hour % _NOON + (_NOON if match["half"].lower() == "p" else 0)
        else:
            hour, minute = int(match["h24"]), int(match["m24"])
        yield Clock(*match.span(), f"{hour:02}:{minute:02}")
