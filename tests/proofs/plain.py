"""The x402 package's own httpx client, unmodified, in the retry that everybody writes around it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Any, Final

import httpx
from x402.client import x402Client
from x402.http.clients.httpx import PaymentError, x402HttpxClient
from x402.http.utils import decode_payment_response_header
from x402.mechanisms.svm.constants import SOLANA_DEVNET_CAIP2
from x402.mechanisms.svm.exact.client import ExactSvmScheme
from x402.mechanisms.svm.signers import KeypairSigner

from tests.proofs.kinds import PATIENCE_SECONDS
from tests.proofs.place import Place, Purse
from tests.proofs.told import Told

TRIES: Final = 3


class Plain:
    """Tries a call up to three times; each try asks for terms, signs and pays."""

    def __init__(self, place: Place, client: x402HttpxClient) -> None:
        self._place = place
        self._client = client

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls, place: Place, purse: Purse) -> AsyncIterator["Plain"]:
        scheme: Any = ExactSvmScheme(KeypairSigner(purse.pair), place.market.node.url)
        payments = x402Client().register(SOLANA_DEVNET_CAIP2, scheme)
        try:
            async with x402HttpxClient(payments, timeout=PATIENCE_SECONDS) as client:
                yield cls(place, client)
        finally:
            for node in scheme._clients.values():  # the package never closes them
                node._provider.session.close()

    async def call(self, *, two_attempts: bool) -> Told:
        answers = list(await self._two()) if two_attempts else []
        while not any(map(_delivered, answers)) and len(answers) < TRIES:
            answers.append(await self._try())
        receipts = tuple(receipt for answer in answers if (receipt := _receipt(answer)))
        return Told(delivered=any(map(_delivered, answers)), receipts=receipts)

    async def _two(self) -> tuple[httpx.Response | None, httpx.Response | None]:
        async with asyncio.TaskGroup() as both:
            first, second = both.create_task(self._try()), both.create_task(self._try())
        return first.result(), second.result()

    async def _try(self) -> httpx.Response | None:
        offer = self._place.offer
        try:
            return await self._client.request(offer.method, offer.url, json=offer.example)
        except (PaymentError, httpx.HTTPError):
            return None


def _delivered(answer: httpx.Response | None) -> bool:
    return answer is not None and answer.status_code == HTTPStatus.OK


def _receipt(answer: httpx.Response | None) -> str | None:
    if answer is None or "payment-response" not in answer.headers:
        return None
    settled = decode_payment_response_header(answer.headers["payment-response"])
    return settled.transaction if settled.success else None
