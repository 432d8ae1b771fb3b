"""What running the example costs beyond its services: the record on chain, and tokens."""

from decimal import Decimal
from pathlib import Path
from typing import Final

from domain.names import TaskQueue
from starter.cli.local import EXAMPLE
from tests.bench.outcome import Outcome, Verdict, table
from tests.bench.room import Room, open_room

SOL_PRICE_USD: Final = Decimal(200)
"""An assumption, stated with the result; the record would stay below the target at 1,000 times."""

LAMPORTS_PER_SOL: Final = 10**9
MICRO_USD: Final = Decimal(10**6)
TARGET_USD: Final = Decimal("0.10")


async def measure(folder: Path) -> Outcome:
    """Run the example and look what left the wallets that are ours."""
    async with open_room(folder, tuple(TaskQueue)) as room:
        engine_before = _lamports(room, room.engine_wallet)
        payer_before = _lamports(room, room.payer_wallet)
        report = await room.complete(await room.start(plan=None, text=EXAMPLE))
        engine = engine_before - _lamports(room, room.engine_wallet)
        payer = payer_before - _lamports(room, room.payer_wallet)
    if report.anchor is None or report.anchor.state != "confirmed":
        raise RuntimeError(f"there is no record on chain to weigh: {report.anchor}")
    usage = report.usage
    tokens = usage.input_tokens + usage.output_tokens
    fees = Decimal(engine + payer) / LAMPORTS_PER_SOL * SOL_PRICE_USD
    model = usage.cost_micro_usd / MICRO_USD
    made = table(f"Overhead of the example at {SOL_PRICE_USD} USD for a SOL", "part", "used", "USD")
    made.add_row("record on chain, engine's wallet", f"{engine:,} lamports", f"{fees:.6f}")
    made.add_row("fees of payments, payer's wallet", f"{payer:,} lamports", "in the line above")
    made.add_row(f"{report.drafter} planner", f"{tokens:,} tokens", f"{model:.6f}")
    made.add_row("bought services, for comparison", str(report.spent), "not overhead")
    total = fees + model
    verdict = Verdict(
        f"overhead cost of a run, SOL at {SOL_PRICE_USD} USD",
        f"{total:.4f} USD",
        f"under {TARGET_USD} USD",
        total < TARGET_USD,
    )
    return Outcome([made], [verdict])


def _lamports(room: Room, address: str) -> int:
    return int(room.market.node.chain.call("getBalance", address)["value"])
