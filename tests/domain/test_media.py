"""An address may stand only where what it leads to is asked."""

import pytest

from domain.media import leads_to, media_of, medium_of, medium_of_url
from domain.schemas import Schema


@pytest.mark.parametrize(
    ("url", "medium"),
    [
        ("https://a.example/cat.PNG", "image"),
        ("https://a.example/talk.mp3?t=3", "audio"),
        ("https://a.example/paper.pdf#page=2", "pdf"),
        ("https://a.example/letter.docx", "file"),
        ("https://youtu.be/abc", "video"),
        ("https://films.example/watch?v=abc", "video"),
        ("https://a.example/about", "page"),
        ("https://a.example", "page"),
        ("https://pictures.png", "page"),
        ("not an address.png", "page"),
        ("", "page"),
    ],
)
def test_an_address_says_by_its_ending_what_it_leads_to(url: str, medium: str) -> None:
    assert medium_of_url(url) == medium


@pytest.mark.parametrize(
    ("name", "schema", "medium"),
    [
        ("photoUrl", {"example": "https://a.example/x.pdf"}, "image"),
        ("url", {"example": "https://a.example/x.pdf"}, "pdf"),
        ("url", {"description": "Link to a recording"}, "audio"),
        ("webhook_url", {}, "hook"),
        ("url", {}, "page"),
    ],
)
def test_what_an_address_is_for_is_told_by_name_then_example_then_words(
    name: str, schema: Schema, medium: str
) -> None:
    assert medium_of(name, schema) == medium


@pytest.mark.parametrize(
    ("name", "schema", "about", "media"),
    [
        ("image_url", {}, "Reads PDFs", {"image"}),
        ("url", {"example": "https://a.example/x.mp3"}, "Reads PDFs", {"audio"}),
        ("src", {"description": "Link to a photo or scanned PDF"}, "", {"image", "pdf"}),
        ("url", {}, "Hidden data of a photo", {"image"}),
        ("url", {}, "Tells whether a website responds", {"page"}),
        ("url", {}, "Keeps it for good", {"page", "file"}),
    ],
)
def test_where_an_input_says_nothing_its_service_tells_what_it_works_on(
    name: str, schema: Schema, about: str, media: set[str]
) -> None:
    assert media_of(name, schema, about) == media


@pytest.mark.parametrize(
    ("wanted", "url", "before", "fits"),
    [
        ("image", "https://a.example/cat.heic", "turn ", True),
        ("image", "https://a.example/cat.mp4", "the photo at ", False),
        ("image", "https://a.example/cat", "the photo at ", True),
        ("image", "https://a.example/cat", "read ", False),
        ("page", "https://a.example/cat", "the photo at ", False),
        ("page", "https://a.example/cat", "a picture of ", True),
        ("file", "https://a.example/cat.pdf", "", True),
    ],
)
def test_an_address_fits_by_its_ending_or_by_the_noun_before_it(
    wanted: str, url: str, before: str, *, fits: bool
) -> None:
    assert leads_to(frozenset({wanted}), url, before) == fits
