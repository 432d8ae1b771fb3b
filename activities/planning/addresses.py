"""Addresses of files and pages: which of an output leads to what an input takes."""

from typing import Final

from domain import schemas
from domain.media import medium_of
from domain.roles import Role, name_words, role_of
from domain.schemas import types_of

SAME_NAME: Final = 1.0
SAME_MEDIUM: Final = 0.85
ANY_FILE: Final = 0.6
GOOD_ADDRESS: Final = 0.5
"""Fit from which a service is bought for an address."""
VAGUE: Final = 0.45

_VAGUE: Final = frozenset(
    ("url", "uri", "link", "href", "file", "out", "output", "result", "download", "clean", "src")
)
"""Words of names that do not say what an address leads to."""

_OPEN: Final = frozenset(
    ("file", "src", "source", "input", "media", "attachment", "asset", "upload", "in", "link")
)
"""Words of names of inputs that take a file, whatever they say of it."""

_FORMATS: Final = frozenset(
    (
        *("png", "jpg", "jpeg", "gif", "webp", "svg", "img", "image", "picture", "photo"),
        *("screenshot", "thumbnail", "thumb", "poster", "logo", "chart", "frame"),
        *("mp3", "wav", "ogg", "audio", "mp4", "video", "clip", "pdf"),
    )
)
"""What an output is called that is a file; it can only be handed over as an address."""

_MORE_IMAGES: Final = frozenset(
    ("screenshot", "thumbnail", "thumb", "poster", "logo", "chart", "frame", "gif", "svg", "webp")
)


def is_address(name: str, schema: schemas.Schema) -> bool:
    """Whether an output is the address of something."""
    if "string" not in types_of(schema) or "enum" in schema:
        return False
    words = name_words(name)
    told = bool(words) and (words[-1] in _FORMATS or set(words) <= {"file", "link", "download"})
    return role_of(name, schema) is Role.URL or told


def takes_address(name: str, schema: schemas.Schema) -> bool:
    """Whether an input takes the address of something."""
    if "string" not in types_of(schema) or "enum" in schema:
        return False
    role = role_of(name, schema)
    return role is Role.URL or (role is Role.NAME and not set(name_words(name)) - _OPEN)


def address_fit(
    name: str,
    schema: schemas.Schema,
    wanted_name: str,
    wanted: schemas.Schema,
    made_by: str,
) -> float:
    """How well an address fits an input that takes one; ``made_by`` is what its service says."""
    have, want = medium_made(name, schema), medium_made(wanted_name, wanted)
    if name == wanted_name and have == want:
        return SAME_NAME
    words = set(name_words(wanted_name))
    open_input = bool(words & _OPEN) and words <= _OPEN | {"url", "uri"}
    if have == want and not (open_input and want == "page"):
        return SAME_MEDIUM
    if want == "hook":
        return 0.0
    vague = set(name_words(name)) <= _VAGUE
    if want == "file" or open_input:
        return ANY_FILE if have not in {"page", "hook"} or vague else 0.0
    if not vague:
        return 0.0
    # A bare "url" is of whatever its service makes: what it says of itself tells.
    return ANY_FILE if medium_of("", {"description": made_by}) == want != "page" else VAGUE


def medium_made(name: str, schema: schemas.Schema) -> str:
    """What an address leads to, by what it is called and how it is described."""
    if _MORE_IMAGES & set(name_words(name)):
        return "image"
    return medium_of(name, schema)
