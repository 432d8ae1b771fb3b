"""Items in the shapes that bazaars publish, one file each, and anything at all instead of them."""

import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.discovery.bazaar_items import listing_from, sort_items
from activities.discovery.bazaar_quality import MAX_COUNT, quality_of
from activities.discovery.bazaar_values import Malformed
from domain.chains import BASE_SEPOLIA, SOLANA_DEVNET
from domain.schemas import properties_of, required_names

SHAPES: dict[str, Any] = {
    path.stem: json.loads(path.read_text())
    for path in sorted((Path(__file__).parent / "fixtures").glob("*.json"))
}


def read(name: str, **changes: Any) -> Any:
    return listing_from(SHAPES[name] | changes, bazaar="http://bazaar.test")


@pytest.mark.parametrize("name", sorted(SHAPES.keys() - {"mcp_tool"}))
def test_every_shape_is_a_service_with_its_city(name: str) -> None:
    listing = read(name)

    assert "city" in required_names(listing.input_schema)
    assert listing.accepts[0].base_units in {1_000, 2_500}
    assert listing.accepts[0].network in {SOLANA_DEVNET, BASE_SEPOLIA}
    assert listing.name


@pytest.mark.parametrize(
    ("name", "method", "outputs"),
    [
        ("v2_body", "POST", {"city", "forecast"}),
        ("v1_body_fields", "POST", {"city", "forecast"}),
        ("v1_query_fields", "GET", set()),
        ("flat_with_price", "POST", {"celsius"}),
        ("route_template", "GET", set()),
    ],
)
def test_verb_and_outputs_are_read(name: str, method: str, outputs: set[str]) -> None:
    listing = read(name)

    assert listing.method == method
    assert properties_of(listing.output_schema).keys() == outputs


def test_an_output_that_is_only_shown_promises_no_types() -> None:
    assert properties_of(read("v2_body").output_schema) == {"city": {}, "forecast": {}}


def test_a_price_in_whole_tokens_counts_only_where_it_says_so() -> None:
    prices = {"$0.0025": 2_500, "0.0025": 2_500, "2500": 2_500, 2_500: 2_500, "$1": 1_000_000}

    for written, expected in prices.items():
        listing = read("flat_with_price", price=written)
        assert listing.accepts[0].base_units == expected


@pytest.mark.parametrize("price", ["$0.00000001", "1e3", "-1", True, None, [], "a lot"])
def test_a_price_that_cannot_be_exact_is_none(price: Any) -> None:
    with pytest.raises(Malformed, match="none of its ways"):
        read("flat_with_price", price=price)


@pytest.mark.parametrize(
    ("name", "calls", "payers", "successes"),
    [
        ("v2_body", 812, 41, None),
        ("v2_query_resource_object", 90, 12, None),
        ("flat_with_price", 5, 5, 4),
        ("metadata_bazaar", MAX_COUNT, MAX_COUNT, None),
        ("v1_body_fields", 0, 0, 0),
    ],
)
def test_counters_are_kept_in_every_spelling_and_bounded(
    name: str, calls: int, payers: int, successes: int | None
) -> None:
    quality = read(name).quality

    assert (quality.calls, quality.unique_payers) == (calls, payers)
    assert quality.successful_calls == successes


def test_moments_have_a_zone_whatever_they_were_written_as() -> None:
    written = ["2026-11-20T07:59:10", "2026-11-20T07:59:10Z", 1_763_700_000, 1_763_700_000_000]

    for moment in written:
        found = quality_of({"quality": {"lastCalledAt": moment}}).last_called_at
        assert found is not None
        assert found.utcoffset() is not None


@pytest.mark.parametrize(
    "moment", ["soon", 10**400, -1, 1e300, "0001-01-01T00:00:00+14:00", [], True, {}]
)
def test_a_moment_that_is_none_is_left_out(moment: Any) -> None:
    assert quality_of({"quality": {"lastCalledAt": moment}}).last_called_at is None


def test_a_tool_is_kept_apart_under_its_server_and_name() -> None:
    found = sort_items([SHAPES["mcp_tool"]], bazaar="http://bazaar.test")

    (tool,) = found.tools
    assert (tool.server, tool.name) == ("https://tools.example/mcp", "forecast")
    assert found.listings == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"resource": None}, "a tool of no server"),
        ({"extensions": {}}, "a tool without a name"),
    ],
)
def test_a_tool_without_its_key_is_kept_out(changes: dict[str, Any], said: str) -> None:
    found = sort_items([SHAPES["mcp_tool"] | changes], bazaar="http://bazaar.test")

    assert [said in one.reason for one in found.skipped] == [True]


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(["{a}", "/:b", "https://x.example/{c}", "\ud800", "\x00", "9" * 40, "mcp"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


def nodes(value: Any) -> list[tuple[Any, Any]]:
    """Every place of a JSON value that can be changed."""
    pairs = list(value.items()) if isinstance(value, dict) else []
    pairs += list(enumerate(value)) if isinstance(value, list) else []
    inner = [place for _, child in pairs for place in nodes(child)]
    return [(value, key) for key, _ in pairs] + inner


@given(
    st.sampled_from(sorted(SHAPES)), st.lists(json_values, min_size=1, max_size=4), st.integers()
)
def test_an_item_changed_anywhere_is_read_or_refused(
    name: str, values: list[Any], seed: int
) -> None:
    changed = json.loads(json.dumps(SHAPES[name]))
    chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
    for value in values:
        holder, key = chance.choice(nodes(changed))
        holder[key] = value

    found = sort_items([changed], bazaar="http://bazaar.test")

    assert len(found.listings) + len(found.tools) + len(found.skipped) == 1
    for kept in (*found.listings, *found.tools, *found.skipped):
        kept.model_dump_json().encode()
    assert all(one.reason and one.name for one in found.skipped)


@given(json_values)
def test_anything_at_all_is_read_or_refused(value: Any) -> None:
    found = sort_items([value], bazaar="http://bazaar.test")

    assert len(found.listings) + len(found.tools) + len(found.skipped) == 1


@pytest.mark.parametrize("depth", [40, 900])
def test_nesting_without_end_is_refused(depth: int) -> None:
    schema: dict[str, Any] = {}
    for _ in range(depth):
        schema = {"properties": {"x": schema}}

    with pytest.raises(Malformed, match="levels"):
        read("flat_with_price", inputSchema=schema)


def test_a_schema_that_no_database_keeps_is_refused() -> None:
    with pytest.raises(Malformed, match="no database keeps"):
        read("flat_with_price", inputSchema={"properties": {"a\x00": {}}})
