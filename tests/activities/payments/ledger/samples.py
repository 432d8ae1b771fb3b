"""Payments as the ledger's tests make them up; the ledger itself never looks inside."""

from datetime import UTC, datetime

from activities.payments.exchanges import Demand, Unsigned
from activities.payments.ledger.ports import Claim, Prepared
from activities.payments.ledger.store import SqlLedger
from domain.artifacts import ArtifactRef
from domain.catalogue import Terms
from domain.chains import SOLANA_DEVNET, USDC_BASE_SEPOLIA, USDC_DEVNET
from domain.ids import Digest, ListingId, PaymentKey, StepId
from domain.money import Amount
from domain.payments import Authorization, PaymentState, Receipt, SignatureRequest, SvmEvidence
from domain.policy import Cap, CapScope
from domain.purchases import PurchaseSlot

URL = "https://a.example/x"
PRICE = 400_000
WHEN = datetime(2026, 11, 20, 12, tzinfo=UTC)
BODY = ArtifactRef(digest=Digest("b" * 64), media_type="application/json", size_bytes=9)
WIDE: tuple[Cap, ...] = ()


def key(name: str) -> PaymentKey:
    return PaymentKey(name.ljust(64, "0"))


def slot(step: str, *, run: str = "run/a", ordinal: int = 0) -> PurchaseSlot:
    return PurchaseSlot(
        workflow_id=run, first_run_id="first", step_id=StepId(step), ordinal=ordinal
    )


def terms(price: int = PRICE, *, pay_to: str = "seller", network: str = SOLANA_DEVNET) -> Terms:
    asset = USDC_DEVNET if network == SOLANA_DEVNET else USDC_BASE_SEPOLIA
    return Terms(
        x402_version=2,
        scheme="exact",
        network=network,
        asset=asset.address,
        base_units=price,
        pay_to=pay_to,
        max_timeout_seconds=60,
    )


def claim(
    name: str,
    *,
    step: str | None = None,
    run: str = "run/a",
    ordinal: int = 0,
    url: str = URL,
    price: int = PRICE,
    asked: Terms | None = None,
    at_risk: int | None = None,
) -> Claim:
    return Claim(
        key=key(name),
        slot=slot(step or name, run=run, ordinal=ordinal),
        listing_id=ListingId(f"POST {url}"),
        url=url,
        terms=asked or terms(price),
        quoted_at=WHEN,
        order_digest=Digest("d" * 64),
        payer="payer",
        at_risk=at_risk,
    )


def cap(scope: CapScope, limit: int, *, since: datetime | None = None) -> Cap:
    amount = Amount(asset=USDC_DEVNET, base_units=limit)
    return Cap(scope=scope, limit=amount, since=since, name=f"{amount} per {scope}")


def evidence() -> SvmEvidence:
    return SvmEvidence(
        payer="payer",
        message_digest=Digest("1" * 64),
        memo="memo",
        first_slot=1,
        last_valid_block_height=151,
    )


def authorization(of: Claim, sealed: str = "sealed") -> Authorization:
    return Authorization(
        key=of.key,
        listing_id=of.listing_id,
        amount=Amount(asset=of.terms.amount.asset, base_units=of.most),
        pay_to=of.terms.pay_to,
        order=BODY,
        sealed_payment=sealed,
        evidence=evidence(),
    )


def prepared(of: Claim, message: str = "message") -> Prepared:
    request = SignatureRequest(
        key=of.key,
        listing_id=of.listing_id,
        amount=of.terms.amount,
        pay_to=of.terms.pay_to,
        payer=of.payer,
        message=message,
        reply_key="reply",
        evidence=evidence(),
        sign_within_seconds=60,
    )
    unsigned = Unsigned(
        demand=Demand(terms=of.terms, raw={"scheme": "exact"}),
        resource=None,
        extensions=None,
        message=message,
        evidence=evidence(),
        sign_within_seconds=60,
    )
    return Prepared(request=request, unsigned=unsigned, order=BODY)


def receipt(
    of: Claim, transaction: str | None = None, *, moved: int | None = None, piece: str = ""
) -> Receipt:
    price = of.terms.amount
    return Receipt(
        key=of.key,
        step_id=of.slot.step_id,
        listing_id=of.listing_id,
        amount=price if moved is None else Amount(asset=price.asset, base_units=moved),
        network=of.terms.network,
        pay_to=of.terms.pay_to,
        payer=of.payer,
        transaction=transaction or f"transaction-{of.key}",
        piece=piece,
        slot=7,
        block_time=WHEN,
        response_digest=None,
    )


async def sent(ledger: SqlLedger, of: Claim) -> Claim:
    await ledger.reserve(of, WIDE)
    await ledger.sign(authorization(of))
    await ledger.note_send(of.key)
    return of


async def paid(ledger: SqlLedger, of: Claim, proof: Receipt | None = None) -> Claim:
    await sent(ledger, of)
    proof = proof or receipt(of)
    await ledger.settle(of.key, PaymentState.DELIVERED, receipt=proof, reason="")
    return of


async def states(ledger: SqlLedger, name: str) -> list[PaymentState]:
    return [line.state for line in await ledger.journal(key(name))]
