"""Which sellers there are, what each does wrong, and what each says it sells."""

from dataclasses import dataclass
from typing import Any, Final

from pydantic import Field

from deploy.services.listing import Listing
from deploy.services.misbehaving.tricks import (
    AcceptsNothing,
    BreaksSchema,
    ChallengesTwice,
    Down,
    EndlessChallenge,
    Flaky,
    LosesFirstReply,
    LosesReply,
    Oversized,
    Redirects,
    RefusesAfterPayment,
    Reorders,
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
    dear_first: bool = False
    """Whether the first that is listed costs many times the price."""
    two_payees: bool = False
    """Whether everything is listed once for each of two wallets."""
    waits_years: bool = False
    """Whether a payment is to stay good for years."""
    taxed: bool = False
    """Whether Solana payments are asked in a token that takes a fee of each transfer."""
    signs_in: bool = False
    """Whether an answer is given again to the wallet that paid."""
    names: bool = False
    """Whether an answer is given again to a payment that has a name."""
    listed: bool = True
    """Whether the bazaar is told: not of what asks for money in no way it could read."""

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
    Kind(
        "lost-reply-sign-in",
        "settles, hangs up, and answers whoever signs in",
        (LosesFirstReply(),),
        signs_in=True,
    ),
    Kind(
        "lost-reply-named",
        "settles, hangs up, and answers the same named payment",
        (LosesFirstReply(),),
        names=True,
    ),
    Kind("dear-first", "lists ninety times the price first", dear_first=True),
    Kind("reordering", "lists its ways in another order", (Reorders(),), two_payees=True),
    Kind("waits-years", "wants payments to stay good for years", waits_years=True),
    Kind("taxed-token", "asks for a token with a transfer fee", taxed=True),
    Kind("redirecting", "sends the payment elsewhere", (Redirects(f"{ROOT}refuse-after-payment"),)),
    Kind("no-accepts", "says no way to pay", (AcceptsNothing(),), listed=False),
    Kind("endless-challenge", "asks without end", (EndlessChallenge(),), listed=False),
)
"""Every misbehaving seller."""

LISTED: Final = tuple(kind for kind in KINDS if kind.listed)
"""Those the bazaar is told of."""

WALLETS: Final = ("rogue", "rogue-refunding", "rogue-other")
"""Their wallets; the last one is who ``payto-changing`` changes to."""

REFUNDING: Final = frozenset({"rogue-refunding"})
"""Which of them refund."""
