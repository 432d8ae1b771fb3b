"""What was paid for is given again to its payer, and to nobody else."""

import base64
import json
from typing import Any

import httpx
import pytest
from eth_account import Account
from eth_account.messages import encode_defunct
from eth_account.signers.local import LocalAccount
from x402.client import x402Client
from x402.extensions.payment_identifier import append_payment_identifier_to_extensions
from x402.extensions.sign_in_with_x import (
    CreateSIWxClientExtensionOptions,
    SIWxPayload,
    create_siwx_client_extension,
    create_siwx_payload,
    encode_siwx_header,
)
from x402.http.clients.httpx import PaymentError, x402HttpxClient
from x402.http.utils import decode_payment_required_header, encode_payment_signature_header
from x402.mechanisms.svm.constants import SOLANA_DEVNET_CAIP2
from x402.mechanisms.svm.exact.client import ExactSvmScheme
from x402.mechanisms.svm.signers import KeypairSigner

from deploy.services.wallet_proof import evm_sentence
from domain.chains import BASE_SEPOLIA
from tests.deploy.services.buyer import PAID_CALL_SECONDS, Buyer
from tests.deploy.services.evm_buyer import FUNDS, EvmBuyer, challenge
from tests.deploy.services.stack import Stack

pytestmark = [
    pytest.mark.stack,
    # The package builds its chain client on a class its own dependency deprecates.
    pytest.mark.filterwarnings("ignore:.* is deprecated; use solana"),
]

PRICE = 10_000
BODY = {"text": "for Ada"}


async def signed_in(buyer: Buyer, url: str, body: object) -> httpx.Response:
    """Ask as the package does when it may sign in before it pays."""
    signer = KeypairSigner(buyer.pair)
    scheme: Any = ExactSvmScheme(signer, buyer.stack.node.url)
    payments = x402Client().register(SOLANA_DEVNET_CAIP2, scheme)
    options = CreateSIWxClientExtensionOptions(signers=[signer])
    payments.register_extension(create_siwx_client_extension(options))
    try:
        async with x402HttpxClient(payments, timeout=PAID_CALL_SECONDS) as client:
            return await client.post(url, json=body)
    finally:
        for node in scheme._clients.values():  # the package never closes them
            node._provider.session.close()


async def named_payment(buyer: Buyer, url: str, name: str) -> dict[str, str]:
    """Sign a payment under a name, and send nothing."""
    scheme: Any = ExactSvmScheme(KeypairSigner(buyer.pair), buyer.stack.node.url)
    payments = x402Client().register(SOLANA_DEVNET_CAIP2, scheme)
    required: Any = decode_payment_required_header(send(url, {}).headers["payment-required"])
    append_payment_identifier_to_extensions(required.extensions, name)
    try:
        payload = await payments.create_payment_payload(required)
    finally:
        for node in scheme._clients.values():
            node._provider.session.close()
    return {"PAYMENT-SIGNATURE": encode_payment_signature_header(payload)}


def evm_proof(account: LocalAccount, url: str, *, named: str | None = None) -> dict[str, str]:
    """Sign in as a wallet on the EVM chain; perhaps in another's name."""
    info = challenge(url)["extensions"]["sign-in-with-x"]["info"]
    said = {"chainId": BASE_SEPOLIA, "type": "eip191", "address": named or account.address}
    proof = SIWxPayload.model_validate({**info, **said, "signature": ""})
    signed = account.sign_message(encode_defunct(text=evm_sentence(proof)))
    proof.signature = "0x" + bytes(signed.signature).hex()
    return {"SIGN-IN-WITH-X": encode_siwx_header(proof)}


def send(url: str, headers: dict[str, str], body: object = BODY) -> httpx.Response:
    return httpx.post(url, json=body, headers=headers, timeout=PAID_CALL_SECONDS)


async def test_the_wallet_that_paid_gets_its_answer_again(stack: Stack, buyer: Buyer) -> None:
    url, before = stack.services.url + "/vault/certificate", buyer.balance
    first = await signed_in(buyer, url, BODY)
    again = await signed_in(buyer, url, BODY)

    assert first.json() == again.json()
    assert buyer.balance == before - PRICE
    assert "payment-response" in first.headers
    assert "payment-response" not in again.headers


async def test_signing_in_buys_nothing_else_and_nothing_for_others(
    stack: Stack, buyer: Buyer
) -> None:
    url, other = stack.services.url + "/vault/certificate", Buyer(stack, stack.payer())
    mine = await signed_in(buyer, url, BODY)
    another_text = await signed_in(buyer, url, {"text": "for Bob"})
    theirs = await signed_in(other, url, BODY)

    assert len({answer.json()["serial"] for answer in (mine, another_text, theirs)}) == 3
    assert other.balance == 100_000_000 - PRICE
    assert buyer.balance == 100_000_000 - 2 * PRICE


async def test_a_proof_is_good_once_and_for_one_resource(stack: Stack, buyer: Buyer) -> None:
    url = stack.services.url + "/vault/certificate"
    bought = await buyer.buy(url, BODY)
    siwx = challenge(url)["extensions"]["sign-in-with-x"]
    assert [chain["chainId"] for chain in siwx["supportedChains"]] == [SOLANA_DEVNET_CAIP2]
    asked = {**siwx["info"], "chainId": SOLANA_DEVNET_CAIP2, "type": "ed25519"}
    proof = await create_siwx_payload(asked, KeypairSigner(buyer.pair), url)
    header = {"SIGN-IN-WITH-X": encode_siwx_header(proof)}
    forged = proof.model_copy(update={"nonce": "0" * 32})
    elsewhere = {**asked, "uri": stack.services.url + "/vault/ticket"}
    moved = await create_siwx_payload(elsewhere, KeypairSigner(buyer.pair), url)

    assert send(url, {"SIGN-IN-WITH-X": encode_siwx_header(forged)}).status_code == 402
    assert send(url, {"SIGN-IN-WITH-X": encode_siwx_header(moved)}).status_code == 402
    assert send(url, {"SIGN-IN-WITH-X": "not a proof"}).status_code == 402
    assert send(url, header).json() == bought.json()
    assert send(url, header).status_code == 402


async def test_an_evm_wallet_signs_in_too(both: Stack, evm_buyer: EvmBuyer) -> None:
    url = both.services.url + "/vault/certificate"
    chains = challenge(url)["extensions"]["sign-in-with-x"]["supportedChains"]
    first = await evm_buyer.buy(url, BODY)
    again = send(url, evm_proof(evm_buyer.account, url))

    assert [chain["chainId"] for chain in chains] == [SOLANA_DEVNET_CAIP2, BASE_SEPOLIA]
    assert first.json() == again.json()
    assert evm_buyer.balance == FUNDS - PRICE


async def test_the_same_named_payment_gets_the_same_answer(stack: Stack, buyer: Buyer) -> None:
    url = stack.services.url + "/vault/ticket"
    header = await named_payment(buyer, url, "order-0123456789-a")
    first, again = send(url, header), send(url, header)

    assert first.status_code == again.status_code == 200
    assert first.json() == again.json()
    assert first.headers["payment-response"] == again.headers["payment-response"]
    assert buyer.balance == 100_000_000 - PRICE


async def test_a_name_belongs_to_one_payment(stack: Stack, buyer: Buyer) -> None:
    url, name = stack.services.url + "/vault/ticket", "order-0123456789-b"
    header = await named_payment(buyer, url, name)
    another = await named_payment(buyer, url, name)

    assert send(url, header).status_code == 200
    assert send(url, another).status_code == 409
    assert send(url, header, {"text": "for Bob"}).status_code == 409
    assert buyer.balance == 100_000_000 - PRICE


async def test_a_payment_without_a_name_is_taken_and_served_once(
    stack: Stack, buyer: Buyer
) -> None:
    url = stack.services.url + "/vault/ticket"
    answers = [(await buyer.buy(url, BODY)).json() for _ in range(2)]

    assert answers[0]["serial"] != answers[1]["serial"]
    assert buyer.balance == 100_000_000 - 2 * PRICE


@pytest.mark.parametrize("extensions", [[], "x", {"payment-identifier": 7}, {"a": None}])
async def test_nonsense_for_a_name_is_no_name(
    stack: Stack, buyer: Buyer, extensions: object
) -> None:
    url = stack.services.url + "/vault/ticket"
    payment = {"x402Version": 2, "payload": {}, "accepted": {}, "extensions": extensions}
    encoded = base64.b64encode(json.dumps(payment).encode()).decode()

    assert send(url, {"PAYMENT-SIGNATURE": encoded}).status_code == 402
    assert buyer.balance == 100_000_000


async def test_a_lost_answer_is_fetched_by_signing_in(stack: Stack, buyer: Buyer) -> None:
    url = f"{stack.misbehaving.url}/misbehaving/lost-reply-sign-in"
    with pytest.raises(PaymentError, match="disconnected"):
        await buyer.buy(url, {"text": "hi"})
    assert buyer.balance == 100_000_000 - PRICE

    again = await signed_in(buyer, url, {"text": "hi"})
    assert again.json() == {"text": "hi"}
    assert buyer.balance == 100_000_000 - PRICE


async def test_a_lost_answer_is_fetched_by_the_same_named_payment(
    stack: Stack, buyer: Buyer
) -> None:
    url = f"{stack.misbehaving.url}/misbehaving/lost-reply-named"
    header = await named_payment(buyer, url, "order-0123456789-c")
    with pytest.raises(httpx.RemoteProtocolError):
        send(url, header)
    assert buyer.balance == 100_000_000 - PRICE

    assert send(url, header).json() == BODY
    assert buyer.balance == 100_000_000 - PRICE


async def test_an_evm_answer_that_was_lost_is_fetched_by_signing_in(
    both: Stack, evm_buyer: EvmBuyer
) -> None:
    url = f"{both.misbehaving.url}/misbehaving/lost-reply-sign-in"
    with pytest.raises(PaymentError, match="disconnected"):
        await evm_buyer.buy(url, {"text": "hi"})

    again = send(url, evm_proof(evm_buyer.account, url), {"text": "hi"})
    assert again.json() == {"text": "hi"}
    assert evm_buyer.balance == FUNDS - PRICE


async def test_a_stranger_on_evm_is_given_nothing(both: Stack, evm_buyer: EvmBuyer) -> None:
    url = both.services.url + "/vault/certificate"
    await evm_buyer.buy(url, BODY)
    stranger, payer = Account.create(), evm_buyer.account.address

    assert send(url, evm_proof(stranger, url)).status_code == 402
    assert send(url, evm_proof(stranger, url, named=payer)).status_code == 402
