"""A key in memory signs what it is given, and no text that could be a transaction."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from solders.hash import Hash
from solders.keypair import Keypair
from solders.message import Message
from solders.pubkey import Pubkey
from solders.signature import Signature

from activities.payments.signers.keyfile_svm import KeyfileSigner
from domain.errors import SignatureRefused
from domain.ids import PaymentKey

KEYPAIR = Keypair.from_seed(bytes([51] * 32))
KEY = PaymentKey("ab" * 32)


async def test_a_message_is_signed_as_it_is() -> None:
    signer = KeyfileSigner(KEYPAIR)

    signature = await signer.sign(base64.b64encode(b"message").decode(), key=KEY)

    public = Pubkey.from_string(signer.address)
    assert Signature.from_string(signature).verify(public, b"message")


@pytest.mark.parametrize("garbage", ["no base64!", "\u00e9"])
async def test_what_is_no_message_is_refused(garbage: str) -> None:
    with pytest.raises(SignatureRefused):
        await KeyfileSigner(KEYPAIR).sign(garbage, key=KEY)


async def test_a_sentence_is_signed_as_it_is() -> None:
    signer = KeyfileSigner(KEYPAIR)

    signature = await signer.sign_text("shop.example wants you to sign in")

    assert Signature.from_string(signature).verify(
        KEYPAIR.pubkey(), b"shop.example wants you to sign in"
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\u00e9",
        "\U0001f600 sign in",
        "\u0080",
        "\n",
        bytes(Message.new_with_blockhash([], KEYPAIR.pubkey(), Hash.default()))[:4].decode(),
    ],
)
async def test_a_text_that_begins_like_a_transaction_is_refused(text: str) -> None:
    with pytest.raises(SignatureRefused, match="could be read as a transaction"):
        await KeyfileSigner(KEYPAIR).sign_text(text)


@given(st.text(max_size=400))
async def test_no_text_that_is_signed_reads_as_a_transaction(text: str) -> None:
    content = text.encode()
    try:
        await KeyfileSigner(KEYPAIR).sign_text(text)
    except SignatureRefused:
        return

    signatures = content[0]  # where a legacy message says how many it needs
    assert signatures < _VERSIONED
    assert signatures * _SIGNATURE_BYTES > _TRANSACTION_BYTES


_VERSIONED = 0x80
_SIGNATURE_BYTES = 64
_TRANSACTION_BYTES = 1_232
