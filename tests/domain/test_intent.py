"""Requests as they are understood: their kind, their deadline, their form."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.intent import (
    MAX_GOAL_CHARACTERS,
    MAX_GOALS,
    IntentKind,
    Understanding,
    read_intent,
    refined,
)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("What is the weather in Oslo?", IntentKind.QUESTION),
        ("How far is Oslo from Rome", IntentKind.QUESTION),
        ("weather in Oslo", IntentKind.LOOKUP),
        ("Get the price of SOL", IntentKind.LOOKUP),
        ("Translate 'good morning' to German", IntentKind.CONVERSION),
        ("Summarize this: it rained", IntentKind.CONVERSION),
        ("Analyze the last 30 days of DEX volume and create a report", IntentKind.REPORT),
        ("Draw a cat", IntentKind.CREATION),
        ("Alert me when SOL falls below 100", IntentKind.MONITORING),
        ("Send an email to a@b.example", IntentKind.ACTION),
        ("Translate the news and send it to me", IntentKind.ACTION),
    ],
)
def test_the_verbs_tell_the_kind(text: str, kind: IntentKind) -> None:
    assert read_intent(text, budget="5.00 USDC").kind is kind


@pytest.mark.parametrize(
    ("text", "deadline"),
    [
        ("A report by Friday", "by Friday"),
        ("Convert it within 10 minutes", "within 10 minutes"),
        ("Do it by  5 pm please", "by 5 pm"),
        ("Finish before 2026-12-01", "before 2026-12-01"),
        ("ASAP: the price of SOL", "ASAP"),
        ("The price of SOL over the last 30 days", ""),
        ("A review of Stand by Me", ""),
    ],
)
def test_a_deadline_is_kept_in_its_own_words(text: str, deadline: str) -> None:
    assert read_intent(text, budget="").deadline == deadline


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("The prices as CSV", "CSV"),
        ("Write it up in a PDF", "PDF"),
        ("Show the trend with a chart", "chart"),
        ("The price of SOL", ""),
        ("Who won the table tennis", ""),
    ],
)
def test_the_form_is_what_was_named(text: str, form: str) -> None:
    assert read_intent(text, budget="").format == form


@given(text=st.text(max_size=400))
def test_any_text_is_understood_in_some_way(text: str) -> None:
    found = read_intent(text, budget="1.00 USDC")

    assert len(found.goals) <= MAX_GOALS
    assert found == read_intent(text, budget="1.00 USDC")


@given(kind=st.text(max_size=12) | st.sampled_from(list(IntentKind)), goals=st.lists(st.text()))
def test_what_a_drafter_understood_is_bounded_lines(kind: str, goals: list[str]) -> None:
    understood = Understanding.bounded(kind, goals)

    assert (understood.kind is not None) == (kind in set(IntentKind))
    assert len(understood.goals) <= MAX_GOALS
    assert all(
        goal.isprintable() and 0 < len(goal) <= MAX_GOAL_CHARACTERS for goal in understood.goals
    )


def test_a_drafter_may_refine_kind_and_goals_and_nothing_else() -> None:
    intent = read_intent("The prices as CSV by Friday", budget="5.00 USDC")
    by = Understanding.bounded("report", ["know prices"])

    changed = refined(intent, by)

    assert (changed.kind, changed.goals) == (IntentKind.REPORT, ("know prices",))
    same = {"kind": intent.kind, "goals": intent.goals}
    assert changed.model_copy(update=same) == intent == refined(intent, None)
    assert refined(intent, Understanding()) == intent
