"""What a phrase asks for, with the addresses in it named by kind: nobody sells *that* address."""

import re
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from domain.mentions import Kind, Mention, mentions_in

_CALLED: Final = {
    Kind.EMAIL: "email address",
    Kind.DOMAIN: "domain",
    Kind.IP: "IP address",
    Kind.PHONE: "phone number",
    Kind.HASH: "address",
}
_FILES: Final = {
    "image": "png jpg jpeg gif webp svg bmp heic tiff",
    "audio recording": "mp3 wav ogg m4a flac aac opus",
    "video": "mp4 mov webm mkv avi",
    "PDF document": "pdf",
    "Word document": "doc docx odt",
    "spreadsheet": "xls xlsx ods",
    "CSV table": "csv tsv",
    "JSON document": "json",
    "archive": "zip tar gz",
}
_FILE_CALLED: Final = {
    ending: name for name, endings in _FILES.items() for ending in endings.split()
}
_SPACES: Final = re.compile(r"\s+")
_ENDING: Final = re.compile(r"\.([a-z0-9]{2,5})$")


@lru_cache(maxsize=1_024)
def asked_for(phrase: str) -> str:
    """Name the addresses in a phrase by their kind; the rest stays as it is."""
    plain = phrase
    for mention in sorted(_addresses(phrase), key=lambda one: -one.start):
        called = _called(mention, phrase[mention.start : mention.end])
        plain = f"{plain[: mention.start]} {called} {plain[mention.end :]}"
    return _SPACES.sub(" ", plain).strip()


def _addresses(phrase: str) -> list[Mention]:
    """Addresses that do not lie within another."""
    found: list[Mention] = []
    named = [one for one in mentions_in(phrase) if one.kind is Kind.URL or one.kind in _CALLED]
    for mention in sorted(named, key=lambda one: one.start - one.end):
        if all(mention.end <= one.start or mention.start >= one.end for one in found):
            found.append(mention)
    return found


def _called(mention: Mention, text: str) -> str:
    if mention.kind is not Kind.URL:
        return _CALLED[mention.kind]
    try:
        path = urlsplit(text).path.lower()
    except ValueError:
        path = ""
    ending = _ENDING.search(path)
    return f"{_FILE_CALLED.get(ending[1] if ending else '', 'web page')} URL"
