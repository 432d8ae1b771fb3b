"""A sign-in is its wallet's, or nobody's."""

import pytest
from eth_account import Account
from eth_account.messages import encode_defunct
from solders.keypair import Keypair
from x402.extensions.sign_in_with_x import SIWxPayload, format_siws_message

from deploy.services.wallet_proof import evm_sentence, wallet_of

EVM = Account.from_key("0x" + "11" * 32)
SOLANA = Keypair.from_seed(b"s" * 32)


def proof(address: str, chain_id: str, kind: str) -> SIWxPayload:
    return SIWxPayload.model_validate(
        {
            "domain": "shop.test",
            "address": address,
            "uri": "http://shop.test/a",
            "version": "1",
            "chainId": chain_id,
            "type": kind,
            "nonce": "0a" * 16,
            "issuedAt": "2026-11-21T07:00:00Z",
            "expirationTime": "2026-11-21T07:05:00Z",
            "statement": "Sign in.",
            "resources": ["http://shop.test/a"],
            "signature": "",
        }
    )


def evm_proof() -> SIWxPayload:
    made = proof(EVM.address, "eip155:84532", "eip191")
    signed = EVM.sign_message(encode_defunct(text=evm_sentence(made)))
    return made.model_copy(update={"signature": "0x" + bytes(signed.signature).hex()})


def solana_proof() -> SIWxPayload:
    made = proof(str(SOLANA.pubkey()), "solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1", "ed25519")
    said = format_siws_message(made, made.address).encode()
    return made.model_copy(update={"signature": str(SOLANA.sign_message(said))})


def test_what_an_evm_wallet_signs_is_written_as_the_standard_says() -> None:
    assert evm_sentence(evm_proof()) == (
        "shop.test wants you to sign in with your Ethereum account:\n"
        "0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A\n"
        "\n"
        "Sign in.\n"
        "\n"
        "URI: http://shop.test/a\n"
        "Version: 1\n"
        "Chain ID: 84532\n"
        "Nonce: 0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a\n"
        "Issued At: 2026-11-21T07:00:00Z\n"
        "Expiration Time: 2026-11-21T07:05:00Z\n"
        "Resources:\n"
        "- http://shop.test/a"
    )


def test_a_wallet_is_known_by_its_signature() -> None:
    assert wallet_of(evm_proof()) == EVM.address
    assert wallet_of(solana_proof()) == str(SOLANA.pubkey())


@pytest.mark.parametrize("made", [evm_proof(), solana_proof()], ids=["evm", "solana"])
@pytest.mark.parametrize(
    "changes",
    [
        {"nonce": "0b" * 16},
        {"uri": "http://shop.test/b"},
        {"domain": "other.test"},
        {"signature": "0x12"},
        {"signature": "0x" + "00" * 65},
        {"signature": "1" * 64},
        {"signature": "~"},
        {"address": Account.from_key("0x" + "22" * 32).address},
        {"address": str(Keypair.from_seed(b"t" * 32).pubkey())},
        {"address": "nobody"},
        {"chain_id": "cosmos:hub"},
    ],
)
def test_a_changed_sign_in_is_nobodys(made: SIWxPayload, changes: dict[str, str]) -> None:
    assert wallet_of(made.model_copy(update=changes)) is None
