"""What nobody serves, in a sentence that asks nothing, is background."""

import pytest

from activities.planning.background import understood
from tests.activities.planning.test_drafter_embedded_rules import shortlist
from tests.fakes import builders


def goals(text: str, likeness: dict[str, float]) -> list[str]:
    """Goals that are left to be served, where those named are so like their services."""
    one = builders.listing("weather")
    found = shortlist(text, one)
    phrases = tuple(
        phrase.model_copy(update={"similarities": {one.id: like}})
        for phrase in found.phrases
        for said, like in likeness.items()
        if said in phrase.text
    )
    reading = understood(text, found.model_copy(update={"phrases": phrases})).relevance.reading
    return [goal for at, goal in enumerate(reading.goals) if at not in reading.context]


ASKED = "What is the weather in Cork?"


@pytest.mark.parametrize("told", ["New baby, new town.", "Interrail at sixty-three!"])
def test_a_sentence_that_asks_nothing_and_that_nobody_serves_is_background(told: str) -> None:
    left = goals(f"{told} {ASKED}", {"weather": 0.9, "baby": 0.0, "Interrail": 0.0})

    assert left == ["What is the weather in Cork"]


def test_it_is_asked_for_where_somebody_serves_it() -> None:
    left = goals(f"Tides near Cork. {ASKED}", {"weather": 0.9, "Tides": 0.9})

    assert left == ["Tides near Cork", "What is the weather in Cork"]


@pytest.mark.parametrize("order", ["Mail my aunt.", "Can you knit a jumper?", "I need a jumper."])
def test_what_is_asked_outright_is_never_background(order: str) -> None:
    left = goals(f"{order} {ASKED}", {"weather": 0.9, "aunt": 0.0, "jumper": 0.0})

    assert len(left) == 2


def test_nothing_is_background_where_nothing_else_is_served() -> None:
    left = goals(f"New baby, new town. {ASKED}", {"weather": 0.0, "baby": 0.0})

    assert len(left) >= 2
