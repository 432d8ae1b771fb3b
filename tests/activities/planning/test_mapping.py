"""A list is gone over as far as was asked, as its seller gives, or a few items: never for ever."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.planning.linking import Link
from activities.planning.mapping import DEFAULT_ITEMS, cap_of
from activities.planning.parts import Feed, Key, Part
from domain.limits import MAX_MAP_ITEMS
from domain.values import Fill
from tests.activities.planning.shortlists import candidates
from tests.fakes.builders import listing


def cap(text: str, fills: dict[str, Fill] | None = None, **rows: Any) -> int:
    """Items that a plan goes over of a search whose list has these properties."""
    papers = {"type": "array", "items": {"type": "object"}} | rows
    inner = {"type": "object", "properties": {"papers": papers}}
    search = listing(
        "search", output_schema={"type": "object", "properties": {"papers": papers, "hits": inner}}
    )
    key = Key(search.id)
    parts = {key: Part(key, fills or {})}
    return cap_of(candidates(text, search), Feed(key, Link("title", 1.0, items="papers")), parts)


@given(st.integers(-(10**9), 10**9), st.none() | st.integers(-(10**9), 10**9))
def test_no_number_and_no_seller_makes_a_map_empty_or_endless(asked: int, most: int | None) -> None:
    found = cap("summarise the papers", {"limit": Fill(value=asked)}, maxItems=most)

    assert 1 <= found <= MAX_MAP_ITEMS


@given(st.integers(1, MAX_MAP_ITEMS))
def test_as_many_are_bought_as_the_request_says(wanted: int) -> None:
    assert cap(f"summarise each of the {wanted} papers", maxItems=MAX_MAP_ITEMS) == wanted


def test_what_limits_the_search_limits_what_is_bought_for() -> None:
    assert cap("summarise 7 papers", {"max_results": Fill(value=3)}) == 3


def test_a_number_that_another_input_takes_counts_nothing() -> None:
    text = "summarise each paper of 9 pages"
    spans = ((text.index("9"), text.index("9") + 1),)

    assert cap(text, {"pages": Fill(value=9, spans=spans)}) == DEFAULT_ITEMS


def test_a_seller_that_says_how_many_it_gives_at_most_is_taken_at_its_word() -> None:
    assert cap("summarise each paper", maxItems=3) == 3


@pytest.mark.parametrize("most", ["3", 3.5, None, [3]])
def test_a_bound_that_is_no_whole_number_is_none(most: Any) -> None:
    assert cap("summarise each paper", maxItems=most) == DEFAULT_ITEMS


def test_the_bound_of_a_list_is_found_where_it_stands_deeper() -> None:
    papers = {"type": "array", "items": {"type": "object"}, "maxItems": 2}
    hits = {"type": "object", "properties": {"papers": papers}}
    search = listing("search", output_schema={"type": "object", "properties": {"hits": hits}})
    key = Key(search.id)
    over = Feed(key, Link("title", 1.0, items="hits.papers"))

    assert cap_of(candidates("each paper", search), over, {key: Part(key, {})}) == 2
