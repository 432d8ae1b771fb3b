"""What shall be made is all that was ordered, not only the last noun of it."""

import pytest

from domain.commissions import commission_in, makes_something

KNOWN = frozenset({"image", "prompt", "slogan"})


def commission(text: str, *, pictured: bool = True, before: str = "") -> str | None:
    taken = [(text.index(before), len(text))] if before else []
    found = commission_in(text, (0, len(text)), known=KNOWN, taken=taken, pictured=pictured)
    return None if found is None else text[found[0] : found[1]]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("draw a lighthouse made of cheese", "a lighthouse made of cheese"),
        ("A hedgehog in a raincoat, oil painting", "A hedgehog in a raincoat, oil painting"),
        ("draw me two otters playing chess please", "two otters playing chess"),
        ("Make a picture of a sleepy robot. It is for Ann.", "a sleepy robot"),
        ("an image of the old harbour; then mail it", "the old harbour"),
        ("please draw an image", None),
    ],
)
def test_a_picture_shows_all_that_follows_the_order(text: str, value: str | None) -> None:
    assert commission(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("slogan for a bakery that opens at 4 am", "a bakery that opens at 4 am"),
        ("write a country song about my broken dishwasher", "my broken dishwasher"),
        ("a post about our new apprentice programme", "our new apprentice programme"),
    ],
)
def test_a_piece_of_writing_is_on_what_follows_its_name(text: str, value: str) -> None:
    assert commission(text, pictured=False) == value


def test_a_commission_ends_before_what_other_inputs_took() -> None:
    assert commission("a misty fjord in 1536 pixels", before="1536") == "a misty fjord"


@pytest.mark.parametrize(
    ("said", "makes"), [("Writes slogans", True), ("Searches free photographs", False)]
)
def test_only_who_makes_something_takes_commissions(said: str, *, makes: bool) -> None:
    assert makes_something(said) == makes
