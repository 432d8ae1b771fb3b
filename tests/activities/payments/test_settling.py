"""From signed bytes to an ending: what is sent, believed, fetched again, and kept as evidence."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from activities.payments.exchanges import Answer
from activities.payments.sign_in import WalletProver
from domain.chains import SOLANA_DEVNET
from domain.errors import (
    EngineError,
    OfferRefused,
    PaymentUnconfirmed,
    RecordsDisagree,
    UpstreamUnavailable,
)
from domain.payments import PaymentState
from domain.purchases import SettlePurchase
from tests.activities.payments.counter import STEP, Counter, slot
from tests.fakes.builders import PAYER, offer, terms, usdc
from tests.fakes.rails import FakeChannelRail
from tests.fakes.sellers import GOODS, answer, challenge

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
URL = offer().url


class Pen:
    """A wallet's pen: signs any sentence and remembers it."""

    address = PAYER

    def __init__(self) -> None:
        self.texts: list[str] = []

    async def sign(self, message: str, *, key: str) -> str:
        raise AssertionError("no money moves by signing in")

    async def sign_text(self, text: str) -> str:
        self.texts.append(text)
        return "signature"


def sign_in(**changes: Any) -> dict[str, Any]:
    info = {
        "domain": "weather.example",
        "uri": URL,
        "version": "1",
        "nonce": "0123456789abcdef",
        "issuedAt": "2026-11-21T12:00:00Z",
    }
    chains = [{"chainId": SOLANA_DEVNET, "type": "ed25519"}]
    return {"sign-in-with-x": {"info": {**info, **changes}, "supportedChains": chains}}


@pytest.fixture
def pen(counter: Counter) -> Pen:
    pen = Pen()
    counter.change(prover=WalletProver([pen], clock=lambda: NOW))
    return pen


async def test_a_delivered_payment_has_its_receipt_and_its_line(counter: Counter) -> None:
    settlement = await counter.bought()

    (line,) = await counter.ledger.book()
    assert settlement.state is PaymentState.DELIVERED
    assert settlement.receipt == line.receipt
    assert line.receipt.amount == usdc("0.50")
    assert settlement.output is not None
    assert await counter.instruments.artifacts.get(settlement.output) == GOODS


async def test_settling_again_sends_nothing(counter: Counter) -> None:
    authorization = await counter.authorized()
    counter.rail.land(authorization.evidence)
    first = await counter.settle(authorization)

    assert await counter.settle(authorization) == first
    assert len(counter.seller.payments) == 1


@pytest.mark.parametrize("status", [402, 408, 429, 500, 502])
async def test_every_resend_is_the_same_bytes(counter: Counter, status: int) -> None:
    counter.seller.paid = [answer(status, b"{}")]
    authorization = await counter.authorized()

    for _ in range(4):
        with pytest.raises(PaymentUnconfirmed):
            await counter.settle(authorization)

    assert len(counter.seller.payments) == 4
    assert len({payment.model_dump_json() for payment in counter.seller.payments}) == 1
    assert len(counter.rail.signed) == 1


async def test_a_settlement_that_is_pending_is_looked_up_by_its_name(counter: Counter) -> None:
    counter.seller.paid = [
        answer(402, b"{}", claimed_transaction="named", reason="settlement_pending")
    ]
    authorization = await counter.authorized()

    with pytest.raises(PaymentUnconfirmed, match="settlement_pending"):
        await counter.settle(authorization)

    assert counter.rail.looked[-1] == "named"
    assert (await counter.entry(authorization.key)).hint == "named"


async def test_a_higher_price_after_payment_is_never_signed(counter: Counter) -> None:
    dearer = challenge(terms(base_units=5_000_000))
    counter.seller.paid = [answer(402, b"{}", challenge=dearer)]
    counter.seller.asked = [challenge(), dearer]
    authorization = await counter.authorized()
    counter.seller.on_payment = lambda: counter.rail.land(authorization.evidence)

    settlement = await counter.settle(authorization)

    assert settlement.state is PaymentState.PAID_UNDELIVERED
    assert settlement.receipt is not None
    assert settlement.receipt.amount == usdc("0.50")
    assert len(counter.rail.signed) == 1


async def test_what_was_paid_for_is_asked_for_again_with_the_same_bytes(counter: Counter) -> None:
    authorization = await counter.authorized()
    counter.seller.paid = [PaymentUnconfirmed("the reply was lost"), answer()]
    counter.seller.on_payment = lambda: counter.rail.land(authorization.evidence)
    with pytest.raises(PaymentUnconfirmed):
        await counter.settle(authorization)

    settlement = await counter.settle(authorization)  # the seller knows the payment by its name

    assert settlement.state is PaymentState.DELIVERED
    assert len(counter.seller.payments) == 2
    assert counter.seller.payments[0] == counter.seller.payments[1]


@pytest.mark.usefixtures("pen")
async def test_what_was_paid_for_is_fetched_by_proof_of_the_wallet(counter: Counter) -> None:
    counter.seller.paid = [answer(500, b"lost it")]
    counter.seller.asked = [challenge(extensions=sign_in())]
    counter.seller.proven = [answer()]

    settlement = await counter.bought()

    (proof,) = counter.seller.proofs
    shown = json.loads(base64.b64decode(proof))
    assert settlement.state is PaymentState.DELIVERED
    assert shown["address"] == PAYER
    assert shown["signature"] == "signature"
    assert len(counter.rail.signed) == 1


async def test_a_seller_that_hands_it_over_for_the_asking_has_delivered(
    counter: Counter, pen: Pen
) -> None:
    counter.seller.paid = [answer(500, b"lost it")]
    counter.seller.asked = [challenge(), answer()]

    assert (await counter.bought()).state is PaymentState.DELIVERED
    assert pen.texts == []


@pytest.mark.parametrize(
    "offered",
    [
        sign_in(domain="bank.example"),
        sign_in(uri="https://bank.example/run"),
        sign_in(uri="http://weather.example/run"),
        sign_in(issuedAt="2026-11-21T11:00:00Z"),
        sign_in(expirationTime="2036-11-21T12:00:00Z"),
        sign_in(statement="I agree\nURI: https://bank.example/"),
        sign_in(nonce="1\n2"),
        sign_in(domain="weather.example wants\nbank.example"),
    ],
)
async def test_nothing_is_signed_for_another_host_or_another_purpose(
    counter: Counter, pen: Pen, offered: dict[str, Any]
) -> None:
    counter.seller.paid = [answer(500, b"lost it")]
    counter.seller.asked = [challenge(extensions=offered)]

    settlement = await counter.bought()

    assert settlement.state is PaymentState.PAID_UNDELIVERED
    assert pen.texts == []
    assert counter.seller.proofs == []


@pytest.mark.usefixtures("pen")
@pytest.mark.parametrize(
    "says", [UpstreamUnavailable("down"), OfferRefused("gone"), answer(402, b"{}")]
)
async def test_a_seller_that_gives_nothing_back_ends_the_payment_honestly(
    counter: Counter, says: Answer | EngineError, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("activities.payments.returning._PAUSE_SECONDS", 0)
    counter.seller.paid = [answer(500, b"lost it")]
    counter.seller.asked = [challenge(extensions=sign_in())]
    counter.seller.proven = [says]

    assert (await counter.bought()).state is PaymentState.PAID_UNDELIVERED


async def test_a_wallet_of_somebody_else_is_not_proven(counter: Counter, pen: Pen) -> None:
    pen.address = "Other11111111111111111111111111111111111111"
    counter.change(prover=WalletProver([pen], clock=lambda: NOW))
    counter.seller.paid = [answer(500, b"lost it")]
    counter.seller.asked = [challenge(extensions=sign_in())]

    assert (await counter.bought()).state is PaymentState.PAID_UNDELIVERED
    assert pen.texts == []


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (answer(400, b"we do not like you"), "answered 400"),
        (answer(body=b'{"report": 7}'), "breaks the service's own schema"),
        (answer(body=b"<html>"), "JSON was promised"),
        (answer(usable=False, reason="the answer is larger than 8 bytes"), "larger than"),
    ],
)
async def test_a_useless_answer_that_was_paid_for_is_kept_as_evidence(
    counter: Counter, given: Answer, words: str
) -> None:
    counter.seller.paid = [given]

    settlement = await counter.bought()

    entry = await counter.entry(settlement.key)
    assert settlement.state is PaymentState.PAID_UNDELIVERED
    assert words in settlement.reason
    assert settlement.output is None
    assert entry.evidence is not None
    assert await counter.instruments.artifacts.get(entry.evidence) == given.body


async def test_evidence_is_bounded(counter: Counter) -> None:
    counter.seller.paid = [answer(500, b"x" * 3_000_000)]

    settlement = await counter.bought()

    entry = await counter.entry(settlement.key)
    assert entry.evidence is not None
    assert entry.evidence.size_bytes == 256 * 1024


async def test_a_success_that_the_chain_denies_is_no_payment(counter: Counter) -> None:
    said = {"success": True, "transaction": "failed-tx"}
    counter.seller.paid = [answer(claimed_transaction="failed-tx", settlement=said)]
    authorization = await counter.authorized()
    counter.seller.on_payment = lambda: counter.rail.rule_out(
        authorization.evidence, "it failed on chain"
    )

    settlement = await counter.settle(authorization)

    assert settlement.state is PaymentState.UNPAID
    assert settlement.receipt is None
    assert settlement.output is not None  # what was given away for nothing is still delivered
    assert "it failed on chain" in settlement.reason


async def test_a_node_that_answers_garbage_leaves_the_question_open(counter: Counter) -> None:
    authorization = await counter.authorized()
    counter.rail.unreadable = [UpstreamUnavailable("the node answered something unreadable")]

    with pytest.raises(UpstreamUnavailable):
        await counter.settle(authorization)

    assert (await counter.entry(authorization.key)).state is PaymentState.SIGNED
    counter.rail.land(authorization.evidence)
    assert (await counter.settle(authorization)).state is PaymentState.DELIVERED


async def test_a_transaction_that_pays_for_something_else_parks_the_payment(
    counter: Counter,
) -> None:
    await counter.bought(transaction="one")
    second = await counter.authorized(slot=slot(1))
    counter.rail.land(second.evidence, "one")

    settlement = await counter.settle(second)
    again = await counter.settle(second)

    assert settlement.parked
    assert settlement.receipt is None
    assert "already claims transaction one" in settlement.reason
    assert again == settlement
    assert len(await counter.ledger.book()) == 1
    assert len(counter.seller.payments) == 2


async def test_a_smaller_charge_is_what_counts(counter: Counter) -> None:
    authorization = await counter.authorized()
    counter.rail.land(authorization.evidence, moved=120_000)

    settlement = await counter.settle(authorization)

    assert settlement.receipt is not None
    assert settlement.receipt.amount == usdc("0.12")
    # What did not move is free for others again.
    await counter.authorized(slot=slot(1), cap=usdc("0.62"))


async def test_more_than_was_signed_for_parks_the_payment(counter: Counter) -> None:
    authorization = await counter.authorized()
    counter.rail.land(authorization.evidence, moved=500_001)

    settlement = await counter.settle(authorization)

    assert settlement.parked
    assert "moved 500001" in settlement.reason


async def test_bytes_that_the_ledger_does_not_know_are_not_sent(counter: Counter) -> None:
    authorization = await counter.authorized()
    stranger = Counter(
        counter.instruments, counter.ledger, counter.seller, counter.rail, counter.folder
    )
    forgotten = await counter.ledger.get(authorization.key)
    async with Counter.open(counter.folder / "restored") as restored:
        await restored.ledger.reserve(forgotten.claim, ())
        stranger.change(ledger=restored.ledger)

        settlement = await stranger.run(
            stranger.payments.settle, SettlePurchase(step_id=STEP, authorization=authorization)
        )

    assert settlement.parked
    assert counter.seller.payments == []


async def test_a_chain_that_contradicts_the_record_parks_the_payment(counter: Counter) -> None:
    authorization = await counter.authorized()
    counter.rail.unreadable = [RecordsDisagree("the channel is not in the records")]

    settlement = await counter.settle(authorization)

    assert settlement.parked
    assert "not in the records" in settlement.reason


async def test_a_channel_hears_every_answer_also_after_a_crash(counter: Counter) -> None:
    rail = FakeChannelRail(deposit=500_000)
    counter.use(rail)
    said = {"success": True, "transaction": "tx"}
    counter.seller.paid = [answer(settlement=said)]
    authorization = await counter.authorized()
    rail.deaf = [UpstreamUnavailable("another payment changed the channel")]
    with pytest.raises(UpstreamUnavailable):
        await counter.settle(authorization)
    rail.land(authorization.evidence, piece="500000")

    settlement = await counter.settle(authorization)

    assert rail.heard_of == [(True, None)]
    assert settlement.state is PaymentState.DELIVERED
    assert settlement.receipt is not None
    assert settlement.receipt.piece == "500000"
    assert len(counter.seller.payments) == 1
