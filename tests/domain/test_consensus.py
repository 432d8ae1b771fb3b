"""Votes on plans: what wins, what holds when nothing does, and that nobody counts twice."""

from hypothesis import given
from hypothesis import strategies as st

from domain.consensus import THRESHOLD_PERCENT, Ballot, Candidate, decide

LABELS = ("a", "b", "c")
candidates = st.lists(
    st.builds(Candidate, label=st.sampled_from(LABELS), price_base_units=st.integers(0, 9)),
    max_size=3,
    unique_by=lambda one: one.label,
)
ballots = st.lists(
    st.builds(
        Ballot,
        voter=st.sampled_from("uvwxyz"),
        choice=st.sampled_from([*LABELS, "", "evil"]),
        accepts=st.lists(st.sampled_from([*LABELS, "evil"]), max_size=4).map(tuple),
    ),
    max_size=8,
)


def candidate(label: str, price: int = 1) -> Candidate:
    return Candidate(label=label, price_base_units=price)


def vote(voter: str, choice: str, *accepts: str) -> Ballot:
    return Ballot(voter=voter, choice=choice, accepts=accepts)


@given(candidates, ballots, st.integers(6, 9))
def test_only_a_candidate_with_enough_behind_it_wins(
    found: list[Candidate], cast: list[Ballot], voters: int
) -> None:
    verdict = decide(found, cast, voters=voters)

    if verdict.winner is None:
        assert verdict.how == "none"
        return
    assert verdict.winner in {one.label for one in found}
    behind = {b.voter for b in cast if verdict.winner in {b.choice, *b.accepts}}
    assert len(behind) * 2 > voters
    if verdict.how == "vote":
        choosing = {b.voter for b in cast if b.choice == verdict.winner}
        assert len(choosing) * 100 >= THRESHOLD_PERCENT * voters


@given(candidates, ballots, st.integers(6, 9))
def test_voting_twice_and_for_what_is_not_there_changes_nothing(
    found: list[Candidate], cast: list[Ballot], voters: int
) -> None:
    again = [vote(b.voter, "a", "a", "b", "c") for b in cast]

    assert decide(found, [*cast, *again], voters=voters) == decide(found, cast, voters=voters)
    strangers = [
        b.model_copy(update={"accepts": (*b.accepts, "other"), "choice": b.choice}) for b in cast
    ]
    assert decide(found, strangers, voters=voters) == decide(found, cast, voters=voters)


@given(candidates, ballots, st.integers(6, 9), st.randoms())
def test_the_order_of_candidates_decides_nothing(
    found: list[Candidate],
    cast: list[Ballot],
    voters: int,
    chance: "st.randoms",  # type: ignore[valid-type]
) -> None:
    shuffled = list(found)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]

    assert decide(shuffled, cast, voters=voters) == decide(found, cast, voters=voters)


def test_the_threshold_is_two_thirds_of_everybody_asked() -> None:
    found = [candidate("a"), candidate("b")]

    assert decide(found, [vote("u", "a"), vote("v", "a"), vote("w", "b")], voters=3).how == "vote"
    assert decide(found, [vote("u", "a"), vote("v", "a")], voters=2).how == "vote"
    assert decide(found, [vote("u", "a"), vote("v", "b")], voters=2).winner is None
    assert decide(found, [vote("u", "a")], voters=2).winner is None


def test_below_the_threshold_it_is_the_cheapest_that_most_accept() -> None:
    found = [candidate("a", 5), candidate("b", 3), candidate("c", 1)]
    cast = [vote("u", "a", "b"), vote("v", "b", "a"), vote("w", "c", "a", "b")]

    verdict = decide(found, cast, voters=3)

    assert (verdict.winner, verdict.how) == ("b", "majority")


def test_without_voters_nothing_wins() -> None:
    assert decide([candidate("a")], [], voters=0).winner is None
