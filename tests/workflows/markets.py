"""Markets that several tests buy in."""

from tests.fakes.market import FakeMarket
from tests.fakes.wares import call, offer, plan


def diamond(**market: object) -> FakeMarket:
    steps = (
        call("data"),
        call("trend", after=("data",)),
        call("charts", after=("data",)),
        call("report", after=("trend", "charts")),
    )
    offers = (
        offer("charts", "0.50", refundable=True),
        offer("data", "0.05"),
        offer("report", "1.00"),
        offer("trend", "2.00", refundable=True),
    )
    return FakeMarket(plan=plan(steps, offers), **market)  # type: ignore[arg-type]
