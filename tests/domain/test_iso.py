"""Languages, currencies and countries are found as people write them, and nothing else is."""

from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from domain import countries, languages
from domain.iso import (
    COUNTRIES,
    CURRENCIES,
    LANGUAGES,
    Named,
    countries_in,
    currencies_in,
    languages_in,
)

Find = Callable[[str], Iterator[Named]]


def names_of(table: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(code, name) for code, said in table.items() for name in said.split("|")]


TABLES: list[tuple[Find, Mapping[str, str]]] = [
    (languages_in, LANGUAGES),
    (currencies_in, CURRENCIES),
    (countries_in, COUNTRIES),
]
ALL_NAMES = [(find, code, name) for find, table in TABLES for code, name in names_of(table)]
SMALL = countries.ALSO_WORDS | languages.ALSO_WORDS
WORDS = [each for each in ALL_NAMES if each[2][0].isalpha()]
cased = st.sampled_from([str.lower, str.upper, str.title, str])


@pytest.mark.parametrize(
    ("table", "form"),
    [(LANGUAGES, str.islower), (CURRENCIES, str.isupper), (COUNTRIES, str.isupper)],
)
def test_codes_are_written_in_one_way_and_no_name_has_two(
    table: Mapping[str, str], form: Callable[[str], bool]
) -> None:
    names = [name.lower() for _, name in names_of(table)]

    assert all(form(code) for code in table)
    assert len({len(code) for code in table}) == 1
    assert len(set(names)) == len(names)


@given(one=st.sampled_from(ALL_NAMES), case=cased)
def test_every_name_is_found_whole_with_its_own_code(
    one: tuple[Find, str, str], case: Callable[[str], str]
) -> None:
    find, code, name = one
    assume(case(name) not in SMALL)
    text = f"pay in {case(name)} , please"

    (found,) = find(text)

    assert found.code == code
    assert text[found.start : found.end] == case(name)


@given(one=st.sampled_from(WORDS), left=st.booleans())
def test_a_name_inside_another_word_is_no_name(one: tuple[Find, str, str], left: bool) -> None:
    find, code, name = one
    whole = f"x{name}" if left else f"{name}x"

    assert code not in {found.code for found in find(whole) if found.end - found.start >= len(name)}


@pytest.mark.parametrize("code", CURRENCIES)
def test_a_currency_code_may_be_small_where_it_is_no_word(code: str) -> None:
    assert [found.code for found in currencies_in(f"100 {code}")] == [code]
    assert [found.code for found in currencies_in(f"100 {code.lower()}")] in ([code], [])
    assert list(currencies_in(f"100 {code.title()}")) == []


@pytest.mark.parametrize("text", ["try it", "cad files", "ron was mad", "php code"])
def test_a_small_word_is_no_currency(text: str) -> None:
    assert list(currencies_in(text)) == []


@pytest.mark.parametrize("pair", ["CADMXN", "cadmxn"])
def test_two_codes_in_a_row_are_two_currencies(pair: str) -> None:
    assert [found.code for found in currencies_in(f"{pair} now")] == ["CAD", "MXN"]


@pytest.mark.parametrize("code", sorted(frozenset(COUNTRIES) - countries.ALSO_SHORT))
def test_a_country_code_counts_in_capitals_only(code: str) -> None:
    assert [found.code for found in countries_in(f"in {code} today")] == [code]
    assert code not in {found.code for found in countries_in(f"x {code.lower()} x")}


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_language_code_is_too_short_to_be_a_name(code: str) -> None:
    assert list(languages_in(f"it is {code} or {code.upper()}")) == []


@pytest.mark.parametrize("code", sorted(countries.ALSO_SHORT))
def test_a_code_that_is_more_often_something_else_is_no_country(code: str) -> None:
    assert code in COUNTRIES
    assert list(countries_in(f"in {code} today")) == []


@pytest.mark.parametrize("name", sorted(SMALL))
def test_a_name_that_is_another_word_when_small_counts_only_as_a_name(name: str) -> None:
    small = f"some {name} please"
    assert not [*countries_in(small), *languages_in(small)]
    assert [*countries_in(small.title()), *languages_in(small.title())]


@given(st.lists(st.sampled_from([name for *_, name in ALL_NAMES]), max_size=6))
def test_no_two_findings_of_one_kind_share_a_letter(names: list[str]) -> None:
    text = ", ".join(names)

    for find, _ in TABLES:
        spans = sorted((found.start, found.end) for found in find(text))
        assert all(end <= start for (_, end), (start, _) in pairwise(spans))


@given(st.text(max_size=80))
def test_any_text_can_be_read(text: str) -> None:
    for find, table in TABLES:
        for found in find(text):
            assert found.code in table
            assert 0 <= found.start < found.end <= len(text)


@pytest.mark.parametrize(
    ("text", "code"), [("German holidays", "DE"), ("a Swiss bank", "CH"), ("french wine", "FR")]
)
def test_a_people_stands_for_its_country(text: str, code: str) -> None:
    assert [found.code for found in countries_in(text)] == [code]


@pytest.mark.parametrize("find", [languages_in, currencies_in, countries_in])
@pytest.mark.parametrize("between", [" ", "-", "'s ", "_", "x", ".", "5", "\n"])
def test_letters_of_another_alphabet_elsewhere_change_nothing(find: Find, between: str) -> None:
    tables = (LANGUAGES, CURRENCIES, COUNTRIES)
    for name in (
        name for table in tables for code, said in names_of(table) for name in (code, said)
    ):
        for text in (f"the{between}{name}{between}of it", name.upper(), name.lower()):
            assert list(find(text)) == list(find(f"{text} \u0394"))
