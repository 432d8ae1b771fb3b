"""A signing service signs by the documented contract, refuses, or proves nothing."""

import base64
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from solders.keypair import Keypair

from activities.payments.exchanges import Landed
from activities.payments.signers.keyfile_svm import KeyfileSigner
from activities.payments.signers.remote_http import RemoteSigner
from domain.chains import SOLANA_DEVNET
from domain.errors import Misconfigured, SignatureRefused, UpstreamUnavailable
from domain.ids import PaymentKey
from tests.activities.payments.svm_bench import KEY, OTHER_KEY, OWN, PAYER, Bench

URL, TOKEN = "https://signer.example/caravan", "hush"


class Service:
    """A signing service over one key, after the contract's own words."""

    def __init__(self, keypair: Keypair = PAYER) -> None:
        self._keypair = keypair
        self.asked: list[dict[str, Any]] = []
        self.signed_for: set[str] = set()
        self.instead: Callable[[], httpx.Response] | None = None

    def answer(self, request: httpx.Request) -> httpx.Response:
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return httpx.Response(401, text="who are you?")
        if self.instead is not None:
            return self.instead()
        if (request.method, request.url.path) == ("GET", "/caravan/address"):
            assert request.url.params["network"] == SOLANA_DEVNET
            return httpx.Response(200, json={"address": str(self._keypair.pubkey())})
        assert (request.method, request.url.path) == ("POST", "/caravan/sign")
        return self._sign(json.loads(request.content))

    def _sign(self, asked: dict[str, Any]) -> httpx.Response:
        self.asked.append(asked)
        if asked["kind"] == "text":
            content = asked["message"].encode()
        else:
            if asked["key"] in self.signed_for:
                return httpx.Response(409, text="signed for this payment already")
            self.signed_for.add(asked["key"])
            content = base64.b64decode(asked["message"])
        return httpx.Response(200, json={"signature": str(self._keypair.sign_message(content))})


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
async def client(service: Service) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.MockTransport(service.answer)) as opened:
        yield opened


async def connected(client: httpx.AsyncClient, *, token: str = TOKEN) -> RemoteSigner:
    return await RemoteSigner.connect(
        client, url=f"{URL}/", network=SOLANA_DEVNET, token=SecretStr(token)
    )


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with Bench.open() as opened:
        yield opened


async def test_what_the_service_signed_pays(
    bench: Bench, client: httpx.AsyncClient, service: Service
) -> None:
    bench.rail = bench.rail_of(await connected(client))
    assert bench.rail.payer == OWN
    unsigned = await bench.prepared()

    await bench.land(unsigned)

    assert isinstance(await bench.outcome(unsigned), Landed)
    assert service.asked == [
        {
            "network": SOLANA_DEVNET,
            "address": OWN,
            "kind": "payment",
            "message": unsigned.message,
            "key": KEY,
        }
    ]


async def test_a_service_that_signs_something_else_pays_nothing(bench: Bench) -> None:
    class Careless(Service):
        def _sign(self, asked: dict[str, Any]) -> httpx.Response:
            return httpx.Response(200, json={"signature": str(PAYER.sign_message(b"else"))})

    async with httpx.AsyncClient(transport=httpx.MockTransport(Careless().answer)) as client:
        rail = bench.rail_of(await connected(client))
        with pytest.raises(SignatureRefused):
            await rail.sign(await bench.prepared(), key=KEY)


async def test_a_service_counts_payments_by_their_key(client: httpx.AsyncClient) -> None:
    signer = await connected(client)
    message = base64.b64encode(b"message").decode()
    await signer.sign(message, key=KEY)

    with pytest.raises(SignatureRefused, match="signed for this payment already"):
        await signer.sign(message, key=KEY)
    await signer.sign(message, key=OTHER_KEY)


async def test_a_sentence_is_asked_for_as_one(client: httpx.AsyncClient, service: Service) -> None:
    signer = await connected(client)

    signature = await signer.sign_text("shop.example wants you to sign in")

    assert signature == await KeyfileSigner(PAYER).sign_text("shop.example wants you to sign in")
    assert (service.asked[0]["kind"], service.asked[0]["key"]) == ("text", None)


@pytest.mark.parametrize("status", [403, 409])
async def test_a_refusal_comes_in_the_services_own_words(
    client: httpx.AsyncClient, service: Service, status: int
) -> None:
    signer = await connected(client)
    service.instead = lambda: httpx.Response(status, text="above today's limit" + "!" * 10_000)

    with pytest.raises(SignatureRefused, match="above today's limit") as refused:
        await signer.sign("AAAA", key=KEY)
    assert len(refused.value.message) < 300


def _broken(error: Exception) -> Callable[[], httpx.Response]:
    def answer() -> httpx.Response:
        raise error

    return answer


NO_SIGNATURES: dict[str, Callable[[], httpx.Response]] = {
    "late": _broken(httpx.ReadTimeout("late")),
    "gone": _broken(httpx.ConnectError("refused")),
    "no json": lambda: httpx.Response(200, text="<html>"),
    "another shape": lambda: httpx.Response(200, json={"sig": "x"}),
    "a number": lambda: httpx.Response(200, json={"signature": 7}),
    "busy": lambda: httpx.Response(503),
    "who are you": lambda: httpx.Response(401),
    "elsewhere": lambda: httpx.Response(307, headers={"location": "https://thief.example"}),
}


@pytest.mark.parametrize("kind", sorted(NO_SIGNATURES))
async def test_no_answer_is_no_refusal(
    client: httpx.AsyncClient, service: Service, kind: str
) -> None:
    signer = await connected(client)
    service.instead = NO_SIGNATURES[kind]

    with pytest.raises(UpstreamUnavailable):
        await signer.sign("AAAA", key=PaymentKey(KEY))


@pytest.mark.parametrize("kind", sorted(NO_SIGNATURES))
async def test_a_worker_does_not_start_without_its_service(
    client: httpx.AsyncClient, service: Service, kind: str
) -> None:
    service.instead = NO_SIGNATURES[kind]

    with pytest.raises(Misconfigured, match="CARAVAN_SIGNER_URL"):
        await connected(client)


async def test_the_token_is_shown_and_never_said(client: httpx.AsyncClient) -> None:
    with pytest.raises(Misconfigured) as refused:
        await connected(client, token="another-secret")

    assert "401" in refused.value.message
    assert "another-secret" not in repr(refused.value)
