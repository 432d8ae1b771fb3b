"""What the supervisor says while it works: for people on stderr, for programs in a file."""

import json
import logging
import os
from pathlib import Path
from typing import Literal

log = logging.getLogger("caravan.stack")

Event = Literal["starting", "healthy", "exited", "unresponsive", "failed", "ready", "stopping"]

_LEVELS = {"exited": logging.WARNING, "unresponsive": logging.WARNING, "failed": logging.ERROR}


class Notices:
    """Tells what happens to the parts."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stream = path.open("w", encoding="utf-8")

    def say(self, event: Event, part: str, detail: str = "", *, seconds: float = 0.0) -> None:
        """Tell one thing; a line of JSON in the file, a line of text in the log."""
        words = [part, event, f"after {seconds:.1f} s" if seconds else "", detail]
        log.log(_LEVELS.get(event, logging.INFO), "%s", " ".join(word for word in words if word))
        line = {
            "supervisor_pid": os.getpid(),
            "event": event,
            "part": part,
            "detail": detail,
            "seconds": round(seconds, 3),
        }
        self._stream.write(json.dumps(line) + "\n")
        self._stream.flush()

    def close(self) -> None:
        """Close the file; it stays until the next start."""
        self._stream.close()
