"""Words of listings and requests: forms of a word are one word, and no text is too strange."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.discovery.phrasing import asked_for
from activities.discovery.sparse import (
    coverage,
    document_words,
    query_words,
    stem_of,
    stems,
    wanted_words,
)


@pytest.mark.parametrize(
    "forms",
    [
        ("translate", "translates", "translating", "translated", "translation", "translator"),
        ("summarise", "summarize", "summarizes", "summarising", "summarized"),
        ("forecast", "forecasts", "forecasting", "forecasted"),
        ("city", "cities"),
        ("price", "prices", "priced", "pricing"),
        ("convert", "converts", "converter", "converting"),
        ("planning", "planned", "planner"),
        ("statistic", "statistics", "statistical", "statistically"),
    ],
)
def test_the_forms_of_a_word_have_one_stem(forms: tuple[str, ...]) -> None:
    assert len({stem_of(form) for form in forms}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [("weather", "whether"), ("news", "new"), ("gas", "gaseous"), ("bus", "bu")],
)
def test_other_words_keep_other_stems(one: str, other: str) -> None:
    assert stem_of(one) != stem_of(other)


def test_names_in_code_come_apart() -> None:
    assert stems("sourceLanguage target_lang pdfURL") == stems(
        "source language target lang pdf URL"
    )


def test_words_of_every_script_count() -> None:
    assert document_words("погода прогноз 天気").indices
    assert stems("Überweisung") != []


@given(text=st.text(max_size=400))
def test_any_text_becomes_a_vector_with_each_word_once(text: str) -> None:
    for vector in (document_words(text), query_words(text)):
        assert len(vector.indices) == len(set(vector.indices)) == len(vector.values)
        assert list(vector.indices) == sorted(vector.indices)
        assert all(0 <= index < 2**32 for index in vector.indices)
        assert all(value > 0 for value in vector.values)


@given(text=st.text(max_size=200), said=st.sets(st.text(max_size=8), max_size=10))
def test_a_share_of_words_stays_within_zero_and_one(text: str, said: set[str]) -> None:
    wanted = wanted_words(text)

    assert 0 <= coverage(wanted, said) <= 1
    assert coverage(wanted, {word.stem for word in wanted}) == (1 if wanted else 0)


def test_saying_more_of_the_request_never_lowers_the_share() -> None:
    wanted = wanted_words("translate contracts into German")

    some = coverage(wanted, set(stems("translates")))
    more = coverage(wanted, set(stems("translates contracts")))

    assert 0 < some < more < 1


def test_another_word_of_the_same_meaning_counts_less_than_the_word_itself() -> None:
    wanted = wanted_words("chart")

    assert coverage(wanted, set(stems("chart"))) == 1
    assert 0 < coverage(wanted, set(stems("plot"))) < 1
    assert coverage(wanted, set(stems("banana"))) == 0


def test_names_and_numbers_count_less_than_what_is_asked_for() -> None:
    weight = {word.stem: word.weight for word in wanted_words("weather in Bergen 2026")}

    assert weight[stem_of("bergen")] == weight["2026"] < weight[stem_of("weather")]


@pytest.mark.parametrize(
    ("phrase", "asked"),
    [
        ("read https://blog.example/launch", "read web page URL"),
        ("describe https://pics.example/pier.png", "describe image URL"),
        ("transcribe https://a.example/x.mp3?d=1", "transcribe audio recording URL"),
        ("mail it to lena@example.org", "mail it to email address"),
        ("weather in Lyon", "weather in Lyon"),
    ],
)
def test_addresses_are_searched_by_their_kind(phrase: str, asked: str) -> None:
    assert asked_for(phrase) == asked


@given(text=st.text(max_size=300))
def test_any_phrase_can_be_put_plainly(text: str) -> None:
    assert isinstance(asked_for(text), str)
