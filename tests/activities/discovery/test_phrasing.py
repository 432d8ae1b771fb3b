"""What is searched for: addresses by their kind, codes with what they stand for."""

import pytest

from activities.discovery.phrasing import asked_for


@pytest.mark.parametrize(
    ("phrase", "searched"),
    [
        ("btc price", "btc bitcoin cryptocurrency price"),
        (
            "price of BTC and ETH",
            "price of BTC bitcoin cryptocurrency and ETH ethereum cryptocurrency",
        ),
        ("Convert 400 GBP into JPY", "Convert 400 GBP currency into JPY currency"),
        ("how many km are 26.2 miles", "how many km are 26.2 miles unit conversion"),
        ("a run of 5 km", "a run of 5 km"),
        ("Ada sings do re mi fa sol", "Ada sings do re mi fa sol"),
        ("summarise https://a.example/x.pdf", "summarise PDF document URL"),
        ("mail ann@a.example", "mail email address"),
    ],
)
def test_codes_and_addresses_are_searched_for_as_what_they_are(phrase: str, searched: str) -> None:
    assert asked_for(phrase) == searched
