"""Sellers over HTTP: bounded in every way, each answer read as a stranger's.

Requests go to the transport itself, below any client: that follows no redirect, keeps no cookie
and reads no login of this machine, whatever a seller answers.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Final, NamedTuple
from urllib.parse import urlsplit

import httpx
from pydantic import JsonValue

from activities.payments import wire
from activities.payments.exchanges import Answer, Challenge, SignedPayment
from activities.payments.http_addresses import check_url, seller_transport
from activities.payments.http_bodies import UnusableBodyError, bounded_body
from domain.catalogue import RefundOffer
from domain.errors import (
    AddressForbidden,
    OfferRefused,
    PaymentUnconfirmed,
    UpstreamUnavailable,
)
from domain.limits import MAX_RESPONSE_BYTES
from domain.payments import Receipt
from domain.purchases import Order

_ASK_TIMEOUT: Final = httpx.Timeout(15.0)
"""An unpaid 402 costs a seller nothing to answer."""

_PAY_TIMEOUT: Final = httpx.Timeout(100.0, connect=10.0)
"""Handler plus about 65 s: sellers wait 30 s for a confirmation and settle once more."""

_REFUND_TIMEOUT: Final = httpx.Timeout(40.0)
"""A seller may confirm its own transfer before it answers."""

_CHALLENGE_BYTES: Final = 256 * 1024
"""Read of a 402's body; its terms fit into a hundredth of that."""

_OUR_HEADERS: Final = {"User-Agent": "caravan", "Accept": "*/*", "Accept-Encoding": "identity"}
"""Nothing is asked to be packed, so nothing large can come out of something small."""

_MEDIA_TYPE_CHARACTERS: Final = 100

_TRY_LATER: Final = frozenset(
    {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}
)

_TRANSPORT: Final = (httpx.HTTPError, httpx.InvalidURL, TimeoutError)
"""How a conversation breaks off: nothing, or nothing whole, was heard."""


class _Heard(NamedTuple):
    status: int
    headers: wire.Headers
    body: bytes
    problem: str
    """Why the body could not be read to its end, else empty."""


class HttpSeller:
    """Talks x402 to any seller."""

    def __init__(
        self, transport: httpx.AsyncBaseTransport | None = None, *, allow_private_hosts: bool
    ) -> None:
        """Talk to sellers.

        Args:
            transport: For tests; without it one that connects to checked addresses only.
            allow_private_hosts: Let sellers live on loopback, without TLS.
        """
        self._transport = transport or seller_transport(allow_private_hosts=allow_private_hosts)
        self._allow_private_hosts = allow_private_hosts

    async def close(self) -> None:
        """Release the connections."""
        await self._transport.aclose()

    async def ask(self, order: Order) -> Challenge | Answer:
        """Make the request without paying."""
        self._check(order.url)
        try:
            heard = await self._exchange(order, {}, _ASK_TIMEOUT)
        except _TRANSPORT as err:
            raise UpstreamUnavailable(f"{order.url} did not answer: {_words(err)}") from err
        if heard.status == HTTPStatus.PAYMENT_REQUIRED:
            return wire.read_challenge(heard.headers, heard.body)
        said = f"{order.url} answered {heard.status} before asking for money"
        if heard.status >= HTTPStatus.INTERNAL_SERVER_ERROR or heard.status in _TRY_LATER:
            raise UpstreamUnavailable(said)
        if HTTPStatus.MULTIPLE_CHOICES <= heard.status < HTTPStatus.BAD_REQUEST:
            raise AddressForbidden(
                f"{order.url} redirects to {_target(order.url, heard)}, which nobody approved"
            )
        if heard.problem:
            raise UpstreamUnavailable(f"{order.url}: {heard.problem}")
        if heard.status >= HTTPStatus.BAD_REQUEST:
            raise OfferRefused(said)
        return _answer(order, heard)

    async def pay(self, order: Order, signed: SignedPayment) -> Answer:
        """Make the request with payment."""
        self._check(order.url)
        try:
            heard = await self._exchange(order, wire.payment_header(signed), _PAY_TIMEOUT)
        except _TRANSPORT as err:
            raise PaymentUnconfirmed(
                f"the answer of {order.url} to the payment was lost: {_words(err)}"
            ) from err
        return _answer(order, heard)

    async def reaccess(self, order: Order, challenge: Challenge, proof: str) -> Answer:
        """Make the request again with the proof of a wallet instead of a payment."""
        del challenge  # the proof was made for it
        self._check(order.url)
        try:
            heard = await self._exchange(order, {wire.SIGN_IN_HEADER: proof}, _PAY_TIMEOUT)
        except _TRANSPORT as err:
            raise UpstreamUnavailable(f"{order.url} did not answer: {_words(err)}") from err
        return _answer(order, heard)

    async def claim_refund(self, refund: RefundOffer, *, receipt: Receipt, reason: str) -> str:
        """Ask for money back."""
        self._check(refund.url)
        claim: JsonValue = {
            "transaction": receipt.transaction,
            "network": receipt.network,
            "reason": reason,
        }
        try:
            async with _within(_REFUND_TIMEOUT):
                request = _request("POST", refund.url, limit=_REFUND_TIMEOUT, content=claim)
                # The body is left unread: whatever it says, only the chain is believed.
                async with self._opened(request) as response:
                    status = response.status_code
        except _TRANSPORT as err:
            raise UpstreamUnavailable(f"{refund.url} did not answer: {_words(err)}") from err
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _TRY_LATER:
            raise UpstreamUnavailable(f"{refund.url} answered {status}")
        if status >= HTTPStatus.MULTIPLE_CHOICES:
            raise OfferRefused(f"{refund.url} refused the refund with {status}")
        return f"the seller answered {status}"

    async def _exchange(self, order: Order, headers: wire.Headers, limit: httpx.Timeout) -> _Heard:
        asks = order.method == "GET"
        url = httpx.URL(order.url)
        request = _request(
            order.method,
            url.copy_merge_params(_query(order.arguments)) if asks else url,
            limit=limit,
            headers=headers,
            content=None if asks else order.arguments,
        )
        async with _within(limit), self._opened(request) as response:
            challenged = response.status_code == HTTPStatus.PAYMENT_REQUIRED
            body, problem = b"", ""
            try:
                body = await bounded_body(
                    response, limit_bytes=_CHALLENGE_BYTES if challenged else MAX_RESPONSE_BYTES
                )
            except UnusableBodyError as err:
                body, problem = err.start, str(err)
        lowered = {name.lower(): value for name, value in response.headers.items()}
        return _Heard(response.status_code, lowered, body, problem)

    @asynccontextmanager
    async def _opened(self, request: httpx.Request) -> AsyncIterator[httpx.Response]:
        response = await self._transport.handle_async_request(request)
        try:
            yield response
        finally:
            await response.aclose()

    def _check(self, url: str) -> None:
        check_url(url, allow_private_hosts=self._allow_private_hosts)


@asynccontextmanager
async def _within(limit: httpx.Timeout) -> AsyncIterator[None]:
    # The timeouts of the package restart with every byte; an endless drip must end as well.
    async with asyncio.timeout(limit.read):
        yield


def _request(
    method: str,
    url: httpx.URL | str,
    *,
    limit: httpx.Timeout,
    headers: wire.Headers | None = None,
    content: JsonValue,
) -> httpx.Request:
    return httpx.Request(
        method,
        url,
        headers=_OUR_HEADERS | (headers or {}),
        json=content,
        extensions={"timeout": limit.as_dict()},
    )


def _answer(order: Order, heard: _Heard) -> Answer:
    settlement = wire.read_settlement(heard.headers)
    stated = heard.headers.get("content-type", "application/octet-stream")
    reason = heard.problem or wire.claimed_reason(settlement)
    challenged = heard.status == HTTPStatus.PAYMENT_REQUIRED
    if HTTPStatus.MULTIPLE_CHOICES <= heard.status < HTTPStatus.BAD_REQUEST:
        reason = f"the seller redirects to {_target(order.url, heard)}, which nobody approved"
    return Answer(
        status=heard.status,
        media_type=stated.split(";")[0].strip().lower()[:_MEDIA_TYPE_CHARACTERS],
        body=heard.body,
        claimed_transaction=wire.claimed_transaction(settlement),
        reason=reason,
        usable=not heard.problem,
        settlement=settlement,
        challenge=wire.read_challenge(heard.headers, heard.body) if challenged else None,
    )


def _target(url: str, heard: _Heard) -> str:
    try:
        target = urlsplit(str(httpx.URL(url).join(heard.headers.get("location", ""))))
    except (httpx.InvalidURL, ValueError):
        return "an unreadable address"
    return (target.hostname or "nowhere")[:253]


def _query(arguments: dict[str, JsonValue]) -> dict[str, str]:
    return {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in arguments.items()
    }


def _words(err: Exception) -> str:
    return str(err) or type(err).__name__
