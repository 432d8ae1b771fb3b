"""Reading 402s of every shape, and writing payments that sellers accept."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.payments import wire
from activities.payments.ports import SignedPayment
from domain.chains import SOLANA_DEVNET, USDC_DEVNET

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
