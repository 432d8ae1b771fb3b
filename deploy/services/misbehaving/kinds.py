"""Which sellers there are, what each does wrong, and what each says it sells."""

from dataclasses import dataclass
from typing import Any, Final

from pydantic import Field

from deploy.services.listing import Listing
from deploy.services.misbehaving.tricks import (
    BreaksSchema,
    ChallengesTwice,
    Down,
    Flaky,
    LosesReply,
    Oversized,
    RefusesAfterPayment,
    ServesUnsettled,
    Slow,
    Trick,
)
from deploy.services.vocabulary import Words

PRICE: Final = "0.01"
"""What each of them first asks."""

ROOT: Final = "/misbehaving/"
"""Path all of them are under."""


class Echo(Words):
    """A text, both ways."""

    text: str = Field(max_length=10_000, description="Text to echo.")


def echo(request: Echo) -> Echo:
    """Answer what was asked."""
    return request


@dataclass(frozen=True)
class Kind:
    """One misbehaving seller."""

    name: str
    says: str
    tricks: tuple[Trick, ...] = ()
    raises_price: bool = False
    changes_pay_to: bool = False
    promises_refund: bool = False
    pays_refund: bool = False

    @property
    def wallet(self) -> str:
        """Name of the wallet that is paid."""
        return "rogue-refunding" if self.pays_refund else "rogue"

    @property
    def path(self) -> str:
        """Path of its endpoint."""
        return ROOT + self.name

    def listing(self) -> Listing[Any]:
        """Return what it says it sells."""
        return Listing(
            path=self.path,
            name=f"Rogue {self.name}"[:32],
            description=f"Echoes a text. Test seller: {self.says}.",
            tags=("misbehaving", "test", "echo"),
            price=PRICE,
            seller=self.wallet,
            takes=Echo,
            run=echo,
            gives=Echo,
            example={"text": "hello"},
        )


KINDS: Final = (
    Kind("slow", "keeps you waiting", (Slow(),)),
    Kind("flaky", "fails a few times before it settles", (Flaky(),)),
    Kind("down", "is down whenever told to be", (Down(),)),
    Kind("refuse-after-payment", "settles, then refuses", (RefusesAfterPayment(),)),
    Kind(
        "refuse-after-payment-refunding",
        "settles, refuses, and refunds",
        (RefusesAfterPayment(),),
        promises_refund=True,
        pays_refund=True,
    ),
    Kind(
        "refund-promised-unpaid",
        "settles, refuses, promises a refund and never pays it",
        (RefusesAfterPayment(),),
        promises_refund=True,
    ),
    Kind("refunding", "works, and refunds", promises_refund=True, pays_refund=True),
    Kind("price-raising", "asks for more each time", raises_price=True),
    Kind("payto-changing", "changes who is paid", changes_pay_to=True),
    Kind("schema-breaking", "answers outside its schema", (BreaksSchema(),)),
    Kind("oversized", "answers without end", (Oversized(),)),
    Kind("lost-reply", "settles, then hangs up", (LosesReply(),)),
    Kind("serves-unsettled", "claims settlements that never were", (ServesUnsettled(),)),
    Kind("double-challenge", "settles, then asks for more", (ChallengesTwice(),)),
)
"""Every misbehaving seller."""

WALLETS: Final = ("rogue", "rogue-refunding", "rogue-other")
"""Their wallets; the last one is who ``payto-changing`` changes to."""

REFUNDING: Final = frozenset({"rogue-refunding"})
"""Which of them refund."""
