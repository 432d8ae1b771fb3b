import re
from collections import Counter, defaultdict

import jsonschema
import pytest

from activities.discovery.bazaar_items import listing_from
from domain.schemas import properties_of, required_names
from tests.activities.discovery.demo import demo_listings
from tests.evals.evaluated import EVALUATED, OWN, Evaluated
from tests.evals.fields import example_of, form
from tests.evals.markets import BY_KEY, doing
from tests.evals.product import imported
from tests.evals.selling import Sold, item

_DOMAINS = 20
_LISTINGS = 150

_SOLD = tuple(sold for one in EVALUATED for sold in one.listings)

in_each = pytest.mark.parametrize("bazaar", EVALUATED, ids=lambda one: one.name)


@in_each
def test_there_are_enough_listings_in_enough_domains(bazaar: Evaluated) -> None:
    domains = {sold.job.rpartition(".")[0] for sold in bazaar.listings if "." in sold.job}

    assert len(bazaar.listings) >= _LISTINGS
    assert len(domains) >= _DOMAINS


def test_keys_and_addresses_are_given_once() -> None:
    assert [key for key, count in Counter(s.key for s in _SOLD).items() if count > 1] == []
    for bazaar in EVALUATED:
        assert len(bazaar.key_of) == len(bazaar.listings)
    assert all("." not in key for key in BY_KEY)


@pytest.mark.parametrize("sold", _SOLD, ids=lambda sold: sold.key)
def test_the_importer_reads_a_listing_as_it_was_written(sold: Sold) -> None:
    found = listing_from(item(sold), bazaar="http://bazaar.test")

    assert (found.id, found.name, found.method) == (sold.id, sold.name, sold.method)
    assert found.description == sold.says
    assert set(properties_of(found.input_schema)) == set(sold.input_schema["properties"])
    assert set(required_names(found.input_schema)) == set(sold.input_schema["required"])
    assert found.accepts[-1].base_units == round(float(sold.price) * 1_000_000)


@pytest.mark.parametrize("sold", _SOLD, ids=lambda sold: sold.key)
def test_an_example_is_what_its_schema_asks_for(sold: Sold) -> None:
    jsonschema.validate(sold.example, sold.input_schema)
    jsonschema.validate(example_of(form(sold.gives)), form(sold.gives))


def test_prices_are_those_of_real_bazaars() -> None:
    assert all(0.0002 <= float(sold.price) <= 2 for sold in _SOLD)


def test_records_cannot_have_more_successes_than_calls() -> None:
    assert all(0 <= s.record.succeeded <= s.record.calls for s in _SOLD)
    assert all(s.record.p50_ms <= s.record.p95_ms for s in _SOLD)


@in_each
def test_every_shape_of_an_item_occurs(bazaar: Evaluated) -> None:
    shapes = {sold.shape for sold in bazaar.listings}

    assert shapes == {"v2", "v2-terse", "v2-two-chains", "v1", "drifted"}


@in_each
async def test_items_that_are_no_offers_are_left_out(bazaar: Evaluated) -> None:
    found = await imported(bazaar)

    assert {one.id for one in found} == {sold.id for sold in bazaar.listings}


@in_each
def test_a_twin_repeats_its_sellers_words_at_another_address(bazaar: Evaluated) -> None:
    twins = [sold for sold in bazaar.listings if sold.twin_of]

    assert len(twins) >= 2
    for sold in twins:
        first = BY_KEY[sold.twin_of or ""]
        assert (sold.says, sold.seller, sold.job) == (first.says, first.seller, first.job)
        assert sold.id != first.id


def test_jobs_have_competitors_with_other_inputs_and_prices() -> None:
    sellers = defaultdict(list)
    for sold in OWN.listings:
        if not sold.twin_of and sold.job != "noise":
            sellers[sold.job].append(sold)
    contested = [job for job, sold in sellers.items() if len(sold) > 1]

    assert len(contested) >= 20
    for job in contested:
        assert len({one.price for one in sellers[job]}) > 1 or len(sellers[job]) == 1
        assert len({tuple(one.takes) for one in sellers[job]}) > 1


def test_nothing_is_copied_from_the_demo_bazaar() -> None:
    demo = {said for one in demo_listings() for said in (one.name, one.description)}
    sentences = {
        sentence.strip().casefold() for said in demo for sentence in re.split(r"[.;:]\s", said)
    }

    for sold in _SOLD:
        assert sold.name not in demo
        assert not sentences & {part.strip().casefold() for part in sold.says.split(". ")}


def test_a_job_that_nobody_does_is_an_error() -> None:
    with pytest.raises(KeyError, match="nobody does"):
        doing("weather.control")
