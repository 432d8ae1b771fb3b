"""Small valid models for tests; give by keyword what a test is about."""

from datetime import UTC, datetime, timedelta
from typing import Any

from domain.approval import ApprovalRequest, Decision
from domain.artifacts import JSON_MEDIA_TYPE, ArtifactRef
from domain.catalogue import ChannelTerms, Offer, RefundOffer, ServiceListing, Terms
from domain.chains import BASE_SEPOLIA, SOLANA_DEVNET, USDC_BASE_SEPOLIA, USDC_DEVNET, usdc_on
from domain.drafting import Draft
from domain.ids import Digest, ListingId, PaymentKey, RequestId, StepId, digest_json, listing_id
from domain.money import Amount
from domain.offers import listed_offer
from domain.payments import Funds, Receipt, Wallets
from domain.plan import (
    Binding,
    Conditional,
    DataTransform,
    MapStep,
    Output,
    Plan,
    ServiceCall,
    Step,
    Undo,
    Value,
)
from domain.policy import SpendPolicy
from domain.purchases import undo_of
from domain.receipts import FIRST_LINK, ReceiptBook, ReceiptLine, bound
from domain.rollback import PaidEffect

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
"""The moment at which tests happen."""

SELLER = "SeLLer1111111111111111111111111111111111111"
FEE_PAYER = "FeePayer11111111111111111111111111111111111"
PAYER = "Payer11111111111111111111111111111111111111"

EVM_SELLER = "0x" + "5e" * 20
EVM_FACILITATOR = "0x" + "fa" * 20
"""In lower case, as all addresses of ours."""


def usdc(text: str) -> Amount:
    return Amount.from_decimal(text, USDC_DEVNET)


def terms(**changes: Any) -> Terms:
    """0.50 USDC on devnet to ``SELLER``, taken after the work."""
    fields: dict[str, Any] = {
        "x402_version": 2,
        "scheme": "exact",
        "network": SOLANA_DEVNET,
        "asset": USDC_DEVNET.address,
        "base_units": 500_000,
        "pay_to": SELLER,
        "max_timeout_seconds": 60,
        "fee_payer": FEE_PAYER,
    }
    return Terms(**fields | changes)


def evm_terms(**changes: Any) -> Terms:
    """0.50 USDC on Base Sepolia to ``EVM_SELLER``, ready for each scheme there."""
    fields: dict[str, Any] = {
        "network": BASE_SEPOLIA,
        "asset": USDC_BASE_SEPOLIA.address,
        "pay_to": EVM_SELLER,
        "fee_payer": None,
        "spender": EVM_FACILITATOR,
        "channel": ChannelTerms(receiver_authorizer=EVM_FACILITATOR, withdraw_delay_seconds=900),
    }
    return terms(**fields | changes)


def wallets(**balances: str) -> Wallets:
    """Wallets on Solana devnet (``svm``) and Base Sepolia (``evm``), each with 50 USDC."""
    networks = {"svm": SOLANA_DEVNET, "evm": BASE_SEPOLIA}
    return {
        network: Funds(
            payer=PAYER, balance=Amount.from_decimal(balances.get(name, "50"), usdc_on(network))
        )
        for name, network in networks.items()
    }


def listing(name: str = "weather", **changes: Any) -> ServiceListing:
    """A refundable service ``POST https://<name>.example/run`` from a place to a report."""
    url = f"https://{name}.example/run"
    fields: dict[str, Any] = {
        "id": listing_id(method="POST", url=url),
        "name": name,
        "description": f"What {name} does",
        "method": "POST",
        "url": url,
        "media_type": JSON_MEDIA_TYPE,
        "input_schema": {
            "type": "object",
            "properties": {"place": {"type": "string"}},
            "required": ["place"],
        },
        "output_schema": {
            "type": "object",
            "properties": {"report": {"type": "string"}},
            "required": ["report"],
        },
        "accepts": (terms(),),
        "refund": RefundOffer(url=f"https://{name}.example/refund", window_seconds=3_600),
        "bazaar": "https://bazaar.example",
    }
    return ServiceListing(**fields | changes)


def catalogue(*listings: ServiceListing) -> dict[ListingId, ServiceListing]:
    return {one.id: one for one in listings or (listing(),)}


def offer(name: str = "weather", **changes: Any) -> Offer:
    """What a plan buys of ``listing(name)``, as listed."""
    return listed_offer(listing(name), usdc("1.00")).model_copy(update=changes)


def call(
    step: str = "weather", service: ServiceListing | None = None, **changes: Any
) -> ServiceCall:
    """Buy ``service`` with a fixed place and the undo its listing allows."""
    bought = service or listing()
    fields: dict[str, Any] = {
        "id": StepId(step),
        "title": f"Do {step}",
        "service": bought.id,
        "arguments": {"place": Value(value="Oslo")},
        "undo": undo_of(listed_offer(bought, usdc("1.00"))),
    }
    return ServiceCall(**fields | changes)


def each(
    step: str, *, over: Output, service: ServiceListing | None = None, **changes: Any
) -> MapStep:
    """Buy ``service`` for at most three items of ``over``, with a fixed place."""
    bought = service or listing()
    fields: dict[str, Any] = {
        "id": StepId(step),
        "title": f"Do {step}",
        "over": over,
        "service": bought.id,
        "arguments": {"place": Value(value="Oslo")},
        "max_items": 3,
        "undo": undo_of(listed_offer(bought, usdc("1.00"))),
    }
    return MapStep(**fields | changes)


def reshape(
    step: str, inputs: dict[str, Binding], expression: str = "@", **changes: Any
) -> DataTransform:
    fields: dict[str, Any] = {"title": f"Do {step}", "inputs": inputs, "expression": expression}
    return DataTransform(id=StepId(step), **fields | changes)


def decide(
    step: str, inputs: dict[str, Binding], expression: str = "@", **changes: Any
) -> Conditional:
    fields: dict[str, Any] = {"title": f"Do {step}", "inputs": inputs, "expression": expression}
    return Conditional(id=StepId(step), **fields | changes)


def output_of(step: str, path: str | None = None) -> Output:
    return Output(step=StepId(step), path=path)


def no_undo() -> Undo:
    return Undo(action="none", note="no refund is offered")


def draft(*steps: Step) -> Draft:
    return Draft(steps=steps or (call(),))


def plan(*steps: Step, offers: tuple[Offer, ...] | None = None, **changes: Any) -> Plan:
    """A plan of ``steps``; one purchase of ``weather`` when none are given."""
    fields: dict[str, Any] = {"request": "the weather in Oslo", "asset": USDC_DEVNET}
    return Plan(
        steps=steps or (call(),),
        offers=(offer(),) if offers is None else offers,
        **fields | changes,
    )


def key(name: object = 0) -> PaymentKey:
    """A well-formed payment key that is the same for the same name."""
    return PaymentKey(digest_json(["key", str(name)]))


def artifact(content: object = "content") -> ArtifactRef:
    """A reference to content that no store holds."""
    digest: Digest = digest_json(["artifact", str(content)])
    return ArtifactRef(digest=digest, media_type=JSON_MEDIA_TYPE, size_bytes=len(str(content)))


def receipt(name: object = 0, **changes: Any) -> Receipt:
    """Proof of 0.50 USDC paid to ``SELLER`` under ``key(name)``."""
    fields: dict[str, Any] = {
        "key": key(name),
        "step_id": StepId("weather"),
        "listing_id": listing().id,
        "amount": usdc("0.50"),
        "network": SOLANA_DEVNET,
        "pay_to": SELLER,
        "payer": PAYER,
        "transaction": f"transaction-{name}",
        "slot": 1_000,
        "block_time": NOW,
        "response_digest": digest_json(["response", str(name)]),
    }
    return Receipt(**fields | changes)


def approval_request(**changes: Any) -> ApprovalRequest:
    """What is asked about ``plan()``: 0.50 USDC estimated, 0.80 at most, for an hour."""
    fields: dict[str, Any] = {
        "request_id": RequestId("20261121-weather-k3"),
        "plan_digest": plan().digest,
        "estimated": usdc("0.50"),
        "cap": usdc("0.80"),
        "loss_allowance": usdc("0"),
        "wallet": PAYER,
        "policy": SpendPolicy(),
        "expires_at": NOW + timedelta(hours=1),
    }
    return ApprovalRequest(**fields | changes)


def decision_on(request: ApprovalRequest, **changes: Any) -> Decision:
    """Ada approves exactly what is asked, without having looked."""
    fields: dict[str, Any] = {
        "decision_id": "decision-1",
        "document_digest": request.digest,
        "cap": request.cap,
        "verdict": "approve",
        "decided_by": "ada",
    }
    return Decision(**fields | changes)


def receipt_line(number: int, before: Digest = FIRST_LINK, **changes: Any) -> ReceiptLine:
    """The line of ``receipt(number)`` behind the one with digest ``before``."""
    fields: dict[str, Any] = {
        "number": number,
        "receipt": receipt(number),
        "workflow_id": "run/r",
        "url": listing().url,
        "terms": terms(),
        "quoted_at": NOW,
        "order_digest": digest_json(["order", number]),
        "before": before,
    }
    return bound(**fields | changes)


def receipt_book(size: int) -> ReceiptBook:
    """A whole book of ``size`` payments."""
    lines: list[ReceiptLine] = []
    for number in range(1, size + 1):
        lines.append(receipt_line(number, lines[-1].digest if lines else FIRST_LINK))
    return ReceiptBook(whole=True, exported_at=NOW, lines=tuple(lines))


def effect(name: object = 0, **changes: Any) -> PaidEffect:
    """A delivered payment whose seller gives refunds."""
    fields: dict[str, Any] = {
        "step_id": StepId("weather"),
        "receipt": receipt(name),
        "refund": RefundOffer(url="https://weather.example/refund", window_seconds=3_600),
        "delivered": True,
    }
    return PaidEffect(**fields | changes)
