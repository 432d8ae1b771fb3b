"""Whose wallet signed a sign-in. The package's own check needs libraries that are not installed."""

from eth_account import Account
from eth_account.messages import encode_defunct
from eth_keys.exceptions import BadSignature
from eth_utils.address import is_address, to_checksum_address
from eth_utils.exceptions import ValidationError
from solders.pubkey import Pubkey
from solders.signature import Signature
from x402.extensions.sign_in_with_x import SIWxPayload, format_siws_message


def wallet_of(proof: SIWxPayload) -> str | None:
    """Return the address that signed, or ``None`` when it is not the one that is named.

    Checks the signature alone: not for whom the sentence is, nor how old it is.
    """
    try:
        if proof.chain_id.startswith("eip155:"):
            return _evm(proof)
        if proof.chain_id.startswith("solana:"):
            return _solana(proof)
    except (ValueError, TypeError):  # malformed addresses and signatures
        return None
    return None


def _solana(proof: SIWxPayload) -> str | None:
    said = format_siws_message(proof, proof.address).encode()
    valid = Signature.from_string(proof.signature).verify(Pubkey.from_string(proof.address), said)
    return proof.address if valid else None


def _evm(proof: SIWxPayload) -> str | None:
    if not is_address(proof.address):
        return None
    message = encode_defunct(text=evm_sentence(proof))
    try:
        signer = Account.recover_message(message, signature=proof.signature)
    except (BadSignature, ValidationError):
        return None
    return str(signer) if str(signer).lower() == proof.address.lower() else None


def evm_sentence(proof: SIWxPayload) -> str:
    """Write what an EVM wallet signs. Source: EIP-4361."""
    lines = [
        f"{proof.domain} wants you to sign in with your Ethereum account:",
        to_checksum_address(proof.address),
        "",
    ]
    lines += [proof.statement, ""] if proof.statement else [""]
    lines += [
        f"URI: {proof.uri}",
        f"Version: {proof.version}",
        f"Chain ID: {proof.chain_id.partition(':')[2]}",
        f"Nonce: {proof.nonce}",
        f"Issued At: {proof.issued_at}",
    ]
    further = {
        "Expiration Time": proof.expiration_time,
        "Not Before": proof.not_before,
        "Request ID": proof.request_id,
    }
    lines += [f"{name}: {value}" for name, value in further.items() if value]
    if proof.resources:
        lines += ["Resources:", *(f"- {resource}" for resource in proof.resources)]
    return "\n".join(lines)
