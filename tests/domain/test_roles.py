"""Sellers name things as they like; what kind of thing it is must not depend on how."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.roles import Role, examples_of, name_words, role_of
from domain.schemas import Schema

words = st.lists(st.from_regex(r"[a-z]{2,8}", fullmatch=True), min_size=1, max_size=3)
EXAMPLES = (
    *("https://a.example/x", "a@b.example", "2026-01-31", "+49 30 1234567", "10.0.0.1"),
    *("0x" + "ab" * 20, "EUR", "German", "a.example", "AB12 CD34", "DE", "SOL", "any words", ""),
)


def spelled(parts: list[str], style: str) -> str:
    camel = parts[0] + "".join(part.title() for part in parts[1:])
    return {"_": "_".join(parts), "-": "-".join(parts), "camel": camel, " ": " ".join(parts)}[style]


@given(words, st.sampled_from(["-", "camel", " "]))
def test_the_spelling_of_a_name_does_not_change_what_it_is(parts: list[str], style: str) -> None:
    assert name_words(spelled(parts, style)) == tuple(parts)
    assert role_of(spelled(parts, style), {}) is role_of(spelled(parts, "_"), {})


@pytest.mark.parametrize(
    "name", ["password", "clientSecret", "wallet_mnemonic", "api_key", "apiKey", "private-key"]
)
@given(said=st.text(max_size=40), example=st.sampled_from(EXAMPLES))
def test_nothing_that_a_seller_says_makes_a_secret_fillable(
    name: str, said: str, example: str
) -> None:
    assert role_of(name, {"description": said, "example": example}) is Role.SECRET


@pytest.mark.parametrize(
    ("form", "role"), [("uri", Role.URL), ("email", Role.EMAIL), ("date-time", Role.MOMENT)]
)
@given(name=st.from_regex(r"[a-z_]{1,12}", fullmatch=True), example=st.sampled_from(EXAMPLES))
def test_a_stated_form_outweighs_names_and_examples(
    form: str, role: Role, name: str, example: str
) -> None:
    found = role_of(name, {"format": form, "example": example})

    assert found in {role, Role.SECRET}


@pytest.mark.parametrize(
    ("example", "role"),
    [
        ("https://a.example/x", Role.URL),
        ("a@b.example", Role.EMAIL),
        ("2026-01-31", Role.DATE),
        ("2026-01-31T10:00:00Z", Role.MOMENT),
        ("+49 30 1234567", Role.PHONE),
        ("10.0.0.1", Role.IP),
        ("0x" + "ab" * 20, Role.HASH),
    ],
)
def test_an_example_of_a_form_that_cannot_be_mistaken_outweighs_the_name(
    example: str, role: Role
) -> None:
    assert {role_of(name, {"example": example}) for name in ("city", "text", "q", "it")} == {role}


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("contract_text", Role.TEXT),
        ("text_language", Role.LANGUAGE),
        ("languageText", Role.TEXT),
        ("search_country", Role.COUNTRY),
        ("city_query", Role.QUERY),
        ("page_url", Role.URL),
    ],
)
def test_the_last_word_says_what_it_is_and_the_others_of_what(name: str, role: Role) -> None:
    assert role_of(name, {}) is role


@pytest.mark.parametrize(
    ("name", "schema", "role"),
    [
        ("to", {"description": "Currency to convert to"}, Role.CURRENCY),
        ("to", {"description": "Address of the recipient's mailbox"}, Role.EMAIL),
        ("from", {"example": "EUR"}, Role.CURRENCY),
        ("target", {"description": "Target language", "example": "de"}, Role.LANGUAGE),
        ("base", {}, Role.NAME),
        ("subject", {}, Role.QUERY),
        ("photo", {}, Role.URL),
        ("photo", {"description": "Name of the photo"}, Role.NAME),
    ],
)
def test_a_name_that_only_says_a_direction_leaves_it_to_the_rest(
    name: str, schema: Schema, role: Role
) -> None:
    assert role_of(name, schema) is role


@pytest.mark.parametrize(
    ("said", "role"),
    [("Your wallet address", Role.HASH), ("An on-chain address", Role.HASH), ("", Role.PLACE)],
)
def test_an_address_may_be_on_a_chain(said: str, role: Role) -> None:
    assert role_of("address", {"description": said}) is role


def test_a_description_is_not_believed_against_an_example() -> None:
    said = "Any date, or what you like"

    assert role_of("it", {"description": said}) is Role.DATE
    assert role_of("it", {"description": said, "example": "yesterday"}) is not Role.DATE


@given(
    name=st.text(max_size=20),
    schema=st.dictionaries(
        st.sampled_from(["format", "description", "title", "example", "examples"]),
        st.none() | st.integers() | st.text(max_size=300) | st.lists(st.text(max_size=9)),
    ),
)
def test_whatever_strangers_write_has_a_kind(name: str, schema: dict[str, Any]) -> None:
    assert isinstance(role_of(name, schema), Role)
    assert all(isinstance(one, str) and one for one in examples_of(schema))
