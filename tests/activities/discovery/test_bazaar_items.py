"""Reading a bazaar's items in every shape seen, and refusing the rest with a reason."""

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.discovery.bazaar_items import listing_from, name_of
from activities.discovery.bazaar_schemas import MAX_SCHEMA_BYTES
from activities.discovery.bazaar_values import Malformed
from domain.chains import SOLANA_DEVNET, USDC_DEVNET
from domain.schemas import properties_of, required_names
from tests.activities.discovery.demo import accept, demo_items, demo_listings

BODY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


def item(**changes: Any) -> dict[str, Any]:
    declared = {
        "info": {"input": {"type": "http", "method": "POST", "bodyType": "json", "body": {}}},
        "schema": {
            "properties": {
                "input": {"properties": {"body": BODY}},
                "output": {"properties": {"example": {"type": "object", "properties": {"t": {}}}}},
            }
        },
    }
    fields = {
        "resource": "https://seller.example/weather",
        "type": "http",
        "x402Version": 2,
        "accepts": [accept(50_000)],
        "extensions": {"bazaar": declared},
        "metadata": {"name": "Weather", "description": "Weather of a city.", "tags": ["weather"]},
    }
    return fields | changes


def read(**changes: Any) -> Any:
    return listing_from(item(**changes), bazaar="http://bazaar.test")


def refusal(one: object) -> str:
    with pytest.raises(Malformed) as err:
        listing_from(one, bazaar="http://bazaar.test")
    return str(err.value)


def test_every_demo_listing_is_read_whole() -> None:
    by_path = {listing.url.rpartition(":4021")[2]: listing for listing in demo_listings()}

    volume, report = by_path["/dex/volume"], by_path["/reports/html"]

    assert len(by_path) == len(demo_items())
    assert volume.id == f"POST {volume.url}"
    assert properties_of(volume.input_schema).keys() == {"chain", "days"}
    assert properties_of(volume.output_schema).keys() == {"dataset", "series", "by_protocol"}
    assert volume.quality.source == "sample"
    assert volume.quality.unique_payers > 0
    assert volume.refund is None
    assert report.media_type == "text/html"
    assert required_names(report.input_schema) == ("analysis", "charts")
    assert by_path["/analytics/trend"].refund is not None


def test_an_item_is_read_into_our_own_words() -> None:
    listing = read()

    assert (listing.name, listing.method, listing.tags) == ("Weather", "POST", ("weather",))
    assert listing.accepts[0].base_units == 50_000
    assert listing.accepts[0].fee_payer == accept(1)["extra"]["feePayer"]
    assert listing.input_schema == BODY
    assert listing.bazaar == "http://bazaar.test"


@pytest.mark.parametrize(
    "place",
    [
        {"resource": None, "url": "https://seller.example/weather"},
        {"resource": None, "endpoint": "https://seller.example/weather"},
        {"resource": {"url": "https://seller.example/weather", "mimeType": "text/html"}},
    ],
)
def test_the_address_is_found_wherever_it_is_written(place: dict[str, Any]) -> None:
    assert read(**place).url == "https://seller.example/weather"


def test_a_declaration_in_the_metadata_is_found() -> None:
    metadata = item()["metadata"] | {"bazaar": item()["extensions"]["bazaar"]}

    assert read(extensions=None, metadata=metadata).input_schema == BODY


def test_a_version_1_item_is_read() -> None:
    old = {
        "resource": "https://old.example/w",
        "type": "http",
        "x402Version": 1,
        "accepts": [
            {
                "scheme": "exact",
                "network": "solana-devnet",
                "maxAmountRequired": "1000",
                "resource": "https://old.example/w",
                "description": "Weather of a city.",
                "mimeType": "application/json",
                "payTo": "p",
                "maxTimeoutSeconds": 60,
                "asset": USDC_DEVNET.address,
                "outputSchema": {
                    "input": {
                        "type": "http",
                        "method": "GET",
                        "queryParams": {
                            "city": {"type": "string", "required": True},
                            "days": {"type": "integer"},
                        },
                    },
                    "output": {"type": "object", "properties": {"series": {"type": "array"}}},
                },
            }
        ],
    }

    listing = listing_from(old, bazaar="http://bazaar.test")

    assert listing.id == "GET https://old.example/w"
    assert listing.accepts[0].network == SOLANA_DEVNET
    assert listing.accepts[0].x402_version == 1
    assert listing.description == "Weather of a city."
    assert required_names(listing.input_schema) == ("city",)
    assert properties_of(listing.input_schema).keys() == {"city", "days"}
    assert properties_of(listing.output_schema).keys() == {"series"}


def test_terms_that_cannot_be_read_do_not_hide_those_that_can() -> None:
    broken = [{"amount": "-5"}, {"amount": "1.5"}, {"amount": True}, 7, accept(10)]

    assert [terms.base_units for terms in read(accepts=broken).accepts] == [10]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"resource": None}, "names no address"),
        ({"resource": "ftp://a.example/"}, "not an HTTP URL"),
        ({"resource": "https://a.example/\u202ex"}, "not an HTTP URL"),
        ({"resource": "https://a.example/" + "x" * 2_000}, "more than 1,000 characters"),
        ({"resource": "https://[bad"}, "cannot be read"),
        ({"type": "mcp"}, "'mcp'"),
        ({"accepts": []}, "accepts nothing"),
        ({"accepts": [{"amount": "x"}]}, "none of its ways to pay"),
        ({"extensions": {}}, "declares no input"),
    ],
)
def test_an_unusable_item_is_refused_with_the_reason(changes: dict[str, Any], said: str) -> None:
    assert said in refusal(item(**changes))


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"x": {"description": "y" * MAX_SCHEMA_BYTES}}, "bytes, more than"),
        ({"x": {"type": "string", "pattern": "^(a+)+$"}}, "take for ever"),
        ({"x": {"type": "string", "pattern": r"^\d*\d*\d*\d*\d*$"}}, "take for ever"),
        ({"x": {"type": "string", "pattern": "a" * 500}}, "take for ever"),
    ],
)
def test_a_schema_made_to_hurt_is_refused(schema: dict[str, Any], said: str) -> None:
    declared = {
        "info": {"input": {"method": "POST", "bodyType": "json"}},
        "schema": {"properties": {"input": {"properties": {"body": {"properties": schema}}}}},
    }

    assert said in refusal(item(extensions={"bazaar": declared}))


def test_texts_are_bounded_and_lose_hidden_characters() -> None:
    hidden = {
        "name": "A\u202eB\x1b[31m" + "n" * 500,
        "description": "d" * 5_000,
        "tags": ["t"] * 90,
    }

    listing = read(metadata=hidden)

    assert listing.name.startswith("A B [31m")
    assert len(listing.name) <= 120
    assert len(listing.description) <= 1_000
    assert listing.tags == ("t",)


def test_counters_that_contradict_each_other_are_brought_into_order() -> None:
    odd = {"l30DaysTotalCalls": 10, "l30DaysSuccessfulCalls": 99, "l30DaysUniquePayers": -4}

    quality = read(quality=odd).quality

    assert (quality.calls, quality.successful_calls, quality.unique_payers) == (10, 10, 0)


def test_a_refund_is_read_only_when_it_says_where_and_for_how_long() -> None:
    bazaar = item()["extensions"]["bazaar"]
    whole = {"info": {"url": "https://seller.example/refunds", "windowSeconds": 3600}}

    assert read(extensions={"bazaar": bazaar, "refund": whole}).refund is not None
    assert read(extensions={"bazaar": bazaar, "refund": {"info": {"url": "x"}}}).refund is None
    assert read(extensions={"bazaar": bazaar, "refund": "yes"}).refund is None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(sorted(item() | {"quality": 0, "url": 0})), json_values))
def test_no_item_whatever_it_holds_does_more_than_be_refused(changes: dict[str, Any]) -> None:
    broken = item() | changes

    with contextlib.suppress(Malformed):
        assert listing_from(broken, bazaar="http://bazaar.test").accepts
    assert name_of(broken)
