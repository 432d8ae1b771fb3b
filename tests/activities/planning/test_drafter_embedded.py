"""The embedded drafter over the whole demo catalogue, with the real embedding model."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from activities.discovery.shortlisting import Finder
from activities.planning.drafter_embedded import EmbeddedDrafter
from activities.planning.ports import DraftAsk
from domain.compiler import compile_plan
from domain.errors import RequestNotServable
from domain.plan import Plan, ServiceCall
from tests.activities.discovery.demo import ORIGIN, demo_listings, finder_over, usdc

Given = Mapping[str, Mapping[str, Any]]
"""Services with the values they are given; ``@service`` means that service's output."""

SERVABLE: tuple[tuple[str, Given], ...] = (
    (
        "Analyze the last 30 days of Solana DEX volume and create a trend report",
        {
            "/dex/volume": {"chain": "solana", "days": 30},
            "/analytics/trend": {"series": "@/dex/volume"},
            "/charts/timeseries": {"series": "@/dex/volume"},
            "/reports/html": {"analysis": "@/analytics/trend", "charts": "@/charts/timeseries"},
        },
    ),
    (
        "What is the weather in Lisbon for the next 7 days?",
        {"/weather/forecast": {"place": "Lisbon", "days": 7}},
    ),
    (
        "Convert 250 miles to kilometers",
        {"/convert/units": {"value": 250, "from_unit": "mi", "to_unit": "km"}},
    ),
    (
        "Summarize this text: Trading rose sharply. It fell later. Nobody knows why.",
        {"/text/summarize": {"text": "Trading rose sharply. It fell later. Nobody knows why."}},
    ),
    (
        "Chart the price of SOL over the last 90 days",
        {
            "/markets/token-price": {"token": "SOL", "days": 90},
            "/charts/timeseries": {"series": "@/markets/token-price"},
        },
    ),
    (
        "Is the sentiment of this review positive: I loved every minute of it",
        {"/text/sentiment": {"text": "I loved every minute of it"}},
    ),
    (
        "Give me statistics of this CSV: a,b\n1,2\n3,4",
        {
            "/tables/from-csv": {"text": "a,b\n1,2\n3,4"},
            "/tables/statistics": {"table": "@/tables/from-csv"},
        },
    ),
    (
        "Forecast Ethereum DEX volume for the next 14 days",
        {
            "/dex/volume": {"chain": "ethereum"},
            "/analytics/forecast": {"series": "@/dex/volume", "days": 14},
        },
    ),
    (
        "Find anomalies in Solana DEX volume of the last 90 days",
        {
            "/dex/volume": {"chain": "solana", "days": 90},
            "/analytics/anomalies": {"series": "@/dex/volume"},
        },
    ),
    (
        "Where is Nairobi and what is the weather there",
        {"/places/geocode": {"place": "Nairobi"}, "/weather/forecast": {"place": "Nairobi"}},
    ),
    (
        "What's the distance between Paris and Berlin?",
        {"/places/distance": {"place": "Paris", "other_place": "Berlin"}},
    ),
    (
        "How many business days are there between 2026-11-02 and 2026-12-24?",
        {"/calendar/between": {"start": "2026-11-02", "end": "2026-12-24"}},
    ),
    ("Is ana@example.com a valid email address?", {"/checks/email": {"email": "ana@example.com"}}),
    (
        'SHA-256 checksum of "hello world"',
        {"/checks/checksum": {"text": "hello world", "algorithm": "sha256"}},
    ),
    (
        "What is the monthly payment on a 200000 loan at 4.5% over 30 years?",
        {"/finance/loan": {"amount": 200000, "rate_percent": 4.5, "months": 360}},
    ),
    (
        "How many euros is $100?",
        {"/currency/convert": {"amount": 100, "from_currency": "USD", "to_currency": "EUR"}},
    ),
    ("Public holidays in Germany in 2027", {"/calendar/holidays": {"country": "DE", "year": 2027}}),
    (
        "List the bank holidays of the United States for 2027",
        {"/calendar/holidays": {"country": "US", "year": 2027}},
    ),
    (
        'Get keywords and sentiment of "The market crashed badly today"',
        {
            "/text/keywords": {"text": "The market crashed badly today"},
            "/text/sentiment": {"text": "The market crashed badly today"},
        },
    ),
    (
        "Summarize the latest technology headlines",
        {
            "/news/headlines": {"topic": "technology"},
            "/text/summarize": {"text": "@/news/headlines"},
        },
    ),
    (
        "Summarize today's market headlines and rate their sentiment",
        {
            "/news/headlines": {"topic": "markets"},
            "/text/summarize": {"text": "@/news/headlines"},
            "/text/sentiment": {"text": "@/news/headlines"},
        },
    ),
    (
        "Plot Solana DEX volume for the past 60 days as a PNG image",
        {
            "/dex/volume": {"chain": "solana", "days": 60},
            "/charts/png": {"series": "@/dex/volume"},
        },
    ),
    (
        "Create a trend report on the bitcoin price of the last quarter",
        {
            "/markets/token-price": {"token": "BTC", "days": 90},
            "/analytics/trend": {"series": "@/markets/token-price"},
            "/charts/timeseries": {"series": "@/markets/token-price"},
            "/reports/html": {"analysis": "@/analytics/trend", "charts": "@/charts/timeseries"},
        },
    ),
    (
        "Detect anomalies in Base DEX volume over the last 60 days and write a report with charts",
        {
            "/dex/volume": {"chain": "base", "days": 60},
            "/analytics/anomalies": {"series": "@/dex/volume"},
            "/charts/timeseries": {"series": "@/dex/volume"},
            "/reports/html": {"analysis": "@/analytics/anomalies", "charts": "@/charts/timeseries"},
        },
    ),
    (
        "Forecast the SOL price for the next 10 days and chart the forecast",
        {
            "/markets/token-price": {"token": "SOL"},
            "/analytics/forecast": {"series": "@/markets/token-price", "days": 10},
            "/charts/timeseries": {"series": "@/analytics/forecast"},
        },
    ),
    (
        "Get Solana DEX volume for the last 60 days, find anomalies and forecast the next 14 days",
        {
            "/dex/volume": {"chain": "solana", "days": 60},
            "/analytics/anomalies": {"series": "@/dex/volume"},
            "/analytics/forecast": {"series": "@/dex/volume", "days": 14},
        },
    ),
    (
        "Export the exchange rates for EUR as CSV",
        {
            "/currency/rates": {"base_currency": "EUR"},
            "/tables/to-csv": {"table": "@/currency/rates"},
        },
    ),
    ('Validate this JSON: {"a": [1, 2]}', {"/data/validate-json": {"text": '{"a": [1, 2]}'}}),
    (
        'Make statistics of: {"columns": ["a"], "rows": [[1], [3]]}',
        {"/tables/statistics": {"table": {"columns": ["a"], "rows": [[1], [3]]}}},
    ),
    (
        'Compare these two texts: "one two" and "one three"',
        {"/text/diff": {"text": "one two", "other_text": "one three"}},
    ),
    (
        "Extract the email addresses from this text: write to a@b.com or c@d.org",
        {"/text/extract": {"text": "write to a@b.com or c@d.org", "kind": "emails"}},
    ),
    (
        "Convert 2026-11-02T09:30 from Europe/Berlin to Asia/Tokyo",
        {
            "/calendar/timezone": {
                "time": "2026-11-02T09:30",
                "from_timezone": "Europe/Berlin",
                "to_timezone": "Asia/Tokyo",
            }
        },
    ),
    ("VAT on 100 euros in Germany", {"/finance/vat": {"amount": 100, "country": "DE"}}),
    ("will it rain in lisbon tomorrow?", {"/weather/forecast": {"place": "Lisbon", "days": 1}}),
    ("What are the gas fees on Base right now?", {"/markets/fees": {"chain": "base"}}),
    (
        "Show NFT sales of Pixel Foxes for the last 2 weeks",
        {"/markets/nft-sales": {"collection": "Pixel Foxes", "days": 14}},
    ),
    ("top 3 policy headlines", {"/news/headlines": {"topic": "policy", "limit": 3}}),
)

UNSERVABLE = (
    "Book me a flight to Mars",
    "asdf qwer",
    "mine bitcoin for me",
    "hire a plumber",
    "Order a pizza in Lisbon",
    "Translate this text to German: hello world",
    "Write me a poem about Solana",
    "Buy bitcoin for me",
    "Send 5 SOL to my friend",
    "Trade Solana DEX tokens for me",
    "Swap 10 USDC for SOL",
    "Chart the number of penguins in Antarctica over the last 90 days",
    "Analyze the stock price of Tesla over the last 30 days",
    "Who is the president of France?",
    "Predict the lottery numbers",
    "Generate an image of a cat",
    "Arbitrum DEX volume for the last 30 days",
    "What is the price of DOGE?",
    "What is Bitcoin?",
    "Email me the weather in Lisbon",
    "Create a video about Solana DEX volume",
    "Resize my photo",
    "Summarize https://example.com/article",
    "Convert 100 bananas to apples",
    "Solana DEX volume for the last 5 years",
    "Weather",
)


@pytest.fixture
def finder(tmp_path: Path) -> Iterator[Finder]:
    with finder_over(demo_listings(), tmp_path) as found:
        yield found


async def plan_of(finder: Finder, text: str, budget: str = "5.00") -> Plan:
    shortlist = await finder.shortlist(text, usdc("100"))
    ask = DraftAsk(text=text, budget=usdc(budget), shortlist=shortlist)
    drafted = await EmbeddedDrafter().draft(ask)
    return compile_plan(
        drafted.draft, request=text, catalogue=shortlist.catalogue(), budget=usdc("100")
    )


def calls(plan: Plan) -> dict[str, ServiceCall]:
    return {
        step.service.removeprefix(f"POST {ORIGIN}"): step
        for step in plan.steps
        if isinstance(step, ServiceCall)
    }


def bound(plan: Plan, path: str) -> dict[str, Any]:
    paths = {step.id: service for service, step in calls(plan).items()}
    return {
        name: binding.value if binding.kind == "value" else f"@{paths[binding.step]}"
        for name, binding in calls(plan)[path].arguments.items()
        if binding.kind != "item"
    }


def test_the_drafter_says_who_it_is_and_that_it_would_repeat_itself() -> None:
    assert EmbeddedDrafter().name == "embedded"
    assert EmbeddedDrafter().repairs == 0


@pytest.mark.parametrize(("text", "expected"), SERVABLE, ids=[text for text, _ in SERVABLE])
async def test_a_request_becomes_exactly_the_services_it_asks_for(
    finder: Finder, text: str, expected: Given
) -> None:
    plan = await plan_of(finder, text)

    assert calls(plan).keys() == expected.keys()
    for path, wanted in expected.items():
        given = bound(plan, path)
        assert {name: given.get(name) for name in wanted} == dict(wanted)
        assert given.keys() - wanted.keys() <= {"title", "period"}


@pytest.mark.parametrize("text", UNSERVABLE)
async def test_a_request_that_nothing_serves_is_refused_with_what_is_missing(
    finder: Finder, text: str
) -> None:
    with pytest.raises(RequestNotServable) as refusal:
        await plan_of(finder, text)

    assert "no service found covers" in refusal.value.message
    assert "similarity" in refusal.value.message or "nothing near" in refusal.value.message


async def test_the_example_costs_3_55_and_draws_while_it_analyses(finder: Finder) -> None:
    text = "Analyze the last 30 days of Solana DEX volume and create a trend report"

    plan = await plan_of(finder, text)

    assert plan.estimated_cost == usdc("3.55")
    assert calls(plan)["/charts/timeseries"].after == ()
    assert bound(plan, "/reports/html")["title"] == "Solana DEX volume"
    assert bound(plan, "/reports/html")["period"] == "last 30 days"


async def test_fallbacks_do_the_same_job_with_the_same_arguments(finder: Finder) -> None:
    text = "Analyze the last 30 days of Solana DEX volume and create a trend report"

    found = calls(await plan_of(finder, text))

    rivals = {
        path: [a.rpartition("4021")[2] for a in step.alternates] for path, step in found.items()
    }
    assert rivals == {
        "/dex/volume": ["/northwind/dex-volumes"],
        "/analytics/trend": ["/northwind/trend"],
        "/charts/timeseries": ["/northwind/charts"],
        "/reports/html": ["/northwind/report"],
    }


async def test_a_step_promises_a_refund_only_where_one_is_offered(finder: Finder) -> None:
    text = "Analyze the last 30 days of Solana DEX volume and create a trend report"

    undo = {path: step.undo for path, step in calls(await plan_of(finder, text)).items()}

    assert {path: one.action for path, one in undo.items() if one} == {
        "/dex/volume": "none",
        "/analytics/trend": "refund_claim",
        "/charts/timeseries": "refund_claim",
        "/reports/html": "none",
    }


async def test_the_second_of_two_named_things_is_a_call_of_its_own(finder: Finder) -> None:
    plan = await plan_of(finder, "Correlate SOL and ETH prices over the last 60 days")

    steps = {str(step.id): step for step in plan.steps if isinstance(step, ServiceCall)}
    tokens = {
        name: binding.value
        for name, step in steps.items()
        for key, binding in step.arguments.items()
        if key == "token" and binding.kind == "value"
    }
    correlation = steps["correlation"].arguments
    assert tokens == {"prices": "SOL", "prices-2": "ETH"}
    assert {name: b.step for name, b in correlation.items() if b.kind == "output"} == {
        "series": "prices",
        "other_series": "prices-2",
    }


async def test_a_span_beyond_what_the_service_sells_is_not_cut_short(finder: Finder) -> None:
    with pytest.raises(RequestNotServable, match="last 5 years"):
        await plan_of(finder, "Solana DEX volume for the last 5 years")


async def test_the_same_request_gives_the_same_plan(finder: Finder) -> None:
    text = "Create a trend report on the bitcoin price of the last quarter"

    first, second = await plan_of(finder, text), await plan_of(finder, text)

    assert first.digest == second.digest


async def test_a_plan_above_the_budget_is_still_the_cheapest_one(finder: Finder) -> None:
    text = "Analyze the last 30 days of Solana DEX volume and create a trend report"

    plan = await plan_of(finder, text, budget="1.00")

    assert plan.estimated_cost == usdc("3.55")
