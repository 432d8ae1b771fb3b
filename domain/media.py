"""What an address leads to: an image, a page, a file; and what an input wants it to lead to."""

import re
from collections.abc import Mapping
from typing import Final

from domain import schemas
from domain.roles import examples_of, name_words, said_of
from domain.words import listed

_MEDIA: Final[Mapping[str, frozenset[str]]] = {
    "image": listed(
        "image images photo photos picture pictures pic pics img png jpeg jpg heic webp bitmap "
        "photograph photographs scan scans raster"
    ),
    "audio": listed(
        "audio recording recordings podcast podcasts song mp3 wav voice speech sound voicemail clip"
    ),
    "video": listed("video videos clip clips movie mp4 mov film youtube vimeo webinar footage"),
    "pdf": listed("pdf pdfs"),
    "file": listed(
        "file files document documents doc docx invoice resume cv manuscript attachment ebook"
    ),
    "hook": listed("webhook hook"),
}
"""What an address leads to; without any of these words, to a page."""

_PAGES: Final = listed(
    "page pages webpage webpages website websites site sites homepage article articles web blog"
)

_ENDINGS: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        ("png", "jpg", "jpeg", "gif", "webp", "svg", "bmp", "tiff", "tif", "heic", "avif"), "image"
    ),
    **dict.fromkeys(("mp3", "wav", "ogg", "m4a", "flac", "aac", "opus"), "audio"),
    **dict.fromkeys(("mp4", "mov", "webm", "avi", "mkv", "m4v"), "video"),
    **dict.fromkeys(("doc", "docx", "odt", "txt", "md", "xlsx", "csv", "pptx", "rtf"), "file"),
    **dict.fromkeys(("epub", "zip", "json", "step", "stl", "obj", "fbx", "glb"), "file"),
    "pdf": "pdf",
}
"""What a file's name says it is."""

_VIDEO: Final = re.compile(
    r"^https?://(?:www\.|m\.)?(?:youtube|youtu|vimeo)\.\w+/|/watch\?v=", re.IGNORECASE
)
"""Pages that show a film and nothing but it."""

_LEADING: Final = re.compile(
    r"(?P<noun>[a-z0-9]+)s?(?:\s+(?:at|here|in|on|from|under|behind|is|it's))?[\s:,(<-]*$",
    re.IGNORECASE,
)
"""The noun that an address stands for: ``the photo at``; a ``picture of`` it is yet to be made."""


def medium_of(name: str, schema: schemas.Schema) -> str:
    """Tell what an address leads to: an image, a page, a file."""
    words = name_words(name)
    for medium, known in _MEDIA.items():
        if known & set(words):
            return medium
    example = medium_of_url(next(examples_of(schema), ""))
    if example != "page":
        return example
    said = _words(said_of(schema))
    return next((medium for medium, known in _MEDIA.items() if known & said), "page")


def media_of(name: str, schema: schemas.Schema, about: str) -> frozenset[str]:
    """Tell all that an address may lead to.

    Args:
        name: Of the input.
        schema: Of the input.
        about: What the seller says of the whole service, which tells where the input does not.
    """
    example = next(examples_of(schema), "")
    named = _media_in(set(name_words(name)))
    if named:
        return named
    if example:
        return frozenset({medium_of_url(example)})
    said = _media_in(_words(said_of(schema)))
    # Who says nothing of what the address leads to takes any.
    return said or _media_in(_words(about)) or frozenset({"page", "file"})


def leads_to(wanted: frozenset[str], url: str, before: str) -> bool:
    """Whether an address may stand where one of these media is wanted.

    Args:
        wanted: What the input takes.
        url: The address.
        before: The text before it, which may say what it leads to.
    """
    given = medium_of_url(url)
    if given != "page":
        return given in wanted or "file" in wanted or ("page" in wanted and given == "file")
    noun = _LEADING.search(before)
    said = _media_in({noun["noun"].lower()}) if noun else frozenset[str]()
    if said & wanted or not said:
        return bool(said & wanted) or bool(wanted & {"page", "hook", "file"})
    return "file" in wanted


def medium_of_url(url: str) -> str:
    """Tell by its ending what an address leads to."""
    if _VIDEO.search(url):
        return "video"
    ending = re.search(
        r"\.([A-Za-z0-9]{2,5})(?:[?#].*)?$", url.partition("://")[2].partition("/")[2]
    )
    return _ENDINGS.get(ending[1].lower(), "page") if ending else "page"


def _media_in(words: set[str]) -> frozenset[str]:
    found = {medium for medium, known in _MEDIA.items() if known & words}
    return frozenset(found | ({"page"} if words & _PAGES else set()))


def _words(text: str) -> set[str]:
    return set(re.findall(r"[a-z0-9]+", text.lower()))
