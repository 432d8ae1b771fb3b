"""Values as strangers write them: what is asked for is found under any of its names, or is not."""

import re
from collections.abc import Mapping
from typing import Any, Final, TypeGuard

Json = Mapping[str, Any]

_HIDDEN: Final = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]+"
)
"""Characters that hide or reorder text on a terminal, and halves of characters."""


class Malformed(ValueError):
    """An item that cannot be read; the message says why."""


def is_object(value: object) -> TypeGuard[Json]:
    """Whether it is a JSON object."""
    return isinstance(value, dict)


def mapping(value: object) -> Json:
    """The object, or an empty one."""
    return value if is_object(value) else {}


def sequence(value: object) -> list[Any]:
    """The list, or an empty one."""
    return value if isinstance(value, list) else []


def first(holder: Json, *names: str) -> Any:  # noqa: ANN401 - a JSON value
    """The first of these fields that holds something."""
    return next((holder[name] for name in names if holder.get(name) not in (None, "")), None)


def text(value: object, limit: int) -> str:
    """The text in one line, shown as it is stored; empty when it is none."""
    return _HIDDEN.sub(" ", value[: limit * 4]).strip()[:limit] if isinstance(value, str) else ""


def hides(value: str) -> bool:
    """Whether it holds characters that nobody sees."""
    return _HIDDEN.search(value) is not None
