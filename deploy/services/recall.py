"""The layer that gives paid answers again: to a wallet that signs in, or to the payment's own name.

It lies around the payment part. The package's own sign-in instead would serve any request for ever
to whoever once paid, and takes the buyer's word on what was paid for.
"""

import asyncio
import base64
import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from x402.extensions.payment_identifier import (
    PAYMENT_IDENTIFIER,
    declare_payment_identifier_extension,
    is_valid_payment_id,
)
from x402.extensions.sign_in_with_x import (
    SIGN_IN_WITH_X,
    CreateSIWxRequestHookOptions,
    DeclareSIWxOptions,
    InMemorySIWxStorage,
    create_siwx_resource_server_extension,
    declare_siwx_extension,
    parse_siwx_header,
    validate_siwx_message,
)
from x402.server import x402ResourceServer

from deploy.services.answer_book import AnswerBook, Kept
from deploy.services.wallet_proof import wallet_of
from deploy.services.workbench import BODY_LIMIT_BYTES

SIGN_IN_SECONDS: Final = 300
"""How long a challenge may be signed."""

TURNS: Final = 64
"""Named payments that are worked on at once, at most."""

PAYMENT: Final = b"payment-signature"
RECEIPT: Final = b"payment-response"

Headers = tuple[tuple[bytes, bytes], ...]


class SignInChallenge:
    """The package's sign-in challenge in a 402, without the access that it would grant."""

    key = SIGN_IN_WITH_X
    dynamic_info_fields = ("nonce", "issuedAt", "expirationTime")

    def __init__(self, origin: str) -> None:
        options = CreateSIWxRequestHookOptions(storage=InMemorySIWxStorage(), origin=origin)
        self._package: Any = create_siwx_resource_server_extension(options)

    def enrich_declaration(self, declaration: Any, _context: Any) -> Any:  # noqa: ANN401 - theirs
        """Leave the declaration as it is."""
        return declaration

    async def enrich_payment_required_response(self, declaration: Any, context: Any) -> Any:  # noqa: ANN401 - theirs
        """Write the sentence to sign."""
        return await self._package.enrich_payment_required_response(declaration, context)


def offer_sign_in(server: x402ResourceServer, origin: str) -> None:
    """Let a server's 402s carry what to sign."""
    challenge: Any = SignInChallenge(origin)
    server.register_extension(challenge)


def sign_in(networks: list[str]) -> dict[str, Any]:
    """Return the declaration of a listing that is given again to its payer."""
    options = DeclareSIWxOptions(
        statement="Sign in to get an answer again that this wallet paid for.",
        network=networks,
        expirationSeconds=SIGN_IN_SECONDS,
    )
    return declare_siwx_extension(options)


def naming() -> dict[str, Any]:
    """Return the declaration of a listing whose payments may have names."""
    return {PAYMENT_IDENTIFIER: declare_payment_identifier_extension(required=False)}


@dataclass(frozen=True)
class Asked:
    """One request, read."""

    path: str
    headers: Headers
    body: bytes

    def header(self, name: bytes) -> str:
        """Return a header's value, or nothing."""
        return next((v.decode("latin-1") for k, v in self.headers if k.lower() == name), "")

    def payment(self) -> dict[str, Any]:
        """Return the payment it carries, or an empty one."""
        return _decoded(self.header(PAYMENT))

    @property
    def bought(self) -> str:
        """Digest of what is asked and paid."""
        paid = json.dumps(self.payment().get("payload"), sort_keys=True).encode()
        return hashlib.sha256(hashlib.sha256(paid).digest() + self.body).hexdigest()

    @property
    def name(self) -> str | None:
        """Under which name the payment's answer is kept, if the buyer named it."""
        said: Any = self.payment()
        for key in ("extensions", PAYMENT_IDENTIFIER, "info"):  # a buyer's words: any shape
            said = said.get(key) if isinstance(said, dict) else None
        given = said.get("id") if isinstance(said, dict) else None
        valid = isinstance(given, str) and is_valid_payment_id(given)
        return f"named:{self.path}:{given}" if valid else None

    def of_wallet(self, address: str) -> str:
        """Under which name the answer to this request is kept for a wallet."""
        wallet = address.lower() if address.startswith("0x") else address
        return f"wallet:{self.path}:{wallet}:{hashlib.sha256(self.body).hexdigest()}"


class Recall:
    """Gives answers again on some paths; everything else passes through."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        book: AnswerBook,
        origin: str,
        signing: frozenset[str],
        named: frozenset[str],
        clock: Callable[[], float],
    ) -> None:
        """Lie around an application.

        Args:
            app: The application, its payment part included.
            book: Where answers are kept.
            origin: Where buyers reach it; what they sign is good for no other place.
            signing: Paths whose payers may sign in.
            named: Paths whose payments may have names.
            clock: Unix time.
        """
        self._app = app
        self._book = book
        self._origin = origin
        self._signing = signing
        self._named = named
        self._clock = clock
        self._turns = [asyncio.Lock() for _ in range(TURNS)]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        path = scope.get("path", "")
        if scope["type"] != "http" or path not in self._signing | self._named:
            await self._app(scope, receive, send)
            return
        body = await _read(receive)
        if body is None:
            await _emit(_refusal(413, "the body is too large"), send)
            return
        asked = Asked(path, tuple(scope["headers"]), body)
        name = asked.name if path in self._named else None
        if name is None:
            await _emit(await self._answer(scope, asked), send)
            return
        async with self._turns[
            hash(name) % TURNS
        ]:  # of two requests under one name only one is worked on
            kept = self._book.get(name)
            if kept is None:
                kept = await self._answer(scope, asked)
            elif kept.bought != asked.bought:
                kept = _refusal(409, "this name is another payment's")
        await _emit(kept, send)

    async def _answer(self, scope: Scope, asked: Asked) -> Kept:
        if asked.path in self._signing and not asked.header(PAYMENT):
            again = await self._signed_in(asked)
            if again is not None:
                return again
        answer = await self._honest(scope, asked)
        receipt = _decoded(next((v.decode() for k, v in answer.headers if k == RECEIPT), ""))
        if receipt.get("success"):
            names = [asked.name] if asked.path in self._named else []
            if asked.path in self._signing and receipt.get("payer"):
                names.append(asked.of_wallet(str(receipt["payer"])))
            self._book.keep([n for n in names if n], answer, at=self._clock())
        return answer

    async def _signed_in(self, asked: Asked) -> Kept | None:
        header = asked.header(SIGN_IN_WITH_X.encode())
        if not header:
            return None
        try:
            proof = parse_siwx_header(header)
        except ValueError:
            return None
        fits = await validate_siwx_message(proof, self._origin)
        if not fits.is_valid or urlsplit(proof.uri).path != asked.path:
            return None
        wallet = wallet_of(proof)
        kept = self._book.get(asked.of_wallet(wallet)) if wallet is not None else None
        if kept is None or not self._book.use_nonce(proof.nonce, at=self._clock()):
            return None
        # The receipt went with the payment; this request made none.
        unpaid = tuple((k, v) for k, v in kept.headers if k != RECEIPT)
        return Kept(kept.bought, kept.status, unpaid, kept.body)

    async def _honest(self, scope: Scope, asked: Asked) -> Kept:
        started: dict[str, Any] = {}
        said = bytearray()
        replies: Iterator[Message] = iter(
            [{"type": "http.request", "body": asked.body, "more_body": False}]
        )

        async def receive() -> Message:
            message = next(replies, None)
            if message is None:
                await asyncio.Event().wait()  # a paid answer is finished, whoever hangs up
            return message or {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                started.update(message)
            else:
                said.extend(message.get("body", b""))

        await self._app(scope, receive, send)
        headers = tuple((k.lower(), v) for k, v in started["headers"])
        return Kept(asked.bought, int(started["status"]), headers, bytes(said))


def _decoded(header: str) -> dict[str, Any]:
    try:
        found = json.loads(base64.b64decode(header))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


async def _read(receive: Receive) -> bytes | None:
    body = bytearray()
    while True:
        message = await receive()
        body.extend(message.get("body", b""))
        if len(body) > BODY_LIMIT_BYTES:
            return None
        if not message.get("more_body", False):
            return bytes(body)


def _refusal(status: int, why: str) -> Kept:
    body = json.dumps({"error": why}).encode()
    length = str(len(body)).encode()
    headers = ((b"content-type", b"application/json"), (b"content-length", length))
    return Kept("", status, headers, body)


async def _emit(kept: Kept, send: Send) -> None:
    await send(
        {"type": "http.response.start", "status": kept.status, "headers": list(kept.headers)}
    )
    await send({"type": "http.response.body", "body": kept.body})
