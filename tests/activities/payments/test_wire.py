"""Reading 402s of every shape, and writing payments that sellers accept."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.payments import wire
from activities.payments.exchanges import SignedPayment
from domain.catalogue import ChannelTerms, Terms
from domain.chains import BASE_SEPOLIA, SOLANA_DEVNET, USDC_DEVNET

ACCEPT = {
    "scheme": "exact",
    "network": SOLANA_DEVNET,
    "asset": USDC_DEVNET.address,
    "amount": "50000",
    "payTo": "seller",
    "maxTimeoutSeconds": 60,
    "extra": {"feePayer": "payer", "unknown": [1]},
}
V1_ACCEPT = {
    "scheme": "exact",
    "network": "solana-devnet",
    "asset": USDC_DEVNET.address,
    "maxAmountRequired": "50000",
    "resource": "https://a.example/x",
    "payTo": "seller",
    "maxTimeoutSeconds": 60,
    "extra": {"feePayer": "payer"},
}


def header(document: dict[str, Any]) -> dict[str, str]:
    return {"payment-required": base64.b64encode(json.dumps(document).encode()).decode()}


def test_a_version_2_challenge_is_read_from_its_header() -> None:
    found = wire.read_challenge(header({"x402Version": 2, "accepts": [ACCEPT]}), b"{}")

    (demand,) = found.demands
    assert demand.terms.base_units == 50_000
    assert demand.terms.fee_payer == "payer"
    assert demand.raw == ACCEPT


def test_a_version_1_challenge_is_read_from_its_body() -> None:
    body = json.dumps({"x402Version": 1, "accepts": [V1_ACCEPT]}).encode()

    (demand,) = wire.read_challenge({}, body).demands

    assert demand.terms.network == SOLANA_DEVNET
    assert demand.terms.x402_version == 1


@pytest.mark.parametrize(
    "amount", ["-1", "1.5", "0x10", "1e6", "", " 5", "05", "١٢", "1_000", "+5"]
)
def test_an_amount_in_any_other_form_is_not_a_way_to_pay(amount: str) -> None:
    found = wire.read_challenge(
        header({"x402Version": 2, "accepts": [{**ACCEPT, "amount": amount}]}), b""
    )

    assert found.demands == ()


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"null", b"\xff", b'{"accepts": 5}', b'{"accepts": [5]}']
)
def test_a_402_that_makes_no_sense_names_no_way_to_pay(body: bytes) -> None:
    assert wire.read_challenge({}, body).demands == ()


@given(st.binary(max_size=200))
def test_no_header_breaks_the_reader(noise: bytes) -> None:
    text = noise.decode("latin-1")

    wire.read_challenge({"payment-required": text}, noise)
    wire.claimed_transaction(wire.read_settlement({"payment-response": text}))


def test_a_payment_echoes_the_sellers_own_words() -> None:
    signed = SignedPayment(
        x402_version=2,
        accepted=ACCEPT,
        resource={"url": "https://a.example/x"},
        extensions={"bazaar": {}},
        payload={"transaction": "AA=="},
    )

    sent = json.loads(base64.b64decode(wire.payment_header(signed)["PAYMENT-SIGNATURE"]))

    assert sent["accepted"] == ACCEPT
    assert sent["extensions"] == {"bazaar": {}}
    assert sent["payload"] == {"transaction": "AA=="}


EVM_ACCEPT = {
    "scheme": "batch-settlement",
    "network": BASE_SEPOLIA,
    "asset": "0x036CbD53842c5426634e7929541eC2318f3dCF7e",
    "amount": "50000",
    "payTo": "0x" + "Aa" * 20,
    "maxTimeoutSeconds": 60,
    "extra": {
        "assetTransferMethod": "permit2",
        "facilitatorAddress": "0x" + "Fa" * 20,
        "receiverAuthorizer": "0x" + "Bb" * 20,
        "withdrawDelay": 900,
    },
}


def read(*accepts: dict[str, Any]) -> list[Terms]:
    found = wire.read_challenge(header({"x402Version": 2, "accepts": list(accepts)}), b"")
    return [demand.terms for demand in found.demands]


def test_evm_terms_are_read_with_all_that_binds_them() -> None:
    (terms,) = read(EVM_ACCEPT)

    assert terms.transfer_method == "permit2"
    assert terms.spender == "0x" + "fa" * 20
    assert terms.channel == ChannelTerms(
        receiver_authorizer="0x" + "bb" * 20, withdraw_delay_seconds=900
    )
    assert terms.pay_to == "0x" + "aa" * 20


def test_a_channel_is_read_where_the_scheme_has_one_and_only_if_it_makes_sense() -> None:
    exact, broken = {**EVM_ACCEPT, "scheme": "exact"}, {**EVM_ACCEPT, "extra": {"withdrawDelay": 1}}

    assert [terms.channel for terms in read(exact, broken)] == [None, None]


def test_the_header_wins_over_a_body_that_differs() -> None:
    body = json.dumps({"x402Version": 2, "accepts": [{**ACCEPT, "amount": "1"}]}).encode()

    found = wire.read_challenge(header({"x402Version": 2, "accepts": [ACCEPT]}), body)

    assert [demand.terms.base_units for demand in found.demands] == [50_000]


@pytest.mark.parametrize("unreadable", ["%%%", "bm9wZQ==", "e30=", "eyJhY2NlcHRzIjogN30="])
def test_an_unreadable_header_gives_way_to_the_body(unreadable: str) -> None:
    body = json.dumps({"x402Version": 2, "accepts": [ACCEPT]}).encode()

    found = wire.read_challenge({"payment-required": unreadable}, body)

    assert [demand.raw for demand in found.demands] == [ACCEPT]


def test_a_version_1_payment_names_the_network_as_its_seller_did() -> None:
    signed = SignedPayment(
        x402_version=1,
        accepted=V1_ACCEPT,
        resource=None,
        extensions=None,
        payload={"transaction": "AA=="},
    )

    sent = json.loads(base64.b64decode(wire.payment_header(signed)["X-PAYMENT"]))

    assert sent == {
        "x402Version": 1,
        "scheme": "exact",
        "network": "solana-devnet",
        "payload": {"transaction": "AA=="},
    }


def test_thousands_of_ways_to_pay_are_not_read() -> None:
    assert len(read(*[ACCEPT] * 5_000)) == wire.MAX_DEMANDS


def test_words_too_large_to_be_echoed_make_no_way_to_pay() -> None:
    large = {"x402Version": 2, "accepts": [ACCEPT], "extensions": {"x": "y" * 100_000}}

    found = wire.read_challenge(header(large), b"")

    assert found.demands == ()
    assert found.extensions is None
    assert read({**ACCEPT, "extra": {"feePayer": "p", "x": "y" * 100_000}}) == []


def test_an_amount_of_thousands_of_digits_is_no_amount() -> None:
    assert read({**ACCEPT, "amount": "9" * 5_000}) == []


def test_what_a_seller_claims_is_bounded() -> None:
    said = {"success": False, "errorReason": "w" * 10_000, "transaction": "t" * 10_000}
    settlement = wire.read_settlement({"payment-response": _encoded(said)})

    assert len(wire.claimed_reason(settlement)) == wire.MAX_REASON_CHARACTERS
    assert len(wire.claimed_transaction(settlement) or "") == wire.MAX_REASON_CHARACTERS
    assert wire.read_settlement({"x-payment-response": _encoded(said)}) == said
    assert wire.read_settlement({}) is None


def _encoded(document: dict[str, Any]) -> str:
    return base64.b64encode(json.dumps(document).encode()).decode()
