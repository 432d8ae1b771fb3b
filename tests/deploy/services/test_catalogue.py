"""Every listing is what its 402 says it is."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from x402.extensions.bazaar import validate_discovery_extension, validate_discovery_extension_spec

import deploy.services
from deploy.facilitator.quality import load_samples
from deploy.services import country_holidays, terms
from deploy.services.bad_listings import BAD_LISTINGS
from deploy.services.catalogue import LISTINGS, REFUNDING, SELLERS
from deploy.services.listing import JSON_TYPE, Listing, usdc
from deploy.services.misbehaving.kinds import KINDS

MAX_DECLARATION_BYTES = 6000
"""Travels in a header twice; servers refuse headers from about 16 kB on, after base64."""

ALL: list[Listing[Any]] = [
    *LISTINGS,
    country_holidays.SOLD,
    *(kind.listing() for kind in KINDS),
    *(bad.listing for bad in BAD_LISTINGS if bad.flaw != "twin"),
]

every = pytest.mark.parametrize("listing", ALL, ids=lambda listing: listing.path)


@every
def test_the_input_example_satisfies_the_input_schema(listing: Listing[Any]) -> None:
    schema = listing.input_schema()
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(listing.example)


@every
def test_the_real_answer_satisfies_the_output_schema(listing: Listing[Any]) -> None:
    made = listing.run(listing.takes.model_validate_json(json.dumps(listing.example)))
    schema = listing.output_schema()
    Draft202012Validator.check_schema(schema)
    if isinstance(made, bytes):
        assert listing.media_type != JSON_TYPE
        assert made
        assert schema["contentMediaType"] == listing.media_type
    else:
        Draft202012Validator(schema).validate(json.loads(made.model_dump_json(by_alias=True)))
    Draft202012Validator(schema).validate(listing.output_example())


@every
def test_the_schemas_need_nothing_from_elsewhere(listing: Listing[Any]) -> None:
    text = json.dumps([listing.input_schema(), listing.output_schema()])

    assert "$ref" not in text
    assert "$defs" not in text


@every
def test_every_input_property_is_described(listing: Listing[Any]) -> None:
    for name, schema in listing.input_schema()["properties"].items():
        assert schema.get("description"), name


@every
def test_the_declaration_is_valid_and_fits_a_header(listing: Listing[Any]) -> None:
    declared = terms.bazaar(listing)["bazaar"]
    declared["info"]["input"]["method"] = "POST"

    assert validate_discovery_extension_spec(declared).valid
    assert validate_discovery_extension(declared).errors == []
    assert len(json.dumps(declared)) < MAX_DECLARATION_BYTES


@every
def test_names_and_tags_survive_the_bazaars_limits(listing: Listing[Any]) -> None:
    assert 0 < len(listing.name) <= 32
    assert listing.name.isascii()
    assert 0 < len(listing.tags) <= 5
    assert all(len(tag) <= 32 for tag in listing.tags)
    assert listing.base_units > 0


def test_paths_and_names_are_unique() -> None:
    assert len({listing.path for listing in ALL}) == len(ALL)
    assert len({listing.name for listing in ALL}) == len(ALL)


def test_only_listings_of_refunding_sellers_speak_of_refunds() -> None:
    assert set(SELLERS) >= REFUNDING
    for listing in LISTINGS:
        assert ("Refundable" in listing.description) == (listing.seller in REFUNDING), listing.path


def test_every_listing_has_one_sample_record_and_no_record_lacks_a_listing() -> None:
    folder = Path(deploy.services.__file__).parent
    records = load_samples(folder / "sample_quality.json")

    unproven = {country_holidays.TEMPLATE, *(bad.listing.path for bad in BAD_LISTINGS)}
    assert set(records) == {listing.path for listing in LISTINGS} | unproven
    for record in records.values():
        assert 0 < record.unique_payers <= record.successful_calls <= record.total_calls
        assert record.latency_ms_p50 < record.latency_ms_p95


@pytest.mark.parametrize(
    ("first", "rival"),
    [
        ("/dex/volume", "/northwind/dex-volumes"),
        ("/analytics/trend", "/northwind/trend"),
        ("/charts/timeseries", "/northwind/charts"),
        ("/reports/html", "/northwind/report"),
    ],
)
def test_the_rival_is_dearer_slower_less_reliable_and_takes_the_same(
    first: str, rival: str
) -> None:
    by_path = {listing.path: listing for listing in LISTINGS}
    records = load_samples(Path(deploy.services.__file__).parent / "sample_quality.json")
    one, two = by_path[first], by_path[rival]

    assert one.base_units < two.base_units
    assert records[first].latency_ms_p95 < records[rival].latency_ms_p95
    ratio = [r.successful_calls / r.total_calls for r in (records[first], records[rival])]
    assert ratio[0] > ratio[1]
    assert one.input_schema() == two.input_schema()
    assert one.media_type == two.media_type


def test_a_price_finer_than_a_base_unit_is_refused() -> None:
    assert usdc("0.001") == 1000
    with pytest.raises(ValueError, match="finer"):
        usdc("0.0000001")
