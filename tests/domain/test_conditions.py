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
    ],
)
def test_a_condition_holds_back_what_hangs_on_it(
    text: str, test: str, denied: bool, goals: tuple[str, ...]
) -> None:
    assert told(text) == [(test, denied, goals, ())]


def test_the_other_case_has_goals_of_its_own() -> None:
    (found,) = told("Rate 'x'. If it is bad, write a reply, otherwise send an email to a@b.io")

    assert found[2:] == (("write a reply",), ("send an email to a@b.io",))


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
    ],
)
def test_courtesy_and_questions_are_no_conditions(text: str) -> None:
    assert told(text) == []
