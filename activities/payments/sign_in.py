"""The extension ``sign-in-with-x``: prove the wallet that paid, and move nothing.

Only a sentence is signed whose every part was checked: it names the host that was approved and
the wallet that paid, was written just now, and holds no line of the seller's making.
"""

import base64
import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final
from urllib.parse import urlsplit

from eth_utils.address import to_checksum_address
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from activities.payments.exchanges import Challenge
from activities.payments.ports import Signer
from domain.chains import Family, canonical_address, family_of
from domain.errors import SignatureRefused
from domain.payments import Receipt

EXTENSION: Final = "sign-in-with-x"

_FRESH: Final = timedelta(minutes=5)
"""How old, or how far ahead, a sentence may be dated; sellers refuse older ones themselves."""

_LONGEST: Final = timedelta(days=1)
"""A proof that is good for longer is worth stealing."""

_Line = Annotated[str, StringConstraints(max_length=500, pattern=r"^[\x20-\x7e]*$")]
"""Plain text of one line: no hidden characters, and no way to add a line."""

_Nonce = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{8,128}$")]


class _Info(BaseModel):
    """What the seller wants in the sentence."""

    model_config = ConfigDict(frozen=True)

    domain: _Line
    uri: _Line
    version: _Line = "1"
    nonce: _Nonce
    issued_at: _Line = Field(alias="issuedAt")
    statement: _Line | None = None
    expiration_time: _Line | None = Field(default=None, alias="expirationTime")
    not_before: _Line | None = Field(default=None, alias="notBefore")
    request_id: _Line | None = Field(default=None, alias="requestId")
    resources: list[_Line] | None = Field(default=None, max_length=8)


class WalletProver:
    """Signs in with the installation's wallets."""

    def __init__(
        self, signers: Iterable[Signer], *, clock: Callable[[], datetime] | None = None
    ) -> None:
        self._signers = {signer.address: signer for signer in signers}
        self._clock = clock or _now

    async def prove(self, challenge: Challenge, *, url: str, receipt: Receipt) -> str | None:
        """Value of the sign-in-with-x header, or ``None`` where there is no such way."""
        signer = self._signers.get(canonical_address(receipt.payer, network=receipt.network))
        declared = _declared(challenge, receipt.network)
        if signer is None or declared is None:
            return None
        info = _checked(declared, url, self._clock())
        evm = family_of(receipt.network) is Family.EVM
        address = to_checksum_address(signer.address) if evm else signer.address
        text = sentence(info, address=address, network=receipt.network)
        shown = info.model_dump(by_alias=True, exclude_none=True)
        payload = {
            **shown,
            "address": address,
            "chainId": receipt.network,
            "type": "eip191" if evm else "ed25519",
            "signature": await signer.sign_text(text),
        }
        return base64.b64encode(json.dumps(payload, separators=(",", ":")).encode()).decode()


def sentence(info: _Info, *, address: str, network: str) -> str:
    """Write what is signed. Source: CAIP-122; for EVM in the words of EIP-4361."""
    evm = family_of(network) is Family.EVM
    lines = [
        f"{info.domain} wants you to sign in with your {'Ethereum' if evm else 'Solana'} account:",
        address,
        "",
    ]
    if info.statement:
        lines += [info.statement, ""]
    elif evm:
        lines.append("")
    lines += [
        f"URI: {info.uri}",
        f"Version: {info.version}",
        f"Chain ID: {network.partition(':')[2]}",
        f"Nonce: {info.nonce}",
        f"Issued At: {info.issued_at}",
    ]
    for name, value in (
        ("Expiration Time", info.expiration_time),
        ("Not Before", info.not_before),
        ("Request ID", info.request_id),
    ):
        if value:
            lines.append(f"{name}: {value}")
    if info.resources:
        lines += ["Resources:", *(f"- {resource}" for resource in info.resources)]
    return "\n".join(lines)


def _declared(challenge: Challenge, network: str) -> object:
    """What the seller declares for signing in on ``network``, or ``None``."""
    extensions = challenge.extensions
    declared = extensions.get(EXTENSION) if isinstance(extensions, dict) else None
    chains = declared.get("supportedChains") if isinstance(declared, dict) else None
    if not isinstance(declared, dict) or not isinstance(chains, list):
        return None
    named = [chain.get("chainId") for chain in chains if isinstance(chain, dict)]
    return declared.get("info") if network in named else None


def _checked(declared: object, url: str, now: datetime) -> _Info:
    try:
        info = _Info.model_validate(declared)
        asked, approved = urlsplit(info.uri), urlsplit(url)
        issued = _time(info.issued_at)
        until = _time(info.expiration_time) if info.expiration_time else None
    except (ValidationError, ValueError) as err:
        raise SignatureRefused(f"what {url} wants signed to sign in cannot be read") from err
    if info.domain != approved.netloc or (asked.scheme, asked.netloc) != (
        approved.scheme,
        approved.netloc,
    ):
        raise SignatureRefused(
            f"{url} wants a sign-in for {info.domain} at {info.uri[:100]}; only its own is signed"
        )
    if abs(now - issued) > _FRESH or (until is not None and until - now > _LONGEST):
        raise SignatureRefused(f"the sign-in that {url} wants is not of this moment")
    return info


def _time(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _now() -> datetime:
    return datetime.now(UTC)
