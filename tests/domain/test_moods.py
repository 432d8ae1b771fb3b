"""What is asked for, and what is only told, wished or taken leave with."""

import pytest

from domain.goals import read_request
from domain.kinds import Kind


def asked(text: str) -> list[str]:
    reading = read_request(text)
    return [goal for at, goal in enumerate(reading.goals) if at not in reading.context]


@pytest.mark.parametrize(
    "told",
    [
        "Flying to Malta on Friday.",
        "About to paint the shed in Cork.",
        "Bought an old boat, registration KX-4471.",
        "Auntie was a Kowalczyk.",
        "The plumber emailed me https://x.example/a.pdf.",
        "Nobody told us.",
        "Before we sign:",
        "My budget is 5 euros.",
        "Spend at most 20 cents.",
    ],
)
def test_what_is_only_told_asks_for_nothing(told: str) -> None:
    assert asked(f"{told} Is the sea calm?") == ["Is the sea calm"]


@pytest.mark.parametrize(
    "order",
    [
        "I need the tides of Malta.",
        "We would like a map of Cork.",
        "Grandma wants to hear https://x.example/a.mp3.",
        "The weather in Malta.",
        "Mail a@b.example once it is above 100.",
        "Ensure gold is above 100.",
        "Books published in May.",
        "I'm ill, could somebody walk my dog?",
    ],
)
def test_what_is_told_never_hides_what_is_wanted(order: str) -> None:
    assert len(asked(f"Is the sea calm? {order}")) == 2


@pytest.mark.parametrize("order", ["mop my floor", "fax them to Ann", "water the roses"])
def test_a_word_that_something_is_done_to_opens_a_goal(order: str) -> None:
    assert asked(f"Check the weather in Oslo and {order}") == [
        "Check the weather in Oslo",
        order,
    ]


def test_a_list_of_things_opens_no_goal() -> None:
    text = "Report on rain, wind and snow this week and the tides"

    assert asked(text) == [text]


def test_who_greets_and_signs_names_nobody() -> None:
    reading = read_request("Dear team, kindly list the tides of Malta. Kind regards, P. Vella")

    assert reading.goals == ("kindly list the tides of Malta",)
    assert [one.value for one in reading.mentions if one.kind is Kind.NAME] == ["Malta"]


def test_a_greeting_alone_is_still_a_request() -> None:
    assert read_request("hello").goals == ("hello",)


def test_a_label_before_a_question_is_what_the_question_is_about() -> None:
    reading = read_request("Malta: how warm is it and is the sea calm?")

    assert asked(reading.text) == ["how warm is it", "is the sea calm"]
    assert not reading.literals


def test_quoted_material_leaves_a_word_behind() -> None:
    assert asked("How do you say 'please wait for the next bus' in Malti?") == [
        "How do you say a text in Malti"
    ]
    assert asked("Who sang 'Blue Harbour' in 1988?") == ["Who sang Blue Harbour in 1988"]


def test_an_address_after_a_colon_is_no_text() -> None:
    reading = read_request("My receipt: https://x.example/a.jpg. What did I pay?")

    assert not reading.literals
    assert [one.kind for one in reading.mentions if one.kind is Kind.URL] == [Kind.URL]


def test_orders_after_quoted_material_are_orders() -> None:
    reading = read_request(
        "The tenant wrote: 'It is cold here.' Translate it to Malti and mail a@b.example"
    )

    assert [one.value for one in reading.literals] == ["It is cold here."]
    assert asked(reading.text) == ["Translate it to Malti", "mail a@b.example"]


@pytest.mark.parametrize(
    "told",
    [
        "The babysitter never reads e-mail.",
        "My nephew wants to check wallets at table.",
        "We landed starving with a vegan, and flights are always late.",
        "Boss says the printer died, prints nothing, and he hates scrolling.",
    ],
)
def test_a_situation_told_beside_what_is_asked_asks_for_nothing(told: str) -> None:
    assert len(asked(f"{told} What is the tide in Malta?")) == 1
    assert len(asked(f"What is the tide in Malta? {told}")) == 1


@pytest.mark.parametrize("wish", ["My landlord wants a summary of it.", "She needs a map of Cork."])
def test_what_somebody_else_wants_is_asked_for_where_nothing_else_is(wish: str) -> None:
    assert len(asked(wish)) == 1
    assert len(asked(f"{wish} Thanks!")) == 1
