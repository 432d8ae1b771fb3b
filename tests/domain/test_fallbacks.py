"""A fallback is bought with nobody looking, so those with a record come first."""

from hypothesis import given
from hypothesis import strategies as st

from domain.catalogue import RankedListing, Score, ScorePart, ServiceListing
from domain.drafting import Draft, Shortlist
from domain.fallbacks import proven_first, unproven_words, with_proven_first
from domain.ids import ListingId
from domain.offers import listed_offer
from domain.plan import PaidStep
from domain.reputation import LEAST_RECORD
from tests.fakes import builders
from tests.fakes.builders import call, listing, usdc

SOMETHING = ScorePart(value=0.5, why="")


def ranked(one: ServiceListing, record: float) -> RankedListing:
    score = Score(
        semantic=SOMETHING,
        reputation=ScorePart(value=record, why=""),
        price=SOMETHING,
        latency=SOMETHING,
    )
    return RankedListing(listing=one, score=score)


def shortlist(**records: float) -> Shortlist:
    """Services by name, each with what its record is worth."""
    found = tuple(ranked(listing(name), record) for name, record in records.items())
    return Shortlist(text="", candidates=found)


def fallbacks(draft: Draft) -> list[tuple[ListingId, ...]]:
    return [step.alternates for step in draft.steps if isinstance(step, PaidStep)]


@given(st.lists(st.floats(0, 1), max_size=6))
def test_who_has_a_record_comes_first_and_nothing_else_moves(records: list[float]) -> None:
    found = {ListingId(f"s{n}"): ranked(listing(), record) for n, record in enumerate(records)}
    stranger = ListingId("nobody knows")

    order = proven_first([stranger, *found], found)

    proven = [one for one, record in zip(found, records, strict=True) if record >= LEAST_RECORD]
    assert order == (*proven, stranger, *(one for one in found if one not in proven))


def test_each_step_of_a_draft_is_put_in_order() -> None:
    honest, bait = listing("honest"), listing("bait")
    steps = (
        call("one", alternates=(bait.id, honest.id)),
        call("two", alternates=(honest.id, bait.id)),
        call("three"),
    )

    found = with_proven_first(Draft(steps=steps), shortlist(honest=0.7, bait=0.5))

    assert fallbacks(found) == [(honest.id, bait.id), (honest.id, bait.id), ()]
    assert [step.id for step in found.steps] == ["one", "two", "three"]


def test_a_person_is_told_which_fallbacks_nobody_saw_deliver() -> None:
    bait, honest = listing("bait"), listing("honest")
    offers = tuple(listed_offer(one, usdc("1.00")) for one in (listing(), honest, bait))
    plan = builders.plan(call(alternates=(honest.id, bait.id)), offers=offers)

    known = shortlist(weather=0.7, honest=0.7, bait=0.5)
    told = unproven_words(plan, known)

    assert told is not None
    assert "bait" in told
    assert "honest" not in told
    assert unproven_words(plan, shortlist(weather=0.5, honest=0.7, bait=0.7)) is None
