"""Sellers over HTTP: bounded, without redirects, never to private addresses unless allowed."""

import asyncio
import ipaddress
import json
import socket
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

import httpx
from pydantic import JsonValue

from activities.payments import wire
from activities.payments.ports import Answer, Challenge, SignedPayment
from domain.catalogue import RefundOffer
from domain.errors import OfferRefused, PaymentUnconfirmed, UpstreamUnavailable
from domain.limits import MAX_RESPONSE_BYTES
from domain.payments import Receipt
from domain.purchases import Order

_ASK_TIMEOUT: Final = httpx.Timeout(15.0)
"""An unpaid 402 costs a seller nothing to answer."""

_PAY_TIMEOUT: Final = httpx.Timeout(100.0, connect=10.0)
"""Handler plus about 65 s: sellers wait 30 s for a confirmation and settle once more."""

_REFUND_TIMEOUT: Final = httpx.Timeout(40.0)
"""A seller may confirm its own transfer before it answers."""

_TRY_LATER: Final = frozenset(
    {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}
)


class HttpSeller:
    """Talks x402 to any seller through one shared client."""

    def __init__(self, client: httpx.AsyncClient, *, allow_private_hosts: bool) -> None:
        self._client = client
        self._allow_private_hosts = allow_private_hosts

    async def ask(self, order: Order) -> Challenge | Answer:
        """Make the request without paying."""
        await self._check_host(order.url)
        try:
            status, headers, body = await self._exchange(order, {}, _ASK_TIMEOUT)
        except (httpx.HTTPError, _TooLargeError) as err:
            raise UpstreamUnavailable(f"{order.url} did not answer: {_words(err)}") from err
        if status == HTTPStatus.PAYMENT_REQUIRED:
            return wire.read_challenge(headers, body)
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _TRY_LATER:
            raise UpstreamUnavailable(f"{order.url} answered {status} before asking for money")
        if status >= HTTPStatus.MULTIPLE_CHOICES:
            raise OfferRefused(f"{order.url} answered {status} before asking for money")
        return _answer(status, headers, body)

    async def pay(self, order: Order, signed: SignedPayment) -> Answer:
        """Make the request with payment."""
        await self._check_host(order.url)
        try:
            status, headers, body = await self._exchange(
                order, wire.payment_header(signed), _PAY_TIMEOUT
            )
        except _TooLargeError as err:
            return Answer(
                status=HTTPStatus.OK, media_type="", body=b"", reason=str(err), usable=False
            )
        except httpx.HTTPError as err:
            raise PaymentUnconfirmed(
                f"the answer of {order.url} to the payment was lost: {_words(err)}"
            ) from err
        return _answer(status, headers, body)

    async def claim_refund(self, refund: RefundOffer, *, receipt: Receipt, reason: str) -> str:
        """Ask for money back."""
        await self._check_host(refund.url)
        claim = {"transaction": receipt.transaction, "network": receipt.network, "reason": reason}
        try:
            # The body is left unread: whatever it says, only the chain is believed.
            async with self._client.stream(
                "POST", refund.url, json=claim, timeout=_REFUND_TIMEOUT, follow_redirects=False
            ) as response:
                status = response.status_code
        except httpx.HTTPError as err:
            raise UpstreamUnavailable(f"{refund.url} did not answer: {_words(err)}") from err
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _TRY_LATER:
            raise UpstreamUnavailable(f"{refund.url} answered {status}")
        if status >= HTTPStatus.MULTIPLE_CHOICES:
            raise OfferRefused(f"{refund.url} refused the refund with {status}")
        return f"the seller answered {status}"

    async def _exchange(
        self, order: Order, headers: wire.Headers, limit: httpx.Timeout
    ) -> tuple[int, wire.Headers, bytes]:
        request = self._client.build_request(
            order.method,
            order.url,
            headers=headers,
            timeout=limit,
            json=order.arguments if order.method != "GET" else None,
            params=_query(order.arguments) if order.method == "GET" else None,
        )
        # A redirect would carry the payment to a host nobody approved.
        response = await self._client.send(request, stream=True, follow_redirects=False)
        try:
            body = await _bounded(response, limit)
        finally:
            await response.aclose()
        lowered = {name.lower(): value for name, value in response.headers.items()}
        return response.status_code, lowered, body

    async def _check_host(self, url: str) -> None:
        parts = urlsplit(url)
        if self._allow_private_hosts and parts.scheme in {"http", "https"}:
            return
        if parts.scheme != "https" or parts.hostname is None:
            raise OfferRefused(f"{url} is not an https address")
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(
                parts.hostname, parts.port or 443, type=socket.SOCK_STREAM
            )
        except OSError as err:
            raise UpstreamUnavailable(f"{parts.hostname} cannot be found: {err}") from err
        for *_, address in found:
            if not ipaddress.ip_address(address[0]).is_global:
                raise OfferRefused(f"{parts.hostname} is a private address ({address[0]})")


class _TooLargeError(Exception):
    pass


async def _bounded(response: httpx.Response, limit: httpx.Timeout) -> bytes:
    # The read timeout restarts with every byte; an endless drip must end as well.
    chunks: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(limit.read):
            async for chunk in response.aiter_bytes():
                size += len(chunk)
                if size > MAX_RESPONSE_BYTES:
                    raise _TooLargeError(f"the answer is larger than {MAX_RESPONSE_BYTES:,} bytes")
                chunks.append(chunk)
    except TimeoutError:
        raise httpx.ReadTimeout("the answer did not end") from None
    return b"".join(chunks)


def _answer(status: int, headers: wire.Headers, body: bytes) -> Answer:
    transaction, reason = wire.read_response(headers)
    media_type = headers.get("content-type", "application/octet-stream").split(";")[0].strip()
    return Answer(
        status=status,
        media_type=media_type.lower(),
        body=body,
        claimed_transaction=transaction,
        reason=reason,
    )


def _query(arguments: dict[str, JsonValue]) -> dict[str, str]:
    return {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in arguments.items()
    }


def _words(err: Exception) -> str:
    return str(err) or type(err).__name__
