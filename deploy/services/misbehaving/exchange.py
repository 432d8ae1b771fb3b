"""One request and its answer, as the misbehaviours see and change them."""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

Headers = tuple[tuple[bytes, bytes], ...]

RECEIPT = b"payment-response"
PAYMENT = b"payment-signature"
CHALLENGE = b"payment-required"


def json_header(headers: Headers, name: bytes) -> dict[str, Any] | None:
    """Decode a protocol header, or return ``None`` when it is absent."""
    value = next((v for key, v in headers if key.lower() == name), None)
    if value is None:
        return None
    decoded: dict[str, Any] = json.loads(base64.b64decode(value))
    return decoded


def encoded(value: dict[str, Any]) -> bytes:
    """Encode a protocol header."""
    return base64.b64encode(json.dumps(value).encode())


@dataclass(frozen=True)
class Asked:
    """A request."""

    kind: str
    headers: Headers
    body: bytes

    @property
    def pays(self) -> bool:
        """Whether it carries a payment."""
        return any(name.lower() == PAYMENT for name, _ in self.headers)

    def payment(self) -> dict[str, Any]:
        """Return the payment it carries, or an empty one."""
        return json_header(self.headers, PAYMENT) or {}


@dataclass(frozen=True)
class Answered:
    """An answer, not sent yet."""

    status: int
    headers: Headers
    body: bytes | Iterator[bytes]

    @property
    def settled(self) -> bool:
        """Whether the honest part settled the payment before answering."""
        return self.settlement is not None

    @property
    def settlement(self) -> str | None:
        """The transaction that paid for this answer; an answer given again names it again."""
        receipt = json_header(self.headers, RECEIPT) or {}
        return str(receipt.get("transaction")) if receipt.get("success") else None

    def without(self, *names: bytes) -> "Answered":
        """Return the answer with some headers removed."""
        kept = tuple((k, v) for k, v in self.headers if k.lower() not in names)
        return replace(self, headers=kept)

    def challenging(self, terms: dict[str, Any]) -> "Answered":
        """Return a 402 with these terms."""
        bare = self.without(RECEIPT, CHALLENGE).saying(402, {})
        return replace(bare, headers=(*bare.headers, (CHALLENGE, encoded(terms))))

    def saying(self, status: int, value: object) -> "Answered":
        """Return the answer with another status and a JSON body."""
        bare = self.without(b"content-length", b"content-type")
        body = json.dumps(value).encode()
        kind = ((b"content-type", b"application/json"),)
        return Answered(status, bare.headers + kind, body)


class Dropped(Exception):
    """Close the connection without a word."""
