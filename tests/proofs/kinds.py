"""The faults: what goes wrong, where, and exactly once in each call."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from starlette.responses import JSONResponse, Response

from tests.proofs.place import Place
from tests.proofs.relay import Aim, Cut, Passing, Strike

PATIENCE_SECONDS: Final = 1.0
"""How long buyers wait for an answer here: ten times what an undisturbed one takes."""

EXPIRING_SLOTS: Final = 200
"""More than the 150 for which a blockhash is valid and the 32 until a slot is final."""

Arm = Callable[[Place, random.Random], None]


@dataclass(frozen=True)
class Kind:
    """One thing that goes wrong."""

    name: str
    what: str
    arm: Arm
    two_attempts: bool = False
    """Whether the buyer itself begins twice at once, as after a worker that was thought dead."""
    never_quiet: bool = False
    """Whether the facilitator goes on looking long after nothing can land any more."""
    most_calls: int | None = None
    may_lose: bool = False
    """Whether the answer may be gone for good, so that paying once cannot mean being served."""
    strikes: bool = True
    """Whether one of the relays must have struck, or the call would prove nothing."""


def _pays(passing: Passing) -> bool:
    return passing.pays


def _at(path: str) -> Callable[[Passing], bool]:
    return lambda passing: passing.request.url.path == path


async def _refuse(_: Passing) -> Response:
    return JSONResponse({"error": "injected"}, HTTPStatus.INTERNAL_SERVER_ERROR)


async def _do_and_refuse(passing: Passing) -> Response:
    await passing.forward()
    return await _refuse(passing)


async def _do_and_cut(passing: Passing) -> Response:
    await passing.forward()
    return Cut()


async def _do_and_be_silent(passing: Passing) -> Response:
    await passing.forward()
    await passing.sender_gone()
    return Cut()


async def _do_when_nobody_waits(passing: Passing) -> Response:
    await passing.sender_gone()
    await passing.forward()
    return Cut()


async def _do_twice(passing: Passing) -> Response:
    async with asyncio.TaskGroup() as both:
        answers = [both.create_task(passing.forward()) for _ in range(2)]
    # The worse one: whoever gets it is told no although the other was a yes.
    return max((answer.result() for answer in answers), key=lambda answer: answer.status_code)


def _front(strike: Strike) -> Arm:
    return lambda place, _: place.buyers_side.arm(Aim(_pays, strike))


def _back(path: str, strike: Strike) -> Arm:
    return lambda place, _: place.sellers_side.arm(Aim(_at(path), strike))


def _nothing(_place: Place, _chance: random.Random) -> None:
    """Leave the call alone."""


def _expire(place: Place, chance: random.Random) -> None:
    slots = EXPIRING_SLOTS + chance.randrange(200)

    async def strike(passing: Passing) -> Response:
        await asyncio.to_thread(place.time_passes, slots)
        return await passing.forward()

    place.buyers_side.arm(Aim(_pays, strike))


def _never_land(place: Place, _: random.Random) -> None:
    place.chain("localnet_setFault", {"kind": "never_land", "count": 1})


def _late_status(place: Place, chance: random.Random) -> None:
    seconds = PATIENCE_SECONDS * chance.uniform(0.5, 1.5)
    fault = {"kind": "delay", "method": "getSignatureStatuses", "seconds": seconds, "count": 1}
    place.chain("localnet_setFault", fault)


def _lag(place: Place, chance: random.Random) -> None:
    place.chain("localnet_setFault", {"kind": "lag", "slots": chance.randint(3, 12)})


KINDS: Final = (
    Kind("nothing", "no fault, for comparison", _nothing, strikes=False),
    Kind(
        "settle never sent",
        "the facilitator's /settle answers 500 and does nothing",
        _back("/settle", _refuse),
    ),
    Kind(
        "settle reply lost",
        "the facilitator settles, then its reply is a 500",
        _back("/settle", _do_and_refuse),
        may_lose=True,
    ),
    Kind(
        "answer cut off",
        "the seller settles and delivers, then the connection is closed",
        _front(_do_and_cut),
        may_lose=True,
    ),
    Kind(
        "seller silent",
        "the seller settles, then says nothing until the buyer leaves",
        _front(_do_and_be_silent),
        may_lose=True,
    ),
    Kind(
        "settled too late",
        "nothing happens until the buyer has left; then the seller settles",
        _front(_do_when_nobody_waits),
        may_lose=True,
    ),
    Kind("verify fails", "the facilitator's /verify answers 500", _back("/verify", _refuse)),
    Kind(
        "blockhash expired",
        "200 to 400 slots pass between signing and settling",
        _expire,
    ),
    Kind(
        "never lands",
        "the node takes the transaction and loses it",
        _never_land,
        never_quiet=True,
        most_calls=10,
        strikes=False,
    ),
    Kind(
        "slow confirmation",
        "the node answers the facilitator's first status read late",
        _late_status,
        may_lose=True,
        strikes=False,
    ),
    Kind(
        "lagging node",
        "what the node says of accounts and transactions is 3 to 12 slots old",
        _lag,
        may_lose=True,
        strikes=False,
    ),
    Kind(
        "same bytes twice",
        "the network repeats the paid request; the worse answer arrives",
        _front(_do_twice),
        may_lose=True,
    ),
    Kind(
        "two attempts at once",
        "the buyer's retry begins while its first attempt still runs",
        _nothing,
        two_attempts=True,
        may_lose=True,
        strikes=False,
    ),
)
