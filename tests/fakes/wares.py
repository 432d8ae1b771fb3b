"""What a fake market sells, and plans to buy it."""

from domain.artifacts import ArtifactRef
from domain.catalogue import Offer, RefundOffer, Terms
from domain.chains import SOLANA_DEVNET, USDC_DEVNET
from domain.ids import ListingId, StepId, digest_bytes
from domain.money import Amount
from domain.plan import Output, Plan, ServiceCall, Step, Undo


def usdc(text: str) -> Amount:
    return Amount.from_decimal(text, USDC_DEVNET)


def artifact(name: str) -> ArtifactRef:
    return ArtifactRef(
        digest=digest_bytes(name.encode()), media_type="application/json", size_bytes=len(name)
    )


def listing(name: str) -> ListingId:
    return ListingId(f"POST https://{name}.example/")


def offer(name: str, price: str = "1.00", *, refundable: bool = False) -> Offer:
    terms = Terms(
        x402_version=2,
        scheme="exact",
        network=SOLANA_DEVNET,
        asset=USDC_DEVNET.address,
        base_units=usdc(price).base_units,
        pay_to=f"{name}-wallet",
        max_timeout_seconds=60,
        fee_payer="facilitator",
    )
    refund = RefundOffer(url=f"https://{name}.example/refund", window_seconds=600)
    return Offer(
        listing_id=listing(name),
        name=name,
        method="POST",
        url=f"https://{name}.example/",
        media_type="application/json",
        input_schema={"type": "object"},
        output_schema={"type": "object"},
        terms=terms,
        refund=refund if refundable else None,
        seconds=1.0,
    )


def call(
    name: str, *, after: tuple[str, ...] = (), alternates: tuple[str, ...] = ()
) -> ServiceCall:
    return ServiceCall(
        id=StepId(name),
        title=f"buy {name}",
        service=listing(name),
        alternates=tuple(listing(other) for other in alternates),
        arguments={wanted: Output(step=StepId(wanted)) for wanted in after},
        undo=Undo(action="none", note="none"),
    )


def plan(steps: tuple[Step, ...], offers: tuple[Offer, ...]) -> Plan:
    return Plan(request="test", asset=USDC_DEVNET, steps=steps, offers=offers)
