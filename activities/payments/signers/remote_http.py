"""Sign through a service of the owner's choice. The contract is one page of documentation.

``GET  {url}/address?network=…`` answers ``{"address": …}``;
``POST {url}/sign`` with ``{"network", "address", "key", "kind", "message"}`` answers
``{"signature": …}``. 403 and 409 refuse for good; everything else may be asked again.
"""

import asyncio
from http import HTTPStatus
from typing import Final, Literal

import httpx
from pydantic import BaseModel, SecretStr, ValidationError

from domain.errors import Misconfigured, SignatureRefused, UpstreamUnavailable
from domain.ids import PaymentKey

_ANSWER_SECONDS: Final = 20.0
"""A service may ask a hardware module, or look at its own rules first."""

_REFUSALS: Final = frozenset({HTTPStatus.FORBIDDEN, HTTPStatus.CONFLICT})

_WORDS: Final = 200
"""Characters of a service's own words that are passed on."""


class _Address(BaseModel):
    address: str


class _Signature(BaseModel):
    signature: str


class RemoteSigner:
    """Implements the port ``Signer``; what it returns is verified by the rail before use."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        *,
        url: str,
        network: str,
        address: str,
        token: SecretStr | None,
    ) -> None:
        self._client = client
        self._url = url.rstrip("/")
        self._network = network
        self._address = address
        self._token = token

    @classmethod
    async def connect(
        cls, client: httpx.AsyncClient, *, url: str, network: str, token: SecretStr | None
    ) -> "RemoteSigner":
        """Ask the service which wallet it signs for.

        Raises:
            Misconfigured: It does not answer, or not as the contract says.
        """
        signer = cls(client, url=url, network=network, address="", token=token)
        try:
            answer = await signer._ask("GET", "/address", params={"network": network})
            signer._address = _Address.model_validate_json(answer).address
        except (UpstreamUnavailable, SignatureRefused, ValidationError) as err:
            raise Misconfigured(
                f"CARAVAN_SIGNER_URL names no wallet for {network}: {err}; "
                "see docs/how-to/sign-elsewhere.md"
            ) from err
        return signer

    @property
    def address(self) -> str:
        """Address that the service signs for."""
        return self._address

    async def sign(self, message: str, *, key: PaymentKey) -> str:
        """Have the service sign a payment."""
        return await self._sign(message, kind="payment", key=key)

    async def sign_text(self, text: str) -> str:
        """Have the service sign a sentence."""
        return await self._sign(text, kind="text", key=None)

    async def _sign(
        self, message: str, *, kind: Literal["payment", "text"], key: PaymentKey | None
    ) -> str:
        asked = {
            "network": self._network,
            "address": self._address,
            "kind": kind,
            "message": message,
            "key": key,
        }
        answer = await self._ask("POST", "/sign", json=asked)
        try:
            return _Signature.model_validate_json(answer).signature
        except ValidationError:
            raise UpstreamUnavailable("the signing service answered without a signature") from None

    async def _ask(self, method: str, path: str, **content: object) -> bytes:
        token = self._token
        headers = {"Authorization": f"Bearer {token.get_secret_value()}"} if token else {}
        try:
            # A timeout of the client's would begin anew with each byte that comes.
            async with asyncio.timeout(_ANSWER_SECONDS):
                response = await self._client.request(
                    method,
                    self._url + path,
                    headers=headers,
                    timeout=_ANSWER_SECONDS,
                    follow_redirects=False,
                    **content,  # type: ignore[arg-type]  # either params or json, both plain data
                )
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as err:
            raise UpstreamUnavailable(f"the signing service did not answer: {err!r}") from err
        if response.status_code in _REFUSALS:
            raise SignatureRefused(f"the signing service refuses: {response.text[:_WORDS]}")
        if response.status_code != HTTPStatus.OK:
            raise UpstreamUnavailable(f"the signing service answered {response.status_code}")
        return response.content
