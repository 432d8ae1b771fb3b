"""What is to be done only if something turns out so."""

import pytest

from domain.goals import read_request


def told(text: str) -> list[tuple[str, bool, tuple[str, ...], tuple[str, ...]]]:
    reading = read_request(text)
    return [
        (
            one.test,
            one.denied,
            tuple(reading.goals[at] for at in one.goals),
            tuple(reading.goals[at] for at in one.otherwise),
        )
        for one in reading.conditions
    ]


@pytest.mark.parametrize(
    ("text", "test", "denied", "goals"),
    [
        ("Rate 'x'. If it is bad, write a reply", "it is bad", False, ("write a reply",)),
        ("Rate 'x' and write a reply if it is bad", "it is bad", False, ("write a reply",)),
        ("Rate 'x'; unless it is good, write a reply", "it is good", True, ("write a reply",)),
        ("Is a.io free? If so design a logo for it", "so", False, ("design a logo for it",)),
        ("Check 'x' and only if it is safe upscale it", "it is safe", False, ("upscale it",)),
        ("Crop 'x', but only when it has no face", "it has no face", False, ("Crop",)),
        ("Rate 'x'. Should it be bad, delete it", "it be bad", False, ("delete it",)),
        ("Rate 'x'. When it is in order, mail it", "it is in order", False, ("mail it",)),
        ("Rate 'x' - if it is bad, delete it", "it is bad", False, ("delete it",)),
        ("Is a.io free? Then rent it", "Is a.io free", False, ("rent it",)),
        ("Rate 'x'. If it is clean fold the map", "it is clean", False, ("fold the map",)),
    ],
)
def test_a_condition_holds_back_what_hangs_on_it(
    text: str, test: str, denied: bool, goals: tuple[str, ...]
) -> None:
    assert told(text) == [(test, denied, goals, ())]


def test_the_other_case_has_goals_of_its_own() -> None:
    (found,) = told("Rate 'x'. If it is bad, write a reply, otherwise send an email to a@b.io")

    assert found[2:] == (("write a reply",), ("send an email to a@b.io",))


@pytest.mark.parametrize(
    "text",
    [
        "Rate 'x'. If it is bad, do nothing, otherwise mail a@b.io",
        "Rate 'x'. If it is bad, leave it alone. Else mail a@b.io",
    ],
)
def test_where_nothing_is_to_be_done_the_other_case_waits(text: str) -> None:
    assert told(text) == [("it is bad", True, ("mail a@b.io",), ())]


def test_doing_nothing_in_the_other_case_is_no_goal() -> None:
    assert told("Rate 'x'. If it is bad, mail a@b.io, else do nothing") == [
        ("it is bad", False, ("mail a@b.io",), ())
    ]


def test_an_order_after_a_test_without_a_comma_waits_for_it() -> None:
    reading = read_request("if gold is below 120 usd shout 'buy now' on a.io")

    assert reading.goals == ("gold is below 120 usd", "shout a text on a.io")
    assert [one.goals for one in reading.conditions] == [(1,)]


def test_a_test_that_nothing_came_before_asks_by_itself() -> None:
    reading = read_request("If it rains in Oslo, send an email to a@b.io")

    assert reading.goals == ("it rains in Oslo", "send an email to a@b.io")
    assert [(one.test, one.goals) for one in reading.conditions] == [("it rains in Oslo", (1,))]


@pytest.mark.parametrize(
    "text",
    [
        "Could you tell me, if you can, the weather in Rome",
        "When does the train leave?",
        "Summarize this if possible",
        "Read each post and tell me for each one if it is happy",
        "Is it late? Should I leave?",
    ],
)
def test_courtesy_and_questions_are_no_conditions(text: str) -> None:
    assert told(text) == []
