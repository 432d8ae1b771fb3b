"""Planning with the embedded planner over a thousand listings: from words to a compiled plan."""

import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.artifacts.store_files import FileArtifactStore
from activities.discovery.service import DiscoveryActivities
from activities.planning.drafter_embedded import EmbeddedDrafter
from activities.planning.service import PlanningActivities
from domain.drafting import DraftPlan, FindCandidates
from domain.errors import EngineError
from tests.activities.discovery.demo import embedder, finder_over, usdc
from tests.bench.listings import bazaar_of
from tests.bench.outcome import Outcome, Verdict, p50_p95_ms, percentile, table

LISTINGS: Final = 1_000
TARGET_SECONDS: Final = 1.0
BUDGET: Final = usdc("5.00")

REQUESTS: Final = tuple(
    template.format(value)
    for template, values in (
        (
            "Analyze the last {} days of Solana DEX volume and create a trend report",
            (7, 14, 21, 30, 45, 60, 90, 120),
        ),
        (
            "Create a trend report on the {} price of the last quarter",
            ("bitcoin", "SOL", "ETH", "BONK", "JUP"),
        ),
        ("Find anomalies in the last {} days of Base DEX volume", (20, 35, 50, 65, 80, 95)),
        (
            "Chart the temperatures in {} over the last 90 days",
            ("Berlin", "Oslo", "Tokyo", "Lima", "Cairo", "Paris"),
        ),
        (
            "Summarize the latest {} headlines",
            ("technology", "business", "science", "sports", "crypto", "climate"),
        ),
        (
            'Get keywords and sentiment of "The {} crashed badly today"',
            ("market", "server", "party", "train", "auction", "rehearsal"),
        ),
        (
            "List the bank holidays of the United States for {}",
            (2025, 2026, 2027, 2028, 2029, 2030),
        ),
        (
            "What is the monthly payment on a {} loan at 4.5% over 30 years?",
            (90_000, 150_000, 200_000, 250_000, 310_000, 480_000),
        ),
        (
            "Export the exchange rates for {} as CSV",
            ("EUR", "USD", "GBP", "JPY", "CHF", "SEK"),
        ),
        (
            "How many business days are there between 2026-11-02 and 2026-12-{}?",
            (10, 14, 18, 22, 24, 28),
        ),
        (
            "Forecast the SOL price from its last {} days and draw a chart of it",
            (40, 55, 70, 85, 100, 130),
        ),
        (
            "Create a trend report on {} in Norway",
            ("air quality", "fuel prices", "rents", "wages", "snow depth", "tides"),
        ),
    )
    for value in values
)
"""Different requests of twelve kinds."""


@dataclass(frozen=True)
class Planned:
    """One request's way."""

    steps: int
    """Zero when no service covers the request, which is an answer too."""
    finding_seconds: float
    drafting_seconds: float

    @property
    def seconds(self) -> float:
        """Both activities together."""
        return self.finding_seconds + self.drafting_seconds


async def measure(folder: Path) -> Outcome:
    """Plan every request once, warm."""
    store = FileArtifactStore(folder / "artifacts")
    with finder_over(bazaar_of(LISTINGS), folder / "index") as finder:
        discovery = DiscoveryActivities(finder, store)
        planning = PlanningActivities(drafter=EmbeddedDrafter(), artifacts=store)
        await _plan("Summarize a text", discovery, planning)
        planned = [await _plan(text, discovery, planning) for text in REQUESTS]
    return _outcome(planned)


async def _plan(text: str, discovery: DiscoveryActivities, planning: PlanningActivities) -> Planned:
    env = ActivityEnvironment()
    embedder()._remembered.clear()  # requests of one template share phrases; strangers' do not
    begun = time.perf_counter()
    found = await env.run(discovery.find_candidates, FindCandidates(text=text, budget=BUDGET))
    between = time.perf_counter()
    steps = 0
    try:
        ask = DraftPlan(text=text, budget=BUDGET, shortlist=found.shortlist)
        steps = len((await env.run(planning.draft, ask)).plan.steps)
    except (EngineError, ApplicationError):
        pass  # told apart by having no steps
    return Planned(steps, between - begun, time.perf_counter() - between)


def _outcome(planned: list[Planned]) -> Outcome:
    served = [one for one in planned if one.steps]
    made = table(
        f"Planning over {LISTINGS:,} listings: {len(planned)} requests, {len(served)} with a plan",
        *("part", "p50 ms", "p95 ms"),
    )
    made.add_row("find candidates", *p50_p95_ms([one.finding_seconds for one in planned]))
    made.add_row("draft and compile", *p50_p95_ms([one.drafting_seconds for one in planned]))
    made.add_row("both", *p50_p95_ms([one.seconds for one in planned]))
    for steps, count in sorted(Counter(one.steps for one in planned).items()):
        seconds = [one.seconds for one in planned if one.steps == steps]
        made.add_row(f"{steps or 'no'} steps ({count} requests)", *p50_p95_ms(seconds))
    slow = percentile([one.seconds for one in planned], 0.95)
    middle = median(one.seconds for one in planned)
    verdict = Verdict(
        f"planning, embedded, {LISTINGS:,} listings",
        f"p95 {slow:.2f} s (p50 {middle:.2f} s)",
        f"p95 under {TARGET_SECONDS:.0f} s",
        slow < TARGET_SECONDS,
    )
    return Outcome([made], [verdict])
