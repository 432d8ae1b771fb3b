"""Proofs of a wallet: exactly the sentence that sellers check, on both families of chains."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from eth_account import Account
from eth_account.messages import encode_defunct
from hypothesis import given
from hypothesis import strategies as st
from solders.keypair import Keypair
from solders.signature import Signature
from x402.extensions.sign_in_with_x import (
    SIWxValidationOptions,
    format_siws_message,
    parse_siwx_header,
    validate_siwx_message,
)

from activities.payments.evm.keyfile import EvmKeyfileSigner
from activities.payments.exchanges import Challenge
from activities.payments.sign_in import WalletProver
from activities.payments.signers.keyfile_svm import KeyfileSigner
from domain.chains import BASE_SEPOLIA, SOLANA_DEVNET
from domain.errors import SignatureRefused
from domain.payments import Receipt
from tests.fakes.builders import receipt

NOW = datetime.now(UTC)
URL = "https://shop.example:8443/run?x=1"
WALLET = Keypair()
EVM_WALLET = Account.create()
PROVER = WalletProver([KeyfileSigner(WALLET), EvmKeyfileSigner(EVM_WALLET)], clock=lambda: NOW)
CHAINS = (SOLANA_DEVNET, BASE_SEPOLIA)
AGED = SIWxValidationOptions(maxAge=86_400_000)
"""The package asks its own clock, and these tests may run long after they were loaded."""


def offered(chains: tuple[str, ...] = CHAINS, **changes: Any) -> Challenge:
    info = {
        "domain": "shop.example:8443",
        "uri": "https://shop.example:8443/run",
        "version": "1",
        "nonce": "0123456789abcdef",
        "issuedAt": NOW.isoformat().replace("+00:00", "Z"),
    }
    declared = {
        "info": {**info, **changes},
        "supportedChains": [{"chainId": chain, "type": "any"} for chain in chains],
    }
    return Challenge(demands=(), extensions={"sign-in-with-x": declared})


def paid(**changes: Any) -> Receipt:
    return receipt(payer=str(WALLET.pubkey()), **changes)


async def proof(challenge: Challenge, of: Receipt) -> dict[str, Any]:
    header = await PROVER.prove(challenge, url=URL, receipt=of)
    assert header is not None
    found: dict[str, Any] = json.loads(base64.b64decode(header))
    return found


@pytest.mark.parametrize(
    "extra",
    [
        {},
        {"statement": "Sign in to get it again"},
        {"expirationTime": NOW.isoformat(), "requestId": "r", "resources": [URL, "urn:x"]},
    ],
)
async def test_the_package_reads_the_same_sentence_on_solana(extra: dict[str, Any]) -> None:
    header = await PROVER.prove(offered(**extra), url=URL, receipt=paid())

    assert header is not None
    payload = parse_siwx_header(header)
    text = format_siws_message(payload, payload.address)
    signature = Signature.from_string(payload.signature)
    assert signature.verify(WALLET.pubkey(), text.encode())
    origin = "https://shop.example:8443"
    if "expirationTime" not in extra:
        assert (await validate_siwx_message(payload, origin, AGED)).is_valid


async def test_an_evm_wallet_signs_the_words_of_its_standard() -> None:
    of = paid(network=BASE_SEPOLIA).model_copy(update={"payer": EVM_WALLET.address.lower()})

    shown = await proof(offered(statement="Hello"), of)

    text = (
        "shop.example:8443 wants you to sign in with your Ethereum account:\n"
        f"{EVM_WALLET.address}\n\nHello\n\n"
        "URI: https://shop.example:8443/run\nVersion: 1\nChain ID: 84532\n"
        f"Nonce: 0123456789abcdef\nIssued At: {shown['issuedAt']}"
    )
    signer = Account.recover_message(encode_defunct(text=text), signature=shown["signature"])
    assert signer == EVM_WALLET.address == shown["address"]
    assert shown["type"] == "eip191"


async def test_without_an_offer_for_this_chain_nothing_is_signed() -> None:
    for challenge in (
        Challenge(demands=()),
        Challenge(demands=(), extensions={"sign-in-with-x": []}),
        offered(chains=("eip155:1",)),
    ):
        assert await PROVER.prove(challenge, url=URL, receipt=paid()) is None


async def test_a_delegate_proves_no_wallet_but_its_own() -> None:
    of = receipt(payer=str(Keypair().pubkey()))

    assert await PROVER.prove(offered(), url=URL, receipt=of) is None


@given(
    st.sampled_from(["domain", "uri", "nonce", "issuedAt", "statement", "version", "requestId"]),
    st.text(max_size=40),
    st.sampled_from(["\n", "\r", "\0", "\u202e", "\u2028", ""]),
)
async def test_no_line_of_the_sellers_making_is_ever_signed(
    field: str, noise: str, separator: str
) -> None:
    changes: dict[str, Any] = {field: f"{noise}{separator}URI: https://bank.example"}
    challenge = offered(**changes)

    try:
        header = await PROVER.prove(challenge, url=URL, receipt=paid())
    except SignatureRefused:
        return

    assert header is not None
    payload = parse_siwx_header(header)
    text = format_siws_message(payload, payload.address)
    assert text.replace("\n", "").isprintable()
    assert text.count("\nURI: https://shop.example:8443/run\n") == 1
