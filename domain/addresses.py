"""Addresses with parameters in their path, such as ``https://x.example/weather/{city}``."""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote, urlsplit

from pydantic import JsonValue

from domain.errors import DataError

_NAME: Final = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]{0,39})\}")

_MAX_SEGMENT_CHARACTERS: Final = 500
"""A path is not the place for material."""


def path_names(url: str) -> tuple[str, ...]:
    """Names of the parameters in the path, in order."""
    return tuple(dict.fromkeys(_NAME.findall(urlsplit(url).path)))


def split_arguments(
    url: str, arguments: Mapping[str, JsonValue]
) -> tuple[str, dict[str, JsonValue]]:
    """Fill the parameters of ``url``, and return it with the arguments that are left.

    Whatever a value holds, it stays one segment: it can neither climb in the path nor change the
    host or the query.

    Raises:
        DataError: A parameter has no value, or one that cannot be a segment.
    """
    names = path_names(url)
    if not names:
        return url, dict(arguments)
    segments = {name: _segment(name, arguments.get(name)) for name in names}
    parts = urlsplit(url)
    path = _NAME.sub(lambda found: segments[found[1]], parts.path)
    rest = {name: value for name, value in arguments.items() if name not in segments}
    return parts._replace(path=path).geturl(), rest


def _segment(name: str, value: JsonValue) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise DataError(f"the path needs {name}, a text or a number")
    text = str(value).strip()
    if not text or text in {".", ".."} or len(text) > _MAX_SEGMENT_CHARACTERS:
        raise DataError(f"{text[:40]!r} cannot be the {name} of a path")
    try:
        return quote(text, safe="")
    except UnicodeEncodeError as err:
        raise DataError(f"the {name} of a path is not text") from err
