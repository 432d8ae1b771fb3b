"""The bazaar answers in the public bazaar's shape."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from deploy.facilitator.challenge import item_from_challenge
from deploy.facilitator.discovery import MAX_PAGE, Discovery, Filters, overlap, words
from deploy.facilitator.quality import QualityBook, SampleRecord
from deploy.facilitator.store import Entry, Store
from tests.deploy.facilitator.bazaar_kit import NETWORK, NOW, terms

ROOT = "http://seller.test"
SAMPLE = SampleRecord.model_validate(
    {
        "l30DaysTotalCalls": 100,
        "l30DaysSuccessfulCalls": 90,
        "l30DaysUniquePayers": 10,
        "lastCalledMinutesAgo": 5,
        "latencyMsP50": 20,
        "latencyMsP95": 50,
    }
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(tmp_path / "catalogue.sqlite")
    for index in range(5):
        url = f"{ROOT}/s{index}"
        name = "Volume Data" if index == 3 else f"Echo {index}"
        item = item_from_challenge(url, terms(url, name=name, pay_to=f"P{index % 2}"), NOW)
        made.put(Entry(url, ROOT, item))
    yield made
    made.close()


@pytest.fixture
def bazaar(store: Store) -> Discovery:
    return Discovery(store, QualityBook(store, {"/s3": SAMPLE}, NOW))


def urls(items: list[dict[str, str]]) -> list[str]:
    return [item["resource"].removeprefix(ROOT) for item in items]


def test_pages_follow_each_other_without_gap_or_repeat(bazaar: Discovery) -> None:
    pages = [bazaar.page(Filters(), limit=2, offset=at, now=NOW) for at in (0, 2, 4)]

    assert urls([item for page in pages for item in page["items"]]) == [
        "/s0", "/s1", "/s2", "/s3", "/s4",
    ]  # fmt: skip
    assert pages[1]["pagination"] == {"limit": 2, "offset": 2, "total": 5}


def test_a_limit_without_end_is_cut(bazaar: Discovery) -> None:
    assert bazaar.page(Filters(), limit=10**9, offset=0, now=NOW)["pagination"]["limit"] == MAX_PAGE


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        (Filters(pay_to="P1"), 2),
        (Filters(pay_to="P1", network=NETWORK, scheme="exact", type="http"), 2),
        (Filters(network="eip155:8453"), 0),
        (Filters(type="mcp"), 0),
        (Filters(extensions="bazaar,refund"), 5),
        (Filters(extensions="escrow"), 0),
    ],
)
def test_filters_narrow(bazaar: Discovery, filters: Filters, count: int) -> None:
    assert bazaar.page(filters, limit=100, offset=0, now=NOW)["pagination"]["total"] == count


def test_search_ranks_by_shared_words_and_leaves_out_what_shares_none(bazaar: Discovery) -> None:
    found = bazaar.search("daily volumes", Filters(), limit=10, offset=0, now=NOW)

    assert urls(found["resources"]) == ["/s3"]
    assert found["partialResults"] is False
    assert bazaar.search("nothing", Filters(), limit=5, offset=0, now=NOW)["resources"] == []


def test_the_cursor_leads_to_the_rest_and_then_ends(bazaar: Discovery) -> None:
    first = bazaar.search("echo", Filters(), limit=3, offset=0, now=NOW)
    cursor = first["pagination"]["cursor"]
    rest = bazaar.search("echo", Filters(), limit=3, offset=int(cursor), now=NOW)

    assert rest["pagination"]["cursor"] is None
    assert len(set(urls(first["resources"] + rest["resources"]))) == 5


def test_a_record_is_labelled_sample_and_real_settlements_add_to_it(
    store: Store, bazaar: Discovery
) -> None:
    for number, payer in enumerate(("ana", "ben", "ana")):
        store.record_settlement(
            signature=f"s{number}", resource=f"{ROOT}/s3", payer=payer, at=NOW.timestamp() + number
        )
    store.record_settlement(
        signature="s0", resource=f"{ROOT}/s3", payer="eve", at=NOW.timestamp()
    )  # the same transaction again
    now = NOW + timedelta(minutes=1)
    items = bazaar.page(Filters(), limit=10, offset=0, now=now)["items"]
    quality = {item["resource"]: item["quality"] for item in items}

    assert quality[f"{ROOT}/s3"] == {
        "l30DaysTotalCalls": 103,
        "l30DaysSuccessfulCalls": 93,
        "l30DaysUniquePayers": 12,
        "lastCalledAt": (NOW + timedelta(seconds=2)).isoformat(),
        "latencyMsP50": 20,
        "latencyMsP95": 50,
        "source": "sample",
        "measured": {"settledCalls": 3, "uniquePayers": 2},
    }
    assert quality[f"{ROOT}/s0"]["source"] == "measured"
    assert quality[f"{ROOT}/s0"]["l30DaysTotalCalls"] == 0


def test_settlements_leave_the_window_after_thirty_days(store: Store) -> None:
    store.record_settlement(signature="s", resource="r", payer="p", at=NOW.timestamp())

    assert store.measured("r", since=NOW.timestamp()).calls == 1
    assert store.measured("r", since=NOW.timestamp() + 1).calls == 0


def test_a_stranger_with_a_known_path_inherits_no_sample_record(store: Store) -> None:
    url = "http://stranger.test/s3"
    entry = Entry(url, None, item_from_challenge(url, terms(url), NOW))

    assert QualityBook(store, {"/s3": SAMPLE}, NOW).of(entry, NOW)["source"] == "measured"


def test_plural_and_case_do_not_hide_a_word() -> None:
    assert words("DEX Volumes, gas") == {"dex", "volume", "gas"}
    item = item_from_challenge(f"{ROOT}/x", terms(f"{ROOT}/x", name="Gas Fees"), NOW)
    assert overlap(words("gas fee"), item) > overlap(words("weather"), item)


def test_a_cursor_leads_through_the_whole_list_too(bazaar: Discovery) -> None:
    seen: list[str] = []
    cursor: str | None = "0"
    while cursor is not None:
        page = bazaar.following(Filters(), limit=2, offset=int(cursor), now=NOW)
        seen += urls(page["items"])
        cursor = page["pagination"]["cursor"]

    assert seen == ["/s0", "/s1", "/s2", "/s3", "/s4"]


def test_a_merchant_is_shown_with_what_is_paid_to_it_alone(bazaar: Discovery) -> None:
    shown = bazaar.merchant("P1", limit=100, offset=0, now=NOW)

    assert shown["payTo"] == "P1"
    assert urls(shown["resources"]) == ["/s1", "/s3"]
    assert bazaar.merchant("P9", limit=100, offset=0, now=NOW)["resources"] == []


def test_an_item_without_the_usual_parts_breaks_no_question(
    store: Store, bazaar: Discovery
) -> None:
    store.put(Entry(f"{ROOT}/odd", ROOT, {"resource": f"{ROOT}/odd", "type": "mcp"}))

    assert urls(bazaar.page(Filters(type="mcp"), limit=9, offset=0, now=NOW)["items"]) == ["/odd"]
    assert bazaar.page(Filters(pay_to="P1"), limit=9, offset=0, now=NOW)["pagination"]["total"] == 2
    assert bazaar.search("odd", Filters(), limit=9, offset=0, now=NOW)["resources"]
