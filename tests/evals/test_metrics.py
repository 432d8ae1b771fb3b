import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.evals.asking import Goal
from tests.evals.metrics import interleaved, ndcg, places, recall, without_twins

_ONE = Goal({"best": 2, "other": 2, "part": 1})
_RANKINGS = st.permutations(["best", "other", "part", *(f"junk-{n}" for n in range(10))])


def test_taking_turns_keeps_the_first_of_each_ranking_first() -> None:
    assert interleaved([["a", "b", "c"], ["x", "a"], []]) == ["a", "x", "b", "c"]


def test_a_perfect_ranking_has_full_marks() -> None:
    ranking = ["other", "best", "part", "junk"]

    assert recall(ranking, [_ONE], {}) == 1
    assert ndcg(ranking, [_ONE], {}) == pytest.approx(1)


def test_nothing_found_is_nothing() -> None:
    assert recall([], [_ONE], {}) == 0
    assert ndcg(["junk"], [_ONE], {}) == 0


def test_the_sixth_place_does_not_count_for_recall() -> None:
    ranking = ["best", "a", "b", "c", "d", "other"]

    assert recall(ranking, [_ONE], {}) == 0.5


def test_a_part_is_not_asked_for_by_recall_but_gains() -> None:
    assert recall(["part"], [_ONE], {}) == 0
    best = 3 + 3 / math.log2(3) + 1 / 2
    assert ndcg(["part"], [_ONE], {}) == pytest.approx(1 / best)


def test_a_goal_that_many_serve_is_met_by_five() -> None:
    many = Goal({f"seller-{n}": 2 for n in range(8)})

    assert recall([f"seller-{n}" for n in range(5)], [many], {}) == 1


def test_copies_of_a_listing_count_once_at_the_best_place() -> None:
    twins = {"best-again": "best"}
    ranking = ["best-again", "best", "other", "part"]

    assert without_twins(ranking, twins) == ["best", "other", "part"]
    goal = Goal({**_ONE.grades, "best-again": 2})
    assert recall(ranking, [goal], twins) == 1
    assert ndcg(ranking, [goal], twins) == pytest.approx(1)


def test_goals_that_share_a_ranking_do_not_push_each_other_out() -> None:
    one, other = Goal({f"a{n}": 2 for n in range(5)}), Goal({f"b{n}": 2 for n in range(5)})
    ranking = interleaved([sorted(one.grades), sorted(other.grades)])

    assert recall(ranking, [one, other], {}) == 1
    assert ndcg(ranking, [one, other], {}) == pytest.approx(1)


def test_a_goal_without_any_listing_in_the_ranking_costs_its_share() -> None:
    lost = Goal({"elsewhere": 2})

    assert recall(["best", "other"], [_ONE, lost], {}) == 0.5


def test_two_listings_of_one_goal_never_share_a_place() -> None:
    assert places(["best", "other", "part"], _ONE.grades, goals=3) == {
        "best": 1,
        "other": 2,
        "part": 3,
    }


@given(_RANKINGS)
def test_figures_are_shares(ranking: list[str]) -> None:
    assert 0 <= recall(ranking, [_ONE], {}) <= 1
    assert 0 <= ndcg(ranking, [_ONE], {}) <= 1 + 1e-9


@given(_RANKINGS, st.integers(0, 11))
def test_moving_a_better_listing_up_never_costs(ranking: list[str], at: int) -> None:
    above, below = ranking[at], ranking[at + 1]
    swapped = [*ranking[:at], below, above, *ranking[at + 2 :]]
    better = _ONE.grades.get(below, 0) >= _ONE.grades.get(above, 0)

    if better:
        assert ndcg(swapped, [_ONE], {}) >= ndcg(ranking, [_ONE], {}) - 1e-9
