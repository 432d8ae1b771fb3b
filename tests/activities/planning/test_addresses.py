"""An address goes where what it leads to is wanted."""

import pytest

from activities.planning.addresses import GOOD_ADDRESS, address_fit, is_address, takes_address
from domain.schemas import Schema

TEXT: Schema = {"type": "string"}
REMOVER = "Cuts the background out of a photo."


@pytest.mark.parametrize(
    ("name", "wanted", "made_by", "fits"),
    [
        ("image_url", "photo_url", "", True),
        ("png", "image_url", "", True),
        ("screenshot", "image_url", "", True),
        ("image_url", "file", "", True),
        ("audio_url", "src", "", True),
        ("url", "image_url", REMOVER, True),
        ("url", "image_url", "Shortens links.", False),
        ("image_url", "page_url", "", False),
        ("image_url", "url", "", False),
        ("audio_url", "image_url", "", False),
        ("image_url", "webhook_url", "", False),
    ],
)
def test_an_address_fits_where_it_leads_to_what_is_wanted(
    name: str, wanted: str, made_by: str, fits: bool
) -> None:
    fit = address_fit(name, TEXT, wanted, TEXT, made_by)

    assert (fit >= GOOD_ADDRESS) is fits


def test_a_file_is_handed_over_as_an_address_whatever_it_is_called() -> None:
    assert is_address("mp3", TEXT)
    assert is_address("download", TEXT)
    assert not is_address("summary", TEXT)
    assert not is_address("pdf", {"type": "array", "items": TEXT})


def test_an_input_called_after_nothing_but_a_file_takes_an_address() -> None:
    assert takes_address("file", TEXT)
    assert takes_address("image_url", TEXT)
    assert not takes_address("sentence", TEXT)
    assert not takes_address("source", {"type": "string", "enum": ["web", "news"]})
