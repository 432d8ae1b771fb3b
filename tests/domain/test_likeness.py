"""One plan for two requests only where both wish for the same thing."""

import pytest

from domain.goals import read_request
from domain.likeness import parameters_of, same_wish

SAME = [
    ("What is the weather in Oslo?", "weather in Oslo please"),
    ("Translate 'good morning' to German", "translate to German: 'good morning'"),
    ("Plot the price of SOL over the last 30 days", "Draw the price of SOL over the last 30 days"),
    ("Summarize https://a.example/x", "Summarise https://a.example/x"),
]
OTHER = [
    ("What is the weather in Oslo?", "What is the weather in Rome?"),
    ("weather in Oslo next 3 days", "weather in Oslo next 5 days"),
    ("weather in Oslo last 3 days", "weather in Oslo next 3 days"),
    ("Translate 'good morning' to German", "Translate 'good night' to German"),
    ("Write a report with charts", "Write a report without charts"),
    ("Send the report", "Do not send the report"),
    ("A brief report on SOL", "A detailed report on SOL"),
    ("Get the price of SOL", "Get the price of SOL and draw a chart"),
    ("Translate the headlines", "Count the headlines"),
    ("If the price is above 100, write a report", "If the price is above 200, write a report"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_other_words_for_the_same_wish_are_the_same(one: str, other: str) -> None:
    assert same_wish(read_request(one), read_request(other))
    assert same_wish(read_request(other), read_request(one))


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_what_differs_in_a_value_or_a_word_is_another_wish(one: str, other: str) -> None:
    assert not same_wish(read_request(one), read_request(other))
    assert not same_wish(read_request(other), read_request(one))


@pytest.mark.parametrize(("one", "other"), SAME)
def test_parameters_do_not_depend_on_the_words_around_them(one: str, other: str) -> None:
    assert parameters_of(read_request(one)) == parameters_of(read_request(other))
