"""A worker that is killed at every statement of one change, one after the other.

``python -m tests.activities.payments.ledger.dying URL STAGE`` writes how many kills it took until
the change went through.
"""

import asyncio
import os
import signal
import sys

from sqlalchemy import event
from sqlalchemy.engine import Engine

from activities.payments.ledger.ports import Claim
from activities.payments.ledger.store import SqlLedger
from domain.payments import PaymentState
from tests.activities.payments.ledger.samples import WIDE, authorization, claim, receipt, sent


def victim(number: int) -> Claim:
    """The payment that dies at the ``number``-th statement."""
    return claim(f"{number:02}x", url=f"https://a.example/{number}")


def arm(left: int) -> None:
    """Kill this process before the statement or commit that follows ``left`` others."""

    def count(*_: object) -> None:
        nonlocal left
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        left -= 1

    event.listen(Engine, "before_cursor_execute", count)
    event.listen(Engine, "commit", count)


async def live(url: str, stage: str, number: int) -> None:
    if stage == "open":
        arm(number)
    ledger, wanted = await SqlLedger.open(url), victim(number)
    if stage == "sign":
        await ledger.reserve(wanted, WIDE)
    if stage == "settle":
        await sent(ledger, wanted)
    if stage != "open":
        arm(number)
    match stage:
        case "reserve":
            await ledger.reserve(wanted, WIDE)
        case "sign":
            await ledger.sign(authorization(wanted))
        case "settle":
            await ledger.settle(
                wanted.key, PaymentState.DELIVERED, receipt=receipt(wanted), reason=""
            )
    await ledger.close()


def main(url: str, stage: str) -> None:
    number = 0
    while True:
        child = os.fork()
        if child == 0:
            asyncio.run(live(url, stage, number))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if os.WIFEXITED(status):
            break
        number += 1
    if os.WEXITSTATUS(status):
        sys.exit(1)
    sys.stdout.write(f"{number}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
