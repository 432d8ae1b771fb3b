"""A person's own wallet: one request, one signature, and an honest end when nobody signs."""

from typing import Any

import pytest

from activities.payments.reply_seal import seal_reply
from domain.errors import RecordsDisagree, SignatureExpired, SignatureRefused
from domain.payments import Authorization, PaymentState, SignatureRequest
from domain.purchases import AttachSignature
from tests.activities.payments.counter import Counter, slot
from tests.fakes.builders import key
from tests.fakes.rails import GOOD_SIGNATURE

OWN = "Own1111111111111111111111111111111111111111"


async def asked(counter: Counter) -> SignatureRequest:
    made = await counter.authorize(wallet=OWN)
    assert isinstance(made, SignatureRequest)
    return made


async def attach(counter: Counter, request: SignatureRequest, signature: str) -> Authorization:
    sealed = seal_reply(signature, reply_key=request.reply_key, key=request.key)
    ask = AttachSignature(key=request.key, sealed_signature=sealed)
    made: Authorization = await counter.run(counter.payments.attach_signature, ask)
    return made


async def test_the_wallet_is_asked_for_the_same_signature_again(counter: Counter) -> None:
    first = await asked(counter)

    assert await asked(counter) == first
    assert first.payer == OWN
    assert len(counter.rail.built) == 1
    assert counter.rail.signed == []


async def test_a_signature_makes_a_payment_that_settles_like_any_other(counter: Counter) -> None:
    request = await asked(counter)

    authorization = await attach(counter, request, GOOD_SIGNATURE)
    counter.rail.land(authorization.evidence)
    settlement = await counter.settle(authorization)

    assert settlement.state is PaymentState.DELIVERED
    assert settlement.receipt is not None
    assert settlement.receipt.payer == OWN
    assert await attach(counter, request, GOOD_SIGNATURE) == authorization
    assert await counter.authorize(wallet=OWN) == authorization


async def test_a_wrong_signature_is_refused_and_the_request_stays_open(counter: Counter) -> None:
    request = await asked(counter)

    with pytest.raises(SignatureRefused):
        await attach(counter, request, "somebody else's")

    assert await asked(counter) == request
    assert await attach(counter, request, GOOD_SIGNATURE)


async def test_a_signature_sealed_for_another_payment_is_refused(counter: Counter) -> None:
    request = await asked(counter)
    sealed = seal_reply(GOOD_SIGNATURE, reply_key=request.reply_key, key=key("other"))
    ask = AttachSignature(key=request.key, sealed_signature=sealed)

    with pytest.raises(SignatureRefused):
        await counter.run(counter.payments.attach_signature, ask)


async def test_a_payment_that_waits_for_no_signature_takes_none(counter: Counter) -> None:
    claim = (await counter.entry((await counter.authorized()).key)).claim
    other = claim.model_copy(update={"key": key("other"), "slot": slot(1)})
    await counter.ledger.reserve(other, ())
    ask = AttachSignature(key=other.key, sealed_signature="x")

    with pytest.raises(SignatureRefused, match="waits for no signature"):
        await counter.run(counter.payments.attach_signature, ask)


@pytest.mark.parametrize("noticed_by", ["asking", "reconciling"])
async def test_what_nobody_signed_ends_unpaid_once_that_is_proven(
    counter: Counter, noticed_by: str
) -> None:
    request = await asked(counter)
    counter.rail.rule_out(request.evidence)

    if noticed_by == "reconciling":
        settlement = await counter.reconcile(request.key)
        assert settlement.state is PaymentState.UNPAID
    with pytest.raises(SignatureExpired):
        await asked(counter)

    assert (await counter.entry(request.key)).state is PaymentState.UNPAID
    with pytest.raises(SignatureExpired):
        await attach(counter, request, GOOD_SIGNATURE)


@pytest.mark.parametrize("noticed_by", ["asking", "reconciling"])
async def test_what_landed_without_our_hearing_of_its_signature_is_parked(
    counter: Counter, noticed_by: str
) -> None:
    request = await asked(counter)
    counter.rail.land(request.evidence, "signed-elsewhere")

    if noticed_by == "asking":
        with pytest.raises(RecordsDisagree, match="signed-elsewhere"):
            await asked(counter)
    settlement = await counter.reconcile(request.key)

    assert settlement.parked
    assert "signed-elsewhere" in settlement.reason


async def test_no_signature_is_readable_in_what_travels(counter: Counter) -> None:
    request = await asked(counter)
    authorization = await attach(counter, request, GOOD_SIGNATURE)
    travels: list[Any] = [request, authorization]

    assert all(GOOD_SIGNATURE not in each.model_dump_json() for each in travels)
